/* Accounts: made by registration, by the one-time setup link, or by the command line; looked up; invited. Verbs run on a lane, the prepare steps
   (bcrypt) in the password pool. Every account is in the lobby from its first moment. */
#include "base/rand.h"
#include "base/utf8.h"
#include "chat/email.h"
#include "chat/desk_queue.h"
#include "chat/letter.h"
#include "chat/ask.h"
#include "chat/grant.h"
#include "chat/name.h"
#include "chat/password.h"
#include "chat/secret.h"

enum { found_max = 20, invite_uses_max = 1000 };
#define INVITE_TTL_MAX_S (365 * INT64_C(86400))
#define INVITE_CODE_BYTES 16

/* ---- Before the lane: everything about a new account that needs no transaction */

/* A name that is an address would stand before its owner at log-in; those of deleted accounts are given by the house alone. */
enum fault account_check_name(struct ask *ask, struct span name, struct span *folded_out)
{
    struct span sent, folded;
    bool fits = name_fits_account(ask->arena, name, folded_out) && !span_starts(*folded_out, SPAN(ACCOUNT_ERASED_PREFIX)) && !span_starts(*folded_out, SPAN(ACCOUNT_CUSTOMER_PREFIX)) &&
                !email_parse(ask->arena, name, &sent, &folded);
    return fits ? fault_none : ask_refuse(ask, fault_invalid, "username");
}

static enum fault check_username(struct ask *ask, struct account_register_in *in)
{
    struct account taken;
    enum fault fault = account_check_name(ask, in->who.username, &in->folded);
    if (!fault) fault = store_account_by_folded(ask->store, in->folded, ask->arena, &taken, NULL);
    if (fault == fault_none) return ask_refuse(ask, fault_conflict, "username");
    return fault == fault_not_found ? fault_none : fault;
}

enum fault account_prepare(struct ask *ask, struct account_register_in *in)
{
    enum fault fault = in->name.n ? person_check_name(ask, &in->name) : fault_none;
    if (!fault && in->by_email && !in->email.n) return ask_refuse(ask, fault_invalid, "email");
    if (fault) return fault;
    if (in->email.n && !email_parse(ask->arena, in->email, &in->email_sent, &in->email_folded)) return ask_refuse(ask, fault_invalid, "email");
    fault = password_check(in->who.password);
    if (fault) return ask_refuse(ask, fault, "password");
    if (!in->by_email) fault = check_username(ask, in);
    if (fault) return fault;
    return password_hash(ask->arena, in->who.password, ask->chat->rules->bcrypt_cost, &in->hash);
}

enum fault account_register_prepare(struct ask *ask)
{
    if (ask->chat->rules->registration == registration_closed) return ask_refuse(ask, fault_forbidden, "registration");
    return account_prepare(ask, &ask->c->in.account_register);
}

static bool knows_setup_token(const struct ask *ask)
{
    struct span kept = ask->chat->rules->setup_token_hash;
    return kept.n && secret_eq(secret_hash(ask->arena, ask->c->in.account_setup.token), kept);
}

enum fault account_setup_prepare(struct ask *ask)
{
    if (!knows_setup_token(ask)) return ask_refuse(ask, fault_forbidden, "token");
    return account_prepare(ask, &ask->c->in.account_setup.as);
}

enum fault account_provision_prepare(struct ask *ask)
{
    return account_prepare(ask, &ask->c->in.account_provision.as);
}

/* ---- In the lane */

static struct span tidy_locale(struct span locale)
{
    return locale.n && locale.n <= ACCOUNT_LOCALE_MAX_BYTES && utf8_valid(locale) && !memchr(locale.p, 0, locale.n) ? locale : SPAN("");
}

/* A wish as a user name, when it can be one: followed by a number when somebody is called so, and by chance when many are. */
static enum fault try_username(struct ask *ask, struct span wish, struct account_register_in *in, bool *found_out)
{
    enum fault fault = fault_none;
    bool taken = true;
    for (int n = 1; n <= 12 && taken && !fault; n++) {
        unsigned chance = n < 10 ? (unsigned)n : (unsigned)(rand_u64() % 1000000);
        in->who.username = n == 1 ? wish : arena_printf(ask->arena, SPAN_FMT "%u", SPAN_ARG(wish), chance);
        if (account_check_name(ask, in->who.username, &in->folded)) break;
        fault = store_account_is_named(ask->store, in->folded, &taken);
    }
    ask->c->detail = NULL;
    *found_out = !fault && !taken;
    return fault;
}

/* In the lane: makers of accounts hold the lobby, so a name that is free stays so. */
static enum fault find_username(struct ask *ask, struct account_register_in *in)
{
    struct span rest, wishes[] = { in->name, span_cut(in->email_sent, '@', &rest), SPAN("user") };
    bool found = false;
    enum fault fault = fault_none;
    for (size_t i = 0; i < 3 && !found && !fault; i++)
        if (wishes[i].n) fault = try_username(ask, wishes[i], in, &found);
    return fault || found ? fault : ask_refuse(ask, fault_conflict, "username");
}

