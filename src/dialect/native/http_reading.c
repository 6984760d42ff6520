/* Native HTTP: read marks, drafts. Decoders fill commands, encoders answer from them (routes.def). Runs on the request's loop. */
#include "dialect/native/call.h"

#define SEQ_MAX ((INT64_C(1) << 53) - 1)
#define READERS_PAGE_DEFAULT 100
#define READERS_PAGE_MAX 200

/* ---- Marks */

enum fault decode_mark(struct call *a)
{
    struct receipt_mark_in *in = &a->command->in.receipt_mark;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->read = json_take_int(&b.fields, "read", 0, SEQ_MAX);
    return body_end(a, &b);
}

static void put_mark(struct call *a, int64_t read, int64_t unread, int64_t mentions)
{
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_int(&reply.w, "read", read);
    json_put_int(&reply.w, "unread", unread);
    json_put_int(&reply.w, "mentions", mentions);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

void encode_mark(struct call *a)
{
    const struct receipt_mark_out *out = &a->command->out.receipt_mark;
    put_mark(a, out->read, out->unread, out->mentions);
}

enum fault decode_unmark(struct call *a)
{
    struct receipt_unmark_in *in = &a->command->in.receipt_unmark;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->from = json_take_int(&b.fields, "from", 1, SEQ_MAX);
    return body_end(a, &b);
}

void encode_unmark(struct call *a)
{
    const struct receipt_unmark_out *out = &a->command->out.receipt_unmark;
    put_mark(a, out->read, out->unread, out->mentions);
}

enum fault decode_readers(struct call *a)
{
    struct receipt_readers_in *in = &a->command->in.receipt_readers;
    int64_t limit = 0;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = call_query_int(a, "seq", 1, SEQ_MAX, 0, &in->seq);
    if (!f && !in->seq) a->detail = "seq", f = fault_invalid;
    if (!f) f = call_query_int(a, "after", 0, SEQ_MAX, 0, &in->after.v);
    if (!f) f = call_query_int(a, "limit", 1, READERS_PAGE_MAX, READERS_PAGE_DEFAULT, &limit);
    in->limit = (size_t)limit;
    return f;
}

void encode_readers(struct call *a)
{
    const struct receipt_readers_out *out = &a->command->out.receipt_readers;
    struct reply reply;
    reply_begin_list(&reply, "readers");
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&reply.w);
        json_key(&reply.w, "account");
        encode_person(&reply.w, &out->readers[i].person);
        json_put_int(&reply.w, "read", out->readers[i].read);
        json_end_object(&reply.w);
    }
    reply_end_page(a, &reply, out->more);
}

/* ---- All rooms at once: a mark in each that has unread messages, each in the lane of its room. What could not be done is told by the first fault;
   asking again does the rest. */

struct read_all {
    struct call *call;
    size_t n_left, n_read;
    struct problem problem;
};

static void answer_read_all(struct read_all *all)
{
    struct call *a = all->call;
    if (request_is_orphan(a->r)) {
        respond_empty(a->r, 204);
        return;
    }
    if (all->problem.fault) {
        problem_respond(a->r, &all->problem);
        return;
    }
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_int(&reply.w, "n_rooms", (int64_t)all->n_read);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

/* A room that was left meanwhile needs no mark. */
static void one_marked(void *user, struct command *c)
{
    struct read_all *all = user;
    bool left = c->fault == fault_not_found || c->fault == fault_forbidden;
    if (!c->fault) all->n_read++;
    else if (!left && !all->problem.fault) all->problem = (struct problem){ c->fault, c->detail, c->retry_after_s };
    command_destroy(c);
    if (--all->n_left == 0) answer_read_all(all);
}

void encode_read_all(struct call *a)
{
    const struct room_list_out *out = &a->command->out.room_list;
    struct read_all *all = arena_new(request_arena(a->r), struct read_all);
    *all = (struct read_all){ .call = a, .n_left = 1 };
    for (size_t i = 0; i < out->n; i++) {
        if (!out->rooms[i].unread) continue;
        struct command *c = command_create(command_receipt_mark, a->command->actor);
        c->in.receipt_mark = (struct receipt_mark_in){ .room = out->rooms[i].id, .read = out->rooms[i].head };
        all->n_left++;
        gate_submit(a->door->gate, c, one_marked, all);
    }
    if (--all->n_left == 0) answer_read_all(all);
}

/* ---- Drafts */

enum fault decode_draft(struct call *a)
{
    struct draft_put_in *in = &a->command->in.draft_put;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->text = call_keep(a, json_take_text(&b.fields, "text"));
    in->reply_to.v = json_take_id_or_null(&b.fields, "reply_to");
    return body_end(a, &b);
}

void encode_kept_draft(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_key(&reply.w, "draft");
    encode_draft(&reply.w, &a->command->out.draft_put.draft);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}
