/* SipHash-1-3 (Aumasson and Bernstein) under a key drawn once per process, before main. Any thread; the key never changes. */
#include "base/hash.h"
#include "base/rand.h"
#include <string.h>

static uint64_t key[2];

__attribute__((constructor)) static void draw_key(void)
{
    rand_bytes(key, sizeof key);
}

static inline uint64_t rotated(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotated(v[1], 13) ^ v[0], v[0] = rotated(v[0], 32);
    v[2] += v[3], v[3] = rotated(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotated(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotated(v[1], 17) ^ v[2], v[2] = rotated(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

uint64_t hash_bytes(const void *p, size_t n)
{
    const unsigned char *at = p;
    uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u };
    uint64_t word;
    for (size_t left = n; left >= 8; left -= 8, at += 8) memcpy(&word, at, 8), sip_word(v, word);
    word = 0;
    if (n % 8) memcpy(&word, at, n % 8);
    sip_word(v, word | (uint64_t)n << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_u64(uint64_t v)
{
    v = (v ^ key[0]) * 0xBF58476D1CE4E5B9u;
    v = (v ^ v >> 32 ^ key[1]) * 0x94D049BB133111EBu;
    return v ^ v >> 29;
}
