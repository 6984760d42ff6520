/* Access tokens. Any thread: a key is made once and only read afterwards (cjose signs and verifies over a const key and counts no
   references on it), so all threads share one. Always: nothing of a token is believed before its algorithm is the one we sign with and its signature holds. */
#include "wire/token.h"
#include "wire/json.h"
#include <cjose/cjose.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { token_max_bytes = 2048, secret_min_bytes = 16, secret_max_bytes = 1024, hash_bytes_n = 32 };

static const char issuer[] = "suhbat";

struct token_key {
    cjose_jwk_t *jwk;
    unsigned char mac_key[TOKEN_MAC_BYTES];
};

static void hmac(const void *key, size_t n_key, struct span text, unsigned char out[TOKEN_MAC_BYTES])
{
    unsigned n = TOKEN_MAC_BYTES;
    if (!HMAC(EVP_sha256(), key, (int)n_key, (const unsigned char *)text.p, text.n, out, &n)) abort();
}

static cjose_header_t *header_create(void)
{
    cjose_err err;
    cjose_header_t *h = cjose_header_new(&err);
    if (h && cjose_header_set(h, CJOSE_HDR_ALG, CJOSE_HDR_ALG_HS256, &err) && cjose_header_set(h, "typ", "JWT", &err)) return h;
    if (h) cjose_header_release(h);
    return NULL;
}

/* RFC 7518 wants 256 bits of key, and newer libraries insist. HMAC pads its key with zeros itself, so padding here changes no signature. */
static cjose_jwk_t *jwk_create(struct span secret)
{
    uint8_t padded[secret_max_bytes] = { 0 };
    cjose_err err;
    memcpy(padded, secret.p, secret.n);
    cjose_jwk_t *jwk = cjose_jwk_create_oct_spec(padded, secret.n < hash_bytes_n ? hash_bytes_n : secret.n, &err);
    OPENSSL_cleanse(padded, sizeof padded);
    return jwk;
}

enum fault token_key_create(struct span secret, struct token_key **out)
{
    if (secret.n < secret_min_bytes) return fault_invalid;
    if (secret.n > secret_max_bytes) return fault_too_large;
    struct token_key *k = calloc(1, sizeof *k);
    if (!k) return fault_unavailable;
    k->jwk = jwk_create(secret);
    hmac(secret.p, secret.n, SPAN("suhbat keyed hashes"), k->mac_key);
    cjose_header_t *first = header_create(); /* seeds the library's hash table before other threads use it */
    if (first) cjose_header_release(first);
    if (!k->jwk || !first) {
        token_key_destroy(k);
        return fault_unavailable;
    }
    *out = k;
    return fault_none;
}

void token_key_destroy(struct token_key *k)
{
    if (!k) return;
    if (k->jwk) cjose_jwk_release(k->jwk);
    OPENSSL_cleanse(k->mac_key, sizeof k->mac_key);
    free(k);
}

void token_mac(const struct token_key *k, const char *purpose, struct span text, unsigned char out[TOKEN_MAC_BYTES])
{
    unsigned char of_purpose[TOKEN_MAC_BYTES];
    hmac(k->mac_key, sizeof k->mac_key, span_of(purpose), of_purpose);
    hmac(of_purpose, sizeof of_purpose, text, out);
    OPENSSL_cleanse(of_purpose, sizeof of_purpose);
}

/* ---- Signing ---- */

static void write_claims(struct buf *out, const struct token_claims *c)
{
    struct json_writer w = json_writer(out);
    json_begin_object(&w);
    json_put_string(&w, "iss", c->issuer.n ? c->issuer : SPAN("suhbat"));
    json_put_string(&w, "aud", c->audience);
    json_put_string(&w, "sub", c->subject);
    if (c->account.v) json_put_int(&w, "aid", c->account.v);
    if (c->session.v) json_put_int(&w, "sid", c->session.v);
    json_put_int(&w, "exp", c->expires_s);
    json_put_int(&w, "nbf", c->not_before_s);
    json_end_object(&w);
}

