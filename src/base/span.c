/* Borrowed bytes: comparing, trimming, cutting, numbers. Any thread; owns nothing and never allocates. */
#include "base/span.h"

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool span_eq_nocase(struct span a, struct span b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower((unsigned char)a.p[i]) != lower((unsigned char)b.p[i])) return false;
    return true;
}

bool span_starts(struct span s, struct span prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

struct span span_trim(struct span s)
{
    while (s.n && is_space(s.p[0])) s.p++, s.n--;
    while (s.n && is_space(s.p[s.n - 1])) s.n--;
    return s;
}

struct span span_cut(struct span s, char sep, struct span *rest)
{
    const char *at = s.n ? memchr(s.p, sep, s.n) : NULL;
    if (!at) {
        *rest = (struct span){ 0 };
        return s;
    }
    size_t before = (size_t)(at - s.p);
    *rest = (struct span){ at + 1, s.n - before - 1 };
    return (struct span){ s.p, before };
}

bool span_to_i64(struct span s, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    if (negative) s.p++, s.n--;
    if (s.n == 0) return false;
    int64_t v = 0; /* counted downwards, so that the least number fits */
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[i] - '0', &v)) return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, v, &v)) return false;
    *out = v;
    return true;
}
