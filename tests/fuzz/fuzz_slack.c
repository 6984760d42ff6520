/* Bodies of incoming webhooks: what comes out is UTF-8 without NUL and not much longer than what came in. */
#include "base/utf8.h"
#include "dialect/native/slack.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > 8192) return 0;
    char *copy = fuzz_copy((struct span){ (const char *)data, n });
    struct arena *arena = arena_create(0, 1 << 24);
    struct slack_post post = { 0 };
    if (slack_read((struct span){ copy, n }, arena, &post) == fault_none) {
        if (!utf8_valid(post.text) || !utf8_valid(post.name) || post.text.n > 3 * n || post.name.n > n) abort();
        if (post.text.n && memchr(post.text.p, 0, post.text.n)) abort();
    }
    arena_destroy(arena);
    free(copy);
    return 0;
}
