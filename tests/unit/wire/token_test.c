/* Access tokens: ours hold; all others do not, each for its own reason; and one key serves many threads. */
#include "wire/token.h"
#include "base/buf.h"
#include "wire_test.h"
#include <cjose/cjose.h>
#include <pthread.h>

static struct token_key *key;
static struct arena *arena;
static const char secret[] = "0123456789abcdef0123456789abcdef";

static struct token_claims claims(void)
{
    return (struct token_claims){ .issuer = SPAN("suhbat"), .audience = SPAN("native"), .subject = SPAN("али \"x\""), .account = { 7 }, .session = { 9 }, .expires_s = 1000, .not_before_s = 100 };
}

static struct span signed_token(const struct token_claims *c)
{
    struct span t;
    assert_int_equal(token_sign(key, c, arena, &t), fault_none);
    return t;
}

static enum fault verify_at(struct span token, int64_t now_s)
{
    struct token_claims c;
    return token_verify(key, token, SPAN("native"), now_s, arena, &c);
}

static void keyed_hashes_differ_by_purpose_text_and_key(void **state)
{
    unsigned char all[5][TOKEN_MAC_BYTES];
    struct token_key *other;
    assert_int_equal(token_key_create(SPAN("another secret of some length"), &other), fault_none);
    token_mac(key, "a", SPAN("text"), all[0]);
    token_mac(key, "b", SPAN("text"), all[1]);
    token_mac(key, "a", SPAN("texu"), all[2]);
    token_mac(other, "a", SPAN("text"), all[3]);
    token_mac(key, "a", SPAN(""), all[4]);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++) assert_memory_not_equal(all[i], all[k], TOKEN_MAC_BYTES);
    token_mac(key, "a", SPAN("text"), all[1]);
    assert_memory_equal(all[0], all[1], TOKEN_MAC_BYTES);
    token_key_destroy(other);
}

static void there_and_back(void **state)
{
    struct token_claims c = claims(), back;
    struct span t = signed_token(&c);
    assert_int_equal(token_verify(key, t, SPAN("native"), 500, arena, &back), fault_none);
    assert_span(back.subject, "али \"x\"");
    assert_int_equal(back.account.v, 7);
    assert_int_equal(back.session.v, 9);
    assert_int_equal(back.expires_s, 1000);
    assert_span(back.issuer, "suhbat");
    assert_int_equal(verify_at(t, 99), fault_unauthenticated);
    assert_int_equal(verify_at(t, 100), fault_none);
    assert_int_equal(verify_at(t, 999), fault_none);
    assert_int_equal(verify_at(t, 1000), fault_unauthenticated);
    assert_int_equal(token_verify(key, t, SPAN("lobby"), 500, arena, &back), fault_unauthenticated);
    c.issuer = SPAN("other");
    assert_int_equal(verify_at(signed_token(&c), 500), fault_unauthenticated);
}

