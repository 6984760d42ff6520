/* One gateway socket: proof, hello, patience until resume, going away, the end. Runs on the loop of its connection, which owns the struct
   gateway from the accepted handshake to on_close.

       request ──proof──► account_get (is the session alive?) ──► accepted: hello ──resume──► ready ... ──► on_close
          └─ 401, 403, 426           └─ 401                           └─ 15 s without resume: 1008 */
#include "dialect/native/gateway.h"
#include "base/rand.h"
#include "dialect/native/call.h"
#include <stdlib.h>

static const char *const audiences[] = { "native", "bot", NULL };
static const char *const cookies[] = { COOKIE_ACCESS, NULL };
static const struct identity_rules rules = { audiences, cookies, true };

struct door *gateway_door(const struct gateway *g)
{
    return conn_door(g->conn);
}

void gateway_error(struct gateway *g, int64_t id, const struct problem *p)
{
    struct answer a;
    answer_begin(&a);
    json_begin_object(&a.w);
    json_put_string(&a.w, "op", SPAN("error"));
    json_put_id(&a.w, "id", id);
    problem_fields(&a.w, p, (enum language)g->language);
    json_end_object(&a.w);
    answer_send(&a, g->conn);
}

/* What the hub tells */

static void present(struct presentation *p, const struct event *e)
{
    struct answer a;
    answer_begin(&a);
    do {
        if (!encode_event(&a.w, e)) break;
    } while (answer_again(&a));
    if (a.buf.n && !a.buf.failed) presentation_text(p, buf_span(&a.buf));
    answer_end(&a);
}

static void tell_room(struct conn *c, const char *op, struct room_id room, const char *name, int64_t seq)
{
    struct answer a;
    answer_begin(&a);
    json_begin_object(&a.w);
    json_put_string(&a.w, "op", span_of(op));
    json_put_int(&a.w, "room", room.v);
    json_put_int(&a.w, name, seq);
    json_end_object(&a.w);
    answer_send(&a, c);
}

static void caught_up(struct conn *c, struct room_id room, int64_t to)
{
    tell_room(c, "resumed", room, "to", to);
}

static void reload(struct conn *c, struct room_id room, int64_t from)
{
    tell_room(c, "reload", room, "from", from);
}

const struct presenter native_presenter = {
    .name = "native",
    .present = present,
    .caught_up = caught_up,
    .reload = reload,
    .follows_membership = true,
    .follows_desk = true,
    .replay_max = GATEWAY_REPLAY_MAX,
    .revoked_code = gateway_close_session,
};

/* The life of a socket */

static void say_hello(struct gateway *g, const struct account *account, enum desk_role desk, struct session_id session)
{
    struct answer a;
    answer_begin(&a);
    json_begin_object(&a.w);
    json_put_string(&a.w, "op", SPAN("hello"));
    json_put_int(&a.w, "heartbeat_s", GATEWAY_HEARTBEAT_S);
    json_key(&a.w, "account");
    encode_account(&a.w, account);
    json_put_id(&a.w, "session", session.v);
    json_put_string(&a.w, "desk", span_of(desk_role_word(desk)));
    json_put_string(&a.w, "server", span_of(gateway_door(g)->settings->server_id));
    json_end_object(&a.w);
    answer_send(&a, g->conn);
}

static void lose_patience(struct timer *t)
{
    struct gateway *g = container_of(t, struct gateway, patience);
    ws_close(g->conn, 1008, "no resume");
}

static void on_drain(struct conn *c)
{
    struct gateway *g = ws_user(c);
    if (g->listener) hub_drained(g->listener);
}

static void on_going_away(struct conn *c)
{
    struct answer a;
    answer_begin(&a);
    json_begin_object(&a.w);
    json_put_string(&a.w, "op", SPAN("bye"));
    json_put_int(&a.w, "reconnect_in_ms", 500 + (int64_t)(rand_u64() % 4500));
    json_end_object(&a.w);
    answer_send(&a, c);
}

static void on_close(struct conn *c, int code)
{
    struct gateway *g = ws_user(c);
    (void)code;
    timer_cancel(&g->patience);
    if (g->listener) {
        struct account_id account = listener_actor(g->listener).account;
        hub_forget(g->listener);
        limits_socket_leave(gateway_door(g)->limits, account);
    }
    free(g);
}

static const struct ws_handler handler = {
    .on_text = gateway_text,
    .on_drain = on_drain,
    .on_close = on_close,
    .max_message_bytes = GATEWAY_FRAME_MAX_BYTES,
    .silence_ms = GATEWAY_SILENCE_MS,
    .silence_code = gateway_close_silent,
    .on_going_away = on_going_away,
};

/* A socket over the account's number is accepted and closed at once, because only a close code can tell a browser why. */
static void welcome(struct gateway *g, const struct command *c)
{
    struct door *door = gateway_door(g);
    const struct account *account = &c->out.account_get.account;
    if (!limits_socket_enter(door->limits, account->person.id)) {
        ws_close(g->conn, gateway_close_sockets, "too many sockets");
        return;
    }
    g->listener = hub_listen(door->hub, g->conn, &native_presenter, c->actor, account->person);
    hub_show_last_seen(g->listener, !account->hide_last_seen);
    timer_set(door->loop, &g->patience, GATEWAY_RESUME_WITHIN_MS);
    if (c->out.account_get.desk_role != desk_role_none) hub_follow_desk(g->listener);
    say_hello(g, account, c->out.account_get.desk_role, c->actor.session);
}

static void account_known(void *user, struct command *c)
{
    struct request *r = user;
    if (request_is_orphan(r)) {
        respond_empty(r, 204);
    } else if (c->fault) {
        problem_respond(r, &(struct problem){ c->fault, c->detail, c->retry_after_s });
    } else {
        struct gateway *g = calloc(1, sizeof *g);
        if (!g) abort();
        g->conn = request_conn(r);
        g->language = (uint8_t)request_language(r);
        timer_init(&g->patience, lose_patience);
        struct span suhbat_v1 = SPAN("suhbat.v1");
        http_accept_websocket(r, &handler, g, span_eq(identity_subprotocol(r), suhbat_v1) ? suhbat_v1 : (struct span){ 0 });
        welcome(g, c);
    }
    command_destroy(c);
}

static void knock(struct request *r)
{
    struct identity identity;
    const char *detail = NULL;
    if (!request_is_websocket(r)) return;
    enum fault f = identity_prove(r, &rules, &identity, &detail);
    if (f) {
        problem_respond(r, &(struct problem){ .fault = f, .detail = detail });
        return;
    }
    struct door *door = request_door(r);
    struct command *c = command_create(command_account_get, identity.actor);
    c->in.account_get.with_desk = true;
    gate_submit(door->gate, c, account_known, r);
}

static const struct route rows[] = {
    { "GET", "/api/v1/gateway", knock, 0, route_websocket },
    { "GET", "/api/v1/gateway", knock, 0, 0 },
};

void gateway_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
