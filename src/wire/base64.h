/* Base64 with padding (RFC 4648, section 4), strict. Pure. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"

#define BASE64_ENCODED_BYTES(n) (((n) + 2) / 3 * 4)
#define BASE64_DECODED_MAX_BYTES(n) ((n) / 4 * 3)

void base64_encode(struct buf *out, struct span bytes);
/* to has room for BASE64_DECODED_MAX_BYTES(text.n). False: missing padding, another alphabet, or padding in the middle. */
must_use bool base64_decode(struct span text, unsigned char *to, size_t *n_out);