static void tampered(void **state)
{
    struct token_claims c = claims();
    struct span t = signed_token(&c);
    char copy[2049];
    for (size_t i = 0; i < t.n; i++) {
        memcpy(copy, t.p, t.n);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        bool last = i + 1 == t.n; /* its low bits are padding: another letter may decode to the same bytes */
        if (!last) assert_int_equal(verify_at((struct span){ copy, t.n }, 500), fault_unauthenticated);
        assert_int_equal(verify_at((struct span){ t.p, i }, 500), fault_unauthenticated);
    }
    memset(copy, 'a', sizeof copy);
    copy[10] = copy[20] = '.';
    assert_int_equal(verify_at((struct span){ copy, sizeof copy }, 500), fault_unauthenticated);
    static const char *const bad[] = { "", ".", "..", "...", "a.b.c", "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciO=Jub25lIn0.e30.AAAA", "eyJhbGciOiJIUzI1NiJ9.=e30.AAAA",
                                       "eyJhbGciOiJIUzI1NiJ9.e30.AA A", "eyJhbGciOiJIUzI1NiJ9.e30.A", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AA==" };
    for (size_t i = 0; i < lengthof(bad); i++) assert_int_equal(verify_at(span_of(bad[i]), 500), fault_unauthenticated);
}

/* Tokens signed with our very key, but not by our rules. */
static struct span foreign(const char *alg, const char *extra, const char *payload)
{
    cjose_err err;
    const char *text;
    cjose_jwk_t *jwk = cjose_jwk_create_oct_spec((const uint8_t *)secret, 32, &err);
    cjose_header_t *h = cjose_header_new(&err);
    assert_true(cjose_header_set(h, CJOSE_HDR_ALG, alg, &err));
    if (extra) assert_true(cjose_header_set_raw(h, extra, "[\"alg\"]", &err));
    cjose_jws_t *jws = cjose_jws_sign(jwk, h, (const uint8_t *)payload, strlen(payload), &err);
    assert_non_null(jws);
    assert_true(cjose_jws_export(jws, &text, &err));
    struct span t = arena_copy(arena, span_of(text));
    cjose_jws_release(jws), cjose_header_release(h), cjose_jwk_release(jwk);
    return t;
}

static void foreign_shapes(void **state)
{
    static const char good[] = "{\"iss\":\"suhbat\",\"aud\":\"native\",\"sub\":\"a\",\"exp\":1000,\"nbf\":1}";
    assert_int_equal(verify_at(foreign("HS256", NULL, good), 500), fault_none);
    assert_int_equal(verify_at(foreign("HS256", "crit", good), 500), fault_unauthenticated);
    static const char *const bad[] = { "[]", "x", "{\"iss\":\"suhbat\",\"aud\":\"native\",\"sub\":\"a\",\"nbf\":1}", "{\"iss\":\"suhbat\",\"aud\":\"native\",\"sub\":\"a\",\"exp\":1000}",
                                       "{\"iss\":\"suhbat\",\"aud\":\"native\",\"sub\":\"a\",\"exp\":\"1000\",\"nbf\":1}", "{\"iss\":\"suhbat\",\"aud\":[\"native\"],\"sub\":\"a\",\"exp\":1000,\"nbf\":1}",
                                       "{\"aud\":\"native\",\"sub\":\"a\",\"exp\":1000,\"nbf\":1}", "{\"iss\":\"suhbat\",\"sub\":\"a\",\"exp\":1000,\"nbf\":1}", "{\"iss\":\"suhbat\",\"aud\":\"native\",\"exp\":1000,\"nbf\":1}",
                                       "{\"iss\":\"suhbat\",\"aud\":\"native\",\"sub\":\"a\",\"aid\":-1,\"exp\":1000,\"nbf\":1}" };
    for (size_t i = 0; i < lengthof(bad); i++) assert_int_equal(verify_at(foreign("HS256", NULL, bad[i]), 500), fault_unauthenticated);
}

/* The same secret under another algorithm. Newer libraries refuse to make HS512 of 32 bytes; then there is nothing to refuse. */
static void other_algorithms(void **state)
{
    char wide[65] = { 0 };
    memset(wide, 'k', 64);
    cjose_err err;
    const char *text;
    struct token_key *wide_key;
    struct token_claims c;
    assert_int_equal(token_key_create(span_of(wide), &wide_key), fault_none);
    static const char *const algs[] = { "HS384", "HS512" };
    for (size_t i = 0; i < lengthof(algs); i++) {
        cjose_jwk_t *jwk = cjose_jwk_create_oct_spec((const uint8_t *)wide, 64, &err);
        cjose_header_t *h = cjose_header_new(&err);
        const char *payload = "{\"iss\":\"suhbat\",\"aud\":\"native\",\"sub\":\"a\",\"exp\":1000,\"nbf\":1}";
        assert_true(cjose_header_set(h, CJOSE_HDR_ALG, algs[i], &err));
        cjose_jws_t *jws = cjose_jws_sign(jwk, h, (const uint8_t *)payload, strlen(payload), &err);
        assert_true(cjose_jws_export(jws, &text, &err));
        assert_int_equal(token_verify(wide_key, span_of(text), SPAN("native"), 500, arena, &c), fault_unauthenticated);
        cjose_jws_release(jws), cjose_header_release(h), cjose_jwk_release(jwk);
    }
    token_key_destroy(wide_key);
}

static void secrets(void **state)
{
    struct token_key *k;
    struct token_claims c = claims(), back;
    char wide[1025] = { 0 };
    assert_int_equal(token_key_create(SPAN("fifteen bytes.."), &k), fault_invalid);
    assert_int_equal(token_key_create((struct span){ wide, sizeof wide }, &k), fault_too_large);
    assert_int_equal(token_key_create(SPAN("sixteen bytes..."), &k), fault_none);
    struct span t;
    assert_int_equal(token_sign(k, &c, arena, &t), fault_none);
    assert_int_equal(token_verify(k, t, SPAN("native"), 500, arena, &back), fault_none);
    assert_int_equal(verify_at(t, 500), fault_unauthenticated);
    token_key_destroy(k);
    token_key_destroy(NULL);
}

static void too_long_to_sign(void **state)
{
    static char name[3000];
    struct token_claims c = claims();
    struct span t;
    memset(name, 'n', sizeof name);
    c.subject = (struct span){ name, sizeof name };
    assert_int_equal(token_sign(key, &c, arena, &t), fault_too_large);
    c.subject.n = 1600;
    assert_int_equal(token_sign(key, &c, arena, &t), fault_too_large);
}

static void *sign_and_verify(void *unused)
{
    struct arena *mine = arena_create(0, 1 << 24);
    struct token_claims c = claims(), back;
    size_t n_good = 0;
    for (int i = 0; i < 500; i++) {
        struct span t;
        n_good += token_sign(key, &c, mine, &t) == fault_none && token_verify(key, t, SPAN("native"), 500, mine, &back) == fault_none;
    }
    arena_destroy(mine);
    return (void *)n_good;
}

static void one_key_for_many_threads(void **state)
{
    pthread_t threads[4];
    void *n_good;
    for (size_t i = 0; i < lengthof(threads); i++) assert_int_equal(pthread_create(&threads[i], NULL, sign_and_verify, NULL), 0);
    for (size_t i = 0; i < lengthof(threads); i++) {
        pthread_join(threads[i], &n_good);
        assert_int_equal((size_t)n_good, 500);
    }
}

static int setup(void **state)
{
    arena = arena_create(0, 1 << 24);
    return token_key_create(SPAN("0123456789abcdef0123456789abcdef"), &key) == fault_none ? 0 : -1;
}

static int teardown(void **state)
{
    token_key_destroy(key);
    arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(there_and_back), cmocka_unit_test(keyed_hashes_differ_by_purpose_text_and_key), cmocka_unit_test(tampered), cmocka_unit_test(foreign_shapes), cmocka_unit_test(other_algorithms), cmocka_unit_test(secrets),
                                        cmocka_unit_test(too_long_to_sign), cmocka_unit_test(one_key_for_many_threads) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
