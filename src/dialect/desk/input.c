/* Reads fields in the manner of the old server's language: numbers stand for texts, and what is empty is missing. What could mean something else to a
   database than it says (objects, lists, truth values) is no id (D-06). Any thread; owns the parsed body until done. */
#include "dialect/desk/input.h"
#include "wire/form.h"
#include <yyjson.h>

static bool is_type(struct span header, struct span type)
{
    struct span rest;
    return span_eq_nocase(span_trim(span_cut(header, ';', &rest)), type);
}

enum fault desk_input_parse(struct span type, struct span body, struct arena *arena, struct desk_input *out)
{
    out->arena = arena;
    out->object = NULL, out->parsed = false, out->form = (struct span){ 0 }, out->wrong = NULL;
    if (body.n > DESK_BODY_MAX_BYTES) return fault_too_large;
    if (is_type(type, SPAN("application/x-www-form-urlencoded"))) out->form = body;
    if (!body.n || !is_type(type, SPAN("application/json"))) return fault_none;
    out->parsed = json_parse(&out->json, body, DESK_BODY_MAX_BYTES) == fault_none;
    if (!out->parsed || !(yyjson_is_obj(out->json.root) || yyjson_is_arr(out->json.root))) return fault_invalid;
    if (yyjson_is_obj(out->json.root)) out->object = out->json.root;
    return fault_none;
}

/* The query of what has no body. */
enum fault desk_input_read(struct request *r, struct desk_input *out)
{
    enum fault f = desk_input_parse(request_header(r, "content-type"), request_body(r), request_arena(r), out);
    if (!f && !out->object && !out->form.n && !span_eq(request_method(r), SPAN("POST"))) out->form = request_query(r);
    return f;
}

struct desk_input desk_input_of(json_value *object, struct arena *arena)
{
    struct desk_input in;
    in.arena = arena, in.parsed = false, in.form = (struct span){ 0 }, in.wrong = NULL;
    in.object = yyjson_is_obj(object) ? object : NULL;
    return in;
}

void desk_input_done(struct desk_input *in)
{
    if (in->parsed) json_done(&in->json);
    in->parsed = false, in->object = NULL;
}

static void complain(struct desk_input *in, const char *name)
{
    if (!in->wrong) in->wrong = name;
}

/* "userId[$ne]=1": what old body parsers made an object of (D-06). */
static bool has_inside(struct desk_input *in, struct span form, struct span name)
{
    struct span key, value;
    while (form.n && memchr(form.p, name.p[0], form.n)) {
        if (form_next(&form, in->arena, &key, &value) != fault_none) return false;
        if (key.n > name.n && span_starts(key, name) && key.p[name.n] == '[') return true;
    }
    return false;
}

/* The JSON value, or the text of a form or query; at most one of them. */
static json_value *find(struct desk_input *in, const char *name, struct span *text_out)
{
    json_value *v = in->object ? yyjson_obj_get(in->object, name) : NULL;
    *text_out = (struct span){ 0 };
    if (v) return v;
    if (in->form.n && (form_find(in->form, span_of(name), in->arena, text_out) != fault_none || has_inside(in, in->form, span_of(name)))) complain(in, name);
    return NULL;
}

static struct span quoted(struct arena *arena, struct span text)
{
    struct buf out;
    buf_init(&out, 6 * text.n + 2);
    json_text(&out, text);
    struct span copy = arena_copy(arena, buf_span(&out));
    buf_fini(&out);
    return copy;
}

static struct desk_id id_of_text(struct arena *arena, struct span text)
{
    struct span copy = arena_copy(arena, text);
    return text.n ? (struct desk_id){ copy, quoted(arena, copy) } : (struct desk_id){ 0 };
}

static struct desk_id id_of_number(struct arena *arena, json_value *v)
{
    if (yyjson_get_num(v) == 0) return (struct desk_id){ 0 };
    struct span text = yyjson_is_uint(v) ? arena_printf(arena, "%llu", (unsigned long long)yyjson_get_uint(v))
                                         : arena_printf(arena, "%lld", (long long)yyjson_get_sint(v));
    return (struct desk_id){ text, text };
}

struct desk_id desk_input_id(struct desk_input *in, const char *name)
{
    struct span text;
    json_value *v = find(in, name, &text);
    if (!v) return id_of_text(in->arena, text);
    if (json_as_text(v, &text)) return id_of_text(in->arena, text);
    if (yyjson_is_int(v)) return id_of_number(in->arena, v);
    if (!yyjson_is_null(v) && !yyjson_is_false(v)) complain(in, name);
    return (struct desk_id){ 0 };
}

struct span desk_input_name(struct desk_input *in, const char *name)
{
    return desk_input_id(in, name).text;
}

struct span desk_input_text(struct desk_input *in, const char *name)
{
    struct span text;
    json_value *v = find(in, name, &text);
    if (v && !json_as_text(v, &text) && !yyjson_is_null(v)) complain(in, name);
    return arena_copy(in->arena, text);
}

bool desk_input_truth(struct desk_input *in, const char *name)
{
    struct span text;
    json_value *v = find(in, name, &text);
    if (!v || json_as_text(v, &text)) return text.n && !span_eq(text, SPAN("false"));
    return !(yyjson_is_null(v) || yyjson_is_false(v) || (yyjson_is_num(v) && yyjson_get_num(v) == 0));
}

int64_t desk_input_number(struct desk_input *in, const char *name, int64_t least, int64_t most, int64_t none)
{
    int64_t n = none;
    struct span text = desk_input_id(in, name).text;
    if (!text.n) return none;
    if (!span_to_i64(text, &n)) complain(in, name);
    return n < least ? least : n > most ? most : n;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool desk_room_of(struct span hex, struct room_id *out)
{
    uint64_t v = 0;
    bool beyond = false;
    if (hex.n != 24) return false;
    for (size_t i = 0; i < hex.n; i++) {
        int d = digit(hex.p[i]);
        if (d < 0) return false;
        beyond |= v >> 49 != 0;
        v = v << 4 | (uint64_t)d;
    }
    *out = (struct room_id){ beyond ? 0 : (int64_t)v };
    return true;
}
