/* Tokens. The input is tried as it is, and as the payload and the header of a token signed with the very key: what holds must have come from our rules. */
#include "fuzz.h"
#include "wire/token.h"
#include <cjose/cjose.h>

static const char secret[] = "fuzzfuzzfuzzfuzzfuzzfuzzfuzzfuzz";

static struct token_key *key(void)
{
    static struct token_key *k;
    if (!k && token_key_create(span_of(secret), &k) != fault_none) abort();
    return k;
}

static void verify(struct span token)
{
    struct token_claims c;
    struct arena *arena = arena_create(0, 1 << 20);
    if (token_verify(key(), token, SPAN("native"), 500, arena, &c) == fault_none) {
        if (!span_eq(c.audience, SPAN("native")) || !span_eq(c.issuer, SPAN("suhbat")) || c.expires_s <= 500 || c.not_before_s > 500) abort();
        if (c.account.v < 0 || c.session.v < 0) abort();
    }
    arena_destroy(arena);
}

static void verify_signed(struct span payload)
{
    static cjose_jwk_t *jwk;
    cjose_err err;
    const char *text = NULL;
    if (!jwk) jwk = cjose_jwk_create_oct_spec((const uint8_t *)secret, sizeof secret - 1, &err);
    cjose_header_t *h = cjose_header_new(&err);
    cjose_header_set(h, CJOSE_HDR_ALG, CJOSE_HDR_ALG_HS256, &err);
    cjose_jws_t *jws = cjose_jws_sign(jwk, h, (const uint8_t *)payload.p, payload.n, &err);
    if (jws && cjose_jws_export(jws, &text, &err)) verify(span_of(text));
    if (jws) cjose_jws_release(jws);
    cjose_header_release(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *copy = fuzz_copy((struct span){ (const char *)data, n });
    verify((struct span){ copy, n });
    if (n) verify_signed((struct span){ copy, n });
    free(copy);
    return 0;
}
