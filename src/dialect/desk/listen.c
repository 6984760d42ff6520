/* What a Socket.IO client says (D-50 to D-57). Runs on the session's loop. Everything that reaches others is proven first: who speaks by the socket's
   identity, whether they may look at the chat by the core. */
#include "base/clock.h"
#include "chat/command.h"
#include "dialect/desk/encode.h"
#include "dialect/desk/input.h"
#include "dialect/desk/say.h"
#include "dialect/desk/socket.h"
#include "door/limits.h"
#include <stdio.h>
#include <stdlib.h>

struct told { /* an event, in an arena that lives for the call */
    struct desk_socket *d;
    struct desk_input in;
    int64_t ack;
    bool again; /* it has waited for the identity already */
};

/* ---- Answers */

static void answer(struct desk_socket *d, int64_t ack, const char *error)
{
    char text[128] = "{\"success\":true}";
    if (ack < 0) return;
    if (error) snprintf(text, sizeof text, "{\"success\":false,\"error\":\"%s\"}", error);
    socketio_ack(d->s, ack, span_of(text));
}

static const char *words_of(enum fault f)
{
    return f == fault_not_found ? "Chat topilmadi" : f == fault_limited ? "Juda ko'p so'rov" : f == fault_unavailable ? "Database ulanish xatosi" : "Ruxsat yo'q";
}

static bool may(struct told *t, enum limit limit)
{
    int64_t retry_after_s;
    struct desk_socket *d = t->d;
    if (d->n_pending < DESK_PENDING_MAX &&
        limits_take_account(desk_socket_door(d)->limits, limit, desk_socket_account(d), clock_mono_ms(), &retry_after_s)) return true;
    answer(d, t->ack, words_of(fault_limited));
    return false;
}

/* ---- join-user, join-admin */

static bool is_own(const struct desk_socket *d, struct span id)
{
    struct span username = d->username ? span_of(d->username) : SPAN("");
    return d->listener && id.n && (d->is_customer ? span_eq(desk_customer_id(username), id) : span_eq_nocase(username, id));
}

/* D-51 */
static void join_user(struct told *t, struct desk_id id)
{
    struct desk_socket *d = t->d;
    if (!d->is_customer || !is_own(d, id.text)) {
        answer(d, t->ack, words_of(fault_forbidden));
        return;
    }
    free(d->joined);
    d->joined = strndup(id.json.p, id.json.n);
    hub_subscribe(d->listener, room_of_person(desk_socket_account(d)), 0, 0);
    say_status(desk_socket_door(d), DESK_HALL, (struct room_id){ 0 }, desk_socket_account(d), id.json, true);
    answer(d, t->ack, NULL);
}

void desk_socket_say_gone(struct desk_socket *d)
{
    say_status(desk_socket_door(d), DESK_HALL, (struct room_id){ 0 }, desk_socket_account(d), span_of(d->joined), false);
}

static void admin_known(void *user, struct command *c)
{
    const struct desk_errand *e = user;
    struct desk_socket *d = desk_errand_home(e);
    bool is_agent = !c->fault && c->out.desk_me.role != desk_role_none;
    if (d && is_agent) {
        d->role = (uint8_t)c->out.desk_me.role;
        hub_follow_desk(d->listener);
    }
    if (d) answer(d, e->ack, is_agent ? NULL : words_of(fault_forbidden));
    command_destroy(c);
}

/* D-52: an agent of this very moment. */
static void join_admin(struct told *t, struct desk_id id)
{
    struct desk_socket *d = t->d;
    if (d->is_customer || !is_own(d, id.text)) {
        answer(d, t->ack, words_of(fault_forbidden));
    } else if (may(t, limit_ask)) {
        struct command *c = command_create(command_desk_me, listener_actor(d->listener));
        gate_submit(desk_socket_door(d)->gate, c, admin_known, desk_errand(d, c, t->ack));
    }
}

/* ---- join-chat, leave-chat, typing, mark-read */

static void joined(void *user, struct command *c)
{
    const struct desk_errand *e = user;
    struct desk_socket *d = desk_errand_home(e);
    const struct desk_view *v = &c->out.desk_get.chat;
    if (d && !c->fault) hub_subscribe(d->listener, v->room, v->head, v->head);
    if (d) answer(d, e->ack, c->fault ? words_of(c->fault) : NULL);
    command_destroy(c);
}