enum fault account_make(struct ask *ask, const struct account_register_in *in, bool site_admin, struct account *out)
{
    struct account_record record = {
        .username = in->who.username, .folded = in->folded, .password_hash = in->hash, .site_admin = site_admin, .created_us = ask->now_us,
        .email = in->email_sent, .email_folded = in->email_folded, .locale = tidy_locale(in->locale), .name = in->name,
    };
    enum fault fault = account_claim_email(ask, (struct account_id){ 0 }, in->email_folded);
    if (!fault) fault = store_account_insert(ask->store, &record, &out->person.id);
    if (fault == fault_conflict && !ask->c->detail) return ask_refuse(ask, fault, "username");
    if (fault) return fault;
    out->person.username = in->who.username, out->person.name = in->name, out->site_admin = site_admin, out->created_us = ask->now_us;
    out->email = in->email_sent, out->locale = record.locale, out->quota_bytes = -1;
    fault = store_member_insert(ask->store, CHAT_LOBBY, out->person.id, role_member, ask->now_us);
    return fault || !out->email.n ? fault : letter_verify(ask, out);
}

static enum fault make_and_log_in(struct ask *ask, const struct account_register_in *in, bool site_admin, struct grant *out)
{
    enum fault fault = account_make(ask, in, site_admin, &out->account);
    return fault || in->no_session ? fault : grant_open(ask, in->agent, in->address, out);
}

static enum fault use_invite(struct ask *ask, struct span code)
{
    if (!code.n) return ask_refuse(ask, fault_forbidden, "invite");
    enum fault fault = store_invite_use(ask->store, secret_hash(ask->arena, code), ask->now_us);
    return fault == fault_gone ? ask_refuse(ask, fault, "invite") : fault;
}

static enum fault settle_login(struct ask *ask, struct account_register_in *in)
{
    struct account holder;
    if (!in->by_email) return fault_none;
    enum fault fault = store_account_by_login(ask->store, SPAN(""), in->email_folded, ask->arena, &holder, NULL);
    if (fault == fault_none) return ask_refuse(ask, fault_conflict, "email");
    return fault == fault_not_found ? find_username(ask, in) : fault;
}

enum fault account_register(struct ask *ask)
{
    struct account_register_in *in = &ask->c->in.account_register;
    enum fault fault = ask->chat->rules->registration == registration_invite ? use_invite(ask, in->invite) : fault_none;
    if (!fault) fault = settle_login(ask, in);
    return fault ? fault : make_and_log_in(ask, in, false, &ask->c->out.account_register.grant);
}

enum fault account_setup(struct ask *ask)
{
    bool any;
    enum fault fault = store_account_any(ask->store, &any);
    if (fault) return fault;
    if (any) return ask_refuse(ask, fault_gone, "token");
    fault = make_and_log_in(ask, &ask->c->in.account_setup.as, true, &ask->c->out.account_setup.grant);
    if (fault) return fault;
    ask->account = ask->c->out.account_setup.grant.account;
    return ask_audit(ask, "setup", ask->account.person.id, (struct room_id){ 0 }, SPAN(""));
}

enum fault account_provision(struct ask *ask)
{
    const struct account_provision_in *in = &ask->c->in.account_provision;
    struct account *out = &ask->c->out.account_provision.account;
    enum fault fault = account_make(ask, &in->as, in->site_admin, out);
    return fault ? fault : ask_audit(ask, "user_create", out->person.id, (struct room_id){ 0 }, in->site_admin ? SPAN("site_admin") : SPAN(""));
}

static enum fault look_at_desk(struct ask *ask)
{
    enum desk_role role;
    enum fault fault = desk_role_of(ask, &role);
    ask->c->out.account_get.desk_role = role;
    return fault;
}

enum fault account_get(struct ask *ask)
{
    struct account_id id = ask->c->in.account_get.id;
    struct account *out = &ask->c->out.account_get.account;
    if (id_none(id) || id_eq(id, ask->account.person.id)) {
        *out = ask->account;
        return ask->c->in.account_get.with_desk ? look_at_desk(ask) : fault_none;
    }
    enum fault fault = store_account_by_id(ask->store, id, ask->arena, out);
    return fault == fault_not_found ? ask_refuse(ask, fault, "account") : fault;
}

enum fault account_find(struct ask *ask)
{
    struct account_find_out *out = &ask->c->out.account_find;
    struct span prefix = ask->c->in.account_find.prefix;
    if (!prefix.n || prefix.n > ACCOUNT_NAME_MAX_BYTES) return ask_refuse(ask, fault_invalid, "prefix");
    struct span folded = utf8_fold(ask->arena, prefix);
    if (!folded.n || memchr(folded.p, 0, folded.n)) return ask_refuse(ask, fault_invalid, "prefix");
    return store_account_find(ask->store, folded, found_max, ask->arena, &out->people, &out->n);
}

enum fault setup_state(struct ask *ask)
{
    bool any;
    enum fault fault = store_account_any(ask->store, &any);
    ask->c->out.setup_state.needed = !fault && !any;
    ask->c->out.setup_state.mail = mail_is_set(ask);
    return fault;
}

enum fault invite_create(struct ask *ask)
{
    const struct invite_create_in *in = &ask->c->in.invite_create;
    struct invite_create_out *out = &ask->c->out.invite_create;
    if (in->n_uses < 1 || in->n_uses > invite_uses_max) return ask_refuse(ask, fault_invalid, "n_uses");
    if (in->expires_in_s < 1 || in->expires_in_s > INVITE_TTL_MAX_S) return ask_refuse(ask, fault_invalid, "expires_in_s");
    out->code = secret_make(ask->arena, INVITE_CODE_BYTES);
    out->n_uses = in->n_uses;
    out->expires_us = ask->now_us + in->expires_in_s * 1000000;
    enum fault fault = store_invite_insert(ask->store, secret_hash(ask->arena, out->code), out->n_uses, out->expires_us, ask->account.person.id,
                                           ask->now_us);
    return fault ? fault : ask_audit(ask, "invite_create", (struct account_id){ 0 }, (struct room_id){ 0 }, SPAN(""));
}
