/* The sender's proof (RFC 8292): a key pair of the house and a short JWT, ES256, for the origin of each push service. Any thread; a key is made
   once and only read afterwards, as in token.c. */
#include "wire/json.h"
#include "wire/push.h"
#include <cjose/cjose.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

struct vapid_key {
    cjose_jwk_t *jwk;
    char public[88];
};

enum fault vapid_key_make(struct buf *pem_out)
{
    EVP_PKEY *key = EVP_EC_gen("prime256v1");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool ok = key && bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    long n = ok ? BIO_get_mem_data(bio, &text) : 0;
    if (n > 0) buf_append(pem_out, text, (size_t)n);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return ok && n > 0 && !pem_out->failed ? fault_none : fault_internal;
}

static bool take_number(const EVP_PKEY *key, const char *name, unsigned char out[32])
{
    BIGNUM *number = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_bn2binpad(number, out, 32) == 32;
    BN_clear_free(number);
    return ok;
}

static bool take_key(const EVP_PKEY *key, struct vapid_key *k)
{
    unsigned char x[32], y[32], d[32], point[PUSH_KEY_BYTES] = { 4 };
    struct buf text = { .p = k->public, .cap = sizeof k->public, .max = sizeof k->public - 1 };
    cjose_err err;
    bool ok = take_number(key, OSSL_PKEY_PARAM_EC_PUB_X, x) && take_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, y) &&
              take_number(key, OSSL_PKEY_PARAM_PRIV_KEY, d);
    if (!ok) return false;
    cjose_jwk_ec_keyspec spec = { .crv = CJOSE_JWK_EC_P_256, .d = d, .dlen = sizeof d, .x = x, .xlen = sizeof x, .y = y, .ylen = sizeof y };
    k->jwk = cjose_jwk_create_EC_spec(&spec, &err);
    OPENSSL_cleanse(d, sizeof d);
    memcpy(point + 1, x, sizeof x), memcpy(point + 33, y, sizeof y);
    base64url_encode(&text, span_make(point, sizeof point));
    k->public[text.n] = 0;
    return k->jwk && text.n == 87;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";
    return EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 && strcmp(group, "prime256v1") == 0;
}

enum fault vapid_key_create(struct span pem, struct vapid_key **out)
{
    struct vapid_key *k = calloc(1, sizeof *k);
    BIO *bio = pem.n && pem.n <= VAPID_PEM_MAX_BYTES ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    bool ok = k && key && is_p256(key) && take_key(key, k);
    EVP_PKEY_free(key);
    BIO_free(bio);
    if (!ok) {
        vapid_key_destroy(k);
        return fault_invalid;
    }
    *out = k;
    return fault_none;
}

void vapid_key_destroy(struct vapid_key *k)
{
    if (!k) return;
    if (k->jwk) cjose_jwk_release(k->jwk);
    free(k);
}

const char *vapid_key_public(const struct vapid_key *k)
{
    return k->public;
}

static bool sign(const struct vapid_key *k, struct span claims, struct arena *arena, struct span *out)
{
    cjose_err err;
    const char *text = NULL;
    cjose_header_t *header = cjose_header_new(&err);
    bool ok = header && cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_ES256, &err) && cjose_header_set(header, "typ", "JWT", &err);
    cjose_jws_t *jws = ok ? cjose_jws_sign(k->jwk, header, (const uint8_t *)claims.p, claims.n, &err) : NULL;
    ok = jws && cjose_jws_export(jws, &text, &err);
    if (ok) *out = arena_printf(arena, "vapid t=%s, k=%s", text, k->public);
    if (jws) cjose_jws_release(jws);
    if (header) cjose_header_release(header);
    return ok;
}

enum fault vapid_authorization(const struct vapid_key *k, struct span audience, struct span subject, int64_t expires_s, struct arena *arena,
                               struct span *out)
{
    struct buf claims;
    buf_init(&claims, 4096);
    struct json_writer w = json_writer(&claims);
    json_begin_object(&w);
    json_put_string(&w, "aud", audience);
    json_put_int(&w, "exp", expires_s);
    if (subject.n) json_put_string(&w, "sub", subject);
    json_end_object(&w);
    bool ok = !claims.failed && sign(k, buf_span(&claims), arena, out);
    buf_fini(&claims);
    return ok ? fault_none : fault_internal;
}
