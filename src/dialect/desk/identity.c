/* Who asks over HTTP (D-80 to D-82, D-86). Runs on the request's loop; owns nothing. The first proof of these counts:

       signature ──► customer, found or made by id
       bearer ──► customer (desk) or account (native, bot)         wrong: refused
       cookie ──► the same, each kind where it is expected         wrong: as if there were none
       legacy trust ──► whoever the caller says
       else a visitor, where one may begin, or refused

   Whoever it is, the id that the request names must be theirs. */
#include "dialect/desk/identity.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "chat/secret.h"
#include "dialect/desk/call.h"
#include "door/identity.h"
#include "wire/cookie.h"

bool desk_signature_is_right(const struct door *door, struct span id, struct span signature)
{
    struct span secret = door->settings->desk_secret;
    if (!secret.n || !id.n || signature.n != 64) return false;
    struct arena *arena = arena_create(256, 1 << 20);
    if (!arena) return false;
    bool right = secret_eq(secret_derive(arena, secret, id), signature);
    arena_destroy(arena);
    return right;
}

enum fault desk_proof_of_token(const struct door_settings *settings, struct span token, struct arena *arena, struct desk_proof *out)
{
    static const char *const audiences[] = { "desk", "native", "bot" };
    struct span bot = SPAN(IDENTITY_BOT_PREFIX);
    if (span_starts(token, bot)) token.p += bot.n, token.n -= bot.n;
    for (size_t i = 0; i < 3; i++) {
        struct token_claims claims;
        enum fault f = token_verify(settings->key, token, span_of(audiences[i]), clock_wall_us() / 1000000, arena, &claims);
        if (f || id_none(claims.account)) continue;
        *out = (struct desk_proof){ { claims.account, claims.session }, arena_copy(arena, claims.subject), i == 0 };
        return fault_none;
    }
    return fault_unauthenticated;
}

bool desk_cookies_count(struct request *r)
{
    struct span method = request_method(r);
    bool reads = span_eq(method, SPAN("GET")) || span_eq(method, SPAN("HEAD"));
    return reads ? origin_is_not_foreign(r) || !request_header(r, "origin").p : origin_is_ours(r);
}

/* ---- Who it is */

static void refuse(struct desk_call *call, int status, const char *words)
{
    desk_refuse(call->r, status, words);
}

static void set_who(struct desk_call *call, struct actor actor, struct span username, bool is_customer)
{
    username = arena_copy(call->arena, username);
    struct span id = is_customer ? desk_customer_id(username) : username;
    call->who = (struct desk_who){ .actor = actor, .is_customer = is_customer, .username = username, .id = id };
}

static bool is_claim(struct desk_call *call, const struct desk_who *who)
{
    if (!call->claimed.text.n || span_eq(call->claimed.text, who->id)) return true;
    if (who->is_customer) return false;
    struct span a = utf8_fold(call->arena, call->claimed.text), b = utf8_fold(call->arena, who->id);
    return a.n && span_eq(a, b);
}

static void come_in(struct desk_call *call)
{
    call->next(call);
}

static void customer_known(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (c->fault) {
        desk_answer_fault(call->r, c->fault, c->detail && strcmp(c->detail, "id") == 0 ? "userId" : c->detail, c->retry_after_s);
    } else {
        const struct account *account = &c->out.desk_customer.account;
        set_who(call, (struct actor){ .account = account->person.id }, account->person.username, true);
        if (call->claimed.text.n && !is_claim(call, &call->who)) refuse(call, 403, "Ruxsat yo'q");
        else come_in(call);
    }
    command_destroy(c);
}

static void be_customer(struct desk_call *call, struct span id, bool visitor, void (*done)(void *, struct command *))
{
    struct command *c = command_create(command_desk_customer, (struct actor){ 0 });
    c->in.desk_customer = (struct desk_customer_in){ arena_copy(c->arena, id), arena_copy(c->arena, call->name), visitor };
    desk_call_submit(call, c, done);
}

/* ---- Visitors (D-81) */

static void give_cookie(struct desk_call *call)
{
    const struct door_settings *settings = call->door->settings;
    bool secure = settings->secure_cookies || request_is_secure(call->r);
    struct cookie cookie = { .name = SPAN(COOKIE_DESK), .value = call->visitor_token, .max_age_s = DESK_VISITOR_TTL_S, .http_only = true,
                             .secure = secure, .same_site = secure ? cookie_same_site_none : cookie_same_site_lax };
    struct buf line;
    buf_init(&line, 8192);
    if (cookie_build(&cookie, &line) == fault_none) response_header(call->r, "Set-Cookie", buf_span(&line));
    buf_fini(&line);
}

static enum fault give_token(struct desk_call *call, const struct account *account)
{
    int64_t now_s = clock_wall_us() / 1000000;
    struct token_claims claims = { .issuer = SPAN("suhbat"), .audience = SPAN("desk"), .subject = account->person.username,
                                   .account = account->person.id, .expires_s = now_s + DESK_VISITOR_TTL_S, .not_before_s = now_s };
    enum fault f = token_sign(call->door->settings->key, &claims, call->arena, &call->visitor_token);
    if (!f && origin_is_not_foreign(call->r)) give_cookie(call);
    return f;
}

static void visitor_made(void *user, struct command *c)
{
    struct desk_call *call = user;
    const struct account *account = &c->out.desk_customer.account;
    enum fault f = c->fault ? c->fault : give_token(call, account);
    if (f) {
        desk_answer_fault(call->r, f, c->detail && strcmp(c->detail, "id") == 0 ? "userId" : c->detail, c->retry_after_s);
    } else {
        set_who(call, (struct actor){ .account = account->person.id }, account->person.username, true);
        come_in(call);
    }
    command_destroy(c);
}

