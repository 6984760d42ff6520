/* Every fault has a status and a sentence in every language; the body is what docs/protocol.md says. */
#include "door/problem.h"
#include "wire/json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* problem_respond is not asked here; what it needs of the network is. */
struct span request_header(const struct request *r, const char *name)
{
    (void)r, (void)name;
    return (struct span){ 0 };
}
struct arena *request_arena(struct request *r)
{
    (void)r;
    return NULL;
}
void response_header(struct request *r, const char *name, struct span value)
{
    (void)r, (void)name, (void)value;
}
void respond(struct request *r, int status, const char *type, struct span body)
{
    (void)r, (void)status, (void)type, (void)body;
}

static void every_fault_has_words(void **state)
{
    (void)state;
    for (int f = 0; f < fault_count; f++) {
        assert_in_range(problem_status((enum fault)f), 200, 599);
        for (int l = 0; l < language_count; l++) assert_non_null(problem_sentence((enum fault)f, NULL, (enum language)l));
    }
}

static void details_have_better_words_in_every_language(void **state)
{
    (void)state;
    assert_string_equal(problem_sentence(fault_conflict, "username", language_en), "This name is taken.");
    assert_string_equal(problem_sentence(fault_conflict, "username", language_uz), "Bu nom band.");
    assert_string_equal(problem_sentence(fault_conflict, "no such detail", language_en), problem_sentence(fault_conflict, NULL, language_en));
    for (int l = 0; l < language_count; l++) assert_non_null(problem_sentence(fault_unauthenticated, "credentials", (enum language)l));
}

static void the_body_has_its_four_fields(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    struct json_writer w = json_writer(&b);
    json_begin_object(&w);
    problem_fields(&w, &(struct problem){ fault_limited, NULL, 6 }, language_en);
    json_end_object(&w);
    buf_append_char(&b, 0);
    assert_string_equal(b.p, "{\"error\":\"limited\",\"detail\":null,\"message\":\"Too often. Please wait a little.\",\"retry_after_s\":6}");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_words),
        cmocka_unit_test(details_have_better_words_in_every_language),
        cmocka_unit_test(the_body_has_its_four_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
