/* Turns the core's grant into tokens and cookies. Runs on the request's loop; owns nothing. */
#include "door/grant.h"
#include "base/clock.h"
#include "door/identity.h"
#include "wire/cookie.h"

enum fault grant_access_token(struct request *r, const struct grant *grant, const char *audience, int64_t ttl_s, struct span *token_out)
{
    const struct door_settings *settings = ((struct door *)request_door(r))->settings;
    int64_t now_s = clock_wall_us() / 1000000;
    struct token_claims claims = {
        .issuer = SPAN("suhbat"),
        .audience = span_of(audience),
        .subject = grant->account.person.username,
        .account = grant->account.person.id,
        .session = grant->session,
        .expires_s = now_s + ttl_s,
        .not_before_s = now_s,
    };
    return token_sign(settings->key, &claims, request_arena(r), token_out);
}

void grant_set_cookie(struct request *r, const char *name, struct span value, const char *path, int64_t ttl_s)
{
    const struct door_settings *settings = ((struct door *)request_door(r))->settings;
    struct cookie cookie = {
        .name = span_of(name),
        .value = value,
        .path = span_of(path),
        .max_age_s = ttl_s,
        .http_only = true,
        .secure = settings->secure_cookies || request_is_secure(r),
        .same_site = cookie_same_site_lax,
    };
    struct buf line;
    buf_init(&line, 4096);
    if (cookie_build(&cookie, &line) == fault_none) response_header(r, "Set-Cookie", buf_span(&line));
    buf_fini(&line);
}

void grant_set_native_cookies(struct request *r, const struct grant *grant, struct span access)
{
    grant_set_cookie(r, COOKIE_ACCESS, access, "/", ((struct door *)request_door(r))->settings->access_ttl_s);
    grant_set_cookie(r, COOKIE_REFRESH, grant->refresh_token, GRANT_REFRESH_PATH, GRANT_REFRESH_TTL_S);
}

void grant_clear_native_cookies(struct request *r)
{
    grant_set_cookie(r, COOKIE_ACCESS, SPAN(""), "/", 0);
    grant_set_cookie(r, COOKIE_REFRESH, SPAN(""), GRANT_REFRESH_PATH, 0);
}
