/* Members: who joins, is added, changes role, leaves, is removed. Runs on a lane. All of it is idempotent: what is already so is no change and no
   event. A room that its owner leaves passes to the oldest member of the highest
   rank. In a guild all of it is done in the channels too (the store does), and is told once, in the guild. */
#include "chat/member.h"
#include "chat/receipt.h"

enum { listed_max = 1000 };

/* ---- Looking */

enum fault member_list(struct ask *ask)
{
    const struct member_list_in *in = &ask->c->in.member_list;
    struct member_list_out *out = &ask->c->out.member_list;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_member_list, &place);
    if (fault) return fault;
    if (in->limit < 1 || in->limit > listed_max) return ask_refuse(ask, fault_invalid, "limit");
    fault = store_member_list(ask->store, in->room, ask->account.person.id, in->after, in->limit + 1, ask->arena, &out->members, &out->n);
    if (fault) return fault;
    out->reads_shown = place.n_members <= ROOM_READS_SHOWN_MAX_MEMBERS;
    out->more = out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault_none;
}

/* ---- Coming */

enum fault member_tell_changed(struct ask *ask, struct room_id room, struct person who, enum member_role role, int64_t muted_until_us)
{
    struct event e = { .kind = event_member_changed, .room = room, .subject = who, .role = role };
    if (muted_until_us > ask->now_us) e.until_us = muted_until_us;
    return ask_happened(ask, &e);
}

static enum fault check_ceilings(struct ask *ask, const struct place *place, struct account_id who)
{
    int64_t n_guilds;
    if (place->kind != room_guild) return fault_none;
    if (place->n_members >= GUILD_MEMBERS_MAX) return ask_refuse(ask, fault_too_large, "members");
    enum fault fault = store_guild_count(ask->store, who, &n_guilds);
    if (!fault && n_guilds >= GUILDS_PER_ACCOUNT_MAX) return ask_refuse(ask, fault_too_large, "guilds");
    return fault;
}

enum fault member_enter(struct ask *ask, const struct place *place, struct person who, enum member_role role)
{
    struct event joined = { .kind = event_member_joined, .room = place->room, .subject = who, .role = role, .room_kind = place->kind };
    enum fault fault = check_ceilings(ask, place, who.id);
    if (!fault) fault = store_member_insert(ask->store, place->room, who.id, role, ask->now_us);
    if (!fault && place->kind == room_guild)
        fault = store_channel_marks(ask->store, place->room, ask->arena, &joined.channels, &joined.n_channels);
    return fault ? fault : ask_happened(ask, &joined);
}

enum fault member_may_touch(struct ask *ask, const struct place *place, enum verb verb, enum member_role role)
{
    switch (role) {
    case role_owner: return ask_refuse(ask, fault_forbidden, "role");
    case role_admin: return ask_may(ask, verb_member_promote, place, false);
    case role_moderator: return ask_may(ask, verb_member_trust, place, false);
    case role_member:
    case role_none: break;
    }
    return ask_may(ask, verb, place, false);
}

/* It takes the right over both what somebody is and what they become. */
static enum fault change_role(struct ask *ask, const struct place *place, struct person who, enum member_role from, enum member_role to)
{
    int64_t muted_until_us;
    if (from == to) return fault_none;
    enum fault fault = member_may_touch(ask, place, verb_member_trust, from);
    if (!fault) fault = member_may_touch(ask, place, verb_member_trust, to);
    if (!fault) fault = store_member_set_role(ask->store, place->room, who.id, to);
    if (!fault) fault = store_member_muted(ask->store, place->room, who.id, &muted_until_us);
    return fault ? fault : member_tell_changed(ask, place->room, who, to, muted_until_us);
}

/* Who has made the room and takes their seat in it owns it, and is its maker no more. */
static enum fault take_own_seat(struct ask *ask, const struct place *place)
{
    enum fault fault = store_room_forget_maker(ask->store, place->room);
    return fault ? fault : member_enter(ask, place, ask->account.person, role_owner);
}

static enum fault join(struct ask *ask, const struct place *place, enum member_role role)
{
    if (place->maker && place->role == role_none) return take_own_seat(ask, place);
    enum fault fault = ask_may(ask, verb_room_join, place, true);
    if (fault) return fault;
    if (role != role_member && role != place->role) return ask_refuse(ask, fault_forbidden, "role");
    return place->role == role_none ? member_enter(ask, place, ask->account.person, role_member) : fault_none;
}

static enum fault refuse_banned(struct ask *ask, struct room_id room, struct account_id id)
{
    bool banned;
    enum fault fault = store_ban_find(ask->store, room, id, &banned);
    return fault || !banned ? fault : ask_refuse(ask, fault_forbidden, "banned");
}

