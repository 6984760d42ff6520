/* Forms and percent decoding: results are UTF-8 without NUL, never longer than what they came from, and survive being encoded and decoded. */
#include "base/utf8.h"
#include "fuzz.h"
#include "wire/form.h"

static void check_decoded(struct span v, struct arena *arena)
{
    struct buf encoded;
    struct span back;
    if (!utf8_valid(v) || (v.n && memchr(v.p, 0, v.n))) abort();
    buf_init(&encoded, 1 << 22);
    form_encode(&encoded, v);
    if (form_decode(buf_span(&encoded), true, arena, &back) != fault_none || !span_eq(back, v)) abort();
    buf_fini(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > 4096) return 0;
    char *copy = fuzz_copy((struct span){ (const char *)data, n });
    struct span form = { copy, n }, rest = form, name, value;
    struct arena *arena = arena_create(0, 1 << 24);
    while (form_next(&rest, arena, &name, &value) == fault_none) {
        if (name.n + value.n > n) abort();
        check_decoded(name, arena), check_decoded(value, arena);
    }
    if (form_find(form, SPAN("after"), arena, &value) != fault_none && value.p) abort();
    if (form_decode(form, false, arena, &value) == fault_none) check_decoded(value, arena);
    arena_destroy(arena);
    free(copy);
    return 0;
}
