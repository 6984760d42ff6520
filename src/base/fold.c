/* Folding text for search, over utf8proc. Pure. The index is made of folded text: a change of the rules wants a new SEARCH_INDEX_VERSION (chat/search.h). */
#include "base/fold.h"
#include "base/buf.h"
#include "base/utf8.h"
#include <utf8proc.h>

enum { growth_max = 8, decomposed_max = 32 };

struct folder {
    struct buf out;
    bool parted; /* a word has ended: the next letter begins another */
};

static const char *latin_of(utf8proc_int32_t c)
{
    static const char *const basic[32] = {
        "a", "b", "v", "g", "d", "e", "j", "z", "i", "y", "k", "l", "m", "n", "o", "p",
        "r", "s", "t", "u", "f", "x", "s", "ch", "sh", "sh", "", "i", "", "e", "yu", "ya",
    };
    if (c >= 0x430 && c <= 0x44F) return basic[c - 0x430];
    switch (c) {
    case 0x451: /* ё */
    case 0x454: return "e"; /* є */
    case 0x456: /* і */
    case 0x457: return "i"; /* ї */
    case 0x45E: return "o"; /* ў */
    case 0x491: /* ґ */
    case 0x493: return "g"; /* ғ */
    case 0x49B: return "q"; /* қ */
    case 0x4B3: return "h"; /* ҳ */
    default: return NULL;
    }
}

static bool is_apostrophe(utf8proc_int32_t c)
{
    return c == '\'' || c == '`' || c == 0xB4 || (c >= 0x2B9 && c <= 0x2BD) || c == 0x2C8 || (c >= 0x2018 && c <= 0x201B) || c == 0x2032 || c == 0xFF07;
}

static bool is_mark(utf8proc_int32_t c)
{
    utf8proc_category_t kind = utf8proc_category(c);
    return kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_ME;
}

static bool is_word(utf8proc_int32_t c)
{
    utf8proc_category_t kind = utf8proc_category(c);
    return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO) || kind == UTF8PROC_CATEGORY_MC || kind == UTF8PROC_CATEGORY_ND ||
           kind == UTF8PROC_CATEGORY_NL || kind == UTF8PROC_CATEGORY_NO;
}

static bool ends_in(const struct folder *f, char c)
{
    return !f->parted && f->out.n && f->out.p[f->out.n - 1] == c;
}

static void put(struct folder *f, const char *p, size_t n)
{
    if (!n) return;
    bool is_soft = (p[0] == 'e' || p[0] == 'o') && ends_in(f, 'y'), is_hiss = p[0] == 's' && ends_in(f, 't');
    if (is_soft || is_hiss) f->out.n--;
    if (f->parted && f->out.n) buf_append_char(&f->out, ' ');
    f->parted = false;
    if (is_soft) buf_append_char(&f->out, 'e'), p++, n--;
    buf_append(&f->out, p, n);
}

static void put_letter(struct folder *f, utf8proc_int32_t c)
{
    const char *latin = latin_of(c);
    utf8proc_uint8_t bytes[4];
    if (latin) put(f, latin, strlen(latin));
    else put(f, (const char *)bytes, (size_t)utf8proc_encode_char(c, bytes));
}

/* The letters a code point is made of, without its accents. Cyrillic letters that are letters of their own (й, ї, ў) are known before that. */
static void put_word(struct folder *f, utf8proc_int32_t c)
{
    utf8proc_int32_t parts[decomposed_max];
    int boundary = 0;
    if (latin_of(c) || c < 0x80) {
        put_letter(f, c);
        return;
    }
    utf8proc_ssize_t n = utf8proc_decompose_char(c, parts, decomposed_max, UTF8PROC_DECOMPOSE, &boundary);
    for (utf8proc_ssize_t i = 0; i < n && i < decomposed_max; i++)
        if (!is_mark(parts[i])) put_letter(f, parts[i]);
}

/* A lone acute accent, which some keyboards offer as the apostrophe: its compatibility form is a space with a mark. */
static bool is_lone_accent(struct span rest)
{
    return span_starts(rest, SPAN(" \xCC\x81"));
}

struct span fold_words(struct arena *arena, struct span text)
{
    struct span s = utf8_fold(arena, text);
    struct folder f = { 0 };
    buf_init(&f.out, growth_max * s.n + 1);
    for (size_t at = 0; at < s.n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), &c);
        if (n <= 0) break;
        at += (size_t)n;
        if (is_word(c) && !is_apostrophe(c)) put_word(&f, c);
        else if (is_lone_accent(span_make(s.p + at - n, s.n - at + (size_t)n))) at += 2;
        else if (!is_apostrophe(c) && !is_mark(c)) f.parted = true;
    }
    struct span out = arena_copy(arena, buf_span(&f.out));
    buf_fini(&f.out);
    return out;
}
