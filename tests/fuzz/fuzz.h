/* What every target shares: reading choices off the front of the input, and telling the same story of the same bytes at two cuts. */
#pragma once
#include "base/buf.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline unsigned fuzz_byte(struct span *in)
{
    if (in->n == 0) return 0;
    in->n--;
    return (unsigned char)*in->p++;
}

/* Exactly n bytes on the heap, so that the sanitizer sees the first read or write past them. */
static inline char *fuzz_copy(struct span s)
{
    char *p = malloc(s.n ? s.n : 1);
    if (s.n) memcpy(p, s.p, s.n);
    return p;
}

typedef void fuzz_story_fn(struct span bytes, size_t stride, struct buf *story);

/* Reads whole and by strides; the stories must be equal. */
static inline void fuzz_cuts(fuzz_story_fn *read, struct span bytes, size_t stride)
{
    struct buf whole, cut;
    buf_init(&whole, 1 << 24), buf_init(&cut, 1 << 24);
    read(bytes, bytes.n + 1, &whole);
    read(bytes, stride ? stride : 1, &cut);
    if (!span_eq(buf_span(&whole), buf_span(&cut))) abort();
    buf_fini(&whole), buf_fini(&cut);
}
