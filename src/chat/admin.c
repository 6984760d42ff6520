/* What administrators do to users and see of the house. Verbs run on a lane; who may ask is checked before (command.def). Every act is written into the
   audit log in the transaction that does it. */
#include "base/utf8.h"
#include "chat/desk_queue.h"
#include "chat/letter.h"
#include "chat/profile.h"
#include "chat/secret.h"

enum { query_max_bytes = 256, sessions_shown_max = 200, random_password_bytes = 24 };

static const struct room_id no_room;

/* ---- Users */

enum fault admin_user_list(struct ask *ask)
{
    const struct admin_user_list_in *in = &ask->c->in.admin_user_list;
    struct admin_user_list_out *out = &ask->c->out.admin_user_list;
    if (in->limit < 1 || in->limit > ADMIN_PAGE_MAX) return ask_refuse(ask, fault_invalid, "limit");
    struct span folded = in->query.n && in->query.n <= query_max_bytes ? utf8_fold(ask->arena, in->query) : SPAN("");
    if (in->query.n && (!folded.n || memchr(folded.p, 0, folded.n))) return ask_refuse(ask, fault_invalid, "query");
    enum fault fault = store_user_list(ask->store, folded, in->after, in->limit + 1, ask->now_us, ask->arena, &out->users, &out->n);
    out->more = !fault && out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault;
}

/* Without a password nobody knows the one it gets, and a link lets its owner set one. */
enum fault admin_user_create_prepare(struct ask *ask)
{
    struct admin_user_create_in *in = &ask->c->in.admin_user_create;
    struct account asker;
    if (id_none(ask->c->actor.account)) return ask_refuse(ask, fault_unauthenticated, "session");
    enum fault fault = store_account_asking(ask->store, ask->c->actor.account, ask->c->actor.session, ask->now_us, ask->arena, &asker);
    if (fault == fault_not_found) return ask_refuse(ask, fault_unauthenticated, "session");
    if (fault) return fault;
    if (!asker.site_admin) return ask_refuse(ask, fault_forbidden, "site_admin");
    in->with_link = in->as.who.password.n == 0;
    if (in->with_link) in->as.who.password = secret_make(ask->arena, random_password_bytes);
    return account_prepare(ask, &in->as);
}

enum fault admin_user_create(struct ask *ask)
{
    const struct admin_user_create_in *in = &ask->c->in.admin_user_create;
    struct admin_user_create_out *out = &ask->c->out.admin_user_create;
    struct account account = { 0 };
    enum fault fault = account_make(ask, &in->as, false, &account);
    struct account_id id = account.person.id;
    if (!fault && in->with_link)
        fault = letter_make_link(ask, id, link_reset, (struct span){ 0 }, LINK_HANDED_TTL_S, &out->link);
    if (!fault) fault = ask_audit(ask, "user_create", id, no_room, account.person.username);
    return fault ? fault : store_user_view(ask->store, id, ask->now_us, ask->arena, &out->user);
}

static enum fault find(struct ask *ask, struct account_id id, struct user_view *out)
{
    enum fault fault = store_user_view(ask->store, id, ask->now_us, ask->arena, out);
    if (fault == fault_not_found || (!fault && out->erased_us)) return ask_refuse(ask, fault_not_found, "account");
    return fault;
}

static enum fault change_admin(struct ask *ask, const struct user_view *user, bool on)
{
    struct account_id id = user->account.person.id;
    if (user->account.site_admin == on) return fault_none;
    if (on && user->account.person.bot) return ask_refuse(ask, fault_forbidden, "bot");
    enum fault fault = on || user->deactivated_us ? fault_none : account_keep_an_admin(ask, &user->account);
    struct desk_agent_view at_desk;
    if (!fault) fault = store_account_set_admin(ask->store, id, on);
    if (!fault) fault = desk_tell_role(ask, id, &at_desk);
    return fault ? fault : ask_audit(ask, on ? "admin_grant" : "admin_revoke", id, no_room, SPAN(""));
}

static enum fault change_closed(struct ask *ask, const struct user_view *user, bool on)
{
    struct account_id id = user->account.person.id;
    if ((user->deactivated_us != 0) == on) return fault_none;
    enum fault fault = on ? account_keep_an_admin(ask, &user->account) : fault_none;
    if (!fault) fault = on ? account_close(ask, id) : store_account_set_closed(ask->store, id, 0);
    return fault ? fault : ask_audit(ask, on ? "user_deactivate" : "user_activate", id, no_room, SPAN(""));
}

