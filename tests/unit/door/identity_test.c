/* Which proof counts, and when a page's origin is ours. The request is a table of headers. */
#include "door/identity.h"
#include "base/clock.h"
#include "wire/cookie.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

struct request {
    const char *method;
    const char *headers[12]; /* name, value, …, NULL */
    const char *query_token;
    bool secure;
};

static struct arena *arena;
static struct door_settings settings;
static struct door door = { .settings = &settings };
static struct span good, other_door, expired;

struct arena *request_arena(struct request *r)
{
    (void)r;
    return arena;
}
void *request_door(struct request *r)
{
    (void)r;
    return &door;
}
struct span request_method(const struct request *r)
{
    return span_of(r->method);
}
struct span request_header(const struct request *r, const char *name)
{
    for (int i = 0; r->headers[i]; i += 2)
        if (strcmp(r->headers[i], name) == 0) return span_of(r->headers[i + 1]);
    return (struct span){ 0 };
}
struct span request_cookie(struct request *r, const char *name)
{
    return cookie_find(request_header(r, "cookie"), span_of(name));
}
struct span request_query_param(struct request *r, const char *name)
{
    (void)name;
    return span_of(r->query_token);
}
bool request_is_secure(const struct request *r)
{
    return r->secure;
}

static const char *const audiences[] = { "native", NULL };
static const char *const cookies[] = { COOKIE_ACCESS, NULL };
static const struct identity_rules http = { audiences, cookies, false }, socket_rules = { audiences, cookies, true };

static const char *with(const char *before, struct span token)
{
    return arena_printf(arena, "%s" SPAN_FMT, before, SPAN_ARG(token)).p;
}

static enum fault prove(struct request r, const struct identity_rules *rules)
{
    struct identity who;
    const char *detail = NULL;
    enum fault f = identity_prove(&r, rules, &who, &detail);
    if (f == fault_none) {
        assert_int_equal(who.actor.account.v, 7);
        assert_int_equal(who.actor.session.v, 9);
        assert_true(span_eq(who.username, SPAN("ali")));
    }
    if (f == fault_forbidden) assert_string_equal(detail, "origin");
    return f;
}

static void bearer(void **state)
{
    (void)state;
    assert_int_equal(prove((struct request){ "POST", { "authorization", with("Bearer ", good) } }, &http), fault_none);
    assert_int_equal(prove((struct request){ "POST", { "authorization", with("bearer ", good) } }, &http), fault_none);
    assert_int_equal(prove((struct request){ "POST", { "authorization", with("Basic ", good) } }, &http), fault_unauthenticated);
    assert_int_equal(prove((struct request){ "POST", { "authorization", with("Bearer ", expired) } }, &http), fault_unauthenticated);
    assert_int_equal(prove((struct request){ "POST", { "authorization", with("Bearer ", other_door) } }, &http), fault_unauthenticated);
    assert_int_equal(prove((struct request){ "GET" }, &http), fault_unauthenticated);
}

static void a_bad_bearer_is_not_saved_by_a_cookie(void **state)
{
    (void)state;
    const char *cookie = with("suhbat_access=", good);
    assert_int_equal(prove((struct request){ "GET", { "authorization", with("Bearer ", expired), "cookie", cookie } }, &http), fault_unauthenticated);
}

static void a_cookie_wants_an_origin(void **state)
{
    (void)state;
    const char *cookie = with("a=b; suhbat_access=", good);
    assert_int_equal(prove((struct request){ "GET", { "cookie", cookie } }, &http), fault_none);
    assert_int_equal(prove((struct request){ "POST", { "cookie", cookie } }, &http), fault_forbidden);
    assert_int_equal(prove((struct request){ "POST", { "cookie", cookie, "host", "chat.example", "origin", "http://chat.example" } }, &http), fault_none);
    assert_int_equal(prove((struct request){ "POST", { "cookie", cookie, "host", "chat.example", "origin", "https://chat.example" } }, &http), fault_none);
    assert_int_equal(prove((struct request){ "POST", { "cookie", cookie, "host", "chat.example", "origin", "http://evil.example" } }, &http), fault_forbidden);
    assert_int_equal(prove((struct request){ "POST", { "cookie", cookie, "host", "chat.example", "origin", "null" } }, &http), fault_forbidden);
    assert_int_equal(prove((struct request){ "POST", { "cookie", cookie, "host", "chat.example", "origin", "http://chat.example.evil" } }, &http), fault_forbidden);
    assert_int_equal(prove((struct request){ "POST", { "cookie", cookie, "sec-fetch-site", "same-origin" } }, &http), fault_none);
    assert_int_equal(prove((struct request){ "POST", { "cookie", cookie, "sec-fetch-site", "same-site" } }, &http), fault_forbidden);
    assert_int_equal(prove((struct request){ "GET", { "cookie", cookie } }, &socket_rules), fault_forbidden);
}

