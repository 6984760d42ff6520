/* What every suite of this room includes: cmocka, the headers it wants before it, and cutting. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define assert_span(s, literal) \
    do { \
        struct span told = (s); \
        assert_int_equal(told.n, sizeof(literal) - 1); \
        if (told.n) assert_memory_equal(told.p, literal, told.n); \
    } while (0)

#define lengthof(array) (sizeof(array) / sizeof *(array))

/* Runs a reading of the same bytes whole, byte by byte, and cut in two and in three at every place, and wants the same story each time. The
   story is text that `read` writes about what it saw. cuts are increasing offsets. */
typedef void story_fn(struct span bytes, const size_t *cuts, size_t n_cuts, struct buf *story);

static inline void assert_same_story(story_fn *read, struct span bytes, const size_t *cuts, size_t n_cuts, const struct buf *expected)
{
    struct buf story;
    buf_init(&story, 1 << 22);
    read(bytes, cuts, n_cuts, &story);
    if (!span_eq(buf_span(&story), buf_span(expected)))
        fail_msg("cut at %zu, %zu of %zu\n--- told\n" SPAN_FMT "\n--- whole\n" SPAN_FMT "\n", n_cuts ? cuts[0] : 0, n_cuts > 1 ? cuts[1] : 0, bytes.n,
                 SPAN_ARG(buf_span(&story)), SPAN_ARG(buf_span(expected)));
    buf_fini(&story);
}

static inline void assert_story_at_every_cut(story_fn *read, struct span bytes, struct buf *whole_out)
{
    buf_init(whole_out, 1 << 22);
    read(bytes, NULL, 0, whole_out);
    size_t *each = malloc((bytes.n + 1) * sizeof *each);
    for (size_t i = 0; i < bytes.n; i++) each[i] = i + 1;
    if (bytes.n) assert_same_story(read, bytes, each, bytes.n - 1, whole_out);
    free(each);
    for (size_t i = 0; i <= bytes.n; i++) assert_same_story(read, bytes, &i, 1, whole_out);
    for (size_t i = 0; bytes.n <= 120 && i <= bytes.n; i++)
        for (size_t j = i; j <= bytes.n; j++) assert_same_story(read, bytes, (size_t[]){ i, j }, 2, whole_out);
}

static inline void assert_story(story_fn *read, struct span bytes, const char *expected)
{
    struct buf whole;
    assert_story_at_every_cut(read, bytes, &whole);
    buf_append_char(&whole, 0);
    assert_string_equal(whole.p, expected);
    buf_fini(&whole);
}
