/* Kernel randomness, and a cheap per-thread generator for jitter and sampling. Any thread. */
#include "base/rand.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>

void rand_bytes(void *out, size_t n)
{
    char *p = out;
    while (n) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) abort();
        p += got, n -= (size_t)got;
    }
}

/* A Weyl sequence through a finalizing mix (the splitmix64 construction). */
uint64_t rand_u64(void)
{
    static _Thread_local uint64_t state;
    static _Thread_local bool seeded;
    if (!seeded) rand_bytes(&state, sizeof state), seeded = true;
    uint64_t x = state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

void rand_token(char *out, size_t n_chars)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    rand_bytes(out, n_chars);
    for (size_t i = 0; i < n_chars; i++) out[i] = alphabet[(unsigned char)out[i] & 63];
    out[n_chars] = 0;
}
