/* What clients say: a frame is a text, verbatim, and becomes a message_post. On the hot path: one command, no JSON. Runs on the connection's loop; the
   command outlives the socket, so its answer looks for it by reference. That a message was stored is not told from here: its author's sockets hear it from
   the hub, after the others. */
#include "base/clock.h"
#include "chat/command.h"
#include "dialect/receipts/socket.h"
#include "door/limits.h"
#include "door/problem.h"

struct post { /* in the command's arena */
    struct net *net;
    struct conn_ref conn;
};

static struct door *door_of(const struct receipts_socket *s)
{
    return conn_door(s->conn);
}

/* C-25: to this socket alone. */
static void complain(struct receipts_socket *s, enum fault fault, const char *detail)
{
    struct buf line;
    buf_init(&line, 1024);
    buf_append_cstr(&line, "⚠️ ");
    buf_append_cstr(&line, fault == fault_conflict ? "Сообщение уже существует" : problem_sentence(fault, detail, language_ru));
    ws_send_text(s->conn, buf_span(&line));
    buf_fini(&line);
}

/* C-24: to every socket of the sender, on whatever loop. */
static void tell_repeat(const struct receipts_socket *s, const struct command *c)
{
    struct event e = { .kind = event_message_repeated, .room = c->in.message_post.room, .subject.id = c->actor.account,
                       .message_id = c->out.message_post.message.id };
    struct event *copy = event_copy(&e);
    if (copy) gate_announce(door_of(s)->gate, copy);
}

static void posted(void *user, struct command *c)
{
    struct post *post = user;
    struct conn *conn = net_find(post->net, post->conn);
    struct receipts_socket *s = conn ? ws_user(conn) : NULL;
    if (s) {
        s->n_pending--;
        if (c->fault) complain(s, c->fault, c->detail);
        else if (c->out.message_post.repeat) tell_repeat(s, c);
    }
    command_destroy(c);
}

static bool may_send(struct receipts_socket *s, struct actor actor, struct span text)
{
    int64_t retry_after_s;
    enum fault fault = fault_none;
    if (text.n > MESSAGE_TEXT_MAX_BYTES) fault = fault_too_large;
    else if (s->n_pending >= RECEIPTS_PENDING_MAX) fault = fault_busy;
    else if (!limits_take_account(door_of(s)->limits, limit_send, actor.account, clock_mono_ms(), &retry_after_s)) fault = fault_limited;
    if (fault) complain(s, fault, fault == fault_too_large ? "text" : NULL);
    return fault == fault_none;
}

void receipts_say_text(struct conn *conn, struct span text)
{
    struct receipts_socket *s = ws_user(conn);
    struct actor actor = listener_actor(s->listener);
    if (!may_send(s, actor, text)) return;
    struct command *c = command_create(command_message_post, actor);
    struct post *post = arena_new(c->arena, struct post);
    *post = (struct post){ conn_net(conn), conn_ref(conn) };
    c->in.message_post.room = s->chat;
    c->in.message_post.text = arena_copy(c->arena, text);
    c->in.message_post.once_s = RECEIPTS_ONCE_S;
    s->n_pending++;
    gate_submit(door_of(s)->gate, c, posted, post);
}
