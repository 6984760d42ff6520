/* Random bytes from the kernel, for secrets and seeds alike. Aborts when the kernel has none. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *out, size_t n);
uint64_t rand_u64(void); /* cheap, per-thread, seeded from the kernel; not for secrets */
/* n_chars characters of the base64url alphabet plus NUL: 6 bits each. */
void rand_token(char *out, size_t n_chars);
