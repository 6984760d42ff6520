/* Rooms: made, listed, looked at, renamed. Runs on a lane. A direct room exists once for every two accounts (or for one with itself) and is neither
   named nor left; a group belongs to an owner. Whoever is in a room from its making is announced by member_joined like any later member. */
#include "chat/ask.h"
#include "chat/name.h"

enum { members_max = 100, rooms_max = 2000, public_rooms_max = 500 };

static enum fault view(struct ask *ask, struct room_id room, struct room_view *out)
{
    return store_room_view(ask->store, room, ask->account.person.id, ask->arena, out);
}

/* ---- Making */

static enum fault seat(struct ask *ask, struct room_id room, struct person person, enum member_role role)
{
    struct event joined = { .kind = event_member_joined, .room = room, .subject = person, .role = role };
    enum fault fault = store_member_insert(ask->store, room, person.id, role, ask->now_us);
    return fault ? fault : ask_happened(ask, &joined);
}

/* Seats the invited, each once, however often the list names them. */
static enum fault seat_invited(struct ask *ask, struct room_id room, const struct room_create_in *in)
{
    for (size_t i = 0; i < in->n_members; i++) {
        struct account invited;
        enum member_role already;
        enum fault fault = store_account_by_id(ask->store, in->members[i], ask->arena, &invited);
        if (fault == fault_not_found) return ask_refuse(ask, fault, "members");
        if (!fault) fault = store_member_role(ask->store, room, invited.person.id, &already);
        if (!fault && already == role_none) fault = seat(ask, room, invited.person, role_member);
        if (fault) return fault;
    }
    return fault_none;
}

static enum fault settle(struct ask *ask, struct room_id room, enum member_role own_role)
{
    enum fault fault = seat(ask, room, ask->account.person, own_role);
    return fault ? fault : seat_invited(ask, room, &ask->c->in.room_create);
}

static enum fault create_group(struct ask *ask, const struct room_create_in *in, struct room_create_out *out)
{
    struct room_id room;
    if (!name_fits_room(ask->arena, in->name)) return ask_refuse(ask, fault_invalid, "name");
    if (in->n_members > members_max) return ask_refuse(ask, fault_too_large, "members");
    enum fault fault = store_room_insert_group(ask->store, in->name, in->public, ask->now_us, &room);
    if (!fault) fault = settle(ask, room, role_owner);
    return fault ? fault : view(ask, room, &out->room);
}

static enum fault create_direct(struct ask *ask, const struct room_create_in *in, struct room_create_out *out)
{
    struct room_id room;
    struct account peer;
    if (in->name.n) return ask_refuse(ask, fault_invalid, "name");
    if (in->public) return ask_refuse(ask, fault_invalid, "public");
    if (in->n_members != 1) return ask_refuse(ask, fault_invalid, "members");
    enum fault fault = store_account_by_id(ask->store, in->members[0], ask->arena, &peer);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "members");
    if (!fault) fault = store_room_insert_direct(ask->store, ask->account.person.id, peer.person.id, ask->now_us, &room, &out->existed);
    if (!fault && !out->existed) fault = settle(ask, room, role_member);
    return fault ? fault : view(ask, room, &out->room);
}

enum fault room_create(struct ask *ask)
{
    const struct room_create_in *in = &ask->c->in.room_create;
    struct room_create_out *out = &ask->c->out.room_create;
    switch (in->kind) {
    case room_group: return create_group(ask, in, out);
    case room_direct: return create_direct(ask, in, out);
    case room_lobby: break;
    }
    return ask_refuse(ask, fault_invalid, "kind");
}

/* ---- Looking */

enum fault room_list(struct ask *ask)
{
    struct room_list_out *out = &ask->c->out.room_list;
    out->account = ask->account;
    return store_room_list(ask->store, ask->account.person.id, rooms_max, ask->arena, &out->rooms, &out->n);
}

enum fault room_list_public(struct ask *ask)
{
    struct room_list_public_out *out = &ask->c->out.room_list_public;
    return store_room_list_public(ask->store, ask->account.person.id, public_rooms_max, ask->arena, &out->rooms, &out->n);
}

enum fault room_get(struct ask *ask)
{
    struct place place;
    struct room_id room = ask->c->in.room_get.room;
    enum fault fault = ask_place(ask, room, verb_room_read, &place);
    return fault ? fault : view(ask, room, &ask->c->out.room_get.room);
}

/* ---- Renaming */

enum fault room_rename(struct ask *ask)
{
    const struct room_rename_in *in = &ask->c->in.room_rename;
    struct room_view *out = &ask->c->out.room_rename.room;
    struct place place;
    struct event renamed = { .kind = event_room_changed, .room = in->room, .name = in->name };
    enum fault fault = ask_place(ask, in->room, verb_room_rename, &place);
    if (fault) return fault;
    if (!name_fits_room(ask->arena, in->name)) return ask_refuse(ask, fault_invalid, "name");
    fault = view(ask, in->room, out);
    if (fault || span_eq(out->name, in->name)) return fault;
    fault = store_room_rename(ask->store, in->room, in->name);
    if (!fault) fault = ask_happened(ask, &renamed);
    return fault ? fault : view(ask, in->room, out);
}
