/* Native HTTP: guilds, channels, invitations, bans, time-outs. Decoders fill commands, encoders answer from them (routes.def). Runs on the request's loop. */
#include "dialect/native/call.h"

#define BANS_PAGE_DEFAULT 100
#define BANS_PAGE_MAX 200
#define ID_MAX ((INT64_C(1) << 53) - 1)

/* ---- Guilds and channels */

enum fault decode_create_guild(struct call *a)
{
    struct guild_create_in *in = &a->command->in.guild_create;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->name = call_keep(a, json_take_text(&b.fields, "name"));
    in->public = json_take_bool_or(&b.fields, "public", false);
    in->icon.v = json_take_id_or_null(&b.fields, "icon");
    in->channel = call_keep(a, json_take_text_or_null(&b.fields, "channel"));
    return body_end(a, &b);
}

void encode_created_guild(struct call *a)
{
    reply_room(a, &a->command->out.guild_create.room, 201);
}

enum fault decode_guilds(struct call *a)
{
    a->command->in.guild_list_public.query = call_keep(a, request_query_param(a->r, "query"));
    return fault_none;
}

void encode_guilds(struct call *a)
{
    reply_rooms(a, a->command->out.guild_list_public.rooms, a->command->out.guild_list_public.n);
}

enum fault decode_channels(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.channel_list.guild.v);
}

void encode_channels(struct call *a)
{
    reply_rooms(a, a->command->out.channel_list.rooms, a->command->out.channel_list.n);
}

enum fault decode_create_channel(struct call *a)
{
    struct channel_create_in *in = &a->command->in.channel_create;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->guild.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->name = call_keep(a, json_take_text(&b.fields, "name"));
    in->topic = call_keep(a, json_take_text_or_null(&b.fields, "topic"));
    in->read_only = json_take_bool_or(&b.fields, "read_only", false);
    in->slow_s = json_take_int_or(&b.fields, "slow_s", 0, ROOM_SLOW_MAX_S, 0);
    return body_end(a, &b);
}

void encode_created_channel(struct call *a)
{
    reply_room(a, &a->command->out.channel_create.room, 201);
}

enum fault decode_order(struct call *a)
{
    struct channel_order_in *in = &a->command->in.channel_order;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->guild.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    struct json_walk walk = json_walk(json_take_array(&b.fields, "channels"));
    if (walk.n > GUILD_CHANNELS_MAX) json_bad(&b.fields, "channels"), walk.n = 0;
    in->channels = arena_array(a->command->arena, struct room_id, walk.n + 1);
    for (json_value *v; (v = json_walk_next(&walk));)
        if (!json_as_id(v, &in->channels[in->n++].v)) json_bad(&b.fields, "channels");
    return body_end(a, &b);
}

/* ---- Invitations */

enum fault decode_room_invite(struct call *a)
{
    struct room_invite_create_in *in = &a->command->in.room_invite_create;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (f || !request_body(a->r).n) return f;
    f = body_begin(a, &b);
    if (f) return f;
    in->n_uses = json_take_int_or(&b.fields, "n_uses", 1, ROOM_INVITE_USES_MAX, 0);
    in->expires_in_s = json_take_int_or(&b.fields, "expires_in_s", 1, ID_MAX, 0);
    return body_end(a, &b);
}

void encode_room_invite_made(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    encode_room_invite(&reply.w, &a->command->out.room_invite_create.invite);
    reply_end(a, &reply, 201);
}

enum fault decode_room_invites(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.room_invite_list.room.v);
}

void encode_room_invites(struct call *a)
{
    const struct room_invite_list_out *out = &a->command->out.room_invite_list;
    struct reply reply;
    reply_begin_list(&reply, "invites");
    for (size_t i = 0; i < out->n; i++) encode_room_invite(&reply.w, &out->invites[i]);
    reply_end_list(a, &reply);
}

enum fault decode_revoke_room_invite(struct call *a)
{
    struct room_invite_revoke_in *in = &a->command->in.room_invite_revoke;
    in->code = call_keep(a, request_param(a->r, "code"));
    return call_path_id(a, "room", &in->room.v);
}

enum fault decode_look(struct call *a)
{
    a->command->in.room_invite_look.code = call_keep(a, request_param(a->r, "code"));
    return fault_none;
}

/* What somebody outside may know before coming in. */
void encode_look(struct call *a)
{
    const struct room_invite_look_out *out = &a->command->out.room_invite_look;
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_int(&reply.w, "room", out->room.id.v);
    json_put_string(&reply.w, "kind", out->room.kind == room_guild ? SPAN("guild") : SPAN("group"));
    json_put_string(&reply.w, "name", out->room.name);
    json_put_string(&reply.w, "topic", out->room.topic.n ? out->room.topic : (struct span){ 0 });
    json_put_string(&reply.w, "icon", out->room.icon.n ? out->room.icon : (struct span){ 0 });
    json_put_int(&reply.w, "n_members", out->room.n_members);
    json_key(&reply.w, "by");
    encode_person(&reply.w, &out->invite.by);
    json_put_time(&reply.w, "expires_at", out->invite.expires_us);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

enum fault decode_join(struct call *a)
{
    a->command->in.room_invite_join.code = call_keep(a, request_param(a->r, "code"));
    return fault_none;
}

void encode_joined(struct call *a)
{
    reply_room(a, &a->command->out.room_invite_join.room, 200);
}

/* ---- Bans and time-outs */

enum fault decode_bans(struct call *a)
{
    struct ban_list_in *in = &a->command->in.ban_list;
    int64_t limit = 0;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = call_query_int(a, "after", 0, ID_MAX, 0, &in->after.v);
    if (!f) f = call_query_int(a, "limit", 1, BANS_PAGE_MAX, BANS_PAGE_DEFAULT, &limit);
    in->limit = (size_t)limit;
    return f;
}

void encode_bans(struct call *a)
{
    const struct ban_list_out *out = &a->command->out.ban_list;
    struct reply reply;
    reply_begin_list(&reply, "bans");
    for (size_t i = 0; i < out->n; i++) encode_ban(&reply.w, &out->bans[i]);
    reply_end_page(a, &reply, out->more);
}

static enum fault member_of_path(struct call *a, struct room_id *room_out, struct account_id *account_out)
{
    enum fault f = call_path_id(a, "room", &room_out->v);
    return f ? f : call_path_id(a, "account", &account_out->v);
}

enum fault decode_put_ban(struct call *a)
{
    struct ban_put_in *in = &a->command->in.ban_put;
    struct body b;
    enum fault f = member_of_path(a, &in->room, &in->account);
    if (f || !request_body(a->r).n) return f;
    f = body_begin(a, &b);
    if (f) return f;
    in->reason = call_keep(a, json_take_text_or_null(&b.fields, "reason"));
    return body_end(a, &b);
}

enum fault decode_remove_ban(struct call *a)
{
    return member_of_path(a, &a->command->in.ban_remove.room, &a->command->in.ban_remove.account);
}

enum fault decode_mute(struct call *a)
{
    struct member_mute_in *in = &a->command->in.member_mute;
    struct body b;
    enum fault f = member_of_path(a, &in->room, &in->account);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->for_s = json_take_int(&b.fields, "for_s", 0, MUTE_MAX_S);
    return body_end(a, &b);
}

void encode_muted(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_time(&reply.w, "muted_until", a->command->out.member_mute.until_us);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}
