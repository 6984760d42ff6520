/* A picture on its way from a frame to a message. Runs on the loop of the connection; the struct picture owns itself, because the socket may be
   gone before the disk has answered: the message is said all the same.

       data URL ─ decode ─► writing ─ all written ─► placing ─ placed: it is a picture ─► file_add ─► message_post
                               └──── refused by the disk, not a picture, quota: told, what is on the disk goes */
#include "dialect/lobby/picture.h"
#include "base/clock.h"
#include "base/rand.h"
#include "chat/command.h"
#include "dialect/lobby/frame.h"
#include "door/file_out.h"
#include "door/identity.h"
#include "door/intake.h"
#include "door/limits.h"
#include "door/problem.h"
#include "wire/base64.h"
#include <stdlib.h>

#define AT_ONCE_BYTES (64u << 10)
#define NO_PICTURE "Bu rasm emas yoki uni o'qib bo'lmadi: JPEG, PNG, WebP yoki GIF yuboring"

struct picture {
    struct door *door;
    struct conn_ref conn;
    struct actor actor;
    struct file_writer *writer;
    size_t n, at;           /* of bytes; at: written */
    unsigned char *bytes;   /* NULL: all written */
    size_t n_text;
    char text[];
};

static struct lobby_socket *sender(const struct picture *p)
{
    struct conn *conn = net_find(p->door->net, p->conn);
    return conn ? ws_user(conn) : NULL;
}

static void finish(struct picture *p, const char *words)
{
    struct lobby_socket *s = sender(p);
    if (s) s->n_pending--, s->sends_picture = false;
    if (s && words) lobby_complain_json(s, words);
    free(p->bytes);
    free(p);
}

static void give_up(struct picture *p, enum fault fault, const char *words)
{
    file_end(p->writer, false, false);
    finish(p, words ? words : problem_sentence(fault, NULL, language_uz));
}

/* ---- To the core */

static void posted(void *user, struct command *c)
{
    finish(user, c->fault ? problem_sentence(c->fault, c->detail, language_uz) : NULL);
    command_destroy(c);
}

static void post(struct picture *p, struct file_id file)
{
    struct command *c = command_create(command_message_post, p->actor);
    struct file_id *files = arena_new(c->arena, struct file_id);
    *files = file;
    c->in.message_post = (struct message_post_in){ .room = p->door->settings->lobby, .files = files, .n_files = 1,
                                                   .text = arena_copy(c->arena, span_make(p->text, p->n_text)) };
    gate_submit(p->door->gate, c, posted, p);
}

static void added(void *user, struct command *c)
{
    struct picture *p = user;
    file_end(p->writer, !c->fault && c->out.file_add.kept[0], false);
    if (c->fault)
        finish(p, problem_sentence(c->fault, c->detail, language_uz));
    else
        post(p, c->out.file_add.files[0].id);
    command_destroy(c);
}

static struct span kind_of(const char *type)
{
    struct span rest, kind = span_cut(span_of(type), '/', &rest);
    return span_eq(kind, SPAN("image")) ? rest : SPAN("");
}

static void add(struct picture *p, const struct file_facts *facts)
{
    struct command *c = command_create(command_file_add, p->actor);
    struct file_item *item = &c->in.file_add.items[0];
    c->in.file_add.n = 1;
    intake_item(c->arena, item, arena_printf(c->arena, "rasm." SPAN_FMT, SPAN_ARG(kind_of(facts->type))), facts);
    gate_submit(p->door->gate, c, added, p);
}

/* ---- To the disk */

static void write_on(struct picture *p)
{
    while (p->at < p->n) {
        size_t n = p->n - p->at < AT_ONCE_BYTES ? p->n - p->at : AT_ONCE_BYTES;
        struct span piece = span_make(p->bytes + p->at, n);
        p->at += n;
        if (!file_write(p->writer, piece)) return;
    }
    free(p->bytes);
    p->bytes = NULL;
    file_place(p->writer);
}

static void on_opened(void *user, enum fault fault, int64_t n_bytes)
{
    (void)n_bytes;
    if (fault) give_up(user, fault, NULL);
}

static void on_drained(void *user)
{
    struct picture *p = user;
    if (p->bytes) write_on(p);
}

static void on_placed(void *user, const struct file_facts *facts)
{
    struct picture *p = user;
    if (facts->fault)
        give_up(p, facts->fault, NULL);
    else if (!facts->width || !kind_of(facts->type).n)
        give_up(p, fault_invalid, NO_PICTURE);
    else
        add(p, facts);
}

