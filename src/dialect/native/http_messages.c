/* Native HTTP: messages, reactions, history, replay. Decoders fill commands, encoders answer from them (routes.def). Runs on the request's loop. */
#include "dialect/native/call.h"

#define SEQ_MAX ((INT64_C(1) << 53) - 1)
#define HISTORY_PAGE_DEFAULT 50
#define HISTORY_PAGE_MAX 200
#define CHANGES_PAGE_DEFAULT 200
#define CHANGES_PAGE_MAX 1000
#define PEOPLE_PAGE_DEFAULT 100
#define PEOPLE_PAGE_MAX 200

/* The core takes 0 as "not asked". Nothing lies below the first number, so before=0 asks for the same as before=1. */
enum fault decode_history(struct call *a)
{
    struct message_history_in *in = &a->command->in.message_history;
    int64_t limit = 0;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = call_query_int(a, "before", 0, SEQ_MAX, -1, &in->before);
    if (!f) f = call_query_int(a, "after", 0, SEQ_MAX, -1, &in->after);
    if (!f) f = call_query_int(a, "around", 1, SEQ_MAX, 0, &in->around);
    if (!f) f = call_query_int(a, "limit", 1, HISTORY_PAGE_MAX, HISTORY_PAGE_DEFAULT, &limit);
    if (f) return f;
    if ((in->before >= 0 && in->after >= 0) || (in->around && (in->before >= 0 || in->after >= 0))) {
        a->detail = in->around ? "around" : "after";
        return fault_invalid;
    }
    in->before = in->before < 0 ? 0 : in->before ? in->before : 1;
    in->after = in->after < 0 ? 0 : in->after ? in->after : HISTORY_FROM_START;
    in->limit = (size_t)limit;
    return fault_none;
}

void encode_history(struct call *a)
{
    const struct message_history_out *out = &a->command->out.message_history;
    struct reply reply;
    reply_begin_list(&reply, "messages");
    for (size_t i = 0; i < out->n; i++) encode_message(&reply.w, &out->messages[i]);
    json_end_array(&reply.w);
    json_put_bool(&reply.w, "more", out->more);
    json_key(&reply.w, "more_after");
    if (out->is_around) json_bool(&reply.w, out->more_after);
    else json_null(&reply.w);
    json_put_int(&reply.w, "head", out->head);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

/* A key that is given may not be empty: empty means "no key" to the core. */
static void take_key(struct call *a, struct body *b, struct span *out)
{
    struct span key = json_take_text_or_null(&b->fields, "key");
    if (key.p && !key.n) json_bad(&b->fields, "key");
    *out = call_keep(a, key);
}

enum fault decode_send(struct call *a)
{
    struct message_post_in *in = &a->command->in.message_post;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->text = call_keep(a, json_take_text(&b.fields, "text"));
    take_key(a, &b, &in->key);
    in->reply_to.v = json_take_id_or_null(&b.fields, "reply_to");
    take_files(&b.fields, a->command->arena, in);
    return body_end(a, &b);
}

static void put_message(struct call *a, const struct message *m, int status)
{
    struct reply reply;
    reply_begin(&reply);
    encode_message(&reply.w, m);
    reply_end(a, &reply, status);
}

void encode_sent(struct call *a)
{
    put_message(a, &a->command->out.message_post.message, a->command->out.message_post.repeat ? 200 : 201);
}

void encode_edited(struct call *a)
{
    put_message(a, &a->command->out.message_edit.message, 200);
}

static enum fault message_of_path(struct call *a, struct room_id *room_out, struct message_id *id_out)
{
    enum fault f = call_path_id(a, "room", &room_out->v);
    return f ? f : call_path_id(a, "id", &id_out->v);
}

enum fault decode_edit(struct call *a)
{
    struct message_edit_in *in = &a->command->in.message_edit;
    struct body b;
    enum fault f = message_of_path(a, &in->room, &in->id);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->text = call_keep(a, json_take_text(&b.fields, "text"));
    return body_end(a, &b);
}

enum fault decode_message(struct call *a)
{
    return message_of_path(a, &a->command->in.message_get.room, &a->command->in.message_get.id);
}

void encode_one_message(struct call *a)
{
    put_message(a, &a->command->out.message_get.message, 200);
}

enum fault decode_versions(struct call *a)
{
    return message_of_path(a, &a->command->in.message_versions.room, &a->command->in.message_versions.id);
}

void encode_versions(struct call *a)
{
    const struct message_versions_out *out = &a->command->out.message_versions;
    struct reply reply;
    reply_begin_list(&reply, "versions");
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&reply.w);
        json_put_string(&reply.w, "text", out->versions[i].text.p ? out->versions[i].text : SPAN(""));
        json_put_time(&reply.w, "at", out->versions[i].at_us);
        json_end_object(&reply.w);
    }
    reply_end_list(a, &reply);
}

