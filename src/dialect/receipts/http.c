/* /register and /token, and what the old server answered around its routes. Runs on the request's loop. */
#include "base/clock.h"
#include "base/utf8.h"
#include "chat/command.h"
#include "dialect/receipts/answer.h"
#include "dialect/receipts/body.h"
#include "dialect/receipts/receipts.h"
#include "dialect/receipts/routes.h"
#include "door/cors.h"
#include "door/grant.h"
#include "door/identity.h"
#include "door/limits.h"

#define TOKEN_TTL_DEFAULT_S 1800 /* C-06 */

static bool address_may(struct request *r, enum limit limit)
{
    struct door *door = request_door(r);
    int64_t retry_after_s = 0;
    char address[46];
    conn_address(request_conn(r), address);
    if (limits_take_address(door->limits, limit, address, clock_mono_ms(), &retry_after_s)) return true;
    receipts_limited(r, retry_after_s);
    return false;
}

/* ---- Registering */

/* What the core will not take, said about the field as the old server says such things. */
static const struct {
    const char *detail, *message;
} refusals[] = {
    { "email", "Value error, value is not a valid email address" },
    { "password", "Value error, this password is too short or cannot be used" },
    { "name", "Value error, this name is too long or cannot be shown" },
};

static bool answer_misfit(struct request *r, const struct command *c)
{
    struct buf errors;
    size_t i = 0;
    if (c->fault != fault_invalid && c->fault != fault_too_large) return false;
    while (i < sizeof refusals / sizeof *refusals && strcmp(refusals[i].detail, c->detail ? c->detail : "") != 0) i++;
    if (i == sizeof refusals / sizeof *refusals) return false;
    buf_init(&errors, 4096);
    struct unfit u = unfit_list(&errors);
    unfit_value(&u, refusals[i].detail, refusals[i].message);
    receipts_fits(r, &u);
    buf_fini(&errors);
    return true;
}

static void registered(void *user, struct command *c)
{
    struct request *r = user;
    if (c->fault == fault_none) receipts_say(r, "message", SPAN("Пользователь успешно зарегистрирован!")); /* C-01 */
    else if (c->fault == fault_conflict && c->detail && strcmp(c->detail, "email") == 0) receipts_detail(r, 400, SPAN("Email already registered")); /* C-02 */
    else if (!answer_misfit(r, c)) receipts_fault(r, c);
    command_destroy(c);
}

static void enrol(struct request *r, const struct receipts_newcomer *newcomer)
{
    struct command *c = command_create(command_account_register, (struct actor){ 0 });
    struct account_register_in *in = &c->in.account_register;
    in->by_email = in->no_session = true;
    in->name = arena_copy(c->arena, newcomer->name);
    in->email = arena_copy(c->arena, newcomer->email);
    in->who.password = arena_copy(c->arena, newcomer->password);
    in->invite = arena_copy(c->arena, newcomer->invite);
    in->locale = SPAN("ru");
    gate_submit(((struct door *)request_door(r))->gate, c, registered, r);
}

static void post_register(struct request *r)
{
    struct receipts_newcomer newcomer;
    struct buf errors;
    buf_init(&errors, 64 * 1024);
    bool fits = receipts_newcomer_decode(request_header(r, "content-type"), request_body(r), request_arena(r), &newcomer, &errors) == fault_none;
    if (!fits) receipts_answer(r, 422, buf_span(&errors));
    else if (address_may(r, limit_register_address)) enrol(r, &newcomer);
    buf_fini(&errors);
}

/* ---- Logging in */

/* The token says the address, as the old ones did. For pages the same proof as a cookie. */
static void answer_token(struct request *r, struct grant grant)
{
    const struct door_settings *settings = ((struct door *)request_door(r))->settings;
    int64_t ttl_s = settings->legacy_ttl_s ? settings->legacy_ttl_s : TOKEN_TTL_DEFAULT_S;
    struct span token;
    if (grant.account.email.n) grant.account.person.username = grant.account.email;
    if (grant_access_token(r, &grant, "receipts", ttl_s, &token)) {
        receipts_detail(r, 500, SPAN("Internal Server Error"));
        return;
    }
    if (origin_is_not_foreign(r)) grant_set_cookie(r, COOKIE_RECEIPTS, token, "/", ttl_s);
    receipts_answer(r, 200, arena_printf(request_arena(r), "{\"access_token\":\"" SPAN_FMT "\",\"token_type\":\"bearer\"}", SPAN_ARG(token)));
}

