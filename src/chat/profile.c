/* What people do with their own account: how they look, password, address, leaving for a while or for ever. Verbs run on the writing lane, what needs
   bcrypt in the password pool before it.

   Always: who sets a new password or closes the account ends the sessions that stand on the old state, and their sockets, in the same transaction.
   What remains of a deleted account: docs/decisions/0012. */
#include "base/utf8.h"
#include "chat/ask.h"
#include "chat/avatar.h"
#include "chat/email.h"
#include "chat/letter.h"
#include "chat/member.h"
#include "chat/password.h"
#include "chat/secret.h"

enum { name_max_points = 64 };

/* ---- How one looks */

static bool fits_name(struct span s)
{
    return utf8_valid(s) && utf8_count(s) <= name_max_points && s.n <= PERSON_NAME_MAX_BYTES && !utf8_has_unprintable(s);
}

/* Many lines are fine, controls are not. */
static bool fits_about(struct span s)
{
    if (!utf8_valid(s) || utf8_count(s) > ACCOUNT_ABOUT_MAX_POINTS) return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\n' && s.p[i] != '\t') return false;
    return true;
}

enum fault person_check_name(struct ask *ask, struct span *name)
{
    *name = span_trim(*name);
    return fits_name(*name) ? fault_none : ask_refuse(ask, fault_invalid, "name");
}

enum fault profile_change(struct ask *ask)
{
    struct profile_change_in *in = &ask->c->in.profile_change;
    struct account *account = &ask->account;
    bool is_renamed = in->has_name && !span_eq(span_trim(in->name), account->person.name);
    bool turns = in->has_hide_last_seen && in->hide_last_seen != account->hide_last_seen;
    if (in->has_name && person_check_name(ask, &in->name)) return fault_invalid;
    if (in->has_about && !fits_about(in->about)) return ask_refuse(ask, fault_invalid, "about");
    if (in->locale.n > ACCOUNT_LOCALE_MAX_BYTES) return ask_refuse(ask, fault_invalid, "locale");
    if (in->has_name) account->person.name = in->name;
    if (in->has_about) account->about = in->about;
    if (in->has_locale) account->locale = in->locale;
    if (in->has_hide_read) account->hide_read = in->hide_read;
    if (in->has_hide_last_seen) account->hide_last_seen = in->hide_last_seen;
    enum fault fault = store_account_set_profile(ask->store, account);
    ask->c->out.profile_change.account = *account;
    return fault || !(is_renamed || turns) ? fault : ask_person_changed(ask, &account->person);
}

enum fault profile_get(struct ask *ask)
{
    struct profile_get_out *out = &ask->c->out.profile_get;
    struct user_view user;
    enum fault fault = store_user_view(ask->store, ask->c->in.profile_get.id, ask->now_us, ask->arena, &user);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "account");
    if (fault) return fault;
    out->account = user.account;
    fault = store_block_stands(ask->store, user.account.person.id, ask->account.person.id, &out->presence_hidden);
    bool shown = !user.account.hide_last_seen && !user.erased_us && !out->presence_hidden;
    out->last_seen_us = shown ? user.last_seen_us : 0;
    return fault;
}

/* ---- The password */

static enum fault hash_new(struct ask *ask, struct span password, struct span *hash_out)
{
    enum fault fault = password_check(password);
    if (fault) return ask_refuse(ask, fault, "password");
    return password_hash(ask->arena, password, ask->chat->rules->bcrypt_cost, hash_out);
}

enum fault password_change_prepare(struct ask *ask)
{
    struct password_change_in *in = &ask->c->in.password_change;
    enum fault fault = ask_prove_password(ask, in->old, &in->hash_seen);
    if (fault) return fault;
    fault = hash_new(ask, in->new, &in->hash);
    if (ask->c->detail) ask->c->detail = "new";
    return fault;
}

enum fault password_change(struct ask *ask)
{
    const struct password_change_in *in = &ask->c->in.password_change;
    struct account_id me = ask->account.person.id;
    size_t n_ended;
    enum fault fault = ask_password_stands(ask, in->hash_seen);
    if (!fault) fault = store_account_set_password(ask->store, me, in->hash);
    if (!fault) fault = store_link_delete(ask->store, me, link_reset);
    if (!fault) fault = ask_end_sessions(ask, me, ask->c->actor.session, &n_ended);
    return fault ? fault : letter_password_changed(ask, &ask->account);
}

