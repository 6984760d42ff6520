/* RFC 8291 over the crypto library: a fresh key pair and salt for every message, one record. Any thread; owns nothing but vapid keys.
   Always: a body is either whole or not there; secrets of one message are wiped. */
#include "wire/push.h"
#include "base/rand.h"
#include <cjose/cjose.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { hash_n = 32, salt_n = 16, record_n = 4096, tag_n = 16, text_max_bytes = 64 << 10, padded_to = 128 };

/* ---- base64url */

void base64url_encode(struct buf *out, struct span bytes)
{
    cjose_err err;
    char *text = NULL;
    size_t n = 0;
    if (bytes.n == 0) return;
    if (!cjose_base64url_encode((const uint8_t *)bytes.p, bytes.n, &text, &n, &err)) abort();
    buf_append(out, text, n);
    cjose_get_dealloc()(text);
}

static bool is_base64url(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
    }
    return true;
}

enum fault base64url_decode(struct span text, struct arena *arena, struct span *out)
{
    cjose_err err;
    uint8_t *bytes = NULL;
    size_t n = 0;
    while (text.n && text.p[text.n - 1] == '=') text.n--;
    *out = SPAN("");
    if (text.n == 0) return fault_none;
    if (text.n > text_max_bytes || text.n % 4 == 1 || !is_base64url(text)) return fault_invalid;
    if (!cjose_base64url_decode(text.p, text.n, &bytes, &n, &err)) return fault_invalid;
    *out = arena_copy(arena, span_make(bytes, n));
    OPENSSL_cleanse(bytes, n);
    cjose_get_dealloc()(bytes);
    return fault_none;
}

/* ---- Keys of the curve */

static EVP_PKEY *key_of(const unsigned char point[PUSH_KEY_BYTES], const unsigned char secret[32])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    unsigned char native[32];
    for (int i = 0; secret && i < 32; i++) native[i] = secret[31 - i];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){ "prime256v1" }, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, PUSH_KEY_BYTES),
        secret ? OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, sizeof native) : OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };
    if (!context || EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OPENSSL_cleanse(native, sizeof native);
    return key;
}

static bool point_of(const EVP_PKEY *key, unsigned char out[PUSH_KEY_BYTES])
{
    size_t n = 0;
    return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, PUSH_KEY_BYTES, &n) == 1 && n == PUSH_KEY_BYTES && out[0] == 4;
}

/* Some versions of the library give points compressed unless they are told. */
static EVP_PKEY *key_new(void)
{
    EVP_PKEY *key = EVP_EC_gen("prime256v1");
    if (key) EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
    return key;
}

enum fault push_keys_parse(struct span p256dh, struct span auth, struct push_keys *out)
{
    struct arena *arena = arena_create(1024, 1 << 20);
    struct span point, secret;
    if (!arena) return fault_unavailable;
    bool ok = !base64url_decode(p256dh, arena, &point) && point.n == sizeof out->p256dh && !base64url_decode(auth, arena, &secret) &&
              secret.n == sizeof out->auth;
    if (ok) memcpy(out->p256dh, point.p, point.n), memcpy(out->auth, secret.p, secret.n);
    arena_destroy(arena);
    EVP_PKEY *key = ok && out->p256dh[0] == 4 ? key_of(out->p256dh, NULL) : NULL;
    ok = key != NULL;
    EVP_PKEY_free(key);
    return ok ? fault_none : fault_invalid;
}

/* ---- Encrypting */

static bool agree(EVP_PKEY *own, EVP_PKEY *theirs, unsigned char out[hash_n])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
    size_t n = hash_n;
    bool ok = context && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, theirs) == 1 &&
              EVP_PKEY_derive(context, out, &n) == 1 && n == hash_n;
    EVP_PKEY_CTX_free(context);
    return ok;
}

static bool hmac(const unsigned char *key, size_t n_key, const unsigned char *text, size_t n_text, unsigned char out[hash_n])
{
    unsigned n = 0;
    return HMAC(EVP_sha256(), key, (int)n_key, text, n_text, out, &n) && n == hash_n;
}

/* HKDF (RFC 5869) of one block: info carries its counter byte. */
static bool derive(const unsigned char *salt, size_t n_salt, const unsigned char *secret, const unsigned char *info, size_t n_info,
                   unsigned char out[hash_n])
{
    unsigned char prk[hash_n];
    bool ok = hmac(salt, n_salt, secret, hash_n, prk) && hmac(prk, sizeof prk, info, n_info, out);
    OPENSSL_cleanse(prk, sizeof prk);
    return ok;
}

struct secrets {
    unsigned char shared[hash_n], input[hash_n], key[hash_n], nonce[hash_n];
};

