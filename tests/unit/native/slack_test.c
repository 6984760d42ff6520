/* The bodies of incoming webhooks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "dialect/native/slack.h"
#include <string.h>

static struct arena *arena;

static int up(void **state)
{
    (void)state;
    arena = arena_create(4096, 8 << 20);
    return arena == NULL;
}

static int down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static struct slack_post good(const char *json)
{
    struct slack_post post = { 0 };
    if (slack_read(span_of(json), arena, &post)) fail_msg("%s", json);
    return post;
}

static void assert_text(const char *json, const char *text)
{
    assert_string_equal(arena_copy(arena, good(json).text).p, text);
}

static void texts_lose_their_marks(void **state)
{
    (void)state;
    assert_text("{\"text\":\"plain\"}", "plain");
    assert_text("{\"text\":\"<https://a.b/c|word> & &lt;b&gt; &amp;amp; &nbsp;\"}", "word (https://a.b/c) & <b> &amp; &nbsp;");
    assert_text("{\"text\":\"<https://a.b> <mailto:a@b|a@b> <!here> <!subteam^1|@ops> <@U1|ali> <#C1|general>\"}",
                "https://a.b a@b (mailto:a@b) @here @@ops @ali #general");
    assert_text("{\"text\":\"a < b, <unfinished\"}", "a < b, <unfinished");
    assert_text("{\"text\":\"<>|<|x>\"}", "|x ()");
    assert_text("{\"text\":\"ў <https://ў|ў>\"}", "ў ў (https://ў)");
}

static void attachments_follow_line_by_line(void **state)
{
    (void)state;
    assert_text("{\"text\":\"a\",\"attachments\":[{\"pretext\":\"b\",\"title\":\"c\",\"title_link\":\"d\",\"text\":\"e\",\"fallback\":\"no\"},{\"fallback\":\"f\"}]}",
                "a\nb\nc\nd\ne\nf");
    assert_text("{\"attachments\":[{\"text\":\"only\",\"color\":\"#fff\",\"fields\":[1]}],\"blocks\":[]}", "only");
    assert_text("{}", "");
    assert_text("{\"text\":null}", "");
}

static void names_are_trimmed(void **state)
{
    (void)state;
    assert_true(span_eq(good("{\"text\":\"x\",\"username\":\" Builder \"}").name, SPAN("Builder")));
    assert_int_equal(good("{\"text\":\"x\"}").name.n, 0);
}

static void other_things_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "x", "[]", "\"text\"", "{\"text\":5}", "{\"text\":\"x\",\"username\":[]}", "{\"attachments\":{}}",
                                       "{\"attachments\":[5]}", "{\"attachments\":[{\"text\":5}]}", "{\"text\":\"\\u0000\"}" };
    struct slack_post post;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!slack_read(span_of(bad[i]), arena, &post)) fail_msg("%s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_lose_their_marks, up, down),
        cmocka_unit_test_setup_teardown(attachments_follow_line_by_line, up, down),
        cmocka_unit_test_setup_teardown(names_are_trimmed, up, down),
        cmocka_unit_test_setup_teardown(other_things_are_refused, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
