/* Search: folding keeps its bounds and is UTF-8 of plain words; whatever a text is asked for by a part of itself, the index would have proposed it; no term
   can leave its quotes. The first part of the input is the question, the rest the text. */
#include "base/fold.h"
#include "base/utf8.h"
#include "chat/search_terms.h"
#include "fuzz.h"

static bool has_term(struct span terms, struct span term)
{
    while (terms.p)
        if (span_eq(span_cut(terms, ' ', &terms), term)) return true;
    return false;
}

static void check_words(struct span words, size_t n_text)
{
    if (words.n > 8 * n_text || !utf8_valid(words)) abort();
    if (words.n && (words.p[0] == ' ' || words.p[words.n - 1] == ' ' || memmem(words.p, words.n, "  ", 2))) abort();
    if (words.n && (memchr(words.p, '"', words.n) || memchr(words.p, '\'', words.n) || memchr(words.p, '\\', words.n) || memchr(words.p, 0, words.n))) abort();
}

static void check_filed(struct span terms, const struct search_groups *groups)
{
    for (size_t g = 0; g < groups->n; g++) {
        bool found = false;
        for (size_t i = 0; i < groups->groups[g].n && !found; i++) found = has_term(terms, groups->groups[g].any[i]);
        if (!found) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = { (const char *)data, n };
    size_t n_query = fuzz_byte(&in);
    if (n > 2048 || n_query > in.n) return 0;
    char *query_copy = fuzz_copy(span_make(in.p, n_query)), *text_copy = fuzz_copy(span_make(in.p + n_query, in.n - n_query));
    struct arena *arena = arena_create(0, 1 << 26);
    struct search_entry entry = { .id = { 1 }, .text = { text_copy, in.n - n_query } };
    struct search_query query;
    struct search_groups groups;
    struct buf terms;
    buf_init(&terms, SEARCH_TERMS_MAX_BYTES);
    search_terms(&terms, arena, &entry);
    if (terms.failed || memchr(terms.p, '"', terms.n) || memchr(terms.p, '\'', terms.n)) abort();
    struct span words = fold_words(arena, entry.text);
    check_words(words, entry.text.n);
    if (search_query_parse(arena, span_make(query_copy, n_query), &query) == fault_none) {
        search_groups(arena, &query, &(struct search_bounds){ 0 }, &groups);
        if (search_query_fits(&query, words)) check_filed(buf_span(&terms), &groups);
    }
    buf_fini(&terms);
    arena_destroy(arena);
    free(query_copy);
    free(text_copy);
    return 0;
}
