/* The keyed hash behind every table whose keys come from outside (a stock hash can be flooded with chosen keys), and the one place
   that includes uthash. Seeded once per process from the kernel. */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *p, size_t n); /* SipHash-1-3 */
uint64_t hash_u64(uint64_t v);                /* keyed mix for integer keys */

#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)hash_bytes((keyptr), (keylen)))
#define uthash_fatal(msg) __builtin_trap()
#include <uthash.h>
