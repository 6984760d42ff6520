/* Header values that have small grammars of their own: cookies, negotiation, WebSocket extensions and keys. */
#include "fuzz.h"
#include "wire/accept.h"
#include "wire/cookie.h"
#include "wire/http_parser.h"
#include "wire/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *copy = fuzz_copy((struct span){ (const char *)data, n });
    struct span header = { copy, n }, rest = header, name, value, element;
    struct buf out;
    buf_init(&out, 1 << 16);
    while (cookie_next(&rest, &name, &value)) {
        if (name.n == 0) abort();
        if (cookie_find(header, name).p == NULL) abort();
        struct cookie c = { .name = name, .value = value, .path = value, .max_age_s = (int64_t)n };
        buf_clear(&out);
        if (cookie_build(&c, &out) == fault_none && (memchr(out.p, '\r', out.n) || memchr(out.p, '\n', out.n))) abort();
    }
    buf_fini(&out);
    if ((unsigned)accept_language(header) >= language_count) abort();
    if (accept_coding(header, false, false) != coding_identity) abort();
    accept_coding(header, true, true);
    char answer[WS_EXTENSIONS_MAX_BYTES], accepted[29];
    if (ws_choose_deflate(header, answer) != (answer[0] != 0)) abort();
    ws_accept_key(header, accepted);
    for (rest = header; http_list_next(&rest, &element);)
        if (element.n == 0 || !http_list_has(header, element)) abort();
    free(copy);
    return 0;
}