/* Answers alike whether anybody is called so. */
enum fault password_forgot(struct ask *ask)
{
    struct account account;
    if (!mail_is_set(ask)) return ask_refuse(ask, fault_forbidden, "mail");
    enum fault fault = account_by_login(ask, ask->c->in.password_forgot.who, &account);
    if (fault) return fault == fault_not_found ? fault_none : fault;
    return letter_reset(ask, &account);
}

enum fault password_reset_prepare(struct ask *ask)
{
    struct password_reset_in *in = &ask->c->in.password_reset;
    return hash_new(ask, in->password, &in->hash);
}

/* A link that came by mail has proven the address too. */
static enum fault prove_address(struct ask *ask, const struct account *account, struct span email)
{
    struct span sent, folded;
    if (!email.n || account->email_verified || !span_eq(email, account->email) || !email_parse(ask->arena, email, &sent, &folded)) return fault_none;
    return store_account_set_email(ask->store, account->person.id, account->email, folded, ask->now_us);
}

enum fault password_reset(struct ask *ask)
{
    const struct password_reset_in *in = &ask->c->in.password_reset;
    struct account account;
    struct account_id id;
    struct span email;
    size_t n_ended;
    enum fault fault = store_link_take(ask->store, secret_hash(ask->arena, in->token), link_reset, ask->now_us, ask->arena, &id, &email);
    if (!fault) fault = store_account_by_id(ask->store, id, ask->arena, &account);
    if (fault == fault_gone || fault == fault_not_found) return ask_refuse(ask, fault_gone, "token");
    if (!fault) fault = store_account_set_password(ask->store, id, in->hash);
    if (!fault) fault = store_link_delete(ask->store, id, link_reset);
    if (!fault) fault = prove_address(ask, &account, email);
    if (!fault) fault = ask_end_sessions(ask, id, (struct session_id){ 0 }, &n_ended);
    return fault ? fault : letter_password_changed(ask, &account);
}

/* ---- The address */

/* Where letters can be sent, whoever has not proven an address does not keep it from who can. Elsewhere it is first come, first served. */
enum fault account_claim_email(struct ask *ask, struct account_id account, struct span folded)
{
    struct account holder;
    if (!folded.n) return fault_none;
    enum fault fault = store_account_by_login(ask->store, SPAN(""), folded, ask->arena, &holder, NULL);
    if (fault == fault_not_found || (!fault && id_eq(holder.person.id, account))) return fault_none;
    if (fault) return fault;
    if (holder.email_verified || !mail_is_set(ask)) return ask_refuse(ask, fault_conflict, "email");
    return store_account_release_email(ask->store, folded);
}

enum fault email_change_prepare(struct ask *ask)
{
    struct email_change_in *in = &ask->c->in.email_change;
    return ask_prove_password(ask, in->password, &in->hash_seen);
}

enum fault email_change(struct ask *ask)
{
    const struct email_change_in *in = &ask->c->in.email_change;
    struct account before = ask->account, *account = &ask->c->out.email_change.account;
    struct span sent = { 0 }, folded = { 0 };
    *account = before;
    enum fault fault = ask_password_stands(ask, in->hash_seen);
    if (fault) return fault;
    if (in->email.n && !email_parse(ask->arena, in->email, &sent, &folded)) return ask_refuse(ask, fault_invalid, "email");
    if (sent.n && span_eq(sent, before.email)) return before.email_verified ? fault_none : letter_verify(ask, &before);
    fault = account_claim_email(ask, before.person.id, folded);
    if (!fault) fault = store_account_set_email(ask->store, before.person.id, sent, folded, 0);
    if (fault == fault_conflict) return ask_refuse(ask, fault, "email");
    if (!fault) fault = store_link_delete(ask->store, before.person.id, link_reset);
    account->email = sent, account->email_verified = false;
    if (!fault) fault = letter_email_changed(ask, &before);
    return fault || !sent.n ? fault : letter_verify(ask, account);
}

enum fault email_verify(struct ask *ask)
{
    struct account account;
    struct account_id id;
    struct span email, sent, folded;
    struct span hash = secret_hash(ask->arena, ask->c->in.email_verify.token);
    enum fault fault = store_link_take(ask->store, hash, link_verify, ask->now_us, ask->arena, &id, &email);
    if (!fault) fault = store_account_by_id(ask->store, id, ask->arena, &account);
    if (fault == fault_gone || fault == fault_not_found) return ask_refuse(ask, fault_gone, "token");
    if (fault) return fault;
    if (!span_eq(email, account.email) || !email_parse(ask->arena, email, &sent, &folded)) return ask_refuse(ask, fault_gone, "token");
    return store_account_set_email(ask->store, id, account.email, folded, ask->now_us);
}

