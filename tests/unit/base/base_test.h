/* What every suite of this room includes: cmocka and the headers it wants before it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define assert_span(s, literal) \
    do { \
        struct span told = (s); \
        assert_int_equal(told.n, sizeof(literal) - 1); \
        if (told.n) assert_memory_equal(told.p, literal, told.n); \
    } while (0)
