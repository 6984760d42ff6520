/* What search holds for the same word. */
#include "base/fold.h"
#include "base_test.h"

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

static void assert_fold(const char *text, const char *words)
{
    struct span s = fold_words(arena, span_of(text));
    if (!span_eq(s, span_of(words))) fail_msg("\"%s\" became \"" SPAN_FMT "\", not \"%s\"", text, SPAN_ARG(s), words);
}

static void assert_same(const char *a, const char *b)
{
    assert_fold(b, fold_words(arena, span_of(a)).p);
}

static void what_is_no_letter_parts_words(void **state)
{
    (void)state;
    assert_fold("  Salom,  OLAM! 42-uy ", "salom olam 42 uy");
    assert_fold("a_b/c.d", "a b c d");
    assert_fold("👍 ha 👍🏽", "ha");
    assert_fold("", "");
    assert_fold(" … ", "");
    assert_fold("\xFF", "");
}

static void uzbek_is_one_in_both_scripts(void **state)
{
    (void)state;
    assert_same("Oʻzbekiston", "Ўзбекистон");
    assert_same("gʻoʻza qishloq", "ғўза қишлоқ");
    assert_same("yosh yer yoʻl", "ёш ер йўл");
    assert_same("konstitutsiya", "конституция");
    assert_same("choyxona shahar", "чойхона шаҳар");
    assert_same("maʼno", "маъно");
}

static void apostrophes_are_one_in_every_shape(void **state)
{
    (void)state;
    const char *const ways[] = { "o'zbek", "o`zbek", "o´zbek", "oʻzbek", "oʼzbek", "o‘zbek", "o’zbek", "o＇zbek", "ozbek" };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) assert_fold(ways[i], "ozbek");
}

static void russian_and_ukrainian_are_tolerant(void **state)
{
    (void)state;
    assert_same("елка", "Ёлка");
    assert_same("їжак", "іжак");
    assert_same("їжак", "ижак");
    assert_same("ґанок", "ганок");
    assert_same("привет", "privet");
}

static void accents_and_forms_vanish(void **state)
{
    (void)state;
    assert_fold("Café naïve", "cafe naive");
    assert_fold("ＦＵＬＬ ﬁne", "full fine");
    assert_fold("日本語", "日本語");
}

static void folding_twice_changes_nothing(void **state)
{
    (void)state;
    const char *const texts[] = { "Ўзбекистон ёш йўл", "yyo tts tye", "ats ётс тс", "Straße ǰ ŉ" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct span once = fold_words(arena, span_of(texts[i]));
        assert_true(fold_words(arena, once).n <= once.n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_letter_parts_words),      cmocka_unit_test(uzbek_is_one_in_both_scripts),
        cmocka_unit_test(apostrophes_are_one_in_every_shape), cmocka_unit_test(russian_and_ukrainian_are_tolerant),
        cmocka_unit_test(accents_and_forms_vanish),           cmocka_unit_test(folding_twice_changes_nothing),
    };
    return cmocka_run_group_tests(tests, up, down);
}
