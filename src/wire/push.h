/* Web Push: the body that only the subscriber's browser can read (RFC 8291, content coding aes128gcm of RFC 8188) and the sender's proof of who it is
   (VAPID, RFC 8292). Any thread; a vapid key is only read after it was made. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"
#include <stdint.h>

#define PUSH_PLAIN_MAX_BYTES 3072 /* push services take bodies of at least 4096 bytes (RFC 8030), of which the coding needs 103 */
#define PUSH_KEY_BYTES 65         /* a point of P-256, uncompressed */
#define PUSH_AUTH_BYTES 16
#define VAPID_PEM_MAX_BYTES 1024
#define VAPID_LIFE_S (12 * 3600)  /* of one proof; RFC 8292 allows 24 hours */

/* What a browser hands out with a subscription. */
struct push_keys {
    unsigned char p256dh[PUSH_KEY_BYTES];
    unsigned char auth[PUSH_AUTH_BYTES];
};
/* From base64url as browsers give it (padding is tolerated). invalid: not of these lengths, or not a point of the curve. */
must_use enum fault push_keys_parse(struct span p256dh, struct span auth, struct push_keys *out);

/* Appends the whole request body. The plain text is padded to a multiple of 128 bytes, so that its length tells little. too_large: over the ceiling. */
must_use enum fault push_encrypt(const struct push_keys *to, struct span plain, struct buf *out);
/* The same with the sender's key (32 bytes), the salt (16) and the padding given: for the test vectors of RFC 8291. */
must_use enum fault push_encrypt_with(const struct push_keys *to, struct span plain, const unsigned char sender[32], const unsigned char salt[16],
                                      size_t n_padding, struct buf *out);

struct vapid_key;
must_use enum fault vapid_key_make(struct buf *pem_out);                     /* a new private key as PEM */
must_use enum fault vapid_key_create(struct span pem, struct vapid_key **out); /* invalid: not a P-256 private key. Gives */
void vapid_key_destroy(struct vapid_key *k);                                 /* NULL is fine */
const char *vapid_key_public(const struct vapid_key *k);                     /* base64url, 87 characters: applicationServerKey of the page */
/* "vapid t=…, k=…" for the header Authorization. audience: the origin of the end point; subject: mailto: or https:, how to reach the operator. */
must_use enum fault vapid_authorization(const struct vapid_key *k, struct span audience, struct span subject, int64_t expires_s, struct arena *arena,
                                        struct span *out);

/* base64url without padding. Decoding takes padding as well; invalid: other characters. At most 64 KiB. */
void base64url_encode(struct buf *out, struct span bytes);
must_use enum fault base64url_decode(struct span text, struct arena *arena, struct span *out);
