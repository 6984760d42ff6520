/* Passing words of the old desk. One text is made on the loop where they are said, and travels as an event to all loops; presenters of this door hang
   it on their sockets as it is. Runs on any loop; owns nothing. */
#include "dialect/desk/say.h"
#include "base/buf.h"
#include "dialect/desk/encode.h"
#include "net/socketio.h"

#define TEXT_MAX_BYTES 8192

static void tell(struct door *door, struct room_id room, struct account_id by, const char *name, struct buf *args, bool everyone)
{
    struct buf text;
    buf_init(&text, TEXT_MAX_BYTES + 64);
    socketio_append_event(&text, "/", name, buf_span(args));
    struct event e = { .kind = event_desk_said, .room = room, .by = { .id = by }, .emoji = buf_span(&text), .on = everyone };
    struct event *copy = args->failed || text.failed ? NULL : event_copy(&e);
    if (copy) gate_announce(door->gate, copy);
    buf_fini(&text);
    buf_fini(args);
}

static struct json_writer begin(struct buf *args)
{
    buf_init(args, TEXT_MAX_BYTES);
    struct json_writer w = json_writer(args);
    json_begin_object(&w);
    return w;
}

static void put_id(struct json_writer *w, const char *name, struct span json)
{
    if (!json.n) return;
    json_key(w, name);
    json_raw(w, json);
}

/* For the console and whoever else looks: an ordinary typing event, which this door passes over. */
static void tell_typing(struct door *door, const struct desk_typing *t)
{
    struct event e = { .kind = event_typing, .room = t->room, .by = t->who, .on = t->on, .origin = -1, .emoji = SPAN("desk") };
    struct event *copy = event_copy(&e);
    if (copy) gate_announce(door->gate, copy);
}

void say_typing(struct door *door, const struct desk_typing *t)
{
    struct buf args;
    struct json_writer w = begin(&args);
    if (t->from_socket) desk_encode_hex(&w, "chatId", t->room.v);
    put_id(&w, "userId", t->id);
    if (t->name.n) json_put_string(&w, "userName", t->name);
    json_put_bool(&w, "isTyping", t->on);
    json_end_object(&w);
    tell(door, t->room, t->who.id, "typing", &args, !t->from_socket);
    tell_typing(door, t);
}

void say_read(struct door *door, struct room_id room, struct account_id by, struct span id, struct span type, bool everyone)
{
    struct buf args;
    struct json_writer w = begin(&args);
    desk_encode_hex(&w, "chatId", room.v);
    put_id(&w, "readerId", id);
    if (type.n) json_put_string(&w, "readerType", type);
    json_end_object(&w);
    tell(door, room, by, "messages-read", &args, everyone);
}

void say_status(struct door *door, struct room_id to, struct room_id chat, struct account_id by, struct span id, bool on)
{
    struct buf args;
    struct json_writer w = begin(&args);
    if (!id_none(chat)) desk_encode_hex(&w, "chatId", chat.v);
    put_id(&w, "userId", id);
    json_put_bool(&w, "online", on);
    json_end_object(&w);
    tell(door, to, by, "user-status", &args, true);
}
