/* The bounded growing buffer. One owner at a time, no locks. Always: n <= cap <= max; p is NULL exactly when cap is 0;
   a failed buffer keeps the bytes it had and takes no more. */
#include "base/buf.h"
#include <stdio.h>
#include <stdlib.h>

enum { first_cap_bytes = 128 };

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){ .max = max_bytes };
}

void buf_fini(struct buf *b)
{
    free(b->p);
    *b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

static bool grow(struct buf *b, size_t n)
{
    if (b->failed || n > b->max - b->n) {
        b->failed = true;
        return false;
    }
    size_t cap = b->cap ? b->cap : first_cap_bytes;
    while (cap < b->n + n) cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max) cap = b->max;
    char *p = realloc(b->p, cap ? cap : 1);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p, b->cap = cap;
    return true;
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (b->failed || n > b->cap - b->n || !b->p)
        if (!grow(b, n)) return NULL;
    return b->p + b->n;
}

void buf_commit(struct buf *b, size_t n)
{
    b->n += n;
}

void buf_append(struct buf *b, const void *p, size_t n)
{
    if (n == 0) return;
    char *to = buf_reserve(b, n);
    if (!to) return;
    memcpy(to, p, n);
    b->n += n;
}

void buf_append_span(struct buf *b, struct span s)
{
    buf_append(b, s.p, s.n);
}

void buf_append_cstr(struct buf *b, const char *s)
{
    buf_append(b, s, strlen(s));
}

void buf_append_char(struct buf *b, char c)
{
    char *to = buf_reserve(b, 1);
    if (!to) return;
    *to = c;
    b->n++;
}

void buf_append_i64(struct buf *b, int64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0) digits[--at] = '-';
    buf_append(b, digits + at, sizeof digits - at);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *to = n < 0 ? NULL : buf_reserve(b, (size_t)n);
    if (to && (size_t)n < b->cap - b->n) {
        vsnprintf(to, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    } else if (to) { /* the terminator of vsnprintf would pass the ceiling */
        char *copy = NULL;
        if (vasprintf(&copy, format, again) < 0) b->failed = true;
        else buf_append(b, copy, (size_t)n), free(copy);
    } else {
        b->failed = true;
    }
    va_end(again);
    va_end(args);
}

char *buf_take(struct buf *b, size_t *n_out)
{
    char *p = b->p;
    *n_out = b->n;
    *b = (struct buf){ .max = b->max };
    return p;
}
