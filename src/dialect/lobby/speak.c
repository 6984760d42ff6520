/* What lobby clients say: a text (A) or a frame (B) becomes a message_post. On the hot path: one command, no JSON for A. Runs on the connection's
   loop; the command outlives the socket, so its answer looks for it by reference. */
#include "base/clock.h"
#include "base/rand.h"
#include "chat/command.h"
#include "dialect/lobby/frame.h"
#include "dialect/lobby/picture.h"
#include "door/limits.h"
#include "door/problem.h"
#include "wire/json.h"

struct post { /* in the command's arena */
    struct net *net;
    struct conn_ref conn;
    const struct lobby_generation *generation;
};

/* A has no error frame: a line of text, as its page shows every frame (L-28). */
void lobby_complain_plain(struct lobby_socket *s, const char *words)
{
    struct buf line;
    buf_init(&line, 1024);
    buf_append_cstr(&line, "⚠️ ");
    buf_append_cstr(&line, words);
    ws_send_text(s->conn, buf_span(&line));
    buf_fini(&line);
}

void lobby_complain_json(struct lobby_socket *s, const char *words)
{
    struct buf frame;
    buf_init(&frame, 2048);
    struct json_writer w = json_writer(&frame);
    json_begin_object(&w);
    json_put_string(&w, "type", SPAN("error"));
    json_put_string(&w, "message", span_of(words));
    json_end_object(&w);
    ws_send_text(s->conn, buf_span(&frame));
    buf_fini(&frame);
}

static void posted(void *user, struct command *c)
{
    struct post *post = user;
    struct conn *conn = net_find(post->net, post->conn);
    struct lobby_socket *s = conn ? ws_user(conn) : NULL;
    if (s) {
        s->n_pending--;
        if (c->fault) post->generation->complain(s, problem_sentence(c->fault, c->detail, language_uz));
    }
    command_destroy(c);
}

static bool may_send(struct lobby_socket *s, struct actor actor, const struct lobby_generation *generation)
{
    int64_t retry_after_s;
    enum fault f = fault_none;
    if (s->n_pending >= LOBBY_PENDING_MAX)
        f = fault_busy;
    else if (!limits_take_account(lobby_door(s)->limits, limit_send, actor.account, clock_mono_ms(), &retry_after_s))
        f = fault_limited;
    if (f) generation->complain(s, problem_sentence(f, NULL, language_uz));
    return f == fault_none;
}

/* L-35: the sticker flag travels as the client key, which everybody who sees the message sees. */
static struct span sticker_key(struct command *c)
{
    return arena_printf(c->arena, LOBBY_STICKER_KEY "%016llx%016llx", (unsigned long long)rand_u64(), (unsigned long long)rand_u64());
}

static void say(struct lobby_socket *s, const struct lobby_generation *generation, struct span text, bool is_sticker)
{
    struct actor actor = listener_actor(s->listener);
    if (text.n > MESSAGE_TEXT_MAX_BYTES) {
        generation->complain(s, problem_sentence(fault_too_large, "text", language_uz));
        return;
    }
    if (!may_send(s, actor, generation)) return;
    struct command *c = command_create(command_message_post, actor);
    struct post *post = arena_new(c->arena, struct post);
    *post = (struct post){ conn_net(s->conn), conn_ref(s->conn), generation };
    c->in.message_post.room = lobby_door(s)->settings->lobby;
    c->in.message_post.text = arena_copy(c->arena, text);
    if (is_sticker) c->in.message_post.key = sticker_key(c);
    s->n_pending++;
    gate_submit(lobby_door(s)->gate, c, posted, post);
}

/* L-27: the frame is the text, verbatim; an empty one says nothing. */
void lobby_plain_text(struct conn *c, struct span text)
{
    if (text.n) say(ws_user(c), &lobby_plain, text, false);
}

static void type(struct lobby_socket *s, bool on)
{
    int64_t retry_after_s;
    struct account_id account = listener_actor(s->listener).account;
    if (!limits_take_account(lobby_door(s)->limits, limit_signal, account, clock_mono_ms(), &retry_after_s)) return;
    hub_typing(s->listener, lobby_door(s)->settings->lobby, on);
}

static void act(struct lobby_socket *s, const struct lobby_frame *f)
{
    switch (f->kind) {
    case lobby_frame_ignored: break;
    case lobby_frame_message: say(s, &lobby_json, f->text, f->is_sticker); break;
    case lobby_frame_typing: type(s, f->typing); break;
    case lobby_frame_ping: ws_send_text(s->conn, SPAN("{\"type\":\"pong\"}")); break;
    case lobby_frame_image: lobby_picture_take(s, f); break;
    case lobby_frame_image_too_large: lobby_complain_json(s, "Rasm hajmi juda katta"); break;
    case lobby_frame_too_long: lobby_complain_json(s, "Xabar juda uzun: ko'pi bilan 1000 belgi"); break;
    case lobby_frame_breaks: ws_close(s->conn, 1000, ""); break;
    }
}

void lobby_json_text(struct conn *c, struct span text)
{
    struct json json;
    bool parsed;
    struct lobby_frame f = lobby_frame_decode(text, &json, &parsed);
    act(ws_user(c), &f);
    if (parsed) json_done(&json);
}

void lobby_binary(struct conn *c, struct span bytes)
{
    (void)bytes;
    ws_close(c, 1000, ""); /* L-36 */
}
