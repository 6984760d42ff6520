/* The splitter. One thread: that of the request's connection.

       preamble ──scan──> delimiter ──after_delimiter──> head ──end_head──> data ──scan──> delimiter ...
                                  └──after_delimiter──> done            any ──bad──> failed

   The delimiter is CRLF "--" boundary. A boundary holds no CR, so a delimiter that breaks off can only begin again at its first byte; and the bytes
   held back meanwhile are the delimiter's own beginning, so they need no buffer. Always: matched < n_delimiter between calls. */
#include "wire/multipart.h"
#include "base/buf.h"
#include "wire/multipart_head.h"
#include <stdlib.h>

enum {
    boundary_max_bytes = 70, /* RFC 2046 section 5.1.1 */
    default_max_parts = 64,
    default_max_head_bytes = 4096,
    padding_max_bytes = 64, /* spaces behind a delimiter */
};

enum state { in_preamble, in_delimiter, in_head, in_data, is_done, is_failed };

struct multipart {
    enum state state;
    enum fault fault;
    struct multipart_limits limits;
    size_t matched, n_delimiter, n_parts, n_padding;
    char after; /* the byte that has come behind the delimiter: 0, '-' or CR */
    bool part_open;
    struct buf head;
    struct arena *arena; /* of the part under way */
    struct multipart_head part;
    char delimiter[4 + boundary_max_bytes];
};

static bool is_boundary_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("'()+_,-./:=? ", c));
}

static bool is_boundary(struct span b)
{
    if (b.n == 0 || b.n > boundary_max_bytes || b.p[b.n - 1] == ' ') return false;
    for (size_t i = 0; i < b.n; i++)
        if (!is_boundary_char(b.p[i])) return false;
    return true;
}

enum fault multipart_boundary(struct span content_type, struct span *boundary_out)
{
    struct span rest = content_type, key, value;
    bool quoted;
    size_t n_kind = 0;
    while (n_kind < rest.n && rest.p[n_kind] != ';') n_kind++;
    if (!span_eq_nocase(span_trim((struct span){ rest.p, n_kind }), SPAN("multipart/form-data"))) return fault_invalid;
    rest.p += n_kind, rest.n -= n_kind;
    while (multipart_parameter(&rest, &key, &value, &quoted) == 1) {
        if (!span_eq_nocase(key, SPAN("boundary"))) continue;
        *boundary_out = value;
        return is_boundary(value) ? fault_none : fault_invalid;
    }
    return fault_invalid;
}

struct multipart *multipart_create(struct span boundary, struct multipart_limits limits)
{
    if (!is_boundary(boundary)) return NULL;
    struct multipart *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->limits.max_parts = limits.max_parts ? limits.max_parts : default_max_parts;
    m->limits.max_head_bytes = limits.max_head_bytes ? limits.max_head_bytes : default_max_head_bytes;
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.p, boundary.n);
    m->n_delimiter = 4 + boundary.n;
    m->matched = 2; /* the line break before the first delimiter may be the body's beginning */
    buf_init(&m->head, m->limits.max_head_bytes + 2);
    return m;
}

void multipart_destroy(struct multipart *m)
{
    if (!m) return;
    buf_fini(&m->head);
    arena_destroy(m->arena);
    free(m);
}

bool multipart_is_whole(const struct multipart *m)
{
    return m->state == is_done;
}

static void bad(struct multipart *m, enum fault fault, struct multipart_unit *out)
{
    m->state = is_failed;
    m->fault = fault;
    out->kind = multipart_bad;
}

static void advance(struct span *window, size_t n)
{
    window->p += n, window->n -= n;
}

static void give_data(struct multipart *m, const char *p, size_t n, struct multipart_unit *out)
{
    if (m->state != in_data || n == 0) return;
    out->kind = multipart_data;
    out->data = (struct span){ p, n };
}

static void end_data(struct multipart *m, struct multipart_unit *out)
{
    if (m->state == in_data) out->kind = multipart_end;
    m->part_open = false;
    m->state = in_delimiter;
    m->matched = 0, m->after = 0, m->n_padding = 0;
}

