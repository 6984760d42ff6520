/* See intake.h. The struct lies in the request's arena; its writers are ended before the request is answered. */
#include "door/intake.h"
#include "base/rand.h"
#include "chat/command.h"
#include "wire/multipart.h"
#include <stdlib.h>

#define FORM_OVERHEAD_BYTES (64 << 10) /* boundaries and heads of parts */

struct part {
    struct intake *in;
    struct file_writer *writer; /* NULL: ended */
    struct span name;
    int64_t n_bytes;            /* come so far */
    struct file_facts facts;
};

struct field {
    char *name;
    struct buf value;
};

struct intake {
    struct request *r;
    struct door *door;
    struct actor actor;
    struct intake_rules rules;
    struct multipart *multipart; /* NULL: one raw body */
    struct part parts[FILES_PER_MESSAGE_MAX];
    struct part *current;
    size_t n, n_placing;
    struct field fields[INTAKE_FIELDS_MAX];
    struct field *filling;
    size_t n_fields, n_field_bytes;
    bool ended;                  /* the body has come wholly */
    enum fault fault;
    const char *detail;
};

struct request *intake_request(const struct intake *in) { return in->r; }
struct actor intake_actor(const struct intake *in) { return in->actor; }
void *intake_user(const struct intake *in) { return in->rules.user; }
size_t intake_n_files(const struct intake *in) { return in->n; }

