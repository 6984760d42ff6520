/* Filing and asking: from texts to terms. Pure. Owns nothing.

   Grams stay inside of words, so a term never crosses a space. Marks begin with '\xA6' in two bytes (¦, no letter): ¦a and ¦ab are beginnings of words;
   ¦r7 the room, ¦u7 the author, ¦m24311 the month (12 times the year plus the month), ¦y2026 the year, ¦hl ¦hf ¦hp what the message has. A word's own beginning is
   told apart from these by the second mark. */
#include "chat/search_terms.h"
#include "base/fold.h"
#include "base/utf8.h"
#include <time.h>

#define BEGINNING "\xC2\xA6\xC2\xA6"
#define MARK "\xC2\xA6"

enum { gram_points = 3, query_words_max = 16, query_grams_max = 24, first_month = 2000 * 12, times_max = 100 * 12, rooms_max = 512 };

/* The bytes of the first n code points. */
static size_t bytes_of(struct span s, size_t n_points)
{
    size_t at = 0;
    while (at < s.n && n_points--)
        do at++;
        while (at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80);
    return at;
}

static struct span skip(struct span s, size_t n)
{
    return span_make(s.p + n, s.n - n);
}

static struct span next_word(struct span *rest)
{
    struct span word = { 0 };
    while (rest->n && !word.n) word = span_cut(*rest, ' ', rest);
    return word;
}

/* ---- Filing */

static void put_term(struct buf *out, const char *mark, struct span body)
{
    if (out->n) buf_append_char(out, ' ');
    buf_append_cstr(out, mark);
    buf_append_span(out, body);
}

static void put_number(struct buf *out, const char *mark, int64_t n)
{
    put_term(out, mark, (struct span){ 0 });
    buf_append_i64(out, n);
}

static void put_word(struct buf *out, struct span word)
{
    size_t n_points = utf8_count(word);
    put_term(out, BEGINNING, span_make(word.p, bytes_of(word, 1)));
    if (n_points >= 2) put_term(out, BEGINNING, span_make(word.p, bytes_of(word, 2)));
    for (size_t i = 0; i + gram_points <= n_points; i++) {
        put_term(out, "", span_make(word.p, bytes_of(word, gram_points)));
        word = skip(word, bytes_of(word, 1));
    }
}

static void put_words(struct buf *out, struct arena *arena, struct span text)
{
    struct span rest = fold_words(arena, text), word;
    while ((word = next_word(&rest)).n) put_word(out, word);
}

static int64_t month_of(int64_t at_us)
{
    struct tm tm;
    time_t s = at_us / 1000000;
    return gmtime_r(&s, &tm) ? (tm.tm_year + INT64_C(1900)) * 12 + tm.tm_mon : 0;
}

static bool has_link(struct span text)
{
    return text.n && (memmem(text.p, text.n, "http://", 7) || memmem(text.p, text.n, "https://", 8));
}

void search_terms(struct buf *out, struct arena *arena, const struct search_entry *e)
{
    put_number(out, MARK "r", e->room.v);
    put_number(out, MARK "u", e->author.v);
    put_number(out, MARK "m", month_of(e->at_us));
    put_number(out, MARK "y", month_of(e->at_us) / 12);
    if (has_link(e->text)) put_term(out, MARK "hl", (struct span){ 0 });
    if (e->files.n) put_term(out, MARK "hf", (struct span){ 0 });
    if (e->has_picture) put_term(out, MARK "hp", (struct span){ 0 });
    put_words(out, arena, e->text);
    put_words(out, arena, e->files);
}

/* ---- Asking */

static void add_words(struct arena *arena, struct span part, bool is_phrase, struct search_query *out)
{
    struct span rest = fold_words(arena, part), word;
    if (is_phrase && rest.n && out->n_words < query_words_max) out->words[out->n_words++] = rest;
    while (!is_phrase && out->n_words < query_words_max && (word = next_word(&rest)).n) out->words[out->n_words++] = word;
}

enum fault search_query_parse(struct arena *arena, struct span query, struct search_query *out)
{
    *out = (struct search_query){ .words = arena_array(arena, struct span, query_words_max) };
    if (query.n > SEARCH_QUERY_MAX_BYTES) return fault_too_large;
    if (!utf8_valid(query) || (query.n && memchr(query.p, 0, query.n))) return fault_invalid;
    for (bool quoted = false; query.p; quoted = !quoted) {
        struct span part = span_cut(query, '"', &query);
        add_words(arena, part, quoted && query.p, out);
    }
    return fault_none;
}

