/* A socket of one room: knocking, coming, speaking, going. Runs on the loop of its connection, which owns the struct rooms_socket from the accepted handshake to
   on_close. Commands outlive the socket, so their answers look for it by reference.

       /ws/chat/<id>/ ─ cookie, origin ─► room_get: a member? ─► accepted, user_join, live ─ left, removed, room or session over ─► 1008
                      └──────────────────── otherwise 403 before the handshake */
#include "base/clock.h"
#include "chat/command.h"
#include "dialect/rooms/frame.h"
#include "dialect/rooms/socket.h"
#include "dialect/rooms/rooms.h"
#include "dialect/rooms/visit.h"
#include "door/identity.h"
#include "door/problem.h"
#include "wire/json.h"
#include <stdlib.h>

struct rooms_socket { /* ws_user */
    struct conn *conn;
    struct listener *listener;
    struct room_id room;
    bool counted; /* in the account's number of sockets */
    uint16_t n_pending;
    uint8_t n_name;
    char name[];
};

static struct door *door_of(const struct rooms_socket *s)
{
    return conn_door(s->conn);
}

/* ---- Knocking */

static void refuse(struct visit *v, enum fault f)
{
    bool passing = f == fault_busy || f == fault_unavailable;
    if (passing) response_header(v->r, "Retry-After", SPAN("1"));
    respond_empty(v->r, passing ? 503 : 403);
}

static void notice(const struct rooms_socket *s, struct account_id account, bool came)
{
    struct event e = { .kind = event_person_noticed, .room = s->room, .by = { account, { s->name, s->n_name } }, .on = came };
    struct event *copy = event_copy(&e);
    if (copy) gate_announce(door_of(s)->gate, copy);
}

static const struct ws_handler handler;

/* The visit is gone with its request once the handshake is accepted. The newcomer hears of its own coming as everybody does; while it must still catch up,
   which lasts longer than the notice is on its way, it is greeted directly. */
static void open_socket(struct visit *v, int64_t head)
{
    size_t n = v->username.n > UINT8_MAX ? UINT8_MAX : v->username.n;
    struct actor actor = v->actor;
    struct rooms_socket *s = calloc(1, sizeof *s + n);
    if (!s) abort();
    s->conn = request_conn(v->r), s->room = v->room, s->counted = limits_on(v->door->limits), s->n_name = (uint8_t)n;
    memcpy(s->name, v->username.p, n);
    http_accept_websocket(v->r, &handler, s, identity_subprotocol(v->r));
    s->listener = hub_listen(door_of(s)->hub, s->conn, &rooms_presenter, actor, (struct person){ .id = actor.account, .username = { s->name, n } });
    hub_subscribe(s->listener, s->room, head, head);
    if (!hub_hears(s->listener, s->room)) rooms_greet(s->conn, span_make(s->name, n));
    notice(s, actor.account, true);
}

/* Members of a channel are those of its guild: who leaves that leaves no trace in the channel, so a socket of the channel alone would not hear of it. */
static bool is_old_room(enum room_kind kind)
{
    return kind == room_lobby || kind == room_group || kind == room_direct || kind == room_desk;
}

static void looked_at(void *user, struct command *c)
{
    struct visit *v = user;
    bool member = !c->fault && c->out.room_get.room.role != role_none && is_old_room(c->out.room_get.room.kind);
    bool counts = member && !request_is_orphan(v->r) && (!limits_on(v->door->limits) || limits_socket_enter(v->door->limits, v->actor.account));
    if (counts)
        open_socket(v, c->out.room_get.room.head);
    else
        refuse(v, c->fault);
    command_destroy(c);
}

static void knock(struct request *r)
{
    if (!request_is_websocket(r)) return;
    struct visit *v = visit_begin(r);
    if (id_none(v->actor.account) || !origin_is_not_foreign(r) || room_param(r, "room", &v->room.v)) {
        refuse(v, fault_forbidden);
        return;
    }
    struct command *c = command_create(command_room_get, v->actor);
    c->in.room_get.room = v->room;
    gate_submit(v->door->gate, c, looked_at, v);
}

/* ---- Speaking */

struct wish { /* in the command's arena */
    struct net *net;
    struct conn_ref conn;
};

static struct rooms_socket *settle(const struct wish *wish)
{
    struct conn *conn = net_find(wish->net, wish->conn);
    struct rooms_socket *s = conn ? ws_user(conn) : NULL;
    if (s) s->n_pending--;
    return s;
}

static void submit(struct rooms_socket *s, struct command *c, void (*done)(void *user, struct command *command))
{
    struct wish *wish = arena_new(c->arena, struct wish);
    *wish = (struct wish){ conn_net(s->conn), conn_ref(s->conn) };
    s->n_pending++;
    gate_submit(door_of(s)->gate, c, done, wish);
}

