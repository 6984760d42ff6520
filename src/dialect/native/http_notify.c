/* Native HTTP: what somebody wants to be told of, and the browsers that take pushes. Decoders fill commands, encoders answer from them (routes.def).
   Runs on the request's loop. */
#include "base/clock.h"
#include "base/utf8.h"
#include "dialect/native/call.h"
#include "wire/push.h"

/* ---- Levels */

static void take_level(struct body *b, enum notify_level *out)
{
    struct span word = json_take_text_or_null(&b->fields, "level");
    *out = notify_inherits;
    if (!word.p) return;
    while (++*out <= notify_none)
        if (span_eq(word, span_of(encode_level(*out)))) return;
    json_bad(&b->fields, "level");
}

enum fault decode_notify(struct call *a)
{
    struct notify_set_in *in = &a->command->in.notify_set;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    take_level(&b, &in->level);
    struct span until = json_take_text_or_null(&b.fields, "until");
    if (until.p && !clock_parse(until, &in->until_us)) json_bad(&b.fields, "until");
    return body_end(a, &b);
}

void encode_notified(struct call *a)
{
    const struct notify_view *view = &a->command->out.notify_set.view;
    struct reply reply;
    reply_begin(&reply);
    encode_notify(&reply.w, view->level, view->until_us);
    reply_end(a, &reply, 200);
}

void encode_notify_list(struct call *a)
{
    const struct notify_list_out *out = &a->command->out.notify_list;
    struct reply reply;
    reply_begin_list(&reply, "rooms");
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&reply.w);
        json_put_int(&reply.w, "room", out->views[i].room.v);
        json_key(&reply.w, "notify");
        encode_notify(&reply.w, out->views[i].level, out->views[i].until_us);
        json_end_object(&reply.w);
    }
    reply_end_list(a, &reply);
}

/* ---- Pushes */

void encode_push_key(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_string(&reply.w, "key", span_of(a->door->settings->push_key));
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

/* As PushSubscription.toJSON() gives it. */
enum fault decode_push_subscribe(struct call *a)
{
    struct push_subscribe_in *in = &a->command->in.push_subscribe;
    struct push_keys keys;
    struct body b;
    struct span agent = request_header(a->r, "user-agent");
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->endpoint = call_keep(a, json_take_text(&b.fields, "endpoint"));
    struct json_fields of_keys = json_fields(json_take_object(&b.fields, "keys"));
    in->p256dh = call_keep(a, json_take_text(&of_keys, "p256dh"));
    in->auth = call_keep(a, json_take_text(&of_keys, "auth"));
    json_take_any(&b.fields, "expirationTime");
    in->agent = agent.n <= 256 && utf8_valid(agent) ? call_keep(a, agent) : SPAN("");
    struct span bad;
    if (json_fields_end(&of_keys, &bad) || push_keys_parse(in->p256dh, in->auth, &keys)) json_bad(&b.fields, "keys");
    return body_end(a, &b);
}

/* The end point is a secret of the browser: of it only the host is shown. */
static struct span host_of(struct span endpoint)
{
    struct span rest = endpoint;
    span_cut(rest, '/', &rest);
    span_cut(rest, '/', &rest);
    return rest.p ? span_cut(rest, '/', &rest) : SPAN("");
}

static void put_subscription(struct json_writer *w, const struct push_view *view, struct session_id own)
{
    json_begin_object(w);
    json_put_int(w, "id", view->id);
    json_put_string(w, "host", host_of(view->endpoint));
    json_put_string(w, "agent", view->agent.n ? view->agent : (struct span){ 0 });
    json_put_bool(w, "current", !id_none(own) && id_eq(view->session, own));
    json_put_time(w, "created_at", view->created_us);
    json_end_object(w);
}

void encode_push_subscribed(struct call *a)
{
    const struct push_subscribe_out *out = &a->command->out.push_subscribe;
    struct reply reply;
    reply_begin(&reply);
    put_subscription(&reply.w, &out->view, a->identity.actor.session);
    reply_end(a, &reply, out->existed ? 200 : 201);
}

void encode_push_list(struct call *a)
{
    const struct push_list_out *out = &a->command->out.push_list;
    struct reply reply;
    reply_begin_list(&reply, "subscriptions");
    for (size_t i = 0; i < out->n; i++) put_subscription(&reply.w, &out->views[i], a->identity.actor.session);
    reply_end_list(a, &reply);
}

enum fault decode_push_unsubscribe(struct call *a)
{
    return call_path_id(a, "id", &a->command->in.push_unsubscribe.id);
}
