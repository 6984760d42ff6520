/* Rooms: made, listed, looked at, changed, deleted. Runs on a lane. A direct room exists once for every two accounts (or for one with itself) and is neither
   named nor left; a group belongs to an owner. Whoever is in a room from its making is announced by member_joined like any later member. */
#include "base/utf8.h"
#include "chat/avatar.h"
#include "chat/member.h"
#include "chat/name.h"

enum { members_max = 100, rooms_max = 10000, public_rooms_max = 500, swept_at_once = 500 };

static enum fault view(struct ask *ask, struct room_id room, struct room_view *out)
{
    return store_room_view(ask->store, room, ask->account.person.id, ask->arena, out);
}

/* ---- Making */

static enum fault seat(struct ask *ask, struct room_id room, struct person person, enum member_role role)
{
    struct event joined = { .kind = event_member_joined, .room = room, .subject = person, .role = role, .room_kind = ask->c->in.room_create.kind };
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
        if (!fault) fault = ask_welcome(ask, invited.person.id);
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
    if (in->unseated && in->n_members) return ask_refuse(ask, fault_invalid, "members");
    struct account_id maker = in->unseated ? ask->account.person.id : (struct account_id){ 0 };
    enum fault fault = store_room_insert_group(ask->store, in->name, in->public, maker, ask->now_us, &room);
    if (!fault && !in->unseated) fault = settle(ask, room, role_owner);
    return fault ? fault : view(ask, room, &out->room);
}

/* No new direct room for two of whom one has blocked the other; one that exists can still be read. */
static enum fault check_speaking(struct ask *ask, struct account_id peer)
{
    bool blocked;
    enum fault fault = ask_welcome(ask, peer);
    if (!fault) fault = store_block_stands(ask->store, ask->account.person.id, peer, &blocked);
    return !fault && blocked ? ask_refuse(ask, fault_forbidden, "blocked") : fault;
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
    if (!fault && !out->existed) fault = check_speaking(ask, peer.person.id);
    if (!fault && !out->existed) fault = settle(ask, room, role_member);
    return fault ? fault : view(ask, room, &out->room);
}