static bool may(struct rooms_socket *s, enum limit limit)
{
    int64_t retry_after_s;
    struct account_id account = listener_actor(s->listener).account;
    enum fault f = s->n_pending >= ROOMS_PENDING_MAX ? fault_busy : fault_none;
    if (!f && !limits_take_account(door_of(s)->limits, limit, account, clock_mono_ms(), &retry_after_s)) f = fault_limited;
    if (f) rooms_complain(s->conn, problem_sentence(f, NULL, language_uz));
    return f == fault_none;
}

static void post(struct rooms_socket *s, struct span text, int64_t reply_to);

/* a reply to what is not there is said all the same, as no reply. */
static void posted(void *user, struct command *c)
{
    struct rooms_socket *s = settle(user);
    bool lost = (c->fault == fault_not_found || c->fault == fault_gone) && c->detail && strcmp(c->detail, "reply_to") == 0;
    if (s && lost)
        post(s, c->in.message_post.text, 0);
    else if (s && c->fault)
        rooms_complain(s->conn, problem_sentence(c->fault, c->detail, language_uz));
    command_destroy(c);
}

static void post(struct rooms_socket *s, struct span text, int64_t reply_to)
{
    struct command *c = command_create(command_message_post, listener_actor(s->listener));
    c->in.message_post = (struct message_post_in){ .room = s->room, .text = arena_copy(c->arena, text), .reply_to = { reply_to } };
    submit(s, c, posted);
}

static void say(struct rooms_socket *s, const struct rooms_frame *f)
{
    if (f->text.n > MESSAGE_TEXT_MAX_BYTES)
        rooms_complain(s->conn, problem_sentence(fault_too_large, "text", language_uz));
    else if (may(s, limit_send))
        post(s, f->text, f->reply_to);
}

/* Who may not is not told. */
static void deleted(void *user, struct command *c)
{
    settle(user);
    command_destroy(c);
}

static void delete(struct rooms_socket *s, const struct rooms_frame *f)
{
    if (!may(s, limit_change)) return;
    struct command *c = command_create(command_message_delete, listener_actor(s->listener));
    c->in.message_delete = (struct message_delete_in){ .room = s->room, .id = { f->message }, .part = (enum message_part)f->part };
    submit(s, c, deleted);
}

static void type(struct rooms_socket *s, bool on)
{
    int64_t retry_after_s;
    struct account_id account = listener_actor(s->listener).account;
    if (limits_take_account(door_of(s)->limits, limit_signal, account, clock_mono_ms(), &retry_after_s)) (void)hub_typing(s->listener, s->room, on);
}

static void on_text(struct conn *c, struct span text)
{
    struct rooms_socket *s = ws_user(c);
    struct json json;
    bool parsed;
    struct rooms_frame f = rooms_frame_decode(text, &json, &parsed);
    switch (f.kind) {
    case rooms_frame_ignored: break;
    case rooms_frame_message: say(s, &f); break;
    case rooms_frame_typing: type(s, f.typing); break;
    case rooms_frame_delete: delete(s, &f); break;
    case rooms_frame_breaks: ws_close(c, ROOMS_CLOSE_BROKEN, ""); break; /* */
    }
    if (parsed) json_done(&json);
}

static void on_binary(struct conn *c, struct span bytes)
{
    (void)bytes;
    ws_close(c, ROOMS_CLOSE_BROKEN, ""); /* */
}

/* ---- Going */

static void on_drain(struct conn *c)
{
    struct rooms_socket *s = ws_user(c);
    hub_drained(s->listener);
}

static void on_close(struct conn *c, int code)
{
    struct rooms_socket *s = ws_user(c);
    struct account_id account = listener_actor(s->listener).account;
    (void)code;
    hub_forget(s->listener);
    notice(s, account, false);
    if (s->counted) limits_socket_leave(door_of(s)->limits, account);
    free(s);
}

static const struct ws_handler handler = { .on_text = on_text, .on_binary = on_binary, .on_drain = on_drain, .on_close = on_close,
                                           .max_message_bytes = ROOMS_FRAME_MAX_BYTES };

/* What begins so and is no room of ours is no other door's either. */
static void no_such_socket(struct request *r)
{
    respond_empty(r, 404);
}

static const struct route rows[] = {
    { "GET", "/ws/chat/{room:int}/", knock, 0, route_websocket },
    { NULL, "/ws/chat/{rest*}", no_such_socket, 0, route_websocket },
};

void socket_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}

void rooms_routes(struct router *router)
{
    socket_routes(router);
    login_routes(router);
    room_routes(router);
    message_routes(router);
}
