/* See csrf.h. The mask is an addition in the alphabet, letter by letter. */
#include "dialect/rooms/csrf.h"
#include "base/rand.h"
#include <openssl/crypto.h>

enum { n_letters = 62 };
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static int place_of(char c)
{
    if (c >= 'a' && c <= 'z') return c - 'a';
    if (c >= 'A' && c <= 'Z') return c - 'A' + 26;
    return c >= '0' && c <= '9' ? c - '0' + 52 : -1;
}

void csrf_secret(const unsigned char hash[CSRF_SECRET_CHARS], char out[CSRF_SECRET_CHARS + 1])
{
    for (int i = 0; i < CSRF_SECRET_CHARS; i++) out[i] = letters[hash[i] % n_letters];
    out[CSRF_SECRET_CHARS] = 0;
}

void csrf_mask(const char secret[CSRF_SECRET_CHARS], char out[CSRF_TOKEN_CHARS + 1])
{
    unsigned char mask[CSRF_SECRET_CHARS];
    rand_bytes(mask, sizeof mask);
    for (int i = 0; i < CSRF_SECRET_CHARS; i++) {
        int place = mask[i] % n_letters;
        out[i] = letters[place];
        out[CSRF_SECRET_CHARS + i] = letters[(place_of(secret[i]) + place) % n_letters];
    }
    out[CSRF_TOKEN_CHARS] = 0;
}

static bool unmask(const char *token, char out[CSRF_SECRET_CHARS])
{
    for (int i = 0; i < CSRF_SECRET_CHARS; i++) {
        int mask = place_of(token[i]), masked = place_of(token[CSRF_SECRET_CHARS + i]);
        if (mask < 0 || masked < 0) return false;
        out[i] = letters[(masked - mask + n_letters) % n_letters];
    }
    return true;
}

bool csrf_proves(struct span token, const char secret[CSRF_SECRET_CHARS])
{
    char plain[CSRF_SECRET_CHARS];
    if (token.n == CSRF_SECRET_CHARS)
        memcpy(plain, token.p, sizeof plain);
    else if (token.n != CSRF_TOKEN_CHARS || !unmask(token.p, plain))
        return false;
    return CRYPTO_memcmp(plain, secret, sizeof plain) == 0;
}
