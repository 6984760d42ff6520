/* Where a text may call somebody: what is found lies in the text, begins behind an '@', ends with a whole character, and is no more than was asked for. */
#include "fuzz.h"
#include "base/utf8.h"
#include "chat/mention.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mention_candidate out[MENTION_SIGNS_MAX * MENTION_CANDIDATES_MAX];
    char *copy = fuzz_copy(span_make(data, size));
    struct span text = span_make(copy, size);
    bool valid = utf8_valid(text);
    size_t n = mention_candidates(text, out);
    if (n > sizeof out / sizeof *out) abort();
    for (size_t i = 0; i < n; i++) {
        struct span name = out[i].name;
        if (name.p <= copy || name.p + name.n > copy + size || name.p[-1] != '@' || !name.n || name.n > ACCOUNT_NAME_MAX_BYTES) abort();
        if (valid && !utf8_valid(name)) abort();
        if (i && out[i - 1].sign > out[i].sign) abort();
        if (i && out[i - 1].sign == out[i].sign && out[i - 1].name.n <= name.n) abort();
    }
    free(copy);
    return 0;
}
