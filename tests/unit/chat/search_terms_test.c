/* Filing and asking: a question's terms must be among those of every text that fits it. */
#include "chat/search_terms.h"
#include "base/fold.h"
#include "unit.h"

static struct arena *arena;

static int up(void **state)
{
    (void)state;
    arena = arena_create(4096, 1u << 24);
    return 0;
}

static int down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static bool has_term(struct span terms, struct span term)
{
    while (terms.p)
        if (span_eq(span_cut(terms, ' ', &terms), term)) return true;
    return false;
}

static bool has_any(struct span terms, const struct search_group *group)
{
    for (size_t i = 0; i < group->n; i++)
        if (has_term(terms, group->any[i])) return true;
    return false;
}

/* As the house does it: the index first, then the text itself. */
static bool finds(const struct search_entry *entry, const char *words, struct search_bounds bounds)
{
    struct search_query query;
    struct search_groups groups;
    struct buf terms;
    assert_int_equal(search_query_parse(arena, span_of(words), &query), fault_none);
    search_groups(arena, &query, &bounds, &groups);
    buf_init(&terms, SEARCH_TERMS_MAX_BYTES);
    search_terms(&terms, arena, entry);
    bool filed = true;
    for (size_t i = 0; i < groups.n; i++) filed &= has_any(buf_span(&terms), &groups.groups[i]);
    bool fits = search_query_fits(&query, fold_words(arena, arena_printf(arena, SPAN_FMT " " SPAN_FMT, SPAN_ARG(entry->text), SPAN_ARG(entry->files))));
    buf_fini(&terms);
    if (fits) assert_true(filed || bounds.n_rooms || bounds.has || bounds.before_us || bounds.from.v);
    return filed && fits;
}

static const struct search_entry entry = { { 9 }, { 7 }, { 3 }, 1790000000000000, SPAN("Ўзбекистон йўллари: see https://example.uz"), SPAN("hisobot.pdf\n"), false };
#define FINDS(words, ...) finds(&entry, words, (struct search_bounds){ __VA_ARGS__ })

static void words_are_found_from_their_beginning_and_inside(void **state)
{
    (void)state;
    const char *const found[] = { "o‘zbek", "ЎЗБЕКИСТОН", "bekis", "o", "oz", "yo'l", "yo'llari see", "\"see https\"", "hisobot", "pdf", "", "?!" };
    const char *const not_found[] = { "zb", "ekz", "uzbekiston salom", "\"https see\"", "\"ee https\"" };
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) assert_true(FINDS(found[i]));
    for (size_t i = 0; i < sizeof not_found / sizeof *not_found; i++) assert_false(FINDS(not_found[i]));
}

static void a_message_without_text_is_found_by_its_files(void **state)
{
    (void)state;
    const struct search_entry bare = { { 9 }, { 7 }, { 3 }, entry.at_us, { 0 }, SPAN("hisobot.pdf\n"), false };
    assert_true(finds(&bare, "hisobot", (struct search_bounds){ .has = search_has_file }));
    assert_false(finds(&bare, "hisobot", (struct search_bounds){ .has = search_has_link }));
}

static void bounds_narrow(void **state)
{
    (void)state;
    const struct room_id here[] = { { 1 }, { 7 } }, elsewhere[] = { { 70 } };
    int64_t at = entry.at_us, year = INT64_C(366) * 86400 * 1000000;
    assert_true(FINDS("see", .rooms = here, .n_rooms = 2));
    assert_false(FINDS("see", .rooms = elsewhere, .n_rooms = 1));
    assert_true(FINDS("see", .from = { 3 }));
    assert_false(FINDS("see", .from = { 30 }));
    assert_true(FINDS("see", .has = search_has_link | search_has_file));
    assert_false(FINDS("see", .has = search_has_picture));
    assert_true(FINDS("see", .before_us = at + 1));
    assert_true(FINDS("see", .before_us = at + year, .after_us = at - year));
    assert_false(FINDS("see", .before_us = at - year));
}

static void bad_questions_are_refused(void **state)
{
    (void)state;
    static char huge[SEARCH_QUERY_MAX_BYTES + 1];
    struct search_query query;
    memset(huge, 'x', sizeof huge);
    assert_int_equal(search_query_parse(arena, SPAN("\xFF"), &query), fault_invalid);
    assert_int_equal(search_query_parse(arena, SPAN("a\0b"), &query), fault_invalid);
    assert_int_equal(search_query_parse(arena, span_make(huge, sizeof huge), &query), fault_too_large);
    assert_int_equal(search_query_parse(arena, SPAN("a \" b"), &query), fault_none);
    assert_int_equal(query.n_words, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_found_from_their_beginning_and_inside),
        cmocka_unit_test(a_message_without_text_is_found_by_its_files), cmocka_unit_test(bounds_narrow),
        cmocka_unit_test(bad_questions_are_refused),
    };
    return cmocka_run_group_tests(tests, up, down);
}