static bool begins_a_word(struct span folded, size_t at)
{
    return at == 0 || folded.p[at - 1] == ' ';
}

static bool word_fits(struct span word, struct span folded)
{
    bool anywhere = !memchr(word.p, ' ', word.n) && utf8_count(word) >= gram_points;
    const char *end = folded.p + folded.n;
    for (const char *p = folded.p; p && p < end; p++) {
        p = memmem(p, (size_t)(end - p), word.p, word.n);
        if (!p) return false;
        if (anywhere || begins_a_word(folded, (size_t)(p - folded.p))) return true;
    }
    return false;
}

bool search_query_fits(const struct search_query *query, struct span folded)
{
    for (size_t i = 0; i < query->n_words; i++)
        if (!word_fits(query->words[i], folded)) return false;
    return true;
}

static void add_group(struct search_groups *out, struct span *any, size_t n)
{
    out->groups[out->n++] = (struct search_group){ any, n };
}

static void add_one(struct arena *arena, struct search_groups *out, struct span term)
{
    struct span *any = arena_new(arena, struct span);
    *any = term;
    add_group(out, any, 1);
}

/* Enough grams to be choosy; the rest is for search_query_fits. */
static void add_word_terms(struct arena *arena, struct search_groups *out, struct span word, size_t *n_grams)
{
    size_t n_points = utf8_count(word);
    if (n_points < gram_points) {
        add_one(arena, out, arena_printf(arena, BEGINNING SPAN_FMT, SPAN_ARG(word)));
        return;
    }
    for (size_t i = 0; i + gram_points <= n_points && *n_grams < query_grams_max; i++, ++*n_grams) {
        add_one(arena, out, span_make(word.p, bytes_of(word, gram_points)));
        word = skip(word, bytes_of(word, 1));
    }
}

static void add_rooms(struct arena *arena, struct search_groups *out, const struct search_bounds *b)
{
    if (b->n_rooms == 0 || b->n_rooms > rooms_max) return;
    struct span *any = arena_array(arena, struct span, b->n_rooms);
    for (size_t i = 0; i < b->n_rooms; i++) any[i] = arena_printf(arena, MARK "r%lld", (long long)b->rooms[i].v);
    add_group(out, any, b->n_rooms);
}

/* Only with an upper bound: without one the newest come first anyway. Whole years where they fit. */
static void add_times(struct arena *arena, struct search_groups *out, const struct search_bounds *b)
{
    if (!b->before_us) return;
    int64_t last = month_of(b->before_us), month = b->after_us ? month_of(b->after_us) : first_month;
    if (month < first_month || last >= month + times_max) return;
    struct span *any = arena_array(arena, struct span, times_max);
    size_t n = 0;
    while (month <= last) {
        bool is_year = month % 12 == 0 && month + 11 <= last;
        any[n++] = is_year ? arena_printf(arena, MARK "y%lld", (long long)month / 12) : arena_printf(arena, MARK "m%lld", (long long)month);
        month += is_year ? 12 : 1;
    }
    add_group(out, any, n);
}

void search_groups(struct arena *arena, const struct search_query *query, const struct search_bounds *b, struct search_groups *out)
{
    size_t n_grams = 0;
    *out = (struct search_groups){ .groups = arena_array(arena, struct search_group, query_grams_max + query_words_max + 8) };
    for (size_t i = 0; i < query->n_words; i++) {
        struct span rest = query->words[i], word;
        while ((word = next_word(&rest)).n && out->n < query_grams_max + query_words_max) add_word_terms(arena, out, word, &n_grams);
    }
    if (!id_none(b->from)) add_one(arena, out, arena_printf(arena, MARK "u%lld", (long long)b->from.v));
    if (b->has & search_has_link) add_one(arena, out, SPAN(MARK "hl"));
    if (b->has & search_has_file) add_one(arena, out, SPAN(MARK "hf"));
    if (b->has & search_has_picture) add_one(arena, out, SPAN(MARK "hp"));
    add_times(arena, out, b);
    add_rooms(arena, out, b);
}
