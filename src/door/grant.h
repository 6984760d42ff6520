/* What a log-in hands out: an access token made from the core's grant, and cookies. */
#pragma once
#include "door/door.h"

#define GRANT_REFRESH_PATH "/api/v1/sessions"
#define GRANT_REFRESH_TTL_S (INT64_C(400) * 86400) /* of the cookie: the server decides; browsers keep none longer */

/* Signs an access token for one audience ("native", "lobby"); it lives in the request's arena. */
must_use enum fault grant_access_token(struct request *r, const struct grant *grant, const char *audience, int64_t ttl_s, struct span *token_out);

/* A cookie that scripts cannot read and that other sites' forms do not send (HttpOnly, SameSite=Lax, Secure behind TLS). ttl_s 0 deletes it.
   value must be a token (base64url and dots). */
void grant_set_cookie(struct request *r, const char *name, struct span value, const char *path, int64_t ttl_s);
/* The two cookies by which the web client is signed in; and without them it is not. access: a token of the audience "native". */
void grant_set_native_cookies(struct request *r, const struct grant *grant, struct span access);
void grant_clear_native_cookies(struct request *r);
