/* Guilds and their channels: made, listed, put in order. Runs on a lane. What is common to all rooms (looking, changing, deleting) is in room.c, members
   in member.c. A guild begins with one channel. */
#include "base/utf8.h"
#include "chat/avatar.h"
#include "chat/member.h"
#include "chat/name.h"

enum { listed_max = 100 };

static enum fault view(struct ask *ask, struct room_id room, struct room_view *out)
{
    return store_room_view(ask->store, room, ask->account.person.id, ask->arena, out);
}

/* ---- Channels */

static enum fault make_channel(struct ask *ask, struct room_face *face)
{
    struct room_id channel;
    struct event added = { .kind = event_channel_added, .room = face->guild, .face = face };
    enum fault fault = store_channel_insert(ask->store, face, ask->now_us, &channel);
    if (!fault) fault = store_room_face(ask->store, channel, ask->arena, face);
    return fault ? fault : ask_happened(ask, &added);
}

enum fault channel_create(struct ask *ask)
{
    const struct channel_create_in *in = &ask->c->in.channel_create;
    struct room_face face = { .guild = in->guild, .name = in->name, .topic = in->topic, .read_only = in->read_only, .slow_s = in->slow_s };
    struct place place;
    int64_t n_channels;
    enum fault fault = ask_place(ask, in->guild, verb_channel_manage, &place);
    if (fault) return fault;
    if (place.kind != room_guild) return ask_refuse(ask, fault_forbidden, "room");
    if (!name_fits_room(ask->arena, in->name)) return ask_refuse(ask, fault_invalid, "name");
    if (!room_topic_fits(in->topic)) return ask_refuse(ask, fault_invalid, "topic");
    if (in->slow_s < 0 || in->slow_s > ROOM_SLOW_MAX_S) return ask_refuse(ask, fault_invalid, "slow_s");
    fault = store_channel_count(ask->store, in->guild, &n_channels);
    if (!fault && n_channels >= GUILD_CHANNELS_MAX) return ask_refuse(ask, fault_too_large, "channels");
    if (!fault) fault = make_channel(ask, &face);
    return fault ? fault : view(ask, face.id, &ask->c->out.channel_create.room);
}

enum fault channel_list(struct ask *ask)
{
    struct channel_list_out *out = &ask->c->out.channel_list;
    struct room_id guild = ask->c->in.channel_list.guild;
    struct place place;
    enum fault fault = ask_place(ask, guild, verb_room_read, &place);
    if (fault) return fault;
    if (place.kind != room_guild) return ask_refuse(ask, fault_forbidden, "room");
    return store_channel_list(ask->store, guild, ask->account.person.id, ask->arena, &out->rooms, &out->n);
}

static size_t index_of(const struct channel_mark *marks, size_t n, struct room_id channel)
{
    size_t i = 0;
    while (i < n && !id_eq(marks[i].id, channel)) i++;
    return i;
}

/* The list must name every channel once: whoever has not heard of one yet cannot say where it goes. */
static bool names_each_once(const struct channel_order_in *in, const struct channel_mark *marks, size_t n)
{
    bool named[GUILD_CHANNELS_MAX] = { false };
    if (in->n != n) return false;
    for (size_t i = 0; i < n; i++) {
        size_t k = index_of(marks, n, in->channels[i]);
        if (k == n || named[k]) return false;
        named[k] = true;
    }
    return true;
}

static enum fault move_channel(struct ask *ask, struct room_id guild, struct room_id channel, int64_t position)
{
    struct room_face face;
    struct event changed = { .kind = event_channel_changed, .room = guild, .face = &face };
    enum fault fault = store_room_face(ask->store, channel, ask->arena, &face);
    if (fault || face.position == position) return fault;
    face.position = position;
    fault = store_channel_set_position(ask->store, channel, position);
    return fault ? fault : ask_happened(ask, &changed);
}

enum fault channel_order(struct ask *ask)
{
    const struct channel_order_in *in = &ask->c->in.channel_order;
    struct channel_mark *marks;
    struct place place;
    size_t n;
    enum fault fault = ask_place(ask, in->guild, verb_channel_manage, &place);
    if (fault) return fault;
    if (place.kind != room_guild) return ask_refuse(ask, fault_forbidden, "room");
    fault = store_channel_marks(ask->store, in->guild, ask->arena, &marks, &n);
    if (!fault && !names_each_once(in, marks, n)) return ask_refuse(ask, fault_conflict, "channels");
    for (size_t i = 0; i < n && !fault; i++) fault = move_channel(ask, in->guild, in->channels[i], (int64_t)i + 1);
    return fault;
}

/* ---- Guilds */

static enum fault put_icon(struct ask *ask, struct room_id guild, struct file_id file)
{
    struct room_face face;
    if (id_none(file)) return fault_none;
    enum fault fault = store_room_face(ask->store, guild, ask->arena, &face);
    if (!fault) fault = avatar_of_file(ask, file, &face.icon);
    return fault ? fault : store_room_set(ask->store, &face, utf8_fold(ask->arena, face.name));
}

static enum fault found(struct ask *ask, const struct guild_create_in *in, struct room_id *guild_out)
{
    struct place place = { .kind = room_guild };
    struct room_face channel = { .name = in->channel.n ? in->channel : SPAN("general") };
    enum fault fault = store_guild_insert(ask->store, in->name, utf8_fold(ask->arena, in->name), in->public, ask->now_us, guild_out);
    place.room = channel.guild = *guild_out;
    if (!fault) fault = put_icon(ask, *guild_out, in->icon);
    if (!fault) fault = member_enter(ask, &place, ask->account.person, role_owner);
    return fault ? fault : make_channel(ask, &channel);
}

enum fault guild_create(struct ask *ask)
{
    const struct guild_create_in *in = &ask->c->in.guild_create;
    struct room_id guild;
    if (!name_fits_room(ask->arena, in->name)) return ask_refuse(ask, fault_invalid, "name");
    if (in->channel.n && !name_fits_room(ask->arena, in->channel)) return ask_refuse(ask, fault_invalid, "channel");
    enum fault fault = found(ask, in, &guild);
    return fault ? fault : view(ask, guild, &ask->c->out.guild_create.room);
}

enum fault guild_list_public(struct ask *ask)
{
    struct guild_list_public_out *out = &ask->c->out.guild_list_public;
    struct span query = ask->c->in.guild_list_public.query;
    if (query.n > 4 * ROOM_NAME_MAX_POINTS || !utf8_valid(query)) return ask_refuse(ask, fault_invalid, "query");
    struct span folded = utf8_fold(ask->arena, query);
    if (folded.n && memchr(folded.p, 0, folded.n)) return ask_refuse(ask, fault_invalid, "query");
    return store_guild_list_public(ask->store, ask->account.person.id, folded, listed_max, ask->arena, &out->rooms, &out->n);
}
