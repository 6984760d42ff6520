/* A lobby socket: which generation, who speaks, coming and going. Runs on the loop of its connection, which owns the struct lobby_socket from
   the accepted handshake to on_close.

       /ws/{segment} ─ our token ────────────────────────► B: message_history (alive? + last 50) ─► accepted, notice, history, live
                     └ a name ─ proven ──────────────────► A: room_get (alive? + head) ───────────► accepted, notice, whole history, live
                              └ unproven, legacy trust ─► account_guest ─► room_get ─► as A
       Everything else is 403 before the handshake (L-11). */
#include "dialect/lobby/socket.h"
#include "base/utf8.h"
#include "chat/command.h"
#include "door/identity.h"
#include "door/limits.h"
#include <stdlib.h>

static const char *const audiences[] = { "lobby", "native", NULL };
static const char *const cookies[] = { COOKIE_LOBBY, COOKIE_ACCESS, NULL };
static const struct identity_rules rules = { audiences, cookies, true };

struct door *lobby_door(const struct lobby_socket *s)
{
    return conn_door(s->conn);
}

/* A knock at the door: in the request's arena, and therefore gone when it has been answered or accepted. */
struct knock {
    struct request *r;
    struct door *door;
    const struct lobby_generation *generation;
    struct actor actor;
    struct span username;
};

static void refuse(struct knock *k, enum fault f)
{
    bool passing = f == fault_busy || f == fault_unavailable;
    if (passing) response_header(k->r, "Retry-After", SPAN("1"));
    respond_empty(k->r, passing ? 503 : 403); /* L-11 */
}

/* L-20, L-26: to all who were there before; whoever comes is not listening yet. */
static void notice(const struct lobby_socket *s, struct account_id account, bool came)
{
    struct door *door = lobby_door(s);
    struct event e = { .kind = event_person_noticed, .room = door->settings->lobby, .by = { account, { s->name, s->n_name } }, .on = came };
    struct event *copy = event_copy(&e);
    if (copy) gate_announce(door->gate, copy);
}

static bool count_socket(struct knock *k)
{
    return !limits_on(k->door->limits) || limits_socket_enter(k->door->limits, k->actor.account);
}

/* The knock is gone with its request once the handshake is accepted. */
static struct lobby_socket *open_socket(struct knock *k)
{
    size_t n = k->username.n > UINT8_MAX ? UINT8_MAX : k->username.n;
    const struct lobby_generation *generation = k->generation;
    struct actor actor = k->actor;
    struct lobby_socket *s = calloc(1, sizeof *s + n);
    if (!s) abort();
    s->conn = request_conn(k->r);
    s->counted = limits_on(k->door->limits);
    s->n_name = (uint8_t)n;
    memcpy(s->name, k->username.p, n);
    http_accept_websocket(k->r, generation->handler, s, identity_subprotocol(k->r));
    s->listener = hub_listen(lobby_door(s)->hub, s->conn, generation->presenter, actor, (struct person){ .id = actor.account, .username = { s->name, n } });
    notice(s, actor.account, true);
    return s;
}

/* The subscription has something to ask for in any case (after differs from head), so that it begins after the notice of coming has gone out. */
static void enter_plain(struct knock *k, int64_t head)
{
    struct room_id lobby = k->door->settings->lobby;
    int64_t most = k->door->settings->lobby_history_max;
    struct lobby_socket *s = open_socket(k);
    hub_subscribe(s->listener, lobby, most && head > most ? head - most : 0, head ? head : -1);
}

static void enter_json(struct knock *k, const struct message_history_out *history)
{
    struct room_id lobby = k->door->settings->lobby;
    struct lobby_socket *s = open_socket(k);
    lobby_send_history(s->conn, history);
    hub_subscribe(s->listener, lobby, history->head, -1);
}

static void come_in(struct knock *k, const struct command *c)
{
    if (request_is_orphan(k->r) || !count_socket(k))
        refuse(k, fault_forbidden);
    else if (c->kind == command_message_history)
        enter_json(k, &c->out.message_history);
    else
        enter_plain(k, c->out.room_get.room.head);
}

static void lobby_looked_at(void *user, struct command *c)
{
    struct knock *k = user;
    if (c->fault)
        refuse(k, c->fault);
    else
        come_in(k, c);
    command_destroy(c);
}