static enum fault change_quota(struct ask *ask, const struct user_view *user, int64_t quota_bytes)
{
    struct account_id id = user->account.person.id;
    if (user->account.quota_bytes == quota_bytes) return fault_none;
    enum fault fault = store_account_set_quota(ask->store, id, quota_bytes);
    struct span detail = quota_bytes < 0 ? SPAN("") : arena_printf(ask->arena, "%lld", (long long)quota_bytes);
    return fault ? fault : ask_audit(ask, "user_quota", id, no_room, detail);
}

enum fault admin_user_change(struct ask *ask)
{
    const struct admin_user_change_in *in = &ask->c->in.admin_user_change;
    struct user_view *user = &ask->c->out.admin_user_change.user;
    enum fault fault = find(ask, in->id, user);
    if (!fault && in->has_deactivated && in->deactivated && id_eq(in->id, ask->account.person.id))
        return ask_refuse(ask, fault_forbidden, "self"); /* by POST /me/deactivate, with the password */
    if (!fault && in->has_site_admin) fault = change_admin(ask, user, in->site_admin);
    if (!fault && in->has_site_admin) user->account.site_admin = in->site_admin;
    if (!fault && in->has_deactivated) fault = change_closed(ask, user, in->deactivated);
    if (!fault && in->has_quota) fault = change_quota(ask, user, in->quota_bytes);
    return fault ? fault : store_user_view(ask->store, in->id, ask->now_us, ask->arena, user);
}

enum fault admin_reset(struct ask *ask)
{
    struct account_id id = ask->c->in.admin_reset.id;
    struct admin_reset_out *out = &ask->c->out.admin_reset;
    struct user_view user;
    enum fault fault = find(ask, id, &user);
    if (fault) return fault;
    if (user.account.person.bot) return ask_refuse(ask, fault_forbidden, "bot");
    if (user.deactivated_us) return ask_refuse(ask, fault_gone, "account");
    out->expires_us = ask->now_us + LINK_HANDED_TTL_S * 1000000;
    fault = letter_make_link(ask, id, link_reset, (struct span){ 0 }, LINK_HANDED_TTL_S, &out->link);
    return fault ? fault : ask_audit(ask, "user_reset", id, no_room, SPAN(""));
}

enum fault admin_session_list(struct ask *ask)
{
    struct admin_session_list_out *out = &ask->c->out.admin_session_list;
    struct user_view user;
    enum fault fault = find(ask, ask->c->in.admin_session_list.id, &user);
    if (fault) return fault;
    return store_session_list(ask->store, user.account.person.id, ask->now_us, sessions_shown_max, ask->arena, &out->sessions, &out->n);
}

enum fault admin_session_end(struct ask *ask)
{
    struct user_view user;
    size_t n = 0;
    struct account_id id = ask->c->in.admin_session_end.id;
    enum fault fault = find(ask, id, &user);
    if (!fault) fault = ask_end_sessions(ask, id, (struct session_id){ 0 }, &n);
    ask->c->out.admin_session_end.n = (int64_t)n;
    return fault ? fault : ask_audit(ask, "sessions_end", id, no_room, arena_printf(ask->arena, "%zu", n));
}

/* ---- Rooms and figures */

enum fault admin_room_list(struct ask *ask)
{
    const struct admin_room_list_in *in = &ask->c->in.admin_room_list;
    struct admin_room_list_out *out = &ask->c->out.admin_room_list;
    if (in->limit < 1 || in->limit > ADMIN_PAGE_MAX) return ask_refuse(ask, fault_invalid, "limit");
    if (in->query.n > query_max_bytes || !utf8_valid(in->query) || (in->query.n && memchr(in->query.p, 0, in->query.n)))
        return ask_refuse(ask, fault_invalid, "query");
    enum fault fault = store_admin_rooms(ask->store, in->query, in->after, in->limit + 1, ask->arena, &out->rooms, &out->n);
    out->more = !fault && out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault;
}

enum fault admin_figures(struct ask *ask)
{
    return store_admin_figures(ask->store, ask->now_us, &ask->c->out.admin_figures);
}

enum fault admin_glance(struct ask *ask)
{
    (void)ask;
    return fault_none;
}
