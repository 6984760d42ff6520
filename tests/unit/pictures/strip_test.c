/* Pictures freed of metadata: what stays, what goes, and containers that lie about their lengths. Every input lies on the heap, exactly as long as it
   is, so that a sanitizer sees a read past it. */
#include "pictures/strip.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define BYTES(text) span_make((text), sizeof (text) - 1)

static bool strip(struct span bytes, struct buf *out)
{
    char *copy = malloc(bytes.n);
    assert_non_null(copy);
    memcpy(copy, bytes.p, bytes.n);
    buf_init(out, bytes.n + 64);
    bool done = picture_strip(span_make(copy, bytes.n), out);
    free(copy);
    return done;
}

static void becomes(struct span bytes, struct span wanted)
{
    struct buf out;
    assert_true(strip(bytes, &out));
    assert_int_equal(out.n, wanted.n);
    assert_memory_equal(out.p, wanted.p, wanted.n);
    buf_fini(&out);
}

static void is_refused(struct span bytes)
{
    struct buf out;
    assert_false(strip(bytes, &out));
    buf_fini(&out);
}

static void is_refused_when_cut(struct span whole)
{
    for (size_t n = 3; n < whole.n; n++) is_refused(span_make(whole.p, n));
}

static void a_jpeg_keeps_its_orientation_alone(void **state)
{
    static const char with[] = "\xFF\xD8" "\xFF\xE1\0\x22" "Exif\0\0" "MM\0*\0\0\0\x08" "\0\x01" "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" "\0\0\0\0"
                               "\xFF\xFE\0\x06" "home" "\xFF\xDA\0\x02" "ab\xFF\0" "\xFF\xD9";
    static const char without[] = "\xFF\xD8" "\xFF\xE1\0\x22" "Exif\0\0" "MM\0*\0\0\0\x08" "\0\x01" "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" "\0\0\0\0"
                                  "\xFF\xDA\0\x02" "ab\xFF\0" "\xFF\xD9";
    (void)state;
    becomes(BYTES(with), BYTES(without));
    is_refused_when_cut(BYTES(with));
}

static void a_png_loses_its_texts(void **state)
{
    static const char with[] = "\x89PNG\r\n\x1A\n" "\0\0\0\x04" "tEXt" "home" "1234" "\0\0\0\0" "IEND" "1234" "behind the end";
    (void)state;
    becomes(BYTES(with), SPAN("\x89PNG\r\n\x1A\n" "\0\0\0\0" "IEND" "1234"));
    is_refused_when_cut(span_make(with, sizeof with - 1 - strlen("behind the end")));
    is_refused(BYTES("\x89PNG\r\n\x1A\n" "\xFF\xFF\xFF\xFF" "IDAT" "1234"));
}

static void a_webp_loses_its_exif(void **state)
{
    static const char with[] = "RIFF" "\x2A\0\0\0" "WEBP" "VP8X" "\x0A\0\0\0" "\x0C\0\0\0\0\0\0\0\0\0" "EXIF" "\x04\0\0\0" "home" "VP8L" "\0\0\0\0";
    (void)state;
    becomes(BYTES(with), SPAN("RIFF" "\x1E\0\0\0" "WEBP" "VP8X" "\x0A\0\0\0" "\0\0\0\0\0\0\0\0\0\0" "VP8L" "\0\0\0\0"));
    is_refused_when_cut(BYTES(with));
}

/* A length that ends before the first chunk once let every chunk behind it pass for being inside. */
static void a_webp_that_lies_about_its_length_is_refused(void **state)
{
    (void)state;
    is_refused(BYTES("RIFF" "\0\0\0\0" "WEBP"));
    is_refused(BYTES("RIFF" "\0\0\0\0" "WEBP" "VP8 " "\x20\0\0\0" "abcd"));
    is_refused(BYTES("RIFF" "\x03\0\0\0" "WEBP" "none" "\x40\0\0\0" "abcd"));
    is_refused(BYTES("RIFF" "\xF8\xFF\xFF\xFF" "WEBP" "VP8 " "\0\0\0\0"));
    is_refused(BYTES("RIFF" "\x10\0\0\0" "WEBP" "VP8 " "\xFF\xFF\xFF\xFF" "abcd"));
}

static void a_gif_loses_its_comments(void **state)
{
    static const char with[] = "GIF89a" "\1\0\1\0\0\0\0" "\x21\xFE\4home\0" "\x2C\0\0\0\0\1\0\1\0\0" "\2" "\2ab\0" "\x3B";
    (void)state;
    becomes(BYTES(with), SPAN("GIF89a" "\1\0\1\0\0\0\0" "\x2C\0\0\0\0\1\0\1\0\0" "\2" "\2ab\0" "\x3B"));
    is_refused_when_cut(BYTES(with));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jpeg_keeps_its_orientation_alone),
        cmocka_unit_test(a_png_loses_its_texts),
        cmocka_unit_test(a_webp_loses_its_exif),
        cmocka_unit_test(a_webp_that_lies_about_its_length_is_refused),
        cmocka_unit_test(a_gif_loses_its_comments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