static void look_at_lobby(struct knock *k)
{
    struct room_id lobby = k->door->settings->lobby;
    bool plain = k->generation == &lobby_plain;
    struct command *c = command_create(plain ? command_room_get : command_message_history, k->actor);
    if (plain)
        c->in.room_get.room = lobby;
    else
        c->in.message_history = (struct message_history_in){ .room = lobby, .limit = LOBBY_HISTORY_ASKED };
    gate_submit(k->door->gate, c, lobby_looked_at, k);
}

static void guest_known(void *user, struct command *c)
{
    struct knock *k = user;
    if (c->fault) {
        refuse(k, c->fault);
    } else {
        k->actor = (struct actor){ .account = c->out.account_guest.account.person.id };
        k->username = arena_copy(request_arena(k->r), c->out.account_guest.account.person.username);
        look_at_lobby(k);
    }
    command_destroy(c);
}

/* Legacy trust: the name in the path is believed, as the old server did (L-13). */
static void take_at_word(struct knock *k, struct span name)
{
    struct command *c = command_create(command_account_guest, (struct actor){ 0 });
    c->in.account_guest.username = arena_copy(c->arena, name);
    gate_submit(k->door->gate, c, guest_known, k);
}

static bool is_same_name(struct knock *k, struct span a, struct span b)
{
    struct span left = utf8_fold(request_arena(k->r), a), right = utf8_fold(request_arena(k->r), b);
    return left.n && span_eq(left, right);
}

static void knock_by_name(struct knock *k, struct span name)
{
    struct identity identity;
    const char *detail = NULL;
    bool proven = identity_prove(k->r, &rules, &identity, &detail) == fault_none && is_same_name(k, identity.username, name);
    k->generation = &lobby_plain;
    if (proven) {
        k->actor = identity.actor, k->username = identity.username;
        look_at_lobby(k);
    } else if (k->door->settings->trusts_lobby) {
        take_at_word(k, name);
    } else {
        refuse(k, fault_forbidden);
    }
}

static bool has_token_shape(struct span s)
{
    struct span rest = { 0 };
    return span_starts(s, SPAN("eyJ")) && (span_cut(s, '.', &rest), rest.n) && (span_cut(rest, '.', &rest), rest.n) && !memchr(rest.p, '.', rest.n);
}

/* A segment that looks like a token and is none of ours any more must not become somebody's name and be shown to all (L-11, L-12). */
void lobby_knock(struct request *r)
{
    if (!request_is_websocket(r)) return;
    struct knock *k = arena_new(request_arena(r), struct knock);
    struct identity identity;
    struct span segment = request_param(r, "segment");
    *k = (struct knock){ .r = r, .door = request_door(r), .generation = &lobby_json };
    if (identity_of_token(r, segment, audiences, &identity) == fault_none) {
        k->actor = identity.actor, k->username = identity.username;
        look_at_lobby(k);
    } else if (has_token_shape(segment)) {
        refuse(k, fault_forbidden);
    } else {
        knock_by_name(k, segment);
    }
}

/* Open */

static void on_drain(struct conn *c)
{
    struct lobby_socket *s = ws_user(c);
    hub_drained(s->listener);
}

static void on_close(struct conn *c, int code)
{
    struct lobby_socket *s = ws_user(c);
    struct account_id account = listener_actor(s->listener).account;
    (void)code;
    hub_forget(s->listener);
    notice(s, account, false);
    if (s->counted) limits_socket_leave(lobby_door(s)->limits, account);
    free(s);
}

static const struct ws_handler plain_handler = {
    .on_text = lobby_plain_text,
    .on_binary = lobby_binary,
    .on_drain = on_drain,
    .on_close = on_close,
    .max_message_bytes = LOBBY_PLAIN_MESSAGE_MAX_BYTES,
};
static const struct ws_handler json_handler = {
    .on_text = lobby_json_text,
    .on_binary = lobby_binary,
    .on_drain = on_drain,
    .on_close = on_close,
    .max_message_bytes = LOBBY_JSON_MESSAGE_MAX_BYTES,
};

const struct lobby_generation lobby_plain = { &lobby_plain_presenter, &plain_handler, lobby_complain_plain };
const struct lobby_generation lobby_json = { &lobby_json_presenter, &json_handler, lobby_complain_json };
