/* SHA-256 and HMAC over the crypto library, in hex. Any thread; owns nothing. */
#include "chat/secret.h"
#include "base/rand.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { hash_bytes = 32, random_max_bytes = 64 };

static struct span hex(struct arena *arena, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(arena, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    return span_make(out, 2 * n);
}

struct span secret_make(struct arena *arena, size_t n_bytes)
{
    unsigned char bytes[random_max_bytes];
    if (n_bytes > sizeof bytes) abort();
    rand_bytes(bytes, n_bytes);
    struct span out = hex(arena, bytes, n_bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return out;
}

struct span secret_hash(struct arena *arena, struct span secret)
{
    unsigned char bytes[hash_bytes];
    if (!EVP_Digest(secret.p ? secret.p : "", secret.n, bytes, NULL, EVP_sha256(), NULL)) abort();
    return hex(arena, bytes, sizeof bytes);
}

struct span secret_derive(struct arena *arena, struct span key, struct span message)
{
    unsigned char bytes[hash_bytes];
    unsigned n = 0;
    if (!HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)message.p, message.n, bytes, &n)) abort();
    return hex(arena, bytes, sizeof bytes);
}

bool secret_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

int64_t secret_print(struct span text, int64_t number)
{
    unsigned char bytes[hash_bytes];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL) || !EVP_DigestUpdate(context, &number, sizeof number) ||
        !EVP_DigestUpdate(context, text.p ? text.p : "", text.n) || !EVP_DigestFinal_ex(context, bytes, NULL))
        abort();
    EVP_MD_CTX_free(context);
    int64_t print;
    memcpy(&print, bytes, sizeof print);
    return print ? print : 1;
}