/* ?part=text|files|all, absent: all; ?file=ID: that one alone. */
enum fault decode_delete(struct call *a)
{
    struct message_delete_in *in = &a->command->in.message_delete;
    struct span part = request_query_param(a->r, "part");
    if (!part.p || span_eq(part, SPAN("all"))) in->part = message_part_all;
    else if (span_eq(part, SPAN("text"))) in->part = message_part_text;
    else if (span_eq(part, SPAN("files"))) in->part = message_part_files;
    else return a->detail = "part", fault_invalid;
    enum fault f = call_query_int(a, "file", 1, SEQ_MAX, 0, &in->file.v);
    if (in->file.v && !part.p) in->part = message_part_files;
    return f ? f : message_of_path(a, &in->room, &in->id);
}

enum fault decode_pins(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.pin_list.room.v);
}

void encode_pins(struct call *a)
{
    const struct pin_list_out *out = &a->command->out.pin_list;
    struct reply reply;
    reply_begin_list(&reply, "messages");
    for (size_t i = 0; i < out->n; i++) encode_message(&reply.w, &out->messages[i]);
    reply_end_list(a, &reply);
}

enum fault decode_pin(struct call *a)
{
    return message_of_path(a, &a->command->in.pin_put.room, &a->command->in.pin_put.id);
}

enum fault decode_unpin(struct call *a)
{
    return message_of_path(a, &a->command->in.pin_remove.room, &a->command->in.pin_remove.id);
}

enum fault decode_reactors(struct call *a)
{
    struct reaction_who_in *in = &a->command->in.reaction_who;
    int64_t limit = 0;
    in->emoji = call_keep(a, request_param(a->r, "emoji"));
    enum fault f = message_of_path(a, &in->room, &in->id);
    if (!f) f = call_query_int(a, "after", 0, SEQ_MAX, 0, &in->after.v);
    if (!f) f = call_query_int(a, "limit", 1, PEOPLE_PAGE_MAX, PEOPLE_PAGE_DEFAULT, &limit);
    in->limit = (size_t)limit;
    return f;
}

void encode_reactors(struct call *a)
{
    const struct reaction_who_out *out = &a->command->out.reaction_who;
    struct reply reply;
    reply_begin_list(&reply, "people");
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&reply.w);
        json_key(&reply.w, "account");
        encode_person(&reply.w, &out->people[i].person);
        json_put_time(&reply.w, "at", out->people[i].at_us);
        json_end_object(&reply.w);
    }
    reply_end_page(a, &reply, out->more);
}

enum fault decode_react(struct call *a)
{
    struct reaction_put_in *in = &a->command->in.reaction_put;
    in->emoji = call_keep(a, request_param(a->r, "emoji"));
    return message_of_path(a, &in->room, &in->id);
}

enum fault decode_unreact(struct call *a)
{
    struct reaction_remove_in *in = &a->command->in.reaction_remove;
    in->emoji = call_keep(a, request_param(a->r, "emoji"));
    return message_of_path(a, &in->room, &in->id);
}

enum fault decode_changes(struct call *a)
{
    struct room_changes_in *in = &a->command->in.room_changes;
    int64_t limit = 0;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = call_query_int(a, "after", 0, SEQ_MAX, 0, &in->after);
    if (!f) f = call_query_int(a, "limit", 1, CHANGES_PAGE_MAX, CHANGES_PAGE_DEFAULT, &limit);
    in->limit = (size_t)limit;
    return f;
}

/* A number that this database never gave out: the asker's knowledge is of another one, and must go. */
void encode_changes(struct call *a)
{
    const struct room_changes_out *out = &a->command->out.room_changes;
    if (out->reload) {
        problem_respond(a->r, &(struct problem){ .fault = fault_gone, .detail = "after" });
        return;
    }
    struct reply reply;
    reply_begin_list(&reply, "events");
    for (size_t i = 0; i < out->n; i++) encode_event(&reply.w, out->events[i]);
    json_end_array(&reply.w);
    json_put_int(&reply.w, "to", out->to);
    json_put_int(&reply.w, "head", out->head);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}
