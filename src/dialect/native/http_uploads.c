/* Files that come in whole: PUT /files?name=… with the bytes as body, and POST /files as multipart/form-data with up to ten files. Runs on the request's
   loop; nothing is ever whole in memory.

       head ─ file_room ─► receiving ─ end ─► placing ─ all placed ─► file_add ─► answered
                               │ gone, refused by the disk, too much
                               └──────────────► given up: what is on the disk goes

   Always: a file's bytes are durable before file_add is asked; when file_add refuses they go. The struct lies in the request's arena. */
#include "dialect/native/intake.h"
#include "base/clock.h"
#include "base/rand.h"
#include <stdlib.h>
#include "wire/multipart.h"

#define MULTIPART_OVERHEAD_BYTES (64 << 10)

struct intake;
struct part {
    struct intake *in;
    struct file_writer *writer; /* NULL: ended */
    struct span name;
    struct file_facts facts;
};

struct intake {
    struct request *r;
    struct door *door;
    struct identity identity;
    struct multipart *multipart; /* NULL: one raw body */
    struct part parts[FILES_PER_MESSAGE_MAX];
    struct part *current;
    size_t n, n_placing;
    bool ended;                  /* the body has come wholly */
    enum fault fault;
    const char *detail;
    struct command *command;
};

bool intake_admit(struct request *r, enum limit limit, struct identity *out)
{
    struct door *door = request_door(r);
    struct problem p = { 0 };
    p.fault = call_prove(r, out, &p.detail);
    if (!p.fault && !limits_take_account(door->limits, limit, out->actor.account, clock_mono_ms(), &p.retry_after_s)) p.fault = fault_limited;
    if (!p.fault && !door->files) p.fault = fault_unavailable;
    if (p.fault) problem_respond(r, &p);
    return p.fault == fault_none;
}

void intake_item(struct arena *arena, struct file_item *item, struct span name, const struct file_facts *f)
{
    *item = (struct file_item){ .name = arena_copy(arena, name) };
    item->blob = (struct blob){ .place = arena_copy(arena, span_of(f->name)), .sha256 = arena_copy(arena, span_of(f->sha256)),
                                .type = arena_copy(arena, span_of(f->type)), .blurhash = arena_copy(arena, span_of(f->blurhash)),
                                .n_bytes = f->n_bytes, .width = f->width, .height = f->height, .has_thumbnail = f->has_thumbnail };
}

/* ---- Ends */

static void release(struct intake *in, const bool *kept)
{
    for (size_t i = 0; i < in->n; i++) {
        if (in->parts[i].writer) file_end(in->parts[i].writer, kept && kept[i], false);
        in->parts[i].writer = NULL;
    }
    multipart_destroy(in->multipart);
    in->multipart = NULL;
}

static void refuse(struct intake *in, enum fault fault, const char *detail)
{
    release(in, NULL);
    problem_respond(in->r, &(struct problem){ .fault = fault, .detail = detail, .retry_after_s = fault == fault_busy ? 1 : 0 });
}

static void answer(struct intake *in, const struct file_add_out *out)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    struct json_writer w = json_writer(&body);
    if (in->n == 1 && span_eq(request_method(in->r), SPAN("PUT"))) {
        encode_file(&w, &out->files[0]);
    } else {
        json_begin_object(&w);
        json_key(&w, "files");
        json_begin_array(&w);
        for (size_t i = 0; i < in->n; i++) encode_file(&w, &out->files[i]);
        json_end_array(&w);
        json_end_object(&w);
    }
    respond(in->r, 201, "application/json", buf_span(&body));
    buf_fini(&body);
}

static void added(void *user, struct command *c)
{
    struct intake *in = user;
    const struct file_add_out *out = &c->out.file_add;
    release(in, c->fault ? NULL : out->kept);
    if (c->fault)
        problem_respond(in->r, &(struct problem){ .fault = c->fault, .detail = c->detail, .retry_after_s = c->retry_after_s });
    else
        answer(in, out);
    command_destroy(c);
}

static void go_on(struct intake *in)
{
    if (!in->ended || in->n_placing) return;
    if (in->fault) {
        refuse(in, in->fault, in->detail);
        return;
    }
    struct command *c = command_create(command_file_add, in->identity.actor);
    c->in.file_add.n = in->n;
    for (size_t i = 0; i < in->n; i++) intake_item(c->arena, &c->in.file_add.items[i], in->parts[i].name, &in->parts[i].facts);
    gate_submit(in->door->gate, c, added, in);
}

/* ---- What writers tell */

static const char *detail_of(enum fault fault) { return fault == fault_too_large ? "disk" : fault == fault_busy ? "uploads" : NULL; }

/* Refuses at once, also while the body is still coming: the rest of it is of no use. */
static void broke(struct intake *in, enum fault fault)
{
    refuse(in, fault, detail_of(fault));
}

static void on_opened(void *user, enum fault fault, int64_t n_bytes)
{
    struct part *p = user;
    (void)n_bytes;
    if (fault) broke(p->in, fault);
}

static void on_drained(void *user)
{
    struct part *p = user;
    if (p->in->current == p || !p->in->current) request_resume(p->in->r);
}

static void on_placed(void *user, const struct file_facts *facts)
{
    struct part *p = user;
    p->facts = *facts;
    p->in->n_placing--;
    if (facts->fault)
        broke(p->in, facts->fault);
    else
        go_on(p->in);
}

static void on_closed(void *user, enum fault fault, int64_t n_bytes) { (void)user, (void)fault, (void)n_bytes; }