static void logged_in(void *user, struct command *c)
{
    struct request *r = user;
    bool wrong = c->fault == fault_unauthenticated || (c->fault == fault_too_large && c->detail && strcmp(c->detail, "password") == 0);
    if (c->fault == fault_none) answer_token(r, c->out.session_open.grant);
    else if (wrong) receipts_detail(r, 400, SPAN("Неправильная почта или пароль")); /* C-04 */
    else receipts_fault(r, c);
    command_destroy(c);
}

static void log_in(struct request *r, const struct receipts_login *login)
{
    struct door *door = request_door(r);
    struct span agent = request_header(r, "user-agent");
    struct command *c = command_create(command_session_open, (struct actor){ 0 });
    char address[46];
    conn_address(request_conn(r), address);
    c->in.session_open.who.username = arena_copy(c->arena, login->username);
    c->in.session_open.who.password = arena_copy(c->arena, login->password);
    c->in.session_open.agent = utf8_valid(agent) ? arena_copy(c->arena, agent) : SPAN("");
    c->in.session_open.address = arena_copy(c->arena, span_of(address));
    gate_submit(door->gate, c, logged_in, r);
}

static void post_token(struct request *r)
{
    struct door *door = request_door(r);
    struct receipts_login login;
    struct buf errors;
    int64_t retry_after_s = 0;
    buf_init(&errors, 64 * 1024);
    bool fits = receipts_login_decode(request_header(r, "content-type"), request_body(r), request_arena(r), &login, &errors) == fault_none;
    if (!fits) {
        receipts_answer(r, 422, buf_span(&errors));
    } else if (address_may(r, limit_login_address)) {
        if (limits_take(door->limits, limit_login_account, utf8_fold(request_arena(r), login.username), clock_mono_ms(), &retry_after_s)) log_in(r, &login);
        else receipts_limited(r, retry_after_s);
    }
    buf_fini(&errors);
}

/* ---- Around them (C-08) */

static void not_found(struct request *r)
{
    receipts_detail(r, 404, SPAN("Not Found"));
}

static void wrong_method(struct request *r, struct span allow)
{
    response_header(r, "Allow", allow);
    receipts_detail(r, 405, SPAN("Method Not Allowed"));
}

static void only_post(struct request *r) { wrong_method(r, SPAN("POST")); }
static void only_get(struct request *r) { wrong_method(r, SPAN("GET")); }
static void only_put(struct request *r) { wrong_method(r, SPAN("PUT")); }
static void only_get_post(struct request *r) { wrong_method(r, SPAN("GET, POST")); }

static void without_slash(struct request *r)
{
    struct span path = request_path(r), query = request_query(r);
    struct span to = span_make(path.p, path.n - 1);
    cors_headers(r);
    response_header(r, "Location", arena_printf(request_arena(r), SPAN_FMT "%s" SPAN_FMT, SPAN_ARG(to), query.n ? "?" : "", SPAN_ARG(query)));
    respond_empty(r, 307);
}

#define AROUND(path, only) \
    { "OPTIONS", path, cors_preflight }, { NULL, path, only }, { NULL, path "/", without_slash }

static const struct route rows[] = {
    { "POST", "/register", post_register },
    AROUND("/register", only_post),
    { "POST", "/token", post_token },
    AROUND("/token", only_post),
    { "POST", "/chats", receipts_post_chat },
    AROUND("/chats", only_post),
    { "POST", "/chats/{chat_id}/members", receipts_post_member },
    { "GET", "/chats/{chat_id}/members", receipts_get_members },
    AROUND("/chats/{chat_id}/members", only_get_post),
    { NULL, "/chats/{rest*}", not_found },
    { "GET", "/history/{chat_id}", receipts_get_history },
    AROUND("/history/{chat_id}", only_get),
    { NULL, "/history/{rest*}", not_found },
    { "PUT", "/message/read/{message_id}", receipts_put_read },
    AROUND("/message/read/{message_id}", only_put),
    { NULL, "/message/{rest*}", not_found },
    { NULL, "/ws/{user:int}/{chat:int}", receipts_knock, 0, route_websocket },
    { NULL, "/ws/{user}/{chat}", receipts_knock_wrongly, 0, route_websocket },
    { NULL, "/ws/{user:int}/{chat:int}", not_found },
};

void receipts_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
