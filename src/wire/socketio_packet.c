/* See socketio_packet.h. Any thread, owns nothing. The JSON reader has bounded the depth of what is walked here. */
#include "wire/socketio_packet.h"

enum { digits_max = 16 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The digits in front; empty when there are none. */
static struct span cut_digits(struct span *rest)
{
    size_t n = 0;
    while (n < rest->n && is_digit(rest->p[n])) n++;
    struct span digits = { rest->p, n };
    if (n) rest->p += n, rest->n -= n;
    return digits;
}

static bool is_binary(enum socketio_type type)
{
    return type == socketio_type_binary_event || type == socketio_type_binary_acknowledgement;
}

static enum fault read_attachments(struct span *rest, unsigned max_attachments, unsigned *out)
{
    struct span digits = cut_digits(rest);
    int64_t n;
    if (digits.n == 0 || digits.n > digits_max || rest->n == 0 || rest->p[0] != '-' || !span_to_i64(digits, &n)) return fault_invalid;
    if (n > max_attachments) return fault_too_large;
    rest->p++, rest->n--;
    *out = (unsigned)n;
    return fault_none;
}

static void read_namespace(struct span *rest, struct span *out)
{
    *out = SPAN("/");
    if (rest->n == 0 || rest->p[0] != '/') return;
    struct span all = *rest;
    *out = span_cut(all, ',', rest);
}

static bool read_id(struct span *rest, int64_t *out)
{
    struct span digits = cut_digits(rest);
    *out = -1;
    if (digits.n == 0) return true;
    return digits.n <= digits_max && span_to_i64(digits, out) && *out <= SOCKETIO_ID_MAX;
}

enum fault socketio_packet_read(struct span text, unsigned max_attachments, struct socketio_packet *out)
{
    if (text.n == 0 || text.p[0] < '0' || text.p[0] > '6') return fault_invalid;
    *out = (struct socketio_packet){ .type = (enum socketio_type)(text.p[0] - '0') };
    struct span rest = { text.p + 1, text.n - 1 };
    enum fault f = is_binary(out->type) ? read_attachments(&rest, max_attachments, &out->n_attachments) : fault_none;
    if (f != fault_none) return f;
    read_namespace(&rest, &out->namespace_name);
    if (!read_id(&rest, &out->id)) return fault_invalid;
    if (rest.n) out->data = rest;
    return fault_none;
}

/* What the JSON must be */

static bool is_object(json_value *v)
{
    struct json_fields f = json_fields(v);
    return f.bad.p == NULL;
}

static bool is_array(struct span text)
{
    return span_trim(text).p[0] == '[';
}

static bool is_reserved(struct span name)
{
    static const char *const reserved[] = { "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener" };
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (span_eq(name, span_of(reserved[i]))) return true;
    return false;
}

static bool names_event(struct span array)
{
    struct span first, rest;
    socketio_packet_cut(array, &first, &rest);
    if (first.n == 0 || (first.p[0] != '"' && first.p[0] != '-' && !is_digit(first.p[0]))) return false;
    return first.p[0] != '"' || !is_reserved(span_make(first.p + 1, first.n - 2));
}

static bool is_placeholder(json_value *object)
{
    struct json_fields f = json_fields(object);
    bool on;
    return json_as_bool(json_take_any(&f, "_placeholder"), &on) && on;
}

static bool has_good_places(json_value *v, unsigned n)
{
    struct json_walk walk = json_walk(v);
    int64_t number;
    struct span key;
    bool object = is_object(v);
    if (object && is_placeholder(v)) {
        struct json_fields f = json_fields(v);
        return n > 0 && json_as_int(json_take_any(&f, "num"), 0, n - 1, &number);
    }
    for (json_value *at; (at = object ? json_walk_next_pair(&walk, &key) : json_walk_next(&walk));)
        if (!has_good_places(at, n)) return false;
    return true;
}

bool socketio_packet_is_valid(const struct socketio_packet *p, json_value *root)
{
    struct span text;
    if (is_binary(p->type) && root && !has_good_places(root, p->n_attachments)) return false;
    switch (p->type) {
    case socketio_type_connect: return !root || is_object(root);
    case socketio_type_disconnect: return !root;
    case socketio_type_connect_error: return !root || json_as_text(root, &text) || is_object(root);
    case socketio_type_event:
    case socketio_type_binary_event: return !root || (is_array(p->data) && names_event(p->data));
    case socketio_type_acknowledgement:
    case socketio_type_binary_acknowledgement: return !root || is_array(p->data);
    }
    return false;
}

/* Cutting */

static size_t length_of_string(struct span s)
{
    size_t i = 1;
    while (i < s.n && s.p[i] != '"') i += s.p[i] == '\\' ? 2 : 1;
    return i < s.n ? i + 1 : s.n;
}

static size_t length_of_plain(struct span s)
{
    size_t i = 0;
    while (i < s.n && !memchr(", \t\r\n", s.p[i], 5)) i++;
    return i;
}

void socketio_packet_cut(struct span array, struct span *first_out, struct span *rest_out)
{
    struct span all = span_trim(array), inside = span_trim(span_make(all.p + 1, all.n < 2 ? 0 : all.n - 2));
    size_t n = inside.n && inside.p[0] == '"' ? length_of_string(inside) : length_of_plain(inside);
    *first_out = span_make(inside.p, n);
    struct span rest = span_trim(span_make(inside.p + n, inside.n - n));
    *rest_out = rest.n ? span_trim(span_make(rest.p + 1, rest.n - 1)) : SPAN("");
}

/* Writing */

void socketio_packet_begin(struct buf *out, enum socketio_type type, size_t n_attachments, struct span namespace_name, int64_t id)
{
    buf_append_char(out, (char)('0' + type));
    if (is_binary(type)) {
        buf_append_i64(out, (int64_t)n_attachments);
        buf_append_char(out, '-');
    }
    if (!span_eq(namespace_name, SPAN("/"))) {
        buf_append_span(out, namespace_name);
        buf_append_char(out, ',');
    }
    if (id >= 0) buf_append_i64(out, id);
}
