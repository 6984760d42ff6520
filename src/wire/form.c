/* Form fields and percent decoding. Any thread; owns nothing. */
#include "wire/form.h"
#include "base/utf8.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool needs_decoding(struct span s, bool plus_is_space)
{
    return s.n && (memchr(s.p, '%', s.n) || (plus_is_space && memchr(s.p, '+', s.n)));
}

static bool decode_into(struct span s, bool plus_is_space, char *to, size_t *n_out)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = s.n - i > 2 ? hex_value(s.p[i + 1]) : -1, low = s.n - i > 2 ? hex_value(s.p[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        to[n++] = c;
    }
    *n_out = n;
    return true;
}

enum fault form_decode(struct span s, bool plus_is_space, struct arena *arena, struct span *out)
{
    struct span decoded = s.p ? s : SPAN("");
    if (needs_decoding(s, plus_is_space)) {
        char *to = arena_alloc(arena, s.n + 1);
        if (!decode_into(s, plus_is_space, to, &decoded.n)) return fault_invalid;
        decoded.p = to;
    }
    if ((decoded.n && memchr(decoded.p, 0, decoded.n)) || !utf8_valid(decoded)) return fault_invalid;
    *out = decoded;
    return fault_none;
}

enum fault form_next(struct span *rest, struct arena *arena, struct span *name_out, struct span *value_out)
{
    struct span pair = { 0 };
    while (rest->n && pair.n == 0) pair = span_cut(*rest, '&', rest);
    if (pair.n == 0) return fault_not_found;
    struct span value, name = span_cut(pair, '=', &value);
    enum fault f = form_decode(name, true, arena, name_out);
    return f != fault_none ? f : form_decode(value, true, arena, value_out);
}

enum fault form_find(struct span form, struct span name, struct arena *arena, struct span *value_out)
{
    struct span found, value;
    *value_out = (struct span){ 0 };
    for (size_t i = 0; i < FORM_FIELDS_MAX; i++) {
        enum fault f = form_next(&form, arena, &found, &value);
        if (f == fault_not_found) return fault_none;
        if (f != fault_none) return f;
        if (!span_eq(found, name)) continue;
        *value_out = value;
        return fault_none;
    }
    return fault_too_large;
}

static bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

void form_encode(struct buf *out, struct span s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_unreserved((char)c)) buf_append_char(out, (char)c);
        else buf_append(out, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
    }
}
