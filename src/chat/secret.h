/* Secrets handed to clients once and kept only as their SHA-256. All texts are lower-case hex. Aborts when the crypto library fails. */
#pragma once
#include "base/arena.h"
#include "base/span.h"

struct span secret_make(struct arena *arena, size_t n_bytes);                           /* random */
struct span secret_hash(struct arena *arena, struct span secret);                       /* SHA-256 */
struct span secret_derive(struct arena *arena, struct span key, struct span message);   /* HMAC-SHA-256 */
bool secret_eq(struct span a, struct span b);                                           /* takes equally long wherever they differ */
int64_t secret_print(struct span text, int64_t number); /* first 8 bytes of a SHA-256 over both, never 0: tells contents apart */
