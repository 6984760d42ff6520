/* Chunks in a chain, newest first; the arena's own struct lies in the first. One owner at a time, no locks.
   Always: used <= size in every chunk; the sum of all sizes stays within max_bytes plus the header of one chunk. */
#include "base/arena.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { align_bytes = 16, least_chunk_bytes = 512 };

struct chunk {
    struct chunk *older;
    size_t size, used; /* bytes after this header */
    _Alignas(align_bytes) char bytes[];
};

struct arena {
    struct chunk *newest;
    size_t total_bytes, max_bytes;
};

static size_t aligned(size_t n)
{
    return (n + align_bytes - 1) & ~(size_t)(align_bytes - 1);
}

static struct chunk *chunk_create(size_t size, struct chunk *older)
{
    struct chunk *c = malloc(sizeof *c + size);
    if (c) c->older = older, c->size = size, c->used = 0;
    return c;
}

struct arena *arena_create(size_t first_bytes, size_t max_bytes)
{
    size_t size = aligned(first_bytes < least_chunk_bytes ? least_chunk_bytes : first_bytes) + aligned(sizeof(struct arena));
    struct chunk *c = chunk_create(size, NULL);
    if (!c) return NULL;
    struct arena *a = (struct arena *)c->bytes;
    c->used = aligned(sizeof *a);
    *a = (struct arena){ .newest = c, .total_bytes = size, .max_bytes = max_bytes };
    return a;
}

void arena_destroy(struct arena *a)
{
    struct chunk *c = a ? a->newest : NULL;
    while (c) {
        struct chunk *older = c->older;
        free(c);
        c = older;
    }
}

static void add_chunk(struct arena *a, size_t n_bytes)
{
    size_t size = a->newest->size * 2;
    size_t left = a->max_bytes > a->total_bytes ? a->max_bytes - a->total_bytes : 0;
    if (size > left) size = aligned(left);
    if (size < n_bytes) size = n_bytes;
    if (n_bytes > aligned(left)) abort();
    struct chunk *c = chunk_create(size, a->newest);
    if (!c) abort();
    a->newest = c;
    a->total_bytes += size;
}

void *arena_alloc(struct arena *a, size_t n_bytes)
{
    if (n_bytes > SIZE_MAX / 2) abort();
    n_bytes = aligned(n_bytes ? n_bytes : 1);
    if (n_bytes > a->newest->size - a->newest->used) add_chunk(a, n_bytes);
    void *p = a->newest->bytes + a->newest->used;
    a->newest->used += n_bytes;
    return memset(p, 0, n_bytes);
}

struct span arena_copy(struct arena *a, struct span s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n) memcpy(p, s.p, s.n);
    return (struct span){ p, s.n };
}

struct span arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0) abort();
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return (struct span){ p, (size_t)n };
}