enum fault room_create(struct ask *ask)
{
    const struct room_create_in *in = &ask->c->in.room_create;
    struct room_create_out *out = &ask->c->out.room_create;
    if (id_none(ask->account.person.id) && !(in->kind == room_group && in->unseated)) return ask_refuse(ask, fault_unauthenticated, "session");
    switch (in->kind) {
    case room_group: return create_group(ask, in, out);
    case room_direct: return create_direct(ask, in, out);
    case room_guild:
    case room_channel:
    case room_desk:
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

/* ---- Changing */

enum { takes_name = 1, takes_topic = 2, takes_public = 4, takes_read_only = 8, takes_slow = 16, takes_icon = 32 };

/* What rooms of a kind have. */
static int takes(enum room_kind kind)
{
    switch (kind) {
    case room_lobby: return takes_name;
    case room_group: return takes_name | takes_topic | takes_public | takes_read_only | takes_slow | takes_icon;
    case room_guild: return takes_name | takes_topic | takes_public | takes_icon;
    case room_channel: return takes_name | takes_topic | takes_read_only | takes_slow;
    case room_desk:
    case room_direct: break;
    }
    return 0;
}

bool room_topic_fits(struct span topic)
{
    return topic.n <= 4 * ROOM_TOPIC_MAX_POINTS && utf8_valid(topic) && utf8_count(topic) <= ROOM_TOPIC_MAX_POINTS && !memchr(topic.p ? topic.p : "", 0, topic.n);
}

static const char *misfit(struct ask *ask, const struct room_change_in *in, enum room_kind kind)
{
    int taken = takes(kind);
    if (in->name.p && (!(taken & takes_name) || !name_fits_room(ask->arena, in->name))) return "name";
    if (in->topic.p && (!(taken & takes_topic) || !room_topic_fits(in->topic))) return "topic";
    if (in->public && !(taken & takes_public)) return "public";
    if (in->read_only && !(taken & takes_read_only)) return "read_only";
    if (in->slow_given && (!(taken & takes_slow) || in->slow_s < 0 || in->slow_s > ROOM_SLOW_MAX_S)) return "slow_s";
    if (in->icon_given && !(taken & takes_icon)) return "icon";
    return NULL;
}

static enum fault change_icon(struct ask *ask, const struct room_change_in *in, struct room_face *face)
{
    struct span before = face->icon;
    if (!in->icon_given) return fault_none;
    face->icon = (struct span){ 0 };
    enum fault fault = id_none(in->icon) ? fault_none : avatar_of_file(ask, in->icon, &face->icon);
    return fault ? fault : avatar_release(ask, before);
}

/* True when something becomes different. */
static bool apply(const struct room_change_in *in, struct room_face *face)
{
    struct room_face before = *face;
    if (in->name.p) face->name = in->name;
    if (in->topic.p) face->topic = in->topic;
    if (in->public) face->public = in->public == flag_yes;
    if (in->read_only) face->read_only = in->read_only == flag_yes;
    if (in->slow_given) face->slow_s = in->slow_s;
    return !span_eq(before.name, face->name) || !span_eq(before.topic, face->topic) || before.public != face->public ||
           before.read_only != face->read_only || before.slow_s != face->slow_s;
}

/* What happens to a channel is told in its guild. */
static enum fault write_face(struct ask *ask, struct room_face *face)
{
    bool is_channel = face->kind == room_channel, is_guild = face->kind == room_guild;
    struct event changed = { .kind = is_channel ? event_channel_changed : event_room_changed, .room = is_channel ? face->guild : face->id, .face = face };
    enum fault fault = store_room_set(ask->store, face, is_guild ? utf8_fold(ask->arena, face->name) : (struct span){ 0 });
    if (!fault && is_guild) fault = store_channels_set_public(ask->store, face->id, face->public);
    return fault ? fault : ask_happened(ask, &changed);
}

enum fault room_change(struct ask *ask)
{
    const struct room_change_in *in = &ask->c->in.room_change;
    struct room_face face;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_change, &place);
    if (fault) return fault;
    const char *bad = misfit(ask, in, place.kind);
    if (bad) return ask_refuse(ask, fault_invalid, bad);
    fault = store_room_face(ask->store, in->room, ask->arena, &face);
    struct span icon = face.icon;
    if (!fault) fault = change_icon(ask, in, &face);
    if (!fault && (apply(in, &face) || !span_eq(icon, face.icon))) fault = write_face(ask, &face);
    return fault ? fault : view(ask, in->room, &ask->c->out.room_change.room);
}

/* ---- Deleting */

enum fault room_take_away(struct ask *ask, const struct room_face *face)
{
    enum fault fault = avatar_release(ask, face->icon);
    return fault ? fault : store_room_remove(ask->store, face->id);
}

static enum fault delete_channel(struct ask *ask, const struct place *place, struct room_face *face)
{
    struct event removed = { .kind = event_channel_removed, .room = place->guild, .face = face };
    enum fault fault = room_take_away(ask, face);
    if (!fault) fault = store_change_forget_channel(ask->store, place->guild, place->room);
    return fault ? fault : ask_happened(ask, &removed);
}

enum fault room_delete(struct ask *ask)
{
    struct room_id room = ask->c->in.room_delete.room;
    struct event removed = { .kind = event_room_removed, .room = room };
    struct room_face face;
    struct place place;
    enum fault fault = ask_place(ask, room, verb_room_read, &place);
    if (!fault) fault = ask_may(ask, place.kind == room_channel ? verb_channel_manage : verb_room_delete, &place, false);
    if (!fault) fault = store_room_face(ask->store, room, ask->arena, &face);
    if (fault) return fault;
    if (place.kind == room_channel) return delete_channel(ask, &place, &face);
    fault = room_take_away(ask, &face);
    return fault ? fault : ask_happened(ask, &removed);
}

enum fault room_sweep(struct ask *ask)
{
    struct room_sweep_out *out = &ask->c->out.room_sweep;
    return store_room_sweep(ask->store, swept_at_once, ask->now_us, &out->more, &out->waits);
}