static void join_chat(struct told *t, struct room_id room)
{
    struct desk_socket *d = t->d;
    if (!may(t, limit_ask)) return;
    struct command *c = command_create(command_desk_get, listener_actor(d->listener));
    c->in.desk_get.room = room;
    gate_submit(desk_socket_door(d)->gate, c, joined, desk_errand(d, c, t->ack));
}

static void leave_chat(struct told *t, struct room_id room)
{
    hub_unsubscribe(t->d->listener, room);
    answer(t->d, t->ack, NULL);
}

static void typed(void *user, struct command *c)
{
    const struct desk_errand *e = user;
    struct desk_socket *d = desk_errand_home(e);
    const struct desk_view *v = &c->out.desk_get.chat;
    struct person who = { .id = c->actor.account };
    if (d && d->username) who.username = span_of(d->username);
    if (id_eq(who.id, v->customer.id)) who = v->customer;
    else if (id_eq(who.id, v->agent.id)) who = v->agent;
    if (d && !c->fault)
        say_typing(e->door, &(struct desk_typing){ .room = e->room, .who = who, .id = e->id, .name = e->text, .on = e->on, .from_socket = true });
    if (d) answer(d, e->ack, c->fault ? words_of(c->fault) : NULL);
    command_destroy(c);
}

static void type(struct told *t, struct room_id room)
{
    struct desk_socket *d = t->d;
    struct desk_id id = desk_input_id(&t->in, "userId");
    if ((id.text.n && !is_own(d, id.text)) || !may(t, limit_signal)) return;
    struct command *c = command_create(command_desk_get, listener_actor(d->listener));
    struct desk_errand *e = desk_errand(d, c, t->ack);
    c->in.desk_get.room = e->room = room;
    e->id = arena_copy(c->arena, id.json);
    e->text = arena_copy(c->arena, desk_input_name(&t->in, "userName"));
    e->on = desk_input_truth(&t->in, "isTyping");
    gate_submit(desk_socket_door(d)->gate, c, typed, e);
}

static void marked(void *user, struct command *c)
{
    const struct desk_errand *e = user;
    struct desk_socket *d = desk_errand_home(e);
    if (!c->fault) say_read(e->door, e->room, c->actor.account, e->id, e->text, false);
    if (d) answer(d, e->ack, c->fault ? words_of(c->fault) : NULL);
    command_destroy(c);
}

/* D-55 */
static void mark_read(struct told *t, struct room_id room)
{
    struct desk_socket *d = t->d;
    struct desk_id id = desk_input_id(&t->in, "readerId");
    struct span type = desk_input_text(&t->in, "readerType");
    if ((id.text.n && !is_own(d, id.text)) || span_eq(type, SPAN("admin")) == d->is_customer) {
        answer(d, t->ack, words_of(fault_forbidden));
    } else if (may(t, limit_change)) {
        struct command *c = command_create(command_desk_read, listener_actor(d->listener));
        struct desk_errand *e = desk_errand(d, c, t->ack);
        c->in.desk_read = (struct desk_read_in){ room, true };
        e->room = room, e->id = arena_copy(c->arena, id.json), e->text = arena_copy(c->arena, type);
        gate_submit(desk_socket_door(d)->gate, c, marked, e);
    }
}

/* ---- One event */

typedef void chat_fn(struct told *t, struct room_id room);
typedef void join_fn(struct told *t, struct desk_id id);

static const struct { const char *name; chat_fn *act; const char *who; } about_chats[] = {
    { "join-chat", join_chat, NULL }, { "leave-chat", leave_chat, NULL }, { "typing", type, "userId" }, { "mark-read", mark_read, "readerId" },
};
static const struct { const char *name; join_fn *act; const char *id, *label; int side; } joins[] = {
    { "join-user", join_user, "userId", "userName", desk_hint_customer },
    { "join-admin", join_admin, "adminId", "adminName", desk_hint_agent },
};