struct span intake_field(const struct intake *in, const char *name)
{
    for (size_t i = 0; i < in->n_fields; i++)
        if (strcmp(in->fields[i].name, name) == 0) return in->fields[i].value.n ? buf_span(&in->fields[i].value) : SPAN("");
    return (struct span){ 0 };
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

/* Copies of the fields' values stay readable in events: they are freed with the last word. */
static void forget_fields(struct intake *in)
{
    for (size_t i = 0; i < in->n_fields; i++) buf_fini(&in->fields[i].value);
    in->n_fields = 0;
}

static void refuse(struct intake *in, enum fault fault, const char *detail, int64_t retry_after_s)
{
    release(in, NULL);
    forget_fields(in);
    in->rules.events->refused(in, fault, detail, retry_after_s ? retry_after_s : fault == fault_busy ? 1 : 0);
}

void intake_drop(struct intake *in)
{
    release(in, NULL);
    forget_fields(in);
}

static void kept(struct intake *in, const struct file_add_out *out)
{
    struct buf values[INTAKE_FIELDS_MAX];
    size_t n = in->n_fields;
    for (size_t i = 0; i < n; i++) values[i] = in->fields[i].value;
    in->rules.events->kept(in, out); /* answers, and with that the struct may be gone */
    for (size_t i = 0; i < n; i++) buf_fini(&values[i]);
}

static void added(void *user, struct command *c)
{
    struct intake *in = user;
    const struct file_add_out *out = &c->out.file_add;
    release(in, c->fault ? NULL : out->kept);
    if (c->fault)
        refuse(in, c->fault, c->detail, c->retry_after_s);
    else
        kept(in, out);
    command_destroy(c);
}

void intake_keep(struct intake *in)
{
    static const struct file_add_out none;
    if (!in->n) {
        release(in, NULL);
        kept(in, &none);
        return;
    }
    struct command *c = command_create(command_file_add, in->actor);
    c->in.file_add.n = in->n;
    for (size_t i = 0; i < in->n; i++) intake_item(c->arena, &c->in.file_add.items[i], in->parts[i].name, &in->parts[i].facts);
    gate_submit(in->door->gate, c, added, in);
}

static void go_on(struct intake *in)
{
    if (!in->ended || in->n_placing) return;
    if (in->rules.events->received)
        in->rules.events->received(in);
    else
        intake_keep(in);
}

/* ---- What writers tell. A refusing disk ends it at once, also while the body is still coming: the rest of it is of no use. */

static void broke(struct intake *in, enum fault fault)
{
    refuse(in, fault, fault == fault_too_large ? "disk" : fault == fault_busy ? "uploads" : NULL, 0);
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

static void on_closed(void *user, enum fault fault, int64_t n_bytes)
{
    (void)user, (void)fault, (void)n_bytes;
}

static const struct file_writer_events writer_events = { on_opened, on_drained, on_placed, on_closed };

static void open_part(struct intake *in, struct span name)
{
    char token[FILES_TOKEN_CHARS + 1];
    struct part *p = &in->parts[in->n++];
    rand_token(token, FILES_TOKEN_CHARS);
    p->in = in;
    p->name = arena_copy(request_arena(in->r), name);
    p->writer = file_open(in->door->files, in->door->loop, span_make(token, FILES_TOKEN_CHARS), true, in->actor.account.v, &writer_events, p);
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
    in->current->n_bytes += (int64_t)bytes.n;
    if (in->current->n_bytes > in->rules.file_max_bytes) return give_up(in, fault_too_large, "file");
    if (!file_write(in->current->writer, bytes)) request_pause(in->r);
    return true;
}

static bool open_field(struct intake *in, struct span name)
{
    if (in->n_fields == INTAKE_FIELDS_MAX) return give_up(in, fault_too_large, "fields");
    in->filling = &in->fields[in->n_fields++];
    in->filling->name = (char *)arena_printf(request_arena(in->r), SPAN_FMT, SPAN_ARG(name)).p;
    buf_init(&in->filling->value, INTAKE_FIELDS_MAX_BYTES);
    return true;
}

static bool open_file(struct intake *in, struct span name)
{
    if (!name.n && in->rules.may_be_none) return true; /* a form whose file was not chosen: an empty part */
    if (in->n == in->rules.n_files_max) return give_up(in, fault_too_large, "files");
    open_part(in, name);
    return true;
}

static bool take_data(struct intake *in, struct span data)
{
    if (in->current) return put(in, data);
    if (!in->filling) return true;
    in->n_field_bytes += data.n;
    if (in->n_field_bytes > INTAKE_FIELDS_MAX_BYTES) return give_up(in, fault_too_large, "fields");
    buf_append_span(&in->filling->value, data);
    return true;
}

static bool take_unit(struct intake *in, const struct multipart_unit *unit)
{
    switch (unit->kind) {
    case multipart_part: return unit->filename.p ? open_file(in, unit->filename) : open_field(in, unit->name);
    case multipart_data: return take_data(in, unit->data);
    case multipart_end:
        in->filling = NULL;
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
    bool wants = in->n || in->rules.may_be_none;
    in->ended = true;
    if (whole && in->multipart && (!multipart_is_whole(in->multipart) || !wants)) give_up(in, fault_invalid, wants ? "body" : "file");
    if (in->fault) {
        refuse(in, in->fault, in->detail, 0);
        return;
    }
    if (in->current) place_current(in);
    go_on(in);
}

static void on_gone(struct request *r)
{
    intake_drop(request_user(r));
    respond_empty(r, 204);
}

static const struct body_sink sink = { on_data, on_end, on_gone };

/* ---- Beginnings */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A body of unknown length may not outgrow the quota either. */
static uint64_t body_max_bytes(const struct intake *in, int64_t left_bytes)
{
    if (!in->multipart) return (uint64_t)least(in->rules.file_max_bytes, left_bytes);
    return (uint64_t)least(in->rules.file_max_bytes * (int64_t)in->rules.n_files_max, left_bytes) + FORM_OVERHEAD_BYTES + INTAKE_FIELDS_MAX_BYTES;
}

static void roomy(void *user, struct command *c)
{
    struct intake *in = user;
    enum fault fault = c->fault;
    const char *detail = c->detail;
    int64_t left_bytes = c->out.file_room.left_bytes;
    command_destroy(c);
    if (request_is_orphan(in->r)) {
        on_gone(in->r);
    } else if (fault) {
        refuse(in, fault, detail, 0);
    } else {
        if (!in->multipart) open_part(in, in->parts[0].name);
        request_receive(in->r, &sink, body_max_bytes(in, left_bytes));
    }
}

static void ask_for_room(struct intake *in, int64_t n_bytes)
{
    struct command *c = command_create(command_file_room, in->actor);
    c->in.file_room.n_bytes = n_bytes;
    gate_submit(in->door->gate, c, roomy, in);
}

static struct intake *begin(struct request *r, struct actor actor, const struct intake_rules *rules)
{
    struct intake *in = arena_new(request_arena(r), struct intake);
    in->r = r, in->door = request_door(r), in->actor = actor, in->rules = *rules;
    if (!in->rules.file_max_bytes) in->rules.file_max_bytes = in->door->settings->file_max_bytes;
    request_set_user(r, in);
    return in;
}

void intake_raw(struct request *r, struct actor actor, const struct intake_rules *rules, struct span name)
{
    struct intake *in = begin(r, actor, rules);
    int64_t declared = request_declared_bytes(r);
    in->parts[0].name = name;
    if (!name.n)
        refuse(in, fault_invalid, "name", 0);
    else if (!in->door->files)
        refuse(in, fault_unavailable, NULL, 0);
    else
        ask_for_room(in, declared < 0 ? 0 : declared);
}

/* How much a form wants at the least: what it says beyond its overhead cannot be known before it is split. */
static int64_t wanted_bytes(const struct intake *in, int64_t declared)
{
    int64_t most = in->rules.file_max_bytes, all = most * (int64_t)in->rules.n_files_max + FORM_OVERHEAD_BYTES + (int64_t)INTAKE_FIELDS_MAX_BYTES;
    if (declared < 0 || in->rules.may_be_none) return declared > all ? declared : 0;
    return declared < most ? declared : declared > all ? declared : most;
}

void intake_form(struct request *r, struct actor actor, const struct intake_rules *rules)
{
    struct intake *in = begin(r, actor, rules);
    struct span boundary;
    if (multipart_boundary(request_header(r, "content-type"), &boundary) != fault_none) {
        refuse(in, fault_invalid, "content_type", 0);
        return;
    }
    if (!in->door->files) {
        refuse(in, fault_unavailable, NULL, 0);
        return;
    }
    in->multipart = multipart_create(boundary, (struct multipart_limits){ 0 });
    if (!in->multipart) abort();
    ask_for_room(in, wanted_bytes(in, request_declared_bytes(r)));
}
