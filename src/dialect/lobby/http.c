/* /auth/register and /auth/login, and what the old server answered around them. Runs on the request's loop. */
#include "base/clock.h"
#include "base/utf8.h"
#include "dialect/lobby/body.h"
#include "dialect/lobby/lobby.h"
#include "dialect/lobby/picture.h"
#include "door/cors.h"
#include "door/grant.h"
#include "door/identity.h"
#include "door/limits.h"
#include "wire/json.h"

#define TOKEN_TTL_DEFAULT_S 86400 /* L-04 */

/* Faults in the old server's manner (L-05, L-06): a status and a sentence. */
static const struct {
    int status;
    const char *detail;
} answers[fault_count] = {
    [fault_none] = { 200, "" },
    [fault_invalid] = { 400, "Invalid request" },
    [fault_too_large] = { 413, "Too large" },
    [fault_unauthenticated] = { 401, "Invalid credentials" },
    [fault_forbidden] = { 403, "Registration is closed" },
    [fault_not_found] = { 404, "Not Found" },
    [fault_conflict] = { 400, "Username already taken" },
    [fault_gone] = { 403, "Invitation is used up or expired" },
    [fault_limited] = { 429, "Too many requests" },
    [fault_busy] = { 503, "Service busy" },
    [fault_unavailable] = { 503, "Service unavailable" },
    [fault_uncertain] = { 504, "Outcome unknown" },
    [fault_internal] = { 500, "Internal server error" },
};

static void answer(struct request *r, int status, struct span body)
{
    cors_headers(r);
    response_header(r, "Cache-Control", SPAN("no-store"));
    respond(r, status, "application/json", body);
}

static void answer_detail(struct request *r, int status, const char *detail)
{
    answer(r, status, arena_printf(request_arena(r), "{\"detail\":\"%s\"}", detail)); /* detail: words of ours, nothing to escape */
}

static const char *words_for(enum fault f, const char *field)
{
    if (f == fault_invalid && field && strcmp(field, "username") == 0) return "This username cannot be used";
    if (f == fault_invalid && field && strcmp(field, "password") == 0) return "This password is too short or cannot be used";
    if (f == fault_forbidden && field && strcmp(field, "invite") == 0) return "An invitation is needed";
    return answers[f].detail;
}

static void answer_fault(struct request *r, enum fault f, const char *field, int64_t retry_after_s)
{
    if (retry_after_s) response_header(r, "Retry-After", arena_printf(request_arena(r), "%lld", (long long)retry_after_s));
    answer_detail(r, answers[f].status, words_for(f, field));
}

/* False: answered 422 (L-07). */
static bool read_credentials(struct request *r, struct lobby_credentials *out)
{
    struct buf errors;
    buf_init(&errors, 64 * 1024);
    bool well = lobby_body_decode(request_header(r, "content-type"), request_body(r), request_arena(r), out, &errors) == fault_none;
    if (!well) answer(r, 422, buf_span(&errors));
    buf_fini(&errors);
    return well;
}

static bool address_may(struct request *r, enum limit limit)
{
    struct door *door = request_door(r);
    int64_t retry_after_s = 0;
    char address[46];
    conn_address(request_conn(r), address);
    if (limits_take_address(door->limits, limit, address, clock_mono_ms(), &retry_after_s)) return true;
    answer_fault(r, fault_limited, NULL, retry_after_s);
    return false;
}

static void registered(void *user, struct command *c)
{
    struct request *r = user;
    if (c->fault)
        answer_fault(r, c->fault, c->detail, c->retry_after_s);
    else
        answer(r, 201, SPAN("{\"message\":\"User registered successfully\"}")); /* L-01 */
    command_destroy(c);
}

static void take_credentials(struct command *c, const struct lobby_credentials *from, struct account_credentials *out)
{
    out->username = arena_copy(c->arena, from->username);
    out->password = arena_copy(c->arena, from->password);
}

static void post_register(struct request *r)
{
    struct lobby_credentials credentials;
    struct door *door = request_door(r);
    if (!read_credentials(r, &credentials) || !address_may(r, limit_register_address)) return;
    struct command *c = command_create(command_account_register, (struct actor){ 0 });
    take_credentials(c, &credentials, &c->in.account_register.who);
    c->in.account_register.invite = arena_copy(c->arena, credentials.invite);
    c->in.account_register.no_session = true;
    gate_submit(door->gate, c, registered, r);
}

