/* Time. Wall time goes into records, monotonic time into time-outs. Wall time never runs backwards within one process: when the
   system clock jumps back, clock_wall_us stands still until it has caught up (records keep their order). */
#pragma once
#include "base/span.h"
#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_us(void); /* microseconds since 1970, UTC */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* "2025-11-29T14:16:55.123456" plus suffix ("Z" or ""). Writes at most 32 bytes, NUL-terminated; returns the length. */
size_t clock_iso(int64_t wall_us, const char *suffix, char out[32]);
/* A date ("2026-11-21": its first moment, UTC) or a time of RFC 3339 ("2026-11-21T09:00:00Z", fractions and offsets understood). False leaves *out_us alone. */
bool clock_parse(struct span text, int64_t *out_us);