static void on_closed(void *user, enum fault fault, int64_t n_bytes)
{
    (void)user, (void)fault, (void)n_bytes;
}

static const struct file_writer_events writer_events = { on_opened, on_drained, on_placed, on_closed };

/* ---- In */

/* data:image/png;base64,… p NULL: something else, an address among them: whoever looks at the lobby shall not call on servers of a stranger's choice. */
static struct span base64_of(struct span url)
{
    struct span data, head = span_cut(url, ',', &data);
    struct span mark = SPAN(";base64");
    bool fits = span_starts(head, SPAN("data:image/")) && head.n > mark.n && span_eq(span_make(head.p + head.n - mark.n, mark.n), mark);
    return fits ? data : (struct span){ 0 };
}

static const char *refusal(struct lobby_socket *s, struct actor actor)
{
    int64_t retry_after_s;
    struct door *door = lobby_door(s);
    enum fault f = !door->files ? fault_unavailable : s->sends_picture ? fault_busy : fault_none;
    if (!f && !limits_take_account(door->limits, limit_upload, actor.account, clock_mono_ms(), &retry_after_s)) f = fault_limited;
    if (!f && !limits_take_account(door->limits, limit_send, actor.account, clock_mono_ms(), &retry_after_s)) f = fault_limited;
    return f ? problem_sentence(f, NULL, language_uz) : NULL;
}

void lobby_picture_take(struct lobby_socket *s, const struct lobby_frame *f)
{
    struct span text = base64_of(f->image);
    struct actor actor = listener_actor(s->listener);
    const char *words = text.n ? refusal(s, actor) : NO_PICTURE;
    unsigned char *bytes = words ? NULL : malloc(BASE64_DECODED_MAX_BYTES(text.n) + 1);
    size_t n;
    if (!words && (!bytes || !base64_decode(text, bytes, &n))) words = NO_PICTURE;
    if (words) {
        free(bytes);
        lobby_complain_json(s, words);
        return;
    }
    struct picture *p = malloc(sizeof *p + f->text.n);
    if (!p) abort();
    *p = (struct picture){ .door = lobby_door(s), .conn = conn_ref(s->conn), .actor = actor, .bytes = bytes, .n = n, .n_text = f->text.n };
    if (f->text.n) memcpy(p->text, f->text.p, f->text.n);
    s->n_pending++, s->sends_picture = true;
    char token[FILES_TOKEN_CHARS + 1];
    rand_token(token, FILES_TOKEN_CHARS);
    p->writer = file_open(p->door->files, p->door->loop, span_make(token, FILES_TOKEN_CHARS), true, actor.account.v, &writer_events, p);
    write_on(p);
}

/* ---- Out */

static void refuse(struct request *r, enum fault fault)
{
    respond_empty(r, fault == fault_not_found ? 404 : fault == fault_unauthenticated ? 403 : 503);
}

/* Only what stands in the lobby: its tokens open nothing else (L-03). */
static void looked_up(void *user, struct command *c)
{
    struct request *r = user;
    const struct file_get_out *out = &c->out.file_get;
    bool is_seen = !c->fault && out->room.v == ((struct door *)request_door(r))->settings->lobby.v && span_starts(out->file.type, SPAN("image/"));
    if (is_seen) {
        response_header(r, "Cache-Control", SPAN("private, max-age=86400"));
        file_out(r, &(struct file_out){ .place = out->place, .type = file_safe_type(r, out->file.type), .tag = out->file.sha256, .refused = refuse });
    } else {
        refuse(r, c->fault ? c->fault : fault_not_found);
    }
    command_destroy(c);
}

void lobby_picture_give(struct request *r)
{
    static const char *const audiences[] = { "lobby", "native", NULL };
    static const char *const cookies[] = { COOKIE_LOBBY, COOKIE_ACCESS, NULL };
    static const struct identity_rules rules = { audiences, cookies, false };
    struct identity identity;
    const char *detail = NULL;
    if (identity_prove(r, &rules, &identity, &detail) || !((struct door *)request_door(r))->files) {
        respond_empty(r, 403);
        return;
    }
    struct command *c = command_create(command_file_get, identity.actor);
    span_to_i64(request_param(r, "file"), &c->in.file_get.id.v);
    gate_submit(((struct door *)request_door(r))->gate, c, looked_up, r);
}