static void behind_tls_http_is_foreign(void **state)
{
    (void)state;
    const char *cookie = with("suhbat_access=", good);
    struct request r = { "POST", { "cookie", cookie, "host", "chat.example", "origin", "http://chat.example" }, .secure = true };
    assert_int_equal(prove(r, &http), fault_forbidden);
}

static void listed_origins_are_ours_but_a_star_is_not(void **state)
{
    (void)state;
    const char *cookie = with("suhbat_access=", good);
    struct request r = { "POST", { "cookie", cookie, "host", "chat.example", "origin", "https://app.example" } };
    settings.origins = (struct span[]){ SPAN("*") }, settings.n_origins = 1;
    assert_int_equal(prove(r, &http), fault_forbidden);
    settings.origins = (struct span[]){ SPAN("https://app.example") };
    assert_int_equal(prove(r, &http), fault_none);
    settings.n_origins = 0;
}

static void sockets_know_two_more_ways(void **state)
{
    (void)state;
    struct request by_protocol = { "GET", { "sec-websocket-protocol", with("suhbat.v1, bearer.", good) } };
    struct request by_query = { "GET", { NULL }, .query_token = with("", good) };
    assert_int_equal(prove(by_protocol, &socket_rules), fault_none);
    assert_int_equal(prove(by_protocol, &http), fault_unauthenticated);
    assert_int_equal(prove(by_query, &socket_rules), fault_none);
    assert_int_equal(prove(by_query, &http), fault_unauthenticated);
    assert_true(span_eq(identity_subprotocol(&by_protocol), SPAN("suhbat.v1")));
}

static void foreign_pages(void **state)
{
    (void)state;
    struct request tool = { "POST", { NULL } }, foreign = { "POST", { "host", "a", "origin", "http://b" } };
    struct request fetched = { "POST", { "sec-fetch-site", "cross-site" } }, own = { "POST", { "host", "a", "origin", "http://a" } };
    assert_true(origin_is_not_foreign(&tool));
    assert_true(origin_is_not_foreign(&own));
    assert_false(origin_is_not_foreign(&foreign));
    assert_false(origin_is_not_foreign(&fetched));
}

static struct span signed_token(const char *audience, int64_t expires_s)
{
    struct token_claims claims = { .issuer = SPAN("suhbat"), .audience = span_of(audience), .subject = SPAN("ali"), .account = { 7 }, .session = { 9 },
                                   .expires_s = expires_s, .not_before_s = expires_s - 1000 };
    struct span token;
    if (token_sign(settings.key, &claims, arena, &token)) abort();
    return token;
}

int main(void)
{
    int64_t now_s = clock_wall_us() / 1000000;
    arena = arena_create(4096, 1 << 20);
    if (token_key_create(SPAN("a secret of the tests only, long enough"), &settings.key)) abort();
    good = signed_token("native", now_s + 500), other_door = signed_token("lobby", now_s + 500), expired = signed_token("native", now_s - 100);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bearer),
        cmocka_unit_test(a_bad_bearer_is_not_saved_by_a_cookie),
        cmocka_unit_test(a_cookie_wants_an_origin),
        cmocka_unit_test(behind_tls_http_is_foreign),
        cmocka_unit_test(listed_origins_are_ours_but_a_star_is_not),
        cmocka_unit_test(sockets_know_two_more_ways),
        cmocka_unit_test(foreign_pages),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    token_key_destroy(settings.key);
    arena_destroy(arena);
    return failed;
}
