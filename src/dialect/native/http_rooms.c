/* Native HTTP: rooms, members, typing. Decoders fill commands, encoders answer from them (routes.def). Runs on the request's loop. */
#include "dialect/native/call.h"

#define ROOM_MEMBERS_AT_ONCE 100
#define MEMBERS_PAGE_DEFAULT 100
#define MEMBERS_PAGE_MAX 200

void reply_rooms(struct call *a, const struct room_view *rooms, size_t n)
{
    struct reply reply;
    reply_begin_list(&reply, "rooms");
    for (size_t i = 0; i < n; i++) encode_room(&reply.w, &rooms[i], true);
    reply_end_list(a, &reply);
}

void encode_rooms(struct call *a)
{
    reply_rooms(a, a->command->out.room_list.rooms, a->command->out.room_list.n);
}

void encode_public_rooms(struct call *a)
{
    reply_rooms(a, a->command->out.room_list_public.rooms, a->command->out.room_list_public.n);
}

void reply_room(struct call *a, const struct room_view *room, int status)
{
    struct reply reply;
    reply_begin(&reply);
    encode_room(&reply.w, room, true);
    reply_end(a, &reply, status);
}

void encode_one_room(struct call *a)
{
    reply_room(a, &a->command->out.room_get.room, 200);
}

void encode_changed_room(struct call *a)
{
    reply_room(a, &a->command->out.room_change.room, 200);
}

void encode_created_room(struct call *a)
{
    reply_room(a, &a->command->out.room_create.room, a->command->out.room_create.existed ? 200 : 201);
}

static void take_members(struct call *a, struct body *b, struct room_create_in *in)
{
    struct json_walk walk = json_walk(json_take_array_or_null(&b->fields, "members"));
    if (walk.n > ROOM_MEMBERS_AT_ONCE) {
        json_bad(&b->fields, "members");
        return;
    }
    in->members = arena_array(a->command->arena, struct account_id, walk.n + 1);
    for (json_value *v; (v = json_walk_next(&walk));)
        if (!json_as_id(v, &in->members[in->n_members++].v)) json_bad(&b->fields, "members");
}

static void take_group(struct call *a, struct body *b, struct room_create_in *in)
{
    in->kind = room_group;
    in->name = call_keep(a, json_take_text(&b->fields, "name"));
    in->public = json_take_bool_or(&b->fields, "public", false);
}

enum fault decode_create_room(struct call *a)
{
    struct room_create_in *in = &a->command->in.room_create;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    struct span kind = json_take_text(&b.fields, "kind");
    take_members(a, &b, in);
    if (span_eq(kind, SPAN("group")))
        take_group(a, &b, in);
    else if (span_eq(kind, SPAN("direct")))
        in->kind = room_direct;
    else
        json_bad(&b.fields, "kind");
    return body_end(a, &b);
}

enum fault decode_room(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.room_get.room.v);
}

/* A text that is null says the same as an empty one: there shall be none. */
static struct span take_if_given(struct call *a, struct body *b, const char *name)
{
    json_value *given = json_take_any(&b->fields, name);
    struct span text = SPAN("");
    if (!given) return (struct span){ 0 };
    if (!json_is_null(given) && !json_as_text(given, &text)) json_bad(&b->fields, name);
    return text.n ? call_keep(a, text) : SPAN("");
}

static enum flag_change take_flag(struct body *b, const char *name)
{
    json_value *given = json_take_any(&b->fields, name);
    bool on = false;
    if (!given) return flag_keep;
    if (!json_as_bool(given, &on)) json_bad(&b->fields, name);
    return on ? flag_yes : flag_no;
}

enum fault decode_change_room(struct call *a)
{
    struct room_change_in *in = &a->command->in.room_change;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->name = take_if_given(a, &b, "name");
    in->topic = take_if_given(a, &b, "topic");
    in->public = take_flag(&b, "public");
    in->read_only = take_flag(&b, "read_only");
    in->slow_s = json_take_int_or(&b.fields, "slow_s", 0, ROOM_SLOW_MAX_S, -1);
    in->slow_given = in->slow_s >= 0;
    json_value *icon = json_take_any(&b.fields, "icon");
    in->icon_given = icon != NULL;
    if (icon && !json_is_null(icon) && !json_as_id(icon, &in->icon.v)) json_bad(&b.fields, "icon");
    return body_end(a, &b);
}

enum fault decode_delete_room(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.room_delete.room.v);
}

enum fault decode_hand_over(struct call *a)
{
    struct room_hand_over_in *in = &a->command->in.room_hand_over;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->account.v = json_take_id(&b.fields, "account");
    return body_end(a, &b);
}

enum fault decode_members(struct call *a)
{
    struct member_list_in *in = &a->command->in.member_list;
    int64_t limit = 0;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = call_query_int(a, "after", 0, (INT64_C(1) << 53) - 1, 0, &in->after.v);
    if (!f) f = call_query_int(a, "limit", 1, MEMBERS_PAGE_MAX, MEMBERS_PAGE_DEFAULT, &limit);
    in->limit = (size_t)limit;
    return f;
}

void encode_members(struct call *a)
{
    const struct member_list_out *out = &a->command->out.member_list;
    struct reply reply;
    reply_begin_list(&reply, "members");
    for (size_t i = 0; i < out->n; i++)
        encode_member(&reply.w, &out->members[i], out->reads_shown, hub_is_online(a->door->hub, out->members[i].person.id));
    reply_end_page(a, &reply, out->more);
}

static void take_role(struct body *b, enum member_role *out)
{
    struct span role = json_take_text_or_null(&b->fields, "role");
    *out = role_member;
    if (span_eq(role, SPAN("admin")))
        *out = role_admin;
    else if (span_eq(role, SPAN("moderator")))
        *out = role_moderator;
    else if (role.p && !span_eq(role, SPAN("member")))
        json_bad(&b->fields, "role");
}

enum fault decode_put_member(struct call *a)
{
    struct member_put_in *in = &a->command->in.member_put;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = call_path_id(a, "account", &in->account.v);
    in->role = role_member;
    if (f || !request_body(a->r).n) return f;
    struct body b;
    f = body_begin(a, &b);
    if (f) return f;
    take_role(&b, &in->role);
    return body_end(a, &b);
}

enum fault decode_remove_member(struct call *a)
{
    struct member_remove_in *in = &a->command->in.member_remove;
    enum fault f = call_path_id(a, "room", &in->room.v);
    return f ? f : call_path_id(a, "account", &in->account.v);
}

/* Typing without a socket: the room is read first, so that the core says who may. */
enum fault decode_typing(struct call *a)
{
    struct body b;
    enum fault f = call_path_id(a, "room", &a->command->in.room_get.room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    a->typing_on = json_take_bool(&b.fields, "on");
    return body_end(a, &b);
}

void encode_typing(struct call *a)
{
    const struct room_view *room = &a->command->out.room_get.room;
    const char *detail = room->role == role_none ? "membership" : room->blocked ? "blocked" : NULL;
    if (detail) {
        problem_respond(a->r, &(struct problem){ .fault = fault_forbidden, .detail = detail });
        return;
    }
    struct event e = { .kind = event_typing, .room = room->id, .by = { .id = a->identity.actor.account, .username = a->identity.username }, .on = a->typing_on, .origin = -1 };
    struct event *copy = event_copy(&e);
    if (copy) gate_announce(a->door->gate, copy);
    encode_nothing(a);
}