static bool derive_all(const struct push_keys *to, const unsigned char sender[PUSH_KEY_BYTES], const unsigned char salt[salt_n], struct secrets *s)
{
    static const char of_push[] = "WebPush: info", of_key[] = "Content-Encoding: aes128gcm\0\1", of_nonce[] = "Content-Encoding: nonce\0\1";
    unsigned char info[sizeof of_push + 2 * PUSH_KEY_BYTES + 1];
    memcpy(info, of_push, sizeof of_push);
    memcpy(info + sizeof of_push, to->p256dh, PUSH_KEY_BYTES);
    memcpy(info + sizeof of_push + PUSH_KEY_BYTES, sender, PUSH_KEY_BYTES);
    info[sizeof info - 1] = 1;
    return derive(to->auth, sizeof to->auth, s->shared, info, sizeof info, s->input) &&
           derive(salt, salt_n, s->input, (const unsigned char *)of_key, sizeof of_key - 1, s->key) &&
           derive(salt, salt_n, s->input, (const unsigned char *)of_nonce, sizeof of_nonce - 1, s->nonce);
}

static bool seal(const struct secrets *s, struct span plain, size_t n_padding, struct buf *out)
{
    static const unsigned char padding[1 + padded_to] = { 2 };
    size_t n_whole = plain.n + 1 + n_padding;
    unsigned char *at = (unsigned char *)buf_reserve(out, n_whole + tag_n);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n = 0, n_end = 0;
    bool ok = at && context && EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, s->key, s->nonce) == 1 &&
              EVP_EncryptUpdate(context, at, &n, (const unsigned char *)plain.p, (int)plain.n) == 1 &&
              EVP_EncryptUpdate(context, at + plain.n, &n, padding, (int)(1 + n_padding)) == 1 && EVP_EncryptFinal_ex(context, at + n_whole, &n_end) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, tag_n, at + n_whole) == 1;
    EVP_CIPHER_CTX_free(context);
    if (ok) buf_commit(out, n_whole + tag_n);
    return ok;
}

static bool encrypt_from(EVP_PKEY *own, const struct push_keys *to, struct span plain, const unsigned char salt[salt_n], size_t n_padding, struct buf *out)
{
    unsigned char point[PUSH_KEY_BYTES];
    static const unsigned char sizes[] = { 0, 0, record_n >> 8, record_n & 255, PUSH_KEY_BYTES };
    struct secrets secrets;
    EVP_PKEY *theirs = key_of(to->p256dh, NULL);
    bool ok = own && theirs && point_of(own, point) && agree(own, theirs, secrets.shared) && derive_all(to, point, salt, &secrets);
    if (ok) {
        buf_append(out, salt, salt_n);
        buf_append(out, sizes, sizeof sizes);
        buf_append(out, point, sizeof point);
        ok = seal(&secrets, plain, n_padding, out) && !out->failed;
    }
    EVP_PKEY_free(theirs);
    OPENSSL_cleanse(&secrets, sizeof secrets);
    return ok;
}

enum fault push_encrypt(const struct push_keys *to, struct span plain, struct buf *out)
{
    unsigned char salt[salt_n];
    if (plain.n > PUSH_PLAIN_MAX_BYTES) return fault_too_large;
    rand_bytes(salt, sizeof salt);
    EVP_PKEY *own = key_new();
    bool ok = encrypt_from(own, to, plain, salt, (padded_to - (plain.n + 1) % padded_to) % padded_to, out);
    EVP_PKEY_free(own);
    return ok ? fault_none : fault_internal;
}

/* The public half of a private key: the library computes it when a key is made of the private half alone. */
static EVP_PKEY *key_of_secret(const unsigned char secret[32])
{
    unsigned char point[PUSH_KEY_BYTES];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *at = group ? EC_POINT_new(group) : NULL;
    BIGNUM *number = BN_bin2bn(secret, 32, NULL);
    bool ok = at && number && EC_POINT_mul(group, at, number, NULL, NULL, NULL) == 1 &&
              EC_POINT_point2oct(group, at, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL) == sizeof point;
    BN_clear_free(number);
    EC_POINT_free(at);
    EC_GROUP_free(group);
    return ok ? key_of(point, secret) : NULL;
}

enum fault push_encrypt_with(const struct push_keys *to, struct span plain, const unsigned char sender[32], const unsigned char salt[16],
                             size_t n_padding, struct buf *out)
{
    if (plain.n > PUSH_PLAIN_MAX_BYTES || n_padding > padded_to) return fault_too_large;
    EVP_PKEY *own = key_of_secret(sender);
    bool ok = encrypt_from(own, to, plain, salt, n_padding, out);
    EVP_PKEY_free(own);
    return ok ? fault_none : fault_invalid;
}