static const struct file_writer_events writer_events = { on_opened, on_drained, on_placed, on_closed };

static void open_part(struct intake *in, struct span name)
{
    char token[FILES_TOKEN_CHARS + 1];
    struct part *p = &in->parts[in->n++];
    rand_token(token, FILES_TOKEN_CHARS);
    p->in = in;
    p->name = arena_copy(request_arena(in->r), name);
    p->writer = file_open(in->door->files, in->door->loop, span_make(token, FILES_TOKEN_CHARS), true, in->identity.actor.account.v, &writer_events, p);
    in->current = p;
}

static void place_current(struct intake *in)
{
    struct part *p = in->current;
    in->current = NULL;
    in->n_placing++;
    request_resume(in->r);
    file_place(p->writer);
}

/* ---- What the body brings */

static bool give_up(struct intake *in, enum fault fault, const char *detail)
{
    if (!in->fault) in->fault = fault, in->detail = detail;
    return false;
}

static bool put(struct intake *in, struct span bytes)
{
    if (!file_write(in->current->writer, bytes)) request_pause(in->r);
    return true;
}

static bool take_unit(struct intake *in, const struct multipart_unit *unit)
{
    switch (unit->kind) {
    case multipart_part:
        if (!unit->filename.p) return true;
        if (in->n == FILES_PER_MESSAGE_MAX) return give_up(in, fault_too_large, "files");
        open_part(in, unit->filename);
        return true;
    case multipart_data: return in->current ? put(in, unit->data) : true;
    case multipart_end:
        if (in->current) place_current(in);
        return true;
    case multipart_bad: return give_up(in, unit->fault, "body");
    case multipart_more:
    case multipart_done: break;
    }
    return true;
}

static bool on_data(struct request *r, struct span bytes)
{
    struct intake *in = request_user(r);
    struct multipart_unit unit;
    if (!in->multipart) return put(in, bytes);
    do {
        multipart_next(in->multipart, &bytes, &unit);
        if (!take_unit(in, &unit)) return false;
    } while (unit.kind != multipart_more && unit.kind != multipart_done);
    return true;
}

static void on_end(struct request *r, bool whole)
{
    struct intake *in = request_user(r);
    in->ended = true;
    if (whole && in->multipart && (!multipart_is_whole(in->multipart) || !in->n)) give_up(in, fault_invalid, in->n ? "body" : "file");
    if (in->fault) {
        refuse(in, in->fault, in->detail);
        return;
    }
    if (in->current) place_current(in);
    go_on(in);
}

static void on_gone(struct request *r)
{
    release(request_user(r), NULL);
    respond_empty(r, 204);
}

static const struct body_sink sink = { on_data, on_end, on_gone };

/* ---- Beginnings */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void roomy(void *user, struct command *c)
{
    struct intake *in = user;
    enum fault fault = c->fault;
    const char *detail = c->detail;
    int64_t left_bytes = c->out.file_room.left_bytes; /* a body of unknown length may not outgrow it either */
    command_destroy(c);
    if (request_is_orphan(in->r)) {
        release(in, NULL);
        respond_empty(in->r, 204);
    } else if (fault) {
        refuse(in, fault, detail);
    } else if (in->multipart) {
        request_receive(in->r, &sink, (uint64_t)least(in->door->settings->file_max_bytes * FILES_PER_MESSAGE_MAX, left_bytes) + MULTIPART_OVERHEAD_BYTES);
    } else {
        open_part(in, in->parts[0].name);
        request_receive(in->r, &sink, (uint64_t)least(in->door->settings->file_max_bytes, left_bytes));
    }
}

static void ask_for_room(struct intake *in, int64_t n_bytes)
{
    struct command *c = command_create(command_file_room, in->identity.actor);
    c->in.file_room.n_bytes = n_bytes;
    gate_submit(in->door->gate, c, roomy, in);
}

static struct intake *begin(struct request *r)
{
    struct identity identity;
    if (!intake_admit(r, limit_upload, &identity)) return NULL;
    struct intake *in = arena_new(request_arena(r), struct intake);
    in->r = r, in->door = request_door(r), in->identity = identity;
    request_set_user(r, in);
    return in;
}

static void handle_put(struct request *r)
{
    struct intake *in = begin(r);
    if (!in) return;
    int64_t declared = request_declared_bytes(r);
    struct span name = request_query_param(r, "name");
    in->parts[0].name = name;
    if (!name.n)
        refuse(in, fault_invalid, "name");
    else
        ask_for_room(in, declared < 0 ? 0 : declared);
}

static void handle_post(struct request *r)
{
    struct intake *in = begin(r);
    struct span boundary;
    if (!in) return;
    int64_t declared = request_declared_bytes(r);
    if (multipart_boundary(request_header(r, "content-type"), &boundary) != fault_none) {
        refuse(in, fault_invalid, "content_type");
        return;
    }
    in->multipart = multipart_create(boundary, (struct multipart_limits){ 0 });
    if (!in->multipart) abort();
    int64_t most = in->door->settings->file_max_bytes;
    ask_for_room(in, declared < 0 ? 0 : declared < most ? declared : declared > most * FILES_PER_MESSAGE_MAX + MULTIPART_OVERHEAD_BYTES ? declared : most);
}

static const struct route rows[] = {
    { "PUT", "/api/v1/files", handle_put, 0, route_streams },
    { "POST", "/api/v1/files", handle_post, 0, route_streams },
};

void upload_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
