/* Native HTTP: one's own account after it was made, the profiles of others, bots, reports. Decoders fill commands, encoders answer from them
   (routes.def). Runs on the request's loop. Passwords go from the body into the command's arena and nowhere else; a bot's token goes into one answer. */
#include "base/clock.h"
#include "dialect/native/call.h"
#include "door/grant.h"

#define BOT_TOKEN_TTL_S (INT64_C(100) * 365 * 86400)

/* Whoever must prove a password is held to the pace of log-ins. */
static enum fault take_proof(struct call *a)
{
    return call_take(a, limit_login_account, span_make(&a->identity.actor.account.v, sizeof(int64_t)));
}

/* ---- How one looks */

enum fault decode_change_me(struct call *a)
{
    struct profile_change_in *in = &a->command->in.profile_change;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->has_name = json_has(&b.fields, "name"), in->has_about = json_has(&b.fields, "about"), in->has_locale = json_has(&b.fields, "locale");
    in->has_hide_read = json_has(&b.fields, "hide_read"), in->has_hide_last_seen = json_has(&b.fields, "hide_last_seen");
    in->name = call_keep(a, json_take_text_or_null(&b.fields, "name"));
    in->about = call_keep(a, json_take_text_or_null(&b.fields, "about"));
    in->locale = call_keep(a, json_take_text_or_null(&b.fields, "locale"));
    in->hide_read = json_take_bool_or(&b.fields, "hide_read", false);
    in->hide_last_seen = json_take_bool_or(&b.fields, "hide_last_seen", false);
    return body_end(a, &b);
}

static void answer_account(struct call *a, const struct account *account)
{
    struct reply reply;
    reply_begin(&reply);
    encode_account(&reply.w, account);
    reply_end(a, &reply, 200);
}

void encode_changed_me(struct call *a)
{
    answer_account(a, &a->command->out.profile_change.account);
}

enum fault decode_profile(struct call *a)
{
    return call_path_id(a, "account", &a->command->in.profile_get.id.v);
}

void encode_profile(struct call *a)
{
    const struct profile_get_out *out = &a->command->out.profile_get;
    const struct account *account = &out->account;
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    encode_person_fields(&reply.w, &account->person);
    json_put_string(&reply.w, "about", account->about.n ? account->about : SPAN(""));
    enum presence status = out->presence_hidden ? presence_offline : hub_status(a->door->hub, account->person.id);
    json_put_bool(&reply.w, "online", status != presence_offline);
    json_put_string(&reply.w, "status", span_of(presence_word(status)));
    json_put_time(&reply.w, "last_seen", out->last_seen_us);
    json_put_time(&reply.w, "created_at", account->created_us);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

/* ---- Password and address */

enum fault decode_change_password(struct call *a)
{
    struct password_change_in *in = &a->command->in.password_change;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->old = call_keep(a, json_take_text(&b.fields, "old"));
    in->new = call_keep(a, json_take_text(&b.fields, "new"));
    f = body_end(a, &b);
    return f ? f : take_proof(a);
}

enum fault decode_forgot(struct call *a)
{
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    a->command->in.password_forgot.who = call_keep(a, json_take_text(&b.fields, "who"));
    return body_end(a, &b);
}

enum fault decode_reset(struct call *a)
{
    struct password_reset_in *in = &a->command->in.password_reset;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->token = call_keep(a, json_take_text(&b.fields, "token"));
    in->password = call_keep(a, json_take_text(&b.fields, "password"));
    return body_end(a, &b);
}

enum fault decode_change_email(struct call *a)
{
    struct email_change_in *in = &a->command->in.email_change;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->email = call_keep(a, json_take_text_or_null(&b.fields, "email"));
    in->password = call_keep(a, json_take_text(&b.fields, "password"));
    f = body_end(a, &b);
    return f ? f : take_proof(a);
}

void encode_changed_email(struct call *a)
{
    answer_account(a, &a->command->out.email_change.account);
}

enum fault decode_verify(struct call *a)
{
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    a->command->in.email_verify.token = call_keep(a, json_take_text(&b.fields, "token"));
    return body_end(a, &b);
}

/* ---- Leaving */

static enum fault take_password(struct call *a, struct span *out)
{
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    *out = call_keep(a, json_take_text(&b.fields, "password"));
    f = body_end(a, &b);
    return f ? f : take_proof(a);
}

enum fault decode_deactivate(struct call *a)
{
    return take_password(a, &a->command->in.account_deactivate.password);
}

enum fault decode_erase(struct call *a)
{
    return take_password(a, &a->command->in.account_erase.password);
}

void encode_left(struct call *a)
{
    session_cookies_clear(a->r);
    encode_nothing(a);
}

/* ---- Bots */

enum fault decode_create_bot(struct call *a)
{
    struct bot_create_in *in = &a->command->in.bot_create;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->username = call_keep(a, json_take_text(&b.fields, "username"));
    in->name = call_keep(a, json_take_text_or_null(&b.fields, "name"));
    return body_end(a, &b);
}

static void answer_bot(struct call *a, const struct account *account, struct session_id session, int status)
{
    struct grant grant = { .account = *account, .session = session };
    struct span token;
    if (grant_access_token(a->r, &grant, "bot", BOT_TOKEN_TTL_S, &token)) {
        problem_respond(a->r, &(struct problem){ .fault = fault_internal });
        return;
    }
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_key(&reply.w, "bot");
    encode_person(&reply.w, &account->person);
    json_put_string(&reply.w, "token", arena_printf(request_arena(a->r), IDENTITY_BOT_PREFIX SPAN_FMT, SPAN_ARG(token)));
    json_end_object(&reply.w);
    reply_end(a, &reply, status);
}

void encode_created_bot(struct call *a)
{
    answer_bot(a, &a->command->out.bot_create.account, a->command->out.bot_create.session, 201);
}

enum fault decode_rotate_bot(struct call *a)
{
    return call_path_id(a, "bot", &a->command->in.bot_rotate.bot.v);
}

void encode_rotated_bot(struct call *a)
{
    answer_bot(a, &a->command->out.bot_rotate.account, a->command->out.bot_rotate.session, 200);
}

enum fault decode_delete_bot(struct call *a)
{
    return call_path_id(a, "bot", &a->command->in.account_erase.account.v);
}

void encode_bots(struct call *a)
{
    const struct bot_list_out *out = &a->command->out.bot_list;
    struct reply reply;
    reply_begin_list(&reply, "bots");
    for (size_t i = 0; i < out->n; i++) encode_person(&reply.w, &out->bots[i]);
    reply_end_list(a, &reply);
}

/* ---- Reports */

enum fault decode_report(struct call *a)
{
    struct report_create_in *in = &a->command->in.report_create;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->room.v = json_take_id(&b.fields, "room");
    in->message.v = json_take_id(&b.fields, "message");
    in->reason = call_keep(a, json_take_text_or_null(&b.fields, "reason"));
    return body_end(a, &b);
}

void encode_reported(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_int(&reply.w, "id", a->command->out.report_create.id);
    json_end_object(&reply.w);
    reply_end(a, &reply, 201);
}
