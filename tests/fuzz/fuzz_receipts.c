/* Bodies of the old chats' routes: what is taken is UTF-8 without NUL and no longer than what came; what is refused is told in whole JSON. The first byte
   chooses the route and the type of the body. */
#include "base/utf8.h"
#include "dialect/receipts/body.h"
#include "fuzz.h"
#include "wire/json.h"

static const struct span types[] = { SPAN("application/json"), SPAN("application/x-www-form-urlencoded"), SPAN("multipart/form-data; boundary=b"), SPAN("text/plain") };

static void judge(struct span text, size_t n)
{
    if (!utf8_valid(text) || text.n > n || (text.n && memchr(text.p, 0, text.n))) abort();
}

static enum fault decode(int route, struct span type, struct span body, struct arena *arena, struct buf *errors)
{
    struct receipts_newcomer newcomer;
    struct receipts_login login;
    struct span name;
    enum fault fault = route == 0 ? receipts_newcomer_decode(type, body, arena, &newcomer, errors) :
                       route == 1 ? receipts_login_decode(type, body, arena, &login, errors) : receipts_chat_decode(type, body, arena, &name, errors);
    if (fault) return fault;
    if (route == 0) judge(newcomer.name, body.n), judge(newcomer.email, body.n), judge(newcomer.password, body.n), judge(newcomer.invite, body.n);
    else if (route == 1) judge(login.username, body.n), judge(login.password, body.n);
    else judge(name, body.n);
    return fault_none;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1 || n > 8192) return 0;
    char *copy = fuzz_copy((struct span){ (const char *)data + 1, n - 1 });
    struct arena *arena = arena_create(0, 1 << 24);
    struct buf errors;
    struct json j;
    buf_init(&errors, 1 << 20);
    if (decode(data[0] % 3, types[data[0] / 3 % 4], (struct span){ copy, n - 1 }, arena, &errors)) {
        if (json_parse(&j, buf_span(&errors), 1 << 20)) abort();
        json_done(&j);
    }
    buf_fini(&errors);
    arena_destroy(arena);
    free(copy);
    return 0;
}
