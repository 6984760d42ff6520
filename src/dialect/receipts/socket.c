/* A socket: who opens it, for which chat, and what it hears. Runs on the loop of its connection, which owns the struct receipts_socket from the accepted
   handshake to on_close.

       /ws/{user}/{chat} ─ proven, and it is them ─► room_list (alive? in the chat?) ─► accepted; hears the chat and every group and direct room of the user
                        └ unproven, legacy trust ──► the same, as the user in the path
       Everything else is 403 before the handshake (C-21). */
#include "dialect/receipts/socket.h"
#include "chat/command.h"
#include "dialect/receipts/answer.h"
#include "dialect/receipts/routes.h"
#include "door/identity.h"
#include "door/limits.h"
#include <stdlib.h>

static const char *const audiences[] = { "receipts", "native", NULL };
static const char *const cookies[] = { COOKIE_RECEIPTS, COOKIE_ACCESS, NULL };
static const struct identity_rules rules = { audiences, cookies, true };

/* A knock at the door: in the request's arena, and therefore gone when it has been answered or accepted. */
struct knock {
    struct request *r;
    struct door *door;
    struct actor actor;
    struct room_id chat;
};

static void refuse(struct request *r, enum fault fault)
{
    bool passing = fault == fault_busy || fault == fault_unavailable;
    if (passing) response_header(r, "Retry-After", SPAN("1"));
    respond_empty(r, passing ? 503 : 403);
}

static void on_drain(struct conn *c)
{
    struct receipts_socket *s = ws_user(c);
    hub_drained(s->listener);
}

static void on_close(struct conn *c, int code)
{
    struct receipts_socket *s = ws_user(c);
    struct account_id account = listener_actor(s->listener).account;
    (void)code;
    hub_forget(s->listener);
    if (s->counted) limits_socket_leave(((struct door *)conn_door(c))->limits, account);
    free(s);
}

static const struct ws_handler handler = {
    .on_text = receipts_say_text,
    .on_drain = on_drain,
    .on_close = on_close,
    .max_message_bytes = RECEIPTS_MESSAGE_MAX_BYTES,
};

/* C-20: whatever chat it was opened for, a socket hears what its user may. The lobby and channels would drown it: those only when opened for them. */
static bool is_heard(const struct room_view *room, struct room_id chat)
{
    return room->kind == room_group || room->kind == room_direct || id_eq(room->id, chat);
}

/* The knock is gone with its request once the handshake is accepted. */
static void open_socket(struct knock *k, const struct room_list_out *list)
{
    struct door *door = k->door;
    struct actor actor = k->actor;
    struct receipts_socket *s = calloc(1, sizeof *s);
    if (!s) abort();
    s->conn = request_conn(k->r), s->chat = k->chat, s->counted = limits_on(door->limits);
    http_accept_websocket(k->r, &handler, s, identity_subprotocol(k->r));
    s->listener = hub_listen(door->hub, s->conn, &receipts_presenter, actor, list->account.person);
    for (size_t i = 0; i < list->n; i++)
        if (is_heard(&list->rooms[i], s->chat)) hub_subscribe(s->listener, list->rooms[i].id, list->rooms[i].head, list->rooms[i].head);
}

static bool is_in(const struct room_list_out *list, struct room_id chat)
{
    for (size_t i = 0; i < list->n; i++)
        if (id_eq(list->rooms[i].id, chat)) return list->rooms[i].kind != room_guild;
    return false;
}

static bool count_socket(const struct knock *k)
{
    return !limits_on(k->door->limits) || limits_socket_enter(k->door->limits, k->actor.account);
}

static void rooms_known(void *user, struct command *c)
{
    struct knock *k = user;
    if (c->fault) refuse(k->r, c->fault);
    else if (!is_in(&c->out.room_list, k->chat) || request_is_orphan(k->r) || !count_socket(k)) refuse(k->r, fault_forbidden);
    else open_socket(k, &c->out.room_list);
    command_destroy(c);
}

static bool read_path(struct request *r, struct account_id *user_out, struct room_id *chat_out)
{
    return span_to_i64(request_param(r, "user"), &user_out->v) && span_to_i64(request_param(r, "chat"), &chat_out->v) && user_out->v > 0 && chat_out->v > 0;
}

void receipts_knock(struct request *r)
{
    if (!request_is_websocket(r)) return;
    struct knock *k = arena_new(request_arena(r), struct knock);
    struct account_id claimed;
    struct identity identity;
    const char *detail = NULL;
    *k = (struct knock){ .r = r, .door = request_door(r) };
    bool fits = read_path(r, &claimed, &k->chat);
    bool proven = fits && identity_prove(r, &rules, &identity, &detail) == fault_none && id_eq(identity.actor.account, claimed);
    if (!fits || !(proven || k->door->settings->trusts_receipts)) {
        refuse(r, fault_forbidden);
        return;
    }
    k->actor = proven ? identity.actor : (struct actor){ .account = claimed };
    gate_submit(k->door->gate, command_create(command_room_list, k->actor), rooms_known, k);
}

void receipts_knock_wrongly(struct request *r)
{
    if (request_is_websocket(r)) refuse(r, fault_forbidden);
}
