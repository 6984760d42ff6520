/* What the tests of this room include. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"

#define assert_span(s, text) do { struct span s_ = (s); assert_int_equal(s_.n, strlen(text)); assert_memory_equal(s_.n ? s_.p : "", text, s_.n); } while (0)
