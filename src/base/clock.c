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

static bool parse_fraction(const char **p, int64_t *us)
{
    int64_t unit = 100000;
    if (**p != '.') return true;
    if ((*p)[1] < '0' || (*p)[1] > '9') return false;
    for (++*p; **p >= '0' && **p <= '9'; ++*p, unit /= 10) *us += (**p - '0') * unit;
    return true;
}

static bool parse_offset(const char *p, int64_t *offset_s)
{
    int64_t hours, minutes;
    if ((*p == 'Z' || *p == 'z') && !p[1]) return true;
    if ((*p != '+' && *p != '-') || strlen(p) != 6 || p[3] != ':') return false;
    if (!span_to_i64(span_make(p + 1, 2), &hours) || !span_to_i64(span_make(p + 4, 2), &minutes)) return false;
    *offset_s = (*p == '-' ? -60 : 60) * (hours * 60 + minutes);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

bool clock_parse(struct span text, int64_t *out_us)
{
    char copy[48];
    struct tm tm = { 0 };
    int64_t fraction_us = 0, offset_s = 0;
    if (text.n < 10 || text.n >= sizeof copy || memchr(text.p, ' ', text.n)) return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    const char *rest = strptime(copy, "%Y-%m-%d", &tm);
    if (!rest || rest != copy + 10) return false;
    if (*rest) {
        rest = *rest == 'T' || *rest == 't' ? strptime(rest + 1, "%H:%M:%S", &tm) : NULL;
        if (!rest || !parse_fraction(&rest, &fraction_us) || !parse_offset(rest, &offset_s)) return false;
    }
    int day = tm.tm_mday;
    int64_t second = timegm(&tm);
    if (tm.tm_mday != day) return false;
    *out_us = (second - offset_s) * 1000000 + fraction_us;
    return true;
}
