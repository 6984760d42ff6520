/* Texts, times and names of other systems. Pure; any thread. */
#include "import/text.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "chat/account.h"
#include "chat/message.h"
#include "chat/name.h"
#include "chat/room.h"
#include "wire/base64.h"
#include <assert.h>
#include <stdio.h>

static const char replacement[] = "\xEF\xBF\xBD";

/* ---- Text */

/* Bytes of the well-formed sequence that begins here; 0: none does. */
static size_t sequence(struct span s)
{
    unsigned char b = (unsigned char)s.p[0];
    size_t n = b < 0x80 ? 1 : b < 0xC2 ? 0 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : b < 0xF5 ? 4 : 0;
    return b && n && n <= s.n && (n == 1 || utf8_valid(span_make(s.p, n))) ? n : 0;
}

struct span text_clean(struct arena *arena, struct span raw, bool *changed_out)
{
    if (!raw.n) return SPAN("");
    if (!memchr(raw.p, 0, raw.n) && utf8_valid(raw)) return arena_copy(arena, raw);
    char *to = arena_alloc(arena, 3 * raw.n + 1);
    size_t at = 0;
    *changed_out = true;
    while (raw.n) {
        size_t n = sequence(raw);
        memcpy(to + at, n ? raw.p : replacement, n ? n : 3);
        at += n ? n : 3;
        raw.p += n ? n : 1, raw.n -= n ? n : 1;
    }
    return span_make(to, at);
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

struct span text_first(struct span text, size_t n_points)
{
    size_t at = 0;
    while (at < text.n && n_points--)
        do at++;
        while (at < text.n && is_continuation(text.p[at]));
    return span_make(text.p, at);
}

size_t text_piece(struct span text)
{
    struct span head = text_first(text, MESSAGE_TEXT_MAX_POINTS);
    if (head.n > MESSAGE_TEXT_MAX_BYTES) head.n = MESSAGE_TEXT_MAX_BYTES;
    if (head.n == text.n) return text.n;
    while (is_continuation(text.p[head.n])) head.n--;
    for (size_t i = head.n; i > head.n / 4 * 3; i--)
        if (head.p[i - 1] == '\n') return i;
    for (size_t i = head.n; i > head.n / 4 * 3; i--)
        if (head.p[i - 1] == ' ') return i;
    return head.n;
}

/* ---- Times */

static bool has_zone(struct span text)
{
    char last = text.p[text.n - 1];
    return last == 'Z' || last == 'z' || (text.n > 19 && (memchr(text.p + 19, '+', text.n - 19) || memchr(text.p + 19, '-', text.n - 19)));
}

bool text_time(struct span text, int64_t *out_us)
{
    char iso[48];
    text = span_trim(text);
    if (text.n < 19 || text.n > sizeof iso - 4) return false;
    memcpy(iso, text.p, text.n);
    if (iso[10] == ' ') iso[10] = 'T';
    size_t n = text.n;
    if (!has_zone(text)) iso[n++] = 'Z';
    return clock_parse(span_make(iso, n), out_us);
}

/* ---- Files */

bool text_data_url(struct arena *arena, struct span url, struct span *type_out, struct span *bytes_out)
{
    struct span body, head = span_cut(url, ',', &body), rest;
    if (!span_starts(head, SPAN("data:")) || !body.n) return false;
    *type_out = span_cut(span_make(head.p + 5, head.n - 5), ';', &rest);
    if (!span_eq(rest, SPAN("base64"))) return false;
    unsigned char *to = arena_alloc(arena, BASE64_DECODED_MAX_BYTES(body.n) + 4);
    size_t n;
    if (!base64_decode(body, to, &n)) return false;
    *bytes_out = span_make(to, n);
    return n > 0;
}

bool text_path_fits(struct span path)
{
    if (!path.n || path.n > 1000 || memchr(path.p, 0, path.n)) return false;
    while (path.p) {
        struct span part = span_cut(path, '/', &path);
        if (!part.n || part.n > 255 || span_eq(part, SPAN(".")) || span_eq(part, SPAN(".."))) return false;
    }
    return true;
}

struct span text_base_name(struct span path)
{
    const char *slash = memrchr(path.p, '/', path.n);
    return slash ? span_make(slash + 1, path.n - (size_t)(slash + 1 - path.p)) : path;
}

/* ---- Names */

/* Without what no name may have. */
static struct span plain(struct arena *arena, struct span wish, size_t max_points, size_t max_bytes, bool slashes)
{
    char *to = arena_alloc(arena, wish.n + 1);
    size_t at = 0, n_points = 0, n;
    bool ignored = false;
    wish = text_clean(arena, wish, &ignored);
    for (size_t i = 0; i < wish.n && n_points < max_points; i += n) {
        n = text_first(span_make(wish.p + i, wish.n - i), 1).n;
        struct span c = span_make(wish.p + i, n);
        if (utf8_has_unprintable(c) || (!slashes && *c.p == '/') || span_eq(c, span_of(replacement)) || at + n > max_bytes) continue;
        memcpy(to + at, c.p, n);
        at += n, n_points++;
    }
    return span_trim(span_make(to, at));
}

/* A name that is an address would stand before its owner at log-in: only what is before the @ is a name. '~' begins the names of the desk's customers. */
struct span text_user_name(struct arena *arena, struct span wish, struct span *folded_out)
{
    struct span rest, name = plain(arena, wish, 32, ACCOUNT_NAME_MAX_BYTES, false);
    if (name.n && memchr(name.p, '@', name.n)) name = span_trim(span_cut(name, '@', &rest));
    bool fits = name.n && name_fits_account(arena, name, folded_out) && !span_starts(*folded_out, SPAN(ACCOUNT_ERASED_PREFIX)) && folded_out->p[0] != '~';
    return fits ? name : SPAN("");
}

struct span text_user_name_n(struct arena *arena, struct span name, int n, struct span *folded_out)
{
    for (size_t points = 32 - 8; points > 0; points--) {
        struct span head = text_first(name, points);
        struct span full = arena_printf(arena, SPAN_FMT "-%d", SPAN_ARG(head), n);
        if (name_fits_account(arena, full, folded_out)) return full;
    }
    struct span full = arena_printf(arena, "user-%d", n);
    bool fits = name_fits_account(arena, full, folded_out);
    assert(fits), (void)fits;
    return full;
}

struct span text_room_name(struct arena *arena, struct span wish, const char *otherwise)
{
    struct span name = plain(arena, wish, ROOM_NAME_MAX_POINTS, 4 * ROOM_NAME_MAX_POINTS, true);
    return name.n && name_fits_room(arena, name) ? name : arena_copy(arena, span_of(otherwise));
}
