/* Access tokens: JWT, HS256 and nothing else, over cjose. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/span.h"

struct token_key;

/* secret: at least 16 bytes. Copies. Gives. */
must_use enum fault token_key_create(struct span secret, struct token_key **out);
void token_key_destroy(struct token_key *k);

struct token_claims {
    struct span issuer, audience; /* "suhbat"; "native", "lobby", "receipts" */
    struct span subject;          /* what the dialect's old tokens carried: user name, e-mail; native: user name */
    struct account_id account;    /* claim "aid" */
    struct session_id session;    /* claim "sid" */
    int64_t expires_s, not_before_s; /* unix seconds */
};
must_use enum fault token_sign(struct token_key *k, const struct token_claims *claims, struct arena *arena, struct span *out);
/* A keyed hash (HMAC-SHA-256) of the text under a key of its own: other purposes and the signatures of tokens tell nothing about it. Any thread. */
#define TOKEN_MAC_BYTES 32
void token_mac(const struct token_key *k, const char *purpose, struct span text, unsigned char out[TOKEN_MAC_BYTES]);
/* unauthenticated for every way in which a token is not ours: signature, alg, exp, nbf, iss, aud, shape. At most 2 KiB. */
must_use enum fault token_verify(struct token_key *k, struct span token, struct span audience, int64_t now_s, struct arena *arena, struct token_claims *out);
