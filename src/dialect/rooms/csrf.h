/* The secret that proves that a form came from a page of ours. Pure. */
#pragma once
#include "base/span.h"
#include <stdbool.h>

#define CSRF_SECRET_CHARS 32
#define CSRF_TOKEN_CHARS 64 /* a mask, and the secret under it */

/* From a keyed hash (32 bytes) to letters and digits. out is NUL-terminated. */
void csrf_secret(const unsigned char hash[CSRF_SECRET_CHARS], char out[CSRF_SECRET_CHARS + 1]);
/* A new mask each time: equal secrets do not look alike in compressed pages. out is NUL-terminated. */
void csrf_mask(const char secret[CSRF_SECRET_CHARS], char out[CSRF_TOKEN_CHARS + 1]);
/* token: masked, or the secret itself. In constant time. */
bool csrf_proves(struct span token, const char secret[CSRF_SECRET_CHARS]);