static enum fault add(struct ask *ask, const struct place *place, struct account_id id, enum member_role role)
{
    struct account account;
    enum member_role already;
    enum fault fault = member_may_touch(ask, place, verb_member_add, role);
    if (!fault) fault = store_account_by_id(ask->store, id, ask->arena, &account);
    if (fault == fault_not_found && !ask->c->detail) return ask_refuse(ask, fault, "account");
    if (!fault) fault = store_member_role(ask->store, place->room, id, &already);
    if (fault) return fault;
    ask->c->out.member_put.existed = already != role_none;
    if (already != role_none) return ask->c->in.member_put.add_only ? fault_none : change_role(ask, place, account.person, already, role);
    fault = refuse_banned(ask, place->room, id);
    if (!fault) fault = ask_welcome(ask, id);
    if (id_none(ask->account.person.id)) ask->account.person = account.person; /* whom nobody adds is believed to have come */
    return fault ? fault : member_enter(ask, place, account.person, role);
}

enum fault member_put(struct ask *ask)
{
    const struct member_put_in *in = &ask->c->in.member_put;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_member_list, &place);
    if (fault) return fault;
    ask->c->out.member_put.existed = place.role != role_none && id_eq(in->account, ask->account.person.id);
    if (in->role < role_member || in->role > role_admin) return ask_refuse(ask, fault_invalid, "role");
    if (id_eq(in->account, ask->account.person.id) && !id_none(in->account)) return join(ask, &place, in->role);
    return add(ask, &place, in->account, in->role);
}

/* ---- Going */

static enum fault leave_empty(struct ask *ask, struct room_id guild)
{
    struct room_face face;
    enum fault fault = store_room_face(ask->store, guild, ask->arena, &face);
    return fault ? fault : room_take_away(ask, &face);
}

static enum fault pass_on(struct ask *ask, const struct place *place)
{
    struct person heir;
    enum fault fault = store_member_heir(ask->store, place->room, ask->arena, &heir);
    if (fault == fault_not_found) return place->kind == room_guild ? leave_empty(ask, place->room) : fault_none;
    if (!fault) fault = store_member_set_role(ask->store, place->room, heir.id, role_owner);
    return fault ? fault : member_tell_changed(ask, place->room, heir, role_owner, 0);
}

/* Whoever goes no longer keeps the others waiting to be read by all, in the channels of a guild neither. */
enum fault member_depart(struct ask *ask, const struct place *place, struct person who, enum member_role role)
{
    struct event left = { .kind = event_member_left, .room = place->room, .subject = who };
    struct held_up *held;
    size_t n_held;
    enum fault fault = store_receipt_held_up(ask->store, place->room, who.id, ask->arena, &held, &n_held);
    struct read_messages *lasts = arena_array(ask->arena, struct read_messages, fault ? 0 : n_held);
    for (size_t i = 0; !fault && i < n_held; i++)
        fault = reader_lasts(ask, held[i].room, place->n_members, who.id, held[i].seen, held[i].last_post, true, &lasts[i]);
    if (!fault) fault = store_member_delete(ask->store, place->room, who.id);
    if (!fault) fault = ask_happened(ask, &left);
    for (size_t i = 0; i < n_held && !fault; i++) {
        fault = receipt_settle(ask, held[i].room, held[i].last_post);
        if (!fault) fault = reader_tell(ask, &lasts[i]);
    }
    return fault || role != role_owner ? fault : pass_on(ask, place);
}

static enum fault leave(struct ask *ask, const struct place *place)
{
    enum fault fault = ask_may(ask, verb_room_leave, place, true);
    if (fault || place->role == role_none) return fault;
    return member_depart(ask, place, ask->account.person, place->role);
}

static enum fault expel(struct ask *ask, const struct place *place, struct account_id id)
{
    struct account account;
    enum member_role role;
    enum fault fault = ask_may(ask, verb_member_remove, place, false);
    if (!fault) fault = store_member_role(ask->store, place->room, id, &role);
    if (fault || role == role_none) return fault;
    fault = member_may_touch(ask, place, verb_member_remove, role);
    if (!fault) fault = store_account_by_id(ask->store, id, ask->arena, &account);
    return fault ? fault : member_depart(ask, place, account.person, role);
}

enum fault member_remove(struct ask *ask)
{
    const struct member_remove_in *in = &ask->c->in.member_remove;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    return id_eq(in->account, ask->account.person.id) ? leave(ask, &place) : expel(ask, &place, in->account);
}

/* ---- The owner's seat */

enum fault room_hand_over(struct ask *ask)
{
    const struct room_hand_over_in *in = &ask->c->in.room_hand_over;
    struct account account;
    struct place place;
    enum member_role role;
    enum fault fault = ask_place(ask, in->room, verb_room_hand_over, &place);
    if (!fault) fault = store_member_role(ask->store, in->room, in->account, &role);
    if (fault || role == role_owner) return fault;
    if (role == role_none) return ask_refuse(ask, fault_not_found, "account");
    fault = store_account_by_id(ask->store, in->account, ask->arena, &account);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "account");
    if (!fault) fault = store_member_set_role(ask->store, in->room, ask->account.person.id, role_admin);
    if (!fault) fault = store_member_set_role(ask->store, in->room, in->account, role_owner);
    if (!fault) fault = member_tell_changed(ask, in->room, account.person, role_owner, 0);
    return fault ? fault : member_tell_changed(ask, in->room, ask->account.person, role_admin, 0);
}
