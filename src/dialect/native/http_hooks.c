/* Native HTTP: webhooks, both ways. Decoders fill commands, encoders answer from them (routes.def). Runs on the request's loop. The token of an incoming
   hook stands in the path, as programs that post to webhooks expect: paths are not logged. */
#include "base/clock.h"
#include "dialect/native/call.h"
#include "dialect/native/slack.h"
#include "wire/form.h"

/* ---- Incoming */

enum fault decode_create_hook(struct call *a)
{
    struct hook_create_in *in = &a->command->in.hook_create;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->name = call_keep(a, json_take_text(&b.fields, "name"));
    return body_end(a, &b);
}

static void put_hook_fields(struct json_writer *w, const struct hook_view *h)
{
    json_put_int(w, "id", h->id);
    json_put_int(w, "room", h->room.v);
    json_put_string(w, "name", h->name);
    json_key(w, "by");
    encode_person_or_null(w, &h->author);
    json_put_time(w, "created_at", h->created_us);
    json_put_time(w, "used_at", h->used_us);
}

void encode_created_hook(struct call *a)
{
    const struct hook_create_out *out = &a->command->out.hook_create;
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    put_hook_fields(&reply.w, &out->hook);
    json_put_string(&reply.w, "path", arena_printf(request_arena(a->r), "/api/v1/hooks/%lld/" SPAN_FMT, (long long)out->hook.id, SPAN_ARG(out->token)));
    json_end_object(&reply.w);
    reply_end(a, &reply, 201);
}

enum fault decode_list_hooks(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.hook_list.room.v);
}

void encode_hooks(struct call *a)
{
    const struct hook_list_out *out = &a->command->out.hook_list;
    struct reply reply;
    reply_begin_list(&reply, "hooks");
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&reply.w);
        put_hook_fields(&reply.w, &out->hooks[i]);
        json_end_object(&reply.w);
    }
    reply_end_list(a, &reply);
}

enum fault decode_delete_hook(struct call *a)
{
    struct hook_delete_in *in = &a->command->in.hook_delete;
    enum fault f = call_path_id(a, "room", &in->room.v);
    return f ? f : call_path_id(a, "id", &in->id);
}

/* JSON as it is, or as Slack's older clients send it: a form with the JSON in the field payload. */
static enum fault find_json(struct call *a, struct span *out)
{
    struct span type = request_header(a->r, "content-type"), kind = span_trim(span_cut(type, ';', &type));
    *out = request_body(a->r);
    if (!span_eq_nocase(kind, SPAN("application/x-www-form-urlencoded"))) return fault_none;
    return form_find(*out, SPAN("payload"), a->command->arena, out);
}

enum fault decode_post_hook(struct call *a)
{
    struct hook_post_in *in = &a->command->in.hook_post;
    struct slack_post post = { 0 };
    struct span json;
    enum fault f = call_path_id(a, "id", &in->id);
    if (f) return f;
    in->token = call_keep(a, request_param(a->r, "token"));
    in->room = hook_token_room(in->token);
    f = call_take(a, limit_hook, in->token); /* by the token: whoever only guesses a number cannot silence the hook that has it */
    if (f) return f;
    f = find_json(a, &json);
    if (!f) f = slack_read(json, a->command->arena, &post);
    if (f) a->detail = "body";
    in->text = post.text, in->name = post.name;
    return f;
}

/* Programs that know Slack look for these two letters. */
void encode_posted_hook(struct call *a)
{
    respond(a->r, 200, "text/plain; charset=utf-8", SPAN("ok"));
}

/* ---- Outgoing */

static void take_events(struct body *b, int64_t *out)
{
    struct json_walk walk = json_walk(json_take_array(&b->fields, "events"));
    for (json_value *v; (v = json_walk_next(&walk));) {
        struct span name;
        int64_t bit = json_as_text(v, &name) ? outgoing_bit_of_name(name) : 0;
        if (!bit) json_bad(&b->fields, "events");
        *out |= bit;
    }
}

enum fault decode_create_outgoing(struct call *a)
{
    struct outgoing_create_in *in = &a->command->in.outgoing_create;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->url = call_keep(a, json_take_text(&b.fields, "url"));
    take_events(&b, &in->events);
    in->secret = call_keep(a, json_take_text_or_null(&b.fields, "secret"));
    return body_end(a, &b);
}

static void put_outgoing_fields(struct json_writer *w, const struct outgoing_view *h)
{
    size_t at = 0;
    json_put_int(w, "id", h->id);
    json_put_int(w, "room", h->room.v);
    json_put_string(w, "url", h->url);
    json_key(w, "events");
    json_begin_array(w);
    for (const char *name; (name = outgoing_next_name(h->events, &at));) json_string(w, span_of(name));
    json_end_array(w);
    json_key(w, "by");
    encode_person_or_null(w, &h->author);
    json_put_time(w, "created_at", h->created_us);
    json_put_id(w, "last_status", h->last_status);
    json_put_time(w, "last_at", h->last_us);
    json_put_time(w, "failing_since", h->failing_since_us);
    json_put_time(w, "disabled_at", h->disabled_us);
    json_put_int(w, "n_waiting", h->n_waiting);
}

void encode_created_outgoing(struct call *a)
{
    const struct outgoing_create_out *out = &a->command->out.outgoing_create;
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    put_outgoing_fields(&reply.w, &out->hook);
    json_put_string(&reply.w, "secret", out->secret);
    json_end_object(&reply.w);
    reply_end(a, &reply, 201);
}

enum fault decode_list_outgoing(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.outgoing_list.room.v);
}

void encode_outgoing_list(struct call *a)
{
    const struct outgoing_list_out *out = &a->command->out.outgoing_list;
    struct reply reply;
    reply_begin_list(&reply, "hooks");
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&reply.w);
        put_outgoing_fields(&reply.w, &out->hooks[i]);
        json_end_object(&reply.w);
    }
    reply_end_list(a, &reply);
}

enum fault decode_delete_outgoing(struct call *a)
{
    struct outgoing_delete_in *in = &a->command->in.outgoing_delete;
    enum fault f = call_path_id(a, "room", &in->room.v);
    return f ? f : call_path_id(a, "id", &in->id);
}

enum fault decode_test_outgoing(struct call *a)
{
    struct outgoing_test_in *in = &a->command->in.outgoing_test;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = call_path_id(a, "id", &in->id);
    if (f) return f;
    struct buf body;
    buf_init(&body, 256);
    struct json_writer w = json_writer(&body);
    json_begin_object(&w);
    json_put_string(&w, "t", SPAN("test"));
    json_put_int(&w, "room", in->room.v);
    json_put_time(&w, "at", clock_wall_us());
    json_end_object(&w);
    in->body = call_keep(a, buf_span(&body));
    buf_fini(&body);
    return fault_none;
}

/* It is on its way: the list tells how it went. */
void encode_tested_outgoing(struct call *a)
{
    respond_empty(a->r, 202);
}