/* ---- Leaving */

enum fault account_keep_an_admin(struct ask *ask, const struct account *leaving)
{
    int64_t n;
    if (!leaving->site_admin) return fault_none;
    enum fault fault = store_account_n_admins(ask->store, &n);
    return fault || n > 1 ? fault : ask_refuse(ask, fault_conflict, "last_admin");
}

/* Closes the account and the bots that belong to it. */
enum fault account_close(struct ask *ask, struct account_id id)
{
    struct person *bots;
    size_t n_bots, n_ended;
    enum fault fault = store_account_bots(ask->store, id, ask->arena, &bots, &n_bots);
    for (size_t i = 0; !fault && i < n_bots; i++) fault = account_close(ask, bots[i].id);
    if (!fault) fault = store_account_set_closed(ask->store, id, ask->now_us);
    return fault ? fault : ask_end_sessions(ask, id, (struct session_id){ 0 }, &n_ended);
}

enum fault account_deactivate_prepare(struct ask *ask)
{
    struct account_deactivate_in *in = &ask->c->in.account_deactivate;
    return ask_prove_password(ask, in->password, &in->hash_seen);
}

enum fault account_deactivate(struct ask *ask)
{
    enum fault fault = ask_password_stands(ask, ask->c->in.account_deactivate.hash_seen);
    if (!fault) fault = account_keep_an_admin(ask, &ask->account);
    return fault ? fault : account_close(ask, ask->account.person.id);
}

/* The rooms that will hear of it are known before the lane, which locks them in one go; the verb looks again. */
enum fault account_erase_prepare(struct ask *ask)
{
    struct account_erase_in *in = &ask->c->in.account_erase;
    enum member_role *roles;
    bool is_own = id_none(in->account) || id_eq(in->account, ask->c->actor.account);
    enum fault fault = is_own ? ask_prove_password(ask, in->password, &in->hash_seen) : fault_none;
    struct account_id id = is_own ? ask->c->actor.account : in->account;
    return fault ? fault : store_account_rooms(ask->store, id, ask->arena, &in->rooms, &roles, &in->n_rooms);
}

static enum fault leave_rooms(struct ask *ask, struct person who)
{
    struct room_id *rooms;
    enum member_role *roles;
    size_t n;
    enum fault fault = store_account_rooms(ask->store, who.id, ask->arena, &rooms, &roles, &n);
    for (size_t i = 0; !fault && i < n; i++) {
        struct place place;
        fault = store_room_place(ask->store, rooms[i], who.id, &place);
        if (!fault) fault = member_depart(ask, &place, who, roles[i]);
    }
    return fault;
}

static enum fault erase(struct ask *ask, struct account_id id)
{
    struct person nobody = { .id = id, .username = arena_printf(ask->arena, ACCOUNT_ERASED_PREFIX "%lld", (long long)id.v) };
    struct user_view user;
    enum fault fault = store_user_view(ask->store, id, ask->now_us, ask->arena, &user);
    if (!fault) fault = account_close(ask, id);
    if (!fault) fault = avatar_release(ask, user.account.person.avatar);
    if (!fault) fault = store_account_erase(ask->store, id, nobody.username, ask->now_us);
    if (!fault) fault = store_link_delete(ask->store, id, link_verify);
    if (!fault) fault = store_link_delete(ask->store, id, link_reset);
    if (!fault && id_eq(ask->account.person.id, id)) ask->account.person = nobody;
    if (!fault) fault = leave_rooms(ask, nobody);
    return fault ? fault : ask_person_changed(ask, &nobody);
}

static enum fault check_bot(struct ask *ask, struct account_id bot)
{
    bool is_own;
    enum fault fault = store_account_is_bot_of(ask->store, bot, ask->account.person.id, &is_own);
    return fault || is_own ? fault : ask_refuse(ask, fault_not_found, "bot");
}

enum fault account_erase(struct ask *ask)
{
    const struct account_erase_in *in = &ask->c->in.account_erase;
    struct account_id me = ask->account.person.id;
    if (!id_none(in->account) && !id_eq(in->account, me)) {
        enum fault fault = check_bot(ask, in->account);
        return fault ? fault : erase(ask, in->account);
    }
    enum fault fault = ask_password_stands(ask, in->hash_seen);
    if (!fault) fault = account_keep_an_admin(ask, &ask->account);
    return fault ? fault : erase(ask, me);
}
