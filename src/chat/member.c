/* Members: who joins, is added, changes role, leaves, is removed. Runs on a lane. All of it is idempotent: what is already so is no change and no
   event. A room that its owner leaves passes to the oldest admin, else to the oldest member. */
#include "chat/ask.h"

enum { listed_max = 1000 };

/* ---- Looking */

enum fault member_list(struct ask *ask)
{
    const struct member_list_in *in = &ask->c->in.member_list;
    struct member_list_out *out = &ask->c->out.member_list;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    if (in->limit < 1 || in->limit > listed_max) return ask_refuse(ask, fault_invalid, "limit");
    fault = store_member_list(ask->store, in->room, in->after, in->limit + 1, ask->arena, &out->members, &out->n);
    if (fault) return fault;
    out->reads_shown = place.n_members <= ROOM_READS_SHOWN_MAX_MEMBERS;
    out->more = out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault_none;
}

/* ---- Coming */

static enum fault announce(struct ask *ask, enum event_kind kind, struct room_id room, struct person who, enum member_role role)
{
    struct event e = { .kind = kind, .room = room, .subject = who, .role = role };
    return ask_happened(ask, &e);
}

static enum fault enter(struct ask *ask, struct room_id room, struct person who, enum member_role role)
{
    enum fault fault = store_member_insert(ask->store, room, who.id, role, ask->now_us);
    return fault ? fault : announce(ask, event_member_joined, room, who, role);
}

static enum fault change_role(struct ask *ask, const struct place *place, struct person who, enum member_role from, enum member_role to)
{
    if (from == to) return fault_none;
    enum fault fault = ask_may(ask, verb_member_promote, place, false);
    if (fault) return fault;
    if (from == role_owner) return ask_refuse(ask, fault_forbidden, "role");
    fault = store_member_set_role(ask->store, place->room, who.id, to);
    return fault ? fault : announce(ask, event_member_changed, place->room, who, to);
}

static enum fault join(struct ask *ask, const struct place *place, enum member_role role)
{
    enum fault fault = ask_may(ask, verb_room_join, place, true);
    if (fault) return fault;
    if (role != role_member && role != place->role) return ask_refuse(ask, fault_forbidden, "role");
    return place->role == role_none ? enter(ask, place->room, ask->account.person, role_member) : fault_none;
}

static enum fault add(struct ask *ask, const struct place *place, struct account_id id, enum member_role role)
{
    struct account account;
    enum member_role already;
    enum fault fault = ask_may(ask, role == role_admin ? verb_member_promote : verb_member_add, place, false);
    if (!fault) fault = store_account_by_id(ask->store, id, ask->arena, &account);
    if (fault == fault_not_found && !ask->c->detail) return ask_refuse(ask, fault, "account");
    if (!fault) fault = store_member_role(ask->store, place->room, id, &already);
    if (fault) return fault;
    if (already == role_none) return enter(ask, place->room, account.person, role);
    return change_role(ask, place, account.person, already, role);
}

enum fault member_put(struct ask *ask)
{
    const struct member_put_in *in = &ask->c->in.member_put;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    if (in->role != role_member && in->role != role_admin) return ask_refuse(ask, fault_invalid, "role");
    if (id_eq(in->account, ask->account.person.id)) return join(ask, &place, in->role);
    return add(ask, &place, in->account, in->role);
}

/* ---- Going */

static enum fault hand_over(struct ask *ask, struct room_id room)
{
    struct person heir;
    enum fault fault = store_member_heir(ask->store, room, ask->arena, &heir);
    if (fault == fault_not_found) return fault_none;
    if (!fault) fault = store_member_set_role(ask->store, room, heir.id, role_owner);
    return fault ? fault : announce(ask, event_member_changed, room, heir, role_owner);
}

static enum fault depart(struct ask *ask, struct room_id room, struct person who, enum member_role role)
{
    enum fault fault = store_member_delete(ask->store, room, who.id);
    if (!fault) fault = announce(ask, event_member_left, room, who, role_none);
    return fault || role != role_owner ? fault : hand_over(ask, room);
}

static enum fault leave(struct ask *ask, const struct place *place)
{
    enum fault fault = ask_may(ask, verb_room_leave, place, true);
    if (fault || place->role == role_none) return fault;
    return depart(ask, place->room, ask->account.person, place->role);
}

static enum fault expel(struct ask *ask, const struct place *place, struct account_id id)
{
    struct account account;
    enum member_role role;
    enum fault fault = ask_may(ask, verb_member_remove, place, false);
    if (!fault) fault = store_member_role(ask->store, place->room, id, &role);
    if (fault || role == role_none) return fault;
    if (role == role_owner) return ask_refuse(ask, fault_forbidden, "role");
    if (role == role_admin) fault = ask_may(ask, verb_member_promote, place, false);
    if (!fault) fault = store_account_by_id(ask->store, id, ask->arena, &account);
    return fault ? fault : depart(ask, place->room, account.person, role);
}

enum fault member_remove(struct ask *ask)
{
    const struct member_remove_in *in = &ask->c->in.member_remove;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    return id_eq(in->account, ask->account.person.id) ? leave(ask, &place) : expel(ask, &place, in->account);
}
