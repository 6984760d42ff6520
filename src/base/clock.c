/* Wall and monotonic time. Any thread. Owns the newest wall time handed out by the process (an atomic) and, per thread, the text
   of the last second formatted: records of the same second differ only in their microseconds. */
#include "base/clock.h"
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t newest_wall_us;

static int64_t now_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
    int64_t now = now_us(CLOCK_REALTIME);
    int64_t newest = atomic_load_explicit(&newest_wall_us, memory_order_relaxed);
    while (now > newest)
        if (atomic_compare_exchange_weak_explicit(&newest_wall_us, &newest, now, memory_order_relaxed, memory_order_relaxed)) return now;
    return newest;
}

int64_t clock_mono_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

static const char *second_text(int64_t second)
{
    static _Thread_local int64_t cached_second = INT64_MIN;
    static _Thread_local char text[32];
    if (second == cached_second) return text;
    time_t t = (time_t)second;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || tm.tm_year + 1900 > 9999 || tm.tm_year + 1900 < 0) {
        memcpy(text, "0000-00-00T00:00:00", 20);
    } else {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    }
    cached_second = second;
    return text;
}

size_t clock_iso(int64_t wall_us, const char *suffix, char out[32])
{
    int64_t second = wall_us / 1000000, micro = wall_us % 1000000;
    if (micro < 0) second--, micro += 1000000;
    memcpy(out, second_text(second), 19);
    out[19] = '.';
    for (int i = 25; i > 19; i--) out[i] = (char)('0' + micro % 10), micro /= 10;
    size_t n = strnlen(suffix, 5);
    memcpy(out + 26, suffix, n);
    out[26 + n] = 0;
    return 26 + n;
}
