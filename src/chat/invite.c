/* Invitations into groups and guilds: links that whoever holds them may come in by. The code is kept as it is, for its makers want to see it again; it is
   random and long, and it opens one room. Runs on a lane; finding the room of a code is the prepare step of joining, so that the room can be locked with all
   others of the batch. */
#include "chat/member.h"
#include "chat/secret.h"

enum { code_bytes = 10, code_max_bytes = 64 };
#define TTL_MAX_S (365 * INT64_C(86400))

/* ---- Making and taking back */

static enum fault check(struct ask *ask, const struct room_invite_create_in *in)
{
    int64_t n_invites;
    if (in->n_uses < 0 || in->n_uses > ROOM_INVITE_USES_MAX) return ask_refuse(ask, fault_invalid, "n_uses");
    if (in->expires_in_s < 0 || in->expires_in_s > TTL_MAX_S) return ask_refuse(ask, fault_invalid, "expires_in_s");
    enum fault fault = store_room_invite_count(ask->store, in->room, ask->now_us, &n_invites);
    if (!fault && n_invites >= ROOM_INVITES_MAX) return ask_refuse(ask, fault_too_large, "invites");
    return fault;
}

enum fault room_invite_create(struct ask *ask)
{
    const struct room_invite_create_in *in = &ask->c->in.room_invite_create;
    struct room_invite *out = &ask->c->out.room_invite_create.invite;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_member_invite, &place);
    if (!fault) fault = check(ask, in);
    if (fault) return fault;
    *out = (struct room_invite){
        .code = secret_make(ask->arena, code_bytes), .by = ask->account.person, .n_uses = in->n_uses, .created_us = ask->now_us,
        .expires_us = in->expires_in_s ? ask->now_us + in->expires_in_s * 1000000 : 0,
    };
    return store_room_invite_insert(ask->store, in->room, out);
}

enum fault room_invite_list(struct ask *ask)
{
    struct room_invite_list_out *out = &ask->c->out.room_invite_list;
    struct room_id room = ask->c->in.room_invite_list.room;
    struct place place;
    enum fault fault = ask_place(ask, room, verb_member_invite, &place);
    return fault ? fault : store_room_invite_list(ask->store, room, ask->now_us, ask->arena, &out->invites, &out->n);
}

enum fault room_invite_revoke(struct ask *ask)
{
    const struct room_invite_revoke_in *in = &ask->c->in.room_invite_revoke;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_member_invite, &place);
    return fault ? fault : store_room_invite_delete(ask->store, in->room, in->code);
}

/* ---- Following one */

/* Unknown, used up and expired codes are told alike. */
static enum fault find(struct ask *ask, struct span code, struct room_invite *invite_out, struct room_face *room_out)
{
    enum fault fault = !code.n || code.n > code_max_bytes ? fault_gone :
                       store_room_invite_find(ask->store, code, ask->now_us, ask->arena, invite_out, room_out);
    return fault == fault_gone ? ask_refuse(ask, fault, "invite") : fault;
}

enum fault room_invite_look(struct ask *ask)
{
    struct room_invite_look_out *out = &ask->c->out.room_invite_look;
    return find(ask, ask->c->in.room_invite_look.code, &out->invite, &out->room);
}

/* A bad code is told by the verb, after it is known who asks. */
enum fault room_invite_join_prepare(struct ask *ask)
{
    struct room_invite_join_in *in = &ask->c->in.room_invite_join;
    struct room_invite invite;
    struct room_face room;
    enum fault fault = find(ask, in->code, &invite, &room);
    if (!fault) in->room = room.id;
    ask->c->detail = NULL;
    return fault == fault_gone ? fault_none : fault;
}

static enum fault come_in(struct ask *ask, const struct place *place, struct span code)
{
    bool banned;
    enum fault fault = store_ban_find(ask->store, place->room, ask->account.person.id, &banned);
    if (!fault && banned) return ask_refuse(ask, fault_forbidden, "banned");
    if (!fault) fault = store_room_invite_use(ask->store, place->room, code, ask->now_us);
    if (fault == fault_gone) return ask_refuse(ask, fault, "invite");
    return fault ? fault : member_enter(ask, place, ask->account.person, role_member);
}

/* Who is in already uses nothing up. */
enum fault room_invite_join(struct ask *ask)
{
    const struct room_invite_join_in *in = &ask->c->in.room_invite_join;
    struct place place;
    enum fault fault = id_none(in->room) ? fault_not_found : store_room_place(ask->store, in->room, ask->account.person.id, &place);
    if (fault == fault_not_found) return ask_refuse(ask, fault_gone, "invite");
    if (!fault && place.role == role_none) fault = come_in(ask, &place, in->code);
    return fault ? fault : store_room_view(ask->store, in->room, ask->account.person.id, ask->arena, &ask->c->out.room_invite_join.room);
}
