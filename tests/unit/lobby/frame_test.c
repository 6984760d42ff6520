/* L-24, L-30 to L-36: what generation B makes of each frame. */
#include "dialect/lobby/frame.h"
#include "wire/json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct lobby_frame last;
static char text[8192];

static enum lobby_frame_kind kind_of(struct span input)
{
    struct json j;
    bool parsed;
    last = lobby_frame_decode(input, &j, &parsed);
    snprintf(text, sizeof text, SPAN_FMT, SPAN_ARG(last.text));
    if (parsed) json_done(&j);
    return last.kind;
}
#define KIND(literal) kind_of(SPAN(literal))

static void messages(void **state)
{
    (void)state;
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":\" salom \"}"), lobby_frame_message);
    assert_string_equal(text, " salom ");
    assert_false(last.is_sticker);
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":\"\xf0\x9f\x98\x80\",\"isSticker\":true}"), lobby_frame_message);
    assert_true(last.is_sticker);
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":\" \\n \"}"), lobby_frame_ignored);
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":\"\xc2\xa0\xe3\x80\x80\\t\"}"), lobby_frame_ignored);
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":\"\xc2\xa0x\"}"), lobby_frame_message);
    assert_int_equal(KIND("{\"type\":\"message\"}"), lobby_frame_ignored);
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":7}"), lobby_frame_breaks);
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":null}"), lobby_frame_breaks);
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":\"x\",\"image\":null}"), lobby_frame_message);
}

static void text_that_is_not_json(void **state)
{
    (void)state;
    assert_int_equal(KIND("salom {hammaga}"), lobby_frame_message);
    assert_string_equal(text, "salom {hammaga}");
    assert_int_equal(KIND("   "), lobby_frame_ignored);
    assert_int_equal(KIND(""), lobby_frame_ignored);
}

static void what_is_no_object_breaks(void **state)
{
    (void)state;
    assert_int_equal(KIND("5"), lobby_frame_breaks);
    assert_int_equal(KIND("\"salom\""), lobby_frame_breaks);
    assert_int_equal(KIND("[]"), lobby_frame_breaks);
}

static void signals(void **state)
{
    (void)state;
    assert_int_equal(KIND("{\"type\":\"typing\",\"typing\":true}"), lobby_frame_typing);
    assert_true(last.typing);
    assert_int_equal(KIND("{\"type\":\"typing\"}"), lobby_frame_typing);
    assert_false(last.typing);
    assert_int_equal(KIND("{\"type\":\"ping\"}"), lobby_frame_ping);
    assert_int_equal(KIND("{\"type\":\"pong\"}"), lobby_frame_ignored);
    assert_int_equal(KIND("{\"type\":5}"), lobby_frame_ignored);
    assert_int_equal(KIND("{}"), lobby_frame_ignored);
}

static void a_thousand_code_points(void **state)
{
    (void)state;
    char input[5000] = "{\"type\":\"message\",\"message\":\"";
    size_t n = strlen(input);
    for (int i = 0; i < 1000; i++) memcpy(input + n, "я", 2), n += 2;
    memcpy(input + n, "\"}", 3);
    assert_int_equal(kind_of(span_of(input)), lobby_frame_message);
    memcpy(input + n, "я\"}", 5);
    assert_int_equal(kind_of(span_of(input)), lobby_frame_too_long);
}

static void pictures(void **state)
{
    (void)state;
    assert_int_equal(KIND("{\"type\":\"message\",\"message\":\"\",\"image\":\"data:image/png;base64,AAAA\"}"), lobby_frame_image);
    assert_int_equal(KIND("{\"type\":\"message\",\"image\":[]}"), lobby_frame_breaks);
    size_t size = LOBBY_IMAGE_MAX_CHARS + 100, n = 0;
    char *input = malloc(size);
    n += (size_t)snprintf(input, size, "{\"type\":\"message\",\"image\":\"");
    memset(input + n, 'A', LOBBY_IMAGE_MAX_CHARS + 1);
    memcpy(input + n + LOBBY_IMAGE_MAX_CHARS + 1, "\"}", 3);
    assert_int_equal(kind_of(span_of(input)), lobby_frame_image_too_large);
    memcpy(input + n + LOBBY_IMAGE_MAX_CHARS, "\"}", 3);
    assert_int_equal(kind_of(span_of(input)), lobby_frame_image);
    free(input);
}

static void stickers(void **state)
{
    (void)state;
    assert_true(lobby_is_sticker(SPAN("\xf0\x9f\x98\x80")));
    assert_false(lobby_is_sticker(SPAN("\xf0\x9f\x98\x80\xf0\x9f\x98\x80")));
    assert_false(lobby_is_sticker(SPAN("\xe2\x9d\xa4")));
    assert_false(lobby_is_sticker(SPAN("\xf0\x9f\x80\x80"))); /* U+1F000 itself */
    assert_true(lobby_is_sticker(SPAN("\xf0\x9f\x80\x81")));
    assert_false(lobby_is_sticker(SPAN("abcd")));
    assert_false(lobby_is_sticker(SPAN("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages), cmocka_unit_test(text_that_is_not_json), cmocka_unit_test(what_is_no_object_breaks), cmocka_unit_test(signals),
        cmocka_unit_test(a_thousand_code_points), cmocka_unit_test(pictures), cmocka_unit_test(stickers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