/* How much stands before the first place that is a delimiter as far as the window shows. In bytes of chance one in 256 is CR: those are passed over here. */
static size_t before_delimiter(const struct multipart *m, struct span window)
{
    const char *end = window.p + window.n, *cr = window.p;
    for (; (cr = memchr(cr, '\r', (size_t)(end - cr))); cr++) {
        size_t shown = (size_t)(end - cr);
        if (memcmp(cr, m->delimiter, shown < m->n_delimiter ? shown : m->n_delimiter) == 0) return (size_t)(cr - window.p);
    }
    return window.n;
}

/* Data up to the next possible delimiter, or one step along a delimiter. */
static void scan(struct multipart *m, struct span *window, struct multipart_unit *out)
{
    if (m->matched == 0) {
        size_t n = before_delimiter(m, *window);
        give_data(m, window->p, n, out);
        advance(window, n);
        if (n) return;
    }
    size_t n = 0;
    while (n < window->n && m->matched < m->n_delimiter && window->p[n] == m->delimiter[m->matched]) n++, m->matched++;
    advance(window, n);
    if (m->matched == m->n_delimiter) {
        end_data(m, out);
    } else if (window->n) {
        give_data(m, m->delimiter, m->matched, out);
        m->matched = 0;
    }
}

static void begin_head(struct multipart *m, struct multipart_unit *out)
{
    if (m->n_parts++ == m->limits.max_parts) {
        bad(m, fault_too_large, out);
        return;
    }
    buf_clear(&m->head);
    m->state = in_head;
}

static void after_delimiter(struct multipart *m, struct span *window, struct multipart_unit *out)
{
    char c = window->p[0];
    advance(window, 1);
    if (m->after == '-' && c == '-') {
        m->state = is_done;
        out->kind = multipart_done;
    } else if (m->after == '\r' && c == '\n') {
        begin_head(m, out);
    } else if (m->after == 0 && (c == ' ' || c == '\t') && m->n_padding++ < padding_max_bytes) {
        return;
    } else if (m->after == 0 && (c == '\r' || (c == '-' && m->n_padding == 0))) {
        m->after = c;
    } else {
        bad(m, fault_invalid, out);
    }
}

static void end_head(struct multipart *m, struct multipart_unit *out)
{
    arena_destroy(m->arena);
    m->arena = arena_create(0, 4 * m->limits.max_head_bytes + 4096);
    struct span head = { m->head.p, m->head.n - 2 };
    if (!m->arena) {
        bad(m, fault_unavailable, out);
    } else if (multipart_head_read(head, m->arena, &m->part) != fault_none) {
        bad(m, fault_invalid, out);
    } else {
        m->state = in_data;
        m->part_open = true;
        out->kind = multipart_part;
    }
}

static bool head_is_whole(const struct buf *b)
{
    return (b->n == 2 && memcmp(b->p, "\r\n", 2) == 0) || (b->n >= 4 && memcmp(b->p + b->n - 4, "\r\n\r\n", 4) == 0);
}

static void collect_head(struct multipart *m, struct span *window, struct multipart_unit *out)
{
    while (window->n) {
        const char *lf = memchr(window->p, '\n', window->n);
        size_t n = lf ? (size_t)(lf - window->p) + 1 : window->n;
        buf_append(&m->head, window->p, n);
        advance(window, n);
        if (m->head.failed) bad(m, fault_too_large, out);
        else if (head_is_whole(&m->head)) end_head(m, out);
        else continue;
        return;
    }
}

void multipart_next(struct multipart *m, struct span *window, struct multipart_unit *out)
{
    *out = (struct multipart_unit){ .kind = multipart_more };
    while (out->kind == multipart_more && window->n) {
        if (m->state == is_failed) bad(m, m->fault, out);
        else if (m->state == is_done) advance(window, window->n);
        else if (m->state == in_delimiter) after_delimiter(m, window, out);
        else if (m->state == in_head) collect_head(m, window, out);
        else scan(m, window, out);
    }
    if (m->state == is_failed) out->kind = multipart_bad, out->fault = m->fault;
    if (!m->part_open) return;
    out->name = m->part.name, out->filename = m->part.filename, out->content_type = m->part.content_type;
}
