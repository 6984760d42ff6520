/* Cookies. Any thread; owns nothing. */
#include "wire/cookie.h"

/* RFC 6265 section 4.1.1: token for names, cookie-octet for values. */
static bool is_name_char(char c)
{
    return c > ' ' && c < 0x7F && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static bool is_value_char(char c)
{
    return c > ' ' && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
}

static bool all(struct span s, bool (*fits)(char c))
{
    for (size_t i = 0; i < s.n; i++)
        if (!fits(s.p[i])) return false;
    return true;
}

bool cookie_next(struct span *rest, struct span *name_out, struct span *value_out)
{
    while (rest->n) {
        struct span value, pair = span_cut(*rest, ';', rest);
        struct span name = span_trim(span_cut(pair, '=', &value));
        if (!value.p || name.n == 0 || !all(name, is_name_char)) continue;
        value = span_trim(value);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"') value.p++, value.n -= 2;
        *name_out = name, *value_out = value;
        return true;
    }
    return false;
}

struct span cookie_find(struct span header, struct span name)
{
    struct span found, value;
    while (cookie_next(&header, &found, &value))
        if (span_eq(found, name)) return value;
    return (struct span){ 0 };
}

static bool is_path_char(char c)
{
    return c >= ' ' && c < 0x7F && c != ';';
}

enum fault cookie_build(const struct cookie *c, struct buf *out)
{
    static const char *const same_site[] = { "; SameSite=Lax", "; SameSite=Strict", "; SameSite=None" };
    if (c->name.n == 0 || !all(c->name, is_name_char) || !all(c->value, is_value_char) || !all(c->path, is_path_char)) return fault_invalid;
    buf_append_span(out, c->name);
    buf_append_char(out, '=');
    buf_append_span(out, c->value);
    buf_append_cstr(out, "; Path=");
    buf_append_span(out, c->path.n ? c->path : SPAN("/"));
    if (c->max_age_s >= 0) {
        buf_append_cstr(out, "; Max-Age=");
        buf_append_i64(out, c->max_age_s);
    }
    if (c->http_only) buf_append_cstr(out, "; HttpOnly");
    if (c->secure) buf_append_cstr(out, "; Secure");
    buf_append_cstr(out, same_site[c->same_site]);
    return out->failed ? fault_too_large : fault_none;
}
