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
        assert_int_equal((s).n, sizeof(literal) - 1); \
        if ((s).n) assert_memory_equal((s).p, literal, (s).n); \
    } while (0)
