/* Native HTTP: setting up, accounts, invites, sessions. Decoders fill commands, encoders answer from them (routes.def). Runs on the request's
   loop. Passwords and tokens go from the body into the command's arena and into answers, nowhere else. */
#include "base/clock.h"
#include "base/utf8.h"
#include "dialect/native/call.h"
#include "door/grant.h"

#define INVITE_USES_DEFAULT 1
#define INVITE_TTL_DEFAULT_S 604800

static const char *registration_word(enum registration registration)
{
    switch (registration) {
    case registration_open: return "open";
    case registration_invite: return "invite";
    case registration_closed: break;
    }
    return "closed";
}

void encode_setup(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_bool(&reply.w, "needed", a->command->out.setup_state.needed);
    json_put_bool(&reply.w, "mail", a->command->out.setup_state.mail);
    json_put_string(&reply.w, "registration", span_of(registration_word(a->door->settings->registration)));
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

static void take_credentials(struct call *a, struct body *b, struct account_credentials *out)
{
    out->username = call_keep(a, json_take_text(&b->fields, "username"));
    out->password = call_keep(a, json_take_text(&b->fields, "password"));
}

/* What the session list will show about the device. A header that is not UTF-8 is left out. */
static void describe_device(struct call *a, struct span *agent_out, struct span *address_out)
{
    struct span agent = request_header(a->r, "user-agent");
    char address[46];
    conn_address(request_conn(a->r), address);
    *agent_out = utf8_valid(agent) ? call_keep(a, agent) : SPAN("");
    *address_out = call_keep(a, span_of(address));
}

enum fault decode_set_up(struct call *a)
{
    struct account_setup_in *in = &a->command->in.account_setup;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->token = call_keep(a, json_take_text(&b.fields, "token"));
    take_credentials(a, &b, &in->as.who);
    describe_device(a, &in->as.agent, &in->as.address);
    return body_end(a, &b);
}

enum fault decode_register(struct call *a)
{
    struct account_register_in *in = &a->command->in.account_register;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    take_credentials(a, &b, &in->who);
    in->email = call_keep(a, json_take_text_or_null(&b.fields, "email"));
    in->locale = span_of(language_tag(request_language(a->r)));
    in->invite = call_keep(a, json_take_text_or_null(&b.fields, "invite"));
    describe_device(a, &in->agent, &in->address);
    return body_end(a, &b);
}

enum fault decode_log_in(struct call *a)
{
    struct session_open_in *in = &a->command->in.session_open;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    take_credentials(a, &b, &in->who);
    describe_device(a, &in->agent, &in->address);
    f = body_end(a, &b);
    if (f) return f;
    struct span folded = utf8_fold(request_arena(a->r), in->who.username);
    return call_take(a, limit_login_account, folded);
}

static enum fault refresh_of_cookie(struct call *a)
{
    struct span cookie = request_cookie(a->r, COOKIE_REFRESH);
    if (!cookie.n) return fault_unauthenticated;
    if (!origin_is_ours(a->r)) {
        a->detail = "origin";
        return fault_forbidden;
    }
    a->by_cookie = true;
    a->command->in.session_refresh.refresh_token = call_keep(a, cookie);
    return fault_none;
}

enum fault decode_refresh(struct call *a)
{
    if (!request_body(a->r).n) return refresh_of_cookie(a);
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    struct span token = call_keep(a, json_take_text_or_null(&b.fields, "refresh_token"));
    f = body_end(a, &b);
    if (f) return f;
    if (!token.n) return refresh_of_cookie(a);
    a->command->in.session_refresh.refresh_token = token;
    return fault_none;
}

static void put_grant(struct json_writer *w, const struct grant *grant, struct span token, int64_t ttl_s)
{
    json_begin_object(w);
    json_key(w, "account");
    encode_account(w, &grant->account);
    json_put_int(w, "session", grant->session.v);
    json_put_string(w, "access_token", token);
    json_put_string(w, "token_type", SPAN("bearer"));
    json_put_int(w, "expires_in_s", ttl_s);
    json_put_string(w, "refresh_token", grant->refresh_token);
    json_end_object(w);
}

static void answer_grant(struct call *a, const struct grant *grant, int status)
{
    int64_t ttl_s = a->door->settings->access_ttl_s;
    struct span token;
    if (grant_access_token(a->r, grant, "native", ttl_s, &token)) {
        problem_respond(a->r, &(struct problem){ .fault = fault_internal });
        return;
    }
    grant_set_native_cookies(a->r, grant, token);
    struct reply reply;
    reply_begin(&reply);
    put_grant(&reply.w, grant, token, ttl_s);
    reply_end(a, &reply, status);
}

/* The three commands that log in carry their grant in the same place of their answers. */
static const struct grant *grant_of(const struct command *c)
{
    switch ((int)c->kind) {
    case command_account_register: return &c->out.account_register.grant;
    case command_account_setup: return &c->out.account_setup.grant;
    case command_session_open: return &c->out.session_open.grant;
    default: return &c->out.session_refresh.grant;
    }
}

void encode_new_grant(struct call *a)
{
    answer_grant(a, grant_of(a->command), 201);
}

void encode_refreshed(struct call *a)
{
    answer_grant(a, grant_of(a->command), 200);
}

void session_cookies_clear(struct request *r)
{
    grant_clear_native_cookies(r);
}

enum fault decode_revoke(struct call *a)
{
    return call_path_id(a, "id", &a->command->in.session_revoke.id.v);
}

void encode_revoked(struct call *a)
{
    struct session_id gone = a->command->out.session_revoke.id;
    if (id_none(gone) || id_eq(gone, a->identity.actor.session)) session_cookies_clear(a->r);
    encode_nothing(a);
}

void encode_sessions(struct call *a)
{
    const struct session_list_out *out = &a->command->out.session_list;
    struct reply reply;
    reply_begin_list(&reply, "sessions");
    for (size_t i = 0; i < out->n; i++) encode_session(&reply.w, &out->sessions[i], a->identity.actor.session);
    reply_end_list(a, &reply);
}

void encode_me(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    encode_account(&reply.w, &a->command->out.account_get.account);
    reply_end(a, &reply, 200);
}

/* nobody: NULL. renewable only says that there is something to renew with, not whether it still holds: that is found out by renewing. */
static void put_who(struct call *a, const struct account *account)
{
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_key(&reply.w, "account");
    if (account)
        encode_account(&reply.w, account);
    else
        json_null(&reply.w);
    json_put_bool(&reply.w, "renewable", request_cookie(a->r, COOKIE_REFRESH).n > 0);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

void encode_who(struct call *a)
{
    put_who(a, &a->command->out.account_get.account);
}

void encode_nobody(struct call *a)
{
    put_who(a, NULL);
}

enum fault decode_find(struct call *a)
{
    a->command->in.account_find.prefix = call_keep(a, request_query_param(a->r, "prefix"));
    return fault_none;
}

void encode_found(struct call *a)
{
    const struct account_find_out *out = &a->command->out.account_find;
    struct reply reply;
    reply_begin_list(&reply, "accounts");
    for (size_t i = 0; i < out->n; i++) encode_person(&reply.w, &out->people[i]);
    reply_end_list(a, &reply);
}

enum fault decode_invite(struct call *a)
{
    struct invite_create_in *in = &a->command->in.invite_create;
    in->n_uses = INVITE_USES_DEFAULT, in->expires_in_s = INVITE_TTL_DEFAULT_S;
    if (!request_body(a->r).n) return fault_none;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->n_uses = json_take_int_or(&b.fields, "n_uses", 1, INT32_MAX, INVITE_USES_DEFAULT);
    in->expires_in_s = json_take_int_or(&b.fields, "expires_in_s", 1, INT32_MAX, INVITE_TTL_DEFAULT_S);
    return body_end(a, &b);
}

void encode_invite(struct call *a)
{
    const struct invite_create_out *out = &a->command->out.invite_create;
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_string(&reply.w, "code", out->code);
    json_put_int(&reply.w, "n_uses", out->n_uses);
    json_put_time(&reply.w, "expires_at", out->expires_us);
    json_end_object(&reply.w);
    reply_end(a, &reply, 201);
}
