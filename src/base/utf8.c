/* UTF-8 over RFC 3629 (no surrogates, no overlong forms, nothing above U+10FFFF), and names made comparable. Any thread; owns nothing.

   The streaming state is 0 between code points; inside one it holds what the next byte may be: the bytes still to come in bits 0-7, the
   least and greatest next byte in bits 8-15 and 16-23. Only the second byte of a sequence has narrower bounds than 80..BF. */
#include "base/utf8.h"
#include <stdlib.h>
#include <utf8proc.h>

static uint32_t expecting(unsigned n_more, unsigned least, unsigned greatest)
{
    return n_more | least << 8 | greatest << 16;
}

static uint32_t lead(unsigned char c)
{
    if (c < 0x80) return 0;
    if (c < 0xC2) return UTF8_BAD;
    if (c < 0xE0) return expecting(1, 0x80, 0xBF);
    if (c == 0xE0) return expecting(2, 0xA0, 0xBF);
    if (c == 0xED) return expecting(2, 0x80, 0x9F);
    if (c < 0xF0) return expecting(2, 0x80, 0xBF);
    if (c == 0xF0) return expecting(3, 0x90, 0xBF);
    if (c < 0xF4) return expecting(3, 0x80, 0xBF);
    return c == 0xF4 ? expecting(3, 0x80, 0x8F) : UTF8_BAD;
}

static uint32_t step(uint32_t state, unsigned char c)
{
    if (state == 0) return lead(c);
    if (c < (state >> 8 & 0xFF) || c > (state >> 16 & 0xFF)) return UTF8_BAD;
    unsigned n_more = (state & 0xFF) - 1;
    return n_more ? expecting(n_more, 0x80, 0xBF) : 0;
}

static const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end)
{
    uint64_t words[2];
    for (; end - p >= 16; p += 16) {
        memcpy(words, p, 16);
        if ((words[0] | words[1]) & 0x8080808080808080u) break;
    }
    while (p < end && *p < 0x80) p++;
    return p;
}

/* Runs of two-byte code points: Cyrillic text is mostly these. */
static const unsigned char *skip_pairs(const unsigned char *p, const unsigned char *end)
{
    while (end - p >= 2 && (unsigned char)(p[0] - 0xC2) < 0x1E && (p[1] & 0xC0) == 0x80) p += 2;
    return p;
}

uint32_t utf8_feed(uint32_t state, const void *bytes, size_t n)
{
    if (n == 0) return state;
    const unsigned char *p = bytes, *end = p + n;
    while (p < end && state != UTF8_BAD) {
        if (state == 0) {
            p = skip_pairs(skip_ascii(p, end), end);
            if (p == end) break;
        }
        state = step(state, *p++);
    }
    return state;
}

bool utf8_valid(struct span s)
{
    return s.n == 0 || utf8_feed(0, s.p, s.n) == 0;
}

size_t utf8_count(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

struct span utf8_fold(struct arena *a, struct span s)
{
    if (!utf8_valid(s)) return (struct span){ 0 };
    if (s.n == 0) return arena_copy(a, s);
    utf8proc_uint8_t *folded = NULL;
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &folded, options);
    if (n < 0) return (struct span){ 0 };
    struct span copy = arena_copy(a, span_make(folded, (size_t)n));
    free(folded);
    return copy;
}

static bool is_bidi_control(utf8proc_int32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static bool is_unprintable(utf8proc_int32_t c)
{
    utf8proc_category_t kind = utf8proc_category(c);
    return kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CN || kind == UTF8PROC_CATEGORY_CO || kind == UTF8PROC_CATEGORY_CS ||
           kind == UTF8PROC_CATEGORY_ZL || kind == UTF8PROC_CATEGORY_ZP || is_bidi_control(c);
}

bool utf8_has_unprintable(struct span s)
{
    if (!utf8_valid(s)) return true;
    for (size_t at = 0; at < s.n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), &c);
        if (n <= 0 || is_unprintable(c)) return true;
        at += (size_t)n;
    }
    return false;
}
