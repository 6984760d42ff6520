/* See form.h. */
#include "dialect/rooms/form.h"
#include "wire/form.h"
#include "wire/multipart.h"

static struct span multipart_field(struct span boundary, struct span body, struct span name, struct arena *arena)
{
    struct multipart *m = multipart_create(boundary, (struct multipart_limits){ 0 });
    struct multipart_unit unit = { 0 };
    struct buf value;
    bool found = false, wanted = false;
    buf_init(&value, FORM_MAX_BYTES);
    while (m && !found && unit.kind != multipart_done && unit.kind != multipart_bad) {
        multipart_next(m, &body, &unit);
        if (unit.kind == multipart_more) break;
        if (unit.kind == multipart_part) wanted = !unit.filename.p && span_eq(unit.name, name);
        if (unit.kind == multipart_data && wanted) buf_append_span(&value, unit.data);
        if (unit.kind == multipart_end) found = wanted;
    }
    struct span out = found && !value.failed ? arena_copy(arena, buf_span(&value)) : (struct span){ 0 };
    buf_fini(&value);
    multipart_destroy(m);
    return out;
}

struct span form_field(struct span content_type, struct span body, const char *name, struct arena *arena)
{
    struct span boundary, value, rest, type = span_trim(span_cut(content_type, ';', &rest));
    if (span_eq_nocase(type, SPAN("multipart/form-data")))
        return multipart_boundary(content_type, &boundary) ? (struct span){ 0 } : multipart_field(boundary, body, span_of(name), arena);
    if (!span_eq_nocase(type, SPAN("application/x-www-form-urlencoded"))) return (struct span){ 0 };
    return form_find(body, span_of(name), arena, &value) ? (struct span){ 0 } : value;
}

/* Browsers drop tabs and line ends from an address and take a backslash for a slash, so "/\t/host" would leave the site too. */
bool form_next_is_ours(struct span next)
{
    for (size_t i = 0; i < next.n; i++)
        if ((unsigned char)next.p[i] < 0x20 || next.p[i] == '\\' || next.p[i] == 0x7F) return false;
    return span_starts(next, SPAN("/")) && !span_starts(next, SPAN("//")) && !span_eq(next, SPAN("/login/"));
}

void form_append_path(struct buf *out, struct span path, const char *more)
{
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c <= ' ' || c >= 0x7F || strchr("\"<>\\^`{|}", c) || strchr(more, c))
            buf_printf(out, "%%%02X", c);
        else
            buf_append_char(out, (char)c);
    }
}
