/* Proofs of this door (D-80 to D-83), for requests and sockets. */
#pragma once
#include "chat/command.h"
#include "door/door.h"

#define COOKIE_DESK "suhbat_desk"
#define DESK_VISITOR_TTL_S (180 * 86400)

/* HMAC-SHA256 in lower-case hex, compared in constant time. Without a secret nothing is right. */
bool desk_signature_is_right(const struct door *door, struct span id, struct span signature);

struct desk_proof {
    struct actor actor;
    struct span username; /* in the arena */
    bool is_customer;     /* a visitor's (or customer's) token; otherwise one of an account */
};
/* A token of ours: audience desk, native or bot. */
must_use enum fault desk_proof_of_token(const struct door_settings *settings, struct span token, struct arena *arena, struct desk_proof *out);
/* Only from a page that may: one of ours, or of a listed origin; a plain GET says nothing to anybody else. */
bool desk_cookies_count(struct request *r);
