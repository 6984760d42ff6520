/* Who asks: the proof that a request carries, found and verified. The core checks once more, in its own transaction, that account and
   session still live: a proof here only says what was true when the token was signed. */
#pragma once
#include "door/door.h"

#define IDENTITY_BOT_PREFIX "bot_"     /* tokens of bots begin so; audience "bot" */
#define COOKIE_ACCESS "suhbat_access"   /* native access token, Path=/ */
#define COOKIE_REFRESH "suhbat_refresh" /* native refresh token, Path=/api/v1/sessions */

struct identity {
    struct actor actor;   /* none: a stranger */
    struct span username; /* as signed; lives in the request's arena */
};

/* What a door accepts. Both lists end with NULL. */
struct identity_rules {
    const char *const *audiences; /* of the tokens */
    const char *const *cookies;   /* names, in the order in which they are asked */
    bool websocket;               /* also the subprotocol "bearer.<token>" and ?token= */
};

/* The first proof present counts, and no other: bearer header, subprotocol, ?token=, cookie. unauthenticated when there is none or it does not
   verify; forbidden (detail "origin") when it is a cookie and the request is a socket or not GET/HEAD and does not prove to come from a page of ours. */
must_use enum fault identity_prove(struct request *r, const struct identity_rules *rules, struct identity *out, const char **detail_out);
/* Verifies one token against the audiences in turn. */
must_use enum fault identity_of_token(struct request *r, struct span token, const char *const *audiences, struct identity *out);

/* The subprotocol to choose: the first offered one that carries no secret; empty when there is none. */
struct span identity_subprotocol(struct request *r);

/* Origin is this server's own (the authority of Host), or one that the operator listed; Sec-Fetch-Site: same-origin does when there is no Origin.
   "*" in the list never counts here: with it any page could act with its visitor's cookie. */
bool origin_is_ours(struct request *r);
/* The same of any origin ("https://host:port"), such as that of a Referer. */
bool origin_is_known(struct request *r, struct span origin);
/* No Origin at all (tools), or ours. */
bool origin_is_not_foreign(struct request *r);