static void make_visitor(struct desk_call *call)
{
    int64_t retry_after_s = 0;
    char address[46];
    conn_address(request_conn(call->r), address);
    if (limits_take_address(call->door->limits, limit_desk_address, address, clock_mono_ms(), &retry_after_s))
        be_customer(call, call->claimed.text, true, visitor_made);
    else
        desk_answer_fault(call->r, fault_limited, NULL, retry_after_s);
}

/* ---- Legacy trust (D-86) */

static void agent_believed(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (c->fault) {
        desk_answer_fault(call->r, c->fault, c->detail && strcmp(c->detail, "username") == 0 ? "adminId" : c->detail, c->retry_after_s);
    } else {
        const struct person *p = &c->out.desk_believe.account.person;
        set_who(call, (struct actor){ .account = p->id }, p->username, false);
        come_in(call);
    }
    command_destroy(c);
}

/* Who names nobody could do everything on the old server. */
static void believe(struct desk_call *call)
{
    bool nobody = !call->claimed.text.n;
    if (call->side == desk_side_customer && !nobody) {
        be_customer(call, call->claimed.text, false, customer_known);
        return;
    }
    struct command *c = command_create(command_desk_believe, (struct actor){ 0 });
    c->in.desk_believe = (struct desk_believe_in){ .username = nobody ? SPAN("desk") : arena_copy(c->arena, call->claimed.text),
                                                   .name = arena_copy(c->arena, call->name), .supervisor = nobody || call->is_super };
    desk_call_submit(call, c, agent_believed);
}

/* ---- In order */

static bool prove_by_signature(struct desk_call *call)
{
    struct span id = request_header(call->r, "x-desk-user"), signature = request_header(call->r, "x-desk-signature");
    if (!signature.n) id = call->signed_id.n ? call->signed_id : call->claimed.text, signature = call->signature;
    if (!signature.n) return false;
    if (desk_signature_is_right(call->door, id, signature)) be_customer(call, arena_copy(call->arena, id), false, customer_known);
    else refuse(call, 401, "Imzo noto'g'ri");
    return true;
}

static bool is_bearer(struct request *r, struct span *token_out)
{
    struct span rest, header = request_header(r, "authorization"), scheme = span_cut(header, ' ', &rest);
    *token_out = span_trim(rest);
    return span_eq_nocase(scheme, SPAN("Bearer"));
}

/* Customers and agents may have left cookies in the same browser: the one that is expected and fits the claim. */
static bool take_cookie(struct desk_call *call)
{
    const char *const names[] = { call->side == desk_side_agent ? COOKIE_ACCESS : COOKIE_DESK, call->side == desk_side_agent ? COOKIE_DESK : COOKIE_ACCESS };
    if (!desk_cookies_count(call->r)) return false;
    for (int i = 0; i < 2; i++) {
        struct desk_proof proof;
        struct span token = request_cookie(call->r, names[i]);
        if (!token.n || desk_proof_of_token(call->door->settings, token, call->arena, &proof)) continue;
        set_who(call, proof.actor, proof.username, proof.is_customer);
        if (is_claim(call, &call->who)) return true;
    }
    return false;
}

static void end_without_claim(struct desk_call *call)
{
    if (call->may_be_nobody && id_none(call->who.actor.account))
        come_in(call);
    else if (call->door->settings->trusts_desk)
        believe(call);
    else if (call->makes_visitor)
        make_visitor(call);
    else if (id_none(call->who.actor.account))
        refuse(call, 401, "Kim ekaningiz isbotlanmagan");
    else if (!call->who.is_customer && (call->names_others || call->side == desk_side_customer))
        come_in(call); /* an agent about somebody else: the core says whether */
    else
        refuse(call, 403, "Ruxsat yo'q");
}

void desk_identify(struct desk_call *call)
{
    struct span token;
    struct desk_proof proof;
    if (prove_by_signature(call)) return;
    bool bearer = is_bearer(call->r, &token);
    if (bearer && desk_proof_of_token(call->door->settings, token, call->arena, &proof)) {
        refuse(call, 401, "Token noto'g'ri");
        return;
    }
    if (bearer) set_who(call, proof.actor, proof.username, proof.is_customer);
    if (bearer ? is_claim(call, &call->who) : take_cookie(call)) come_in(call);
    else end_without_claim(call);
}

/* ---- Others that a call names */

struct finding {
    struct desk_call *call;
    struct account_id *out;
    void (*done)(struct desk_call *call);
};

static void found(void *user, struct command *c)
{
    struct finding *f = user;
    if (!c->fault) *f->out = (c->kind == command_desk_find ? c->out.desk_find.account : c->out.desk_believe.account).person.id;
    if (c->fault == fault_not_found) desk_refuse(f->call->r, 404, c->in.desk_find.customer ? "Mijoz topilmadi" : "Admin topilmadi");
    else if (c->fault) desk_answer_fault(f->call->r, c->fault, c->detail, c->retry_after_s);
    else f->done(f->call);
    command_destroy(c);
}

void desk_find_account(struct desk_call *call, struct span name, bool customer, struct account_id *out, void (*done)(struct desk_call *call))
{
    bool believes = call->door->settings->trusts_desk && !customer;
    struct command *c = command_create(believes ? command_desk_believe : command_desk_find, call->who.actor);
    struct finding *f = arena_new(c->arena, struct finding);
    *f = (struct finding){ call, out, done };
    if (believes) c->in.desk_believe = (struct desk_believe_in){ .username = arena_copy(c->arena, name), .name = arena_copy(c->arena, call->other_name) };
    else c->in.desk_find = (struct desk_find_in){ arena_copy(c->arena, name), customer };
    gate_submit(call->door->gate, c, found, f);
}
