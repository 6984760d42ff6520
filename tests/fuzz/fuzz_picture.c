/* Pictures freed of metadata: no read past the end, never much longer than before, and what was freed once stays as it is. */
#include "fuzz.h"
#include "pictures/strip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *copy = fuzz_copy((struct span){ (const char *)data, n });
    struct buf once, twice;
    buf_init(&once, n + 64), buf_init(&twice, n + 128);
    if (picture_strip((struct span){ copy, n }, &once)) {
        if (picture_kind_of(buf_span(&once)) == picture_none) abort();
        char *again = fuzz_copy(buf_span(&once));
        if (!picture_strip((struct span){ again, once.n }, &twice) || !span_eq(buf_span(&once), buf_span(&twice))) abort();
        free(again);
    }
    buf_fini(&once), buf_fini(&twice);
    free(copy);
    return 0;
}