static bool wait(struct desk_socket *d, struct span args, int64_t ack, bool in_front)
{
    struct desk_waiting *w = d->n_waiting < DESK_WAITING_MAX && args.n <= DESK_WAITING_BYTES_MAX ? malloc(sizeof *w + args.n) : NULL;
    if (!w) return false;
    *w = (struct desk_waiting){ .ack = ack, .n = args.n };
    memcpy(w->args, args.p, args.n);
    d->n_waiting++;
    if (in_front) {
        w->next = d->waiting;
        d->waiting = w;
        if (!w->next) d->waiting_end = &w->next;
    } else {
        *d->waiting_end = w;
        d->waiting_end = &w->next;
    }
    return true;
}

/* Known, or going to be, and then the event comes again. */
static bool is_known(struct told *t, const struct desk_hint *hint, struct span args)
{
    struct desk_socket *d = t->d;
    if (d->listener) return true;
    if (!t->again && desk_socket_find(d, hint)) wait(d, args, t->ack, true);
    else answer(d, t->ack, "Kim ekaningiz isbotlanmagan");
    return false;
}

static void take_join(struct told *t, size_t i, struct span args)
{
    struct desk_hint hint = { .side = joins[i].side };
    struct desk_id id = desk_input_id(&t->in, joins[i].id);
    hint.id = id.text, hint.name = desk_input_name(&t->in, joins[i].label), hint.signature = desk_input_text(&t->in, "userSignature");
    hint.is_super = desk_input_truth(&t->in, "isSuperAdmin");
    if (id.text.n && is_known(t, &hint, args)) joins[i].act(t, id); /* without an id: ignored */
}

static void take_chat(struct told *t, size_t i, struct span args)
{
    struct room_id room;
    struct desk_hint hint = { .side = desk_hint_nobody };
    struct span chat = desk_input_name(&t->in, "chatId");
    if (!chat.n || !desk_room_of(chat, &room) || id_none(room)) return; /* D-57 */
    if (is_known(t, &hint, args)) about_chats[i].act(t, room);
}

static void take(struct told *t, struct span name, struct span args)
{
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++)
        if (span_eq(name, span_of(joins[i].name))) take_join(t, i, args);
    for (size_t i = 0; i < sizeof about_chats / sizeof *about_chats; i++)
        if (span_eq(name, span_of(about_chats[i].name))) take_chat(t, i, args);
}

/* args: the array of the event as JSON. */
static void hear(struct desk_socket *d, struct span args, int64_t ack, bool again)
{
    struct json json;
    struct span name = { 0 };
    struct arena *arena = arena_create(1024, 1 << 22);
    if (!arena || json_parse(&json, args, DESK_WAITING_BYTES_MAX)) {
        arena_destroy(arena);
        return;
    }
    struct json_walk walk = json_walk(json.root);
    json_as_text(json_walk_next(&walk), &name);
    struct told t = { .d = d, .ack = ack, .again = again };
    t.in = desk_input_of(json_walk_next(&walk), arena);
    take(&t, name, args);
    json_done(&json);
    arena_destroy(arena);
}

void desk_socket_event(struct socketio *s, const struct socketio_event *e)
{
    struct desk_socket *d = socketio_user(s);
    struct buf args;
    if (span_eq(e->name, SPAN("ping"))) {
        socketio_emit(s, "pong", SPAN("")); /* D-56 */
        return;
    }
    buf_init(&args, DESK_WAITING_BYTES_MAX);
    buf_append_char(&args, '[');
    json_text(&args, e->name);
    if (e->args_text.n) buf_append_char(&args, ',');
    buf_append_span(&args, e->args_text);
    buf_append_char(&args, ']');
    if (!args.failed && d->finding) wait(d, buf_span(&args), e->ack, false);
    else if (!args.failed) hear(d, buf_span(&args), e->ack, false);
    buf_fini(&args);
}

/* The first of those that waited is the one that asked who it is. */
void desk_socket_go_on(struct desk_socket *d)
{
    for (bool again = true; d->waiting && !d->finding; again = false) {
        struct desk_waiting *w = d->waiting;
        d->waiting = w->next;
        if (!d->waiting) d->waiting_end = &d->waiting;
        d->n_waiting--;
        hear(d, span_make(w->args, w->n), w->ack, again);
        free(w);
    }
}