static enum fault sign(struct token_key *k, struct span payload, struct arena *arena, struct span *out)
{
    cjose_err err;
    const char *text = NULL;
    cjose_header_t *header = header_create();
    cjose_jws_t *jws = header ? cjose_jws_sign(k->jwk, header, (const uint8_t *)payload.p, payload.n, &err) : NULL;
    bool done = jws && cjose_jws_export(jws, &text, &err);
    if (done) *out = arena_copy(arena, span_of(text));
    if (jws) cjose_jws_release(jws);
    if (header) cjose_header_release(header);
    return done ? fault_none : fault_unavailable;
}

enum fault token_sign(struct token_key *k, const struct token_claims *claims, struct arena *arena, struct span *out)
{
    struct buf payload;
    buf_init(&payload, token_max_bytes);
    write_claims(&payload, claims);
    enum fault f = payload.failed ? fault_too_large : sign(k, buf_span(&payload), arena, out);
    buf_fini(&payload);
    return f == fault_none && out->n > token_max_bytes ? fault_too_large : f;
}

/* ---- Verifying ---- */

/* Three runs of base64url, none padded, none of an impossible length: the library asserts on some of what this keeps out. */
static bool has_token_shape(struct span token)
{
    size_t n_dots = 0, n_run = 0;
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!letter && c != '.') return false;
        if (c == '.' && (n_run == 0 || n_run % 4 == 1)) return false;
        n_dots += c == '.';
        n_run = c == '.' ? 0 : n_run + 1;
    }
    return n_dots == 2 && n_run > 0 && n_run % 4 != 1;
}

static bool is_pinned(cjose_jws_t *jws)
{
    cjose_err err;
    cjose_header_t *header = cjose_jws_get_protected(jws);
    const char *alg = header ? cjose_header_get(header, CJOSE_HDR_ALG, &err) : NULL;
    if (!alg || strcmp(alg, CJOSE_HDR_ALG_HS256) != 0) return false;
    char *critical = cjose_header_get_raw(header, "crit", &err);
    if (critical) cjose_get_dealloc()(critical);
    return !critical;
}

static struct span copy_text(struct json_fields *f, const char *name, struct arena *arena)
{
    return arena_copy(arena, json_take_text(f, name));
}

static enum fault read_claims(json_value *root, struct arena *arena, struct token_claims *c)
{
    struct span bad;
    struct json_fields f = json_fields(root);
    c->issuer = copy_text(&f, "iss", arena);
    c->audience = copy_text(&f, "aud", arena);
    c->subject = copy_text(&f, "sub", arena);
    c->account.v = json_take_id_or_null(&f, "aid");
    c->session.v = json_take_id_or_null(&f, "sid");
    c->expires_s = json_take_int(&f, "exp", 1, INT64_MAX);
    c->not_before_s = json_take_int(&f, "nbf", 0, INT64_MAX);
    return json_fields_end(&f, &bad);
}

static bool claims_hold(const struct token_claims *c, struct span audience, int64_t now_s)
{
    return span_eq(c->issuer, span_of(issuer)) && span_eq(c->audience, audience) && now_s < c->expires_s && now_s >= c->not_before_s;
}

static enum fault verify_payload(cjose_jws_t *jws, struct span audience, int64_t now_s, struct arena *arena, struct token_claims *out)
{
    cjose_err err;
    uint8_t *payload = NULL;
    size_t n_payload = 0;
    struct json j;
    if (!cjose_jws_get_plaintext(jws, &payload, &n_payload, &err)) return fault_unauthenticated;
    if (json_parse(&j, span_make(payload, n_payload), token_max_bytes) != fault_none) return fault_unauthenticated;
    enum fault f = read_claims(j.root, arena, out);
    json_done(&j);
    return f == fault_none && claims_hold(out, audience, now_s) ? fault_none : fault_unauthenticated;
}

enum fault token_verify(struct token_key *k, struct span token, struct span audience, int64_t now_s, struct arena *arena, struct token_claims *out)
{
    cjose_err err;
    if (token.n > token_max_bytes || !has_token_shape(token)) return fault_unauthenticated;
    cjose_jws_t *jws = cjose_jws_import(token.p, token.n, &err);
    if (!jws) return fault_unauthenticated;
    enum fault f = fault_unauthenticated;
    if (is_pinned(jws) && cjose_jws_verify(jws, k->jwk, &err)) f = verify_payload(jws, audience, now_s, arena, out);
    cjose_jws_release(jws);
    return f;
}
