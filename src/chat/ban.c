/* Keeping the peace in groups and guilds: who is shut out, and who must be silent for a while. Runs on a lane. All of it is idempotent. Nobody can do it to
   the owner, nor to a member whose rank is not below what the policy allows. */
#include "base/utf8.h"
#include "chat/member.h"

enum { listed_max = 1000 };

/* What both need to know of the other one. */
static enum fault find_target(struct ask *ask, const struct place *place, struct account_id id, struct account *account_out, enum member_role *role_out)
{
    if (id_eq(id, ask->account.person.id)) return ask_refuse(ask, fault_invalid, "account");
    enum fault fault = store_account_by_id(ask->store, id, ask->arena, account_out);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "account");
    if (!fault) fault = store_member_role(ask->store, place->room, id, role_out);
    return fault ? fault : member_may_touch(ask, place, verb_member_remove, *role_out);
}

static bool reason_fits(struct span reason)
{
    return reason.n <= 4 * BAN_REASON_MAX_POINTS && utf8_valid(reason) && utf8_count(reason) <= BAN_REASON_MAX_POINTS;
}

enum fault ban_put(struct ask *ask)
{
    const struct ban_put_in *in = &ask->c->in.ban_put;
    struct account account;
    struct place place;
    enum member_role role;
    enum fault fault = ask_place(ask, in->room, verb_member_remove, &place);
    if (fault) return fault;
    if (!reason_fits(in->reason)) return ask_refuse(ask, fault_invalid, "reason");
    fault = find_target(ask, &place, in->account, &account, &role);
    struct ban ban = { .person = account.person, .by = ask->account.person, .reason = in->reason, .at_us = ask->now_us };
    if (!fault) fault = store_ban_put(ask->store, in->room, &ban);
    return fault || role == role_none ? fault : member_depart(ask, &place, account.person, role);
}

enum fault ban_remove(struct ask *ask)
{
    const struct ban_remove_in *in = &ask->c->in.ban_remove;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_member_remove, &place);
    return fault ? fault : store_ban_remove(ask->store, in->room, in->account);
}

enum fault ban_list(struct ask *ask)
{
    const struct ban_list_in *in = &ask->c->in.ban_list;
    struct ban_list_out *out = &ask->c->out.ban_list;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_member_remove, &place);
    if (fault) return fault;
    if (in->limit < 1 || in->limit > listed_max) return ask_refuse(ask, fault_invalid, "limit");
    fault = store_ban_list(ask->store, in->room, in->after, in->limit + 1, ask->arena, &out->bans, &out->n);
    out->more = out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault;
}

enum fault member_mute(struct ask *ask)
{
    const struct member_mute_in *in = &ask->c->in.member_mute;
    struct member_mute_out *out = &ask->c->out.member_mute;
    struct account account;
    struct place place;
    enum member_role role;
    int64_t before_us;
    enum fault fault = ask_place(ask, in->room, verb_member_remove, &place);
    if (fault) return fault;
    if (in->for_s < 0 || in->for_s > MUTE_MAX_S) return ask_refuse(ask, fault_invalid, "for_s");
    fault = find_target(ask, &place, in->account, &account, &role);
    if (fault) return fault;
    if (role == role_none) return ask_refuse(ask, fault_not_found, "account");
    out->until_us = in->for_s ? ask->now_us + in->for_s * 1000000 : 0;
    fault = store_member_muted(ask->store, in->room, in->account, &before_us);
    if (fault || (!out->until_us && before_us <= ask->now_us)) return fault;
    fault = store_member_set_muted(ask->store, in->room, in->account, out->until_us);
    return fault ? fault : member_tell_changed(ask, in->room, account.person, role, out->until_us);
}