/* The token for /ws/{token}, and as a cookie the proof for /ws/{username} (L-03, L-12). */
static void answer_token(struct request *r, const struct grant *grant)
{
    const struct door_settings *settings = ((struct door *)request_door(r))->settings;
    int64_t ttl_s = settings->legacy_ttl_s ? settings->legacy_ttl_s : TOKEN_TTL_DEFAULT_S;
    struct span token;
    if (grant_access_token(r, grant, "lobby", ttl_s, &token)) {
        answer_fault(r, fault_internal, NULL, 0);
        return;
    }
    if (origin_is_not_foreign(r)) grant_set_cookie(r, COOKIE_LOBBY, token, "/ws", ttl_s);
    answer(r, 200, arena_printf(request_arena(r), "{\"access_token\":\"" SPAN_FMT "\",\"token_type\":\"bearer\"}", SPAN_ARG(token)));
}

static void logged_in(void *user, struct command *c)
{
    struct request *r = user;
    if (c->fault)
        answer_fault(r, c->fault, c->detail, c->retry_after_s);
    else
        answer_token(r, &c->out.session_open.grant);
    command_destroy(c);
}

static void post_login(struct request *r)
{
    struct lobby_credentials credentials;
    struct door *door = request_door(r);
    int64_t retry_after_s = 0;
    if (!read_credentials(r, &credentials) || !address_may(r, limit_login_address)) return;
    if (!limits_take(door->limits, limit_login_account, utf8_fold(request_arena(r), credentials.username), clock_mono_ms(), &retry_after_s)) {
        answer_fault(r, fault_limited, NULL, retry_after_s);
        return;
    }
    struct command *c = command_create(command_session_open, (struct actor){ 0 });
    struct span agent = request_header(r, "user-agent");
    char address[46];
    conn_address(request_conn(r), address);
    take_credentials(c, &credentials, &c->in.session_open.who);
    c->in.session_open.agent = utf8_valid(agent) ? arena_copy(c->arena, agent) : SPAN("");
    c->in.session_open.address = arena_copy(c->arena, span_of(address));
    gate_submit(door->gate, c, logged_in, r);
}

/* Around them */

static void not_found(struct request *r)
{
    answer_detail(r, 404, "Not Found"); /* L-08 */
}

static void post_only(struct request *r)
{
    response_header(r, "Allow", SPAN("POST"));
    answer_detail(r, 405, "Method Not Allowed"); /* L-08 */
}

/* L-09: a slash too many is told where to go, with method and body kept. */
static void without_slash(struct request *r)
{
    struct span path = request_path(r), query = request_query(r);
    struct span to = span_make(path.p, path.n - 1);
    struct span location = arena_printf(request_arena(r), SPAN_FMT "%s" SPAN_FMT, SPAN_ARG(to), query.n ? "?" : "", SPAN_ARG(query));
    cors_headers(r);
    response_header(r, "Location", location);
    respond_empty(r, 307);
}

/* L-10 */
static void devtools(struct request *r)
{
    answer(r, 200, SPAN("{\"status\":\"ok\"}"));
}

static const struct route rows[] = {
    { "POST", "/auth/register", post_register },
    { "POST", "/auth/login", post_login },
    { "OPTIONS", "/auth/register", cors_preflight },
    { "OPTIONS", "/auth/login", cors_preflight },
    { NULL, "/auth/register", post_only },
    { NULL, "/auth/login", post_only },
    { NULL, "/auth/register/", without_slash },
    { NULL, "/auth/login/", without_slash },
    { NULL, "/auth/{rest*}", not_found },
    { "GET", "/.well-known/appspecific/com.chrome.devtools.json", devtools },
    { "GET", LOBBY_PICTURE_PATH "{file:int}", lobby_picture_give },
    { NULL, "/ws/{segment}", lobby_knock, 0, route_websocket },
    { NULL, "/ws/{segment}", not_found },
};

void lobby_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
