/* Pins: messages that a room keeps at hand. In a direct room both may pin, elsewhere those whom the policy allows. Runs on a lane. What is already
   so is no change and no event. A message that is deleted is no longer pinned. */
#include "chat/ask.h"

enum { pins_max = 100 };

/* The message and whether it may be pinned or unpinned by the asker. */
static enum fault find(struct ask *ask, struct room_id room, struct message_id id, struct place *place, struct message *out)
{
    enum fault fault = ask_place(ask, room, verb_room_read, place);
    if (!fault) fault = ask_may(ask, place->kind == room_direct ? verb_pin_direct : verb_pin, place, false);
    if (fault) return fault;
    fault = store_message_by_id(ask->store, room, id, ask->arena, out, NULL);
    return fault == fault_not_found ? ask_refuse(ask, fault, "message") : fault;
}

static enum fault announce(struct ask *ask, enum event_kind kind, struct room_id room, struct message_id id)
{
    struct event e = { .kind = kind, .room = room, .message_id = id };
    return ask_happened(ask, &e);
}

enum fault pin_put(struct ask *ask)
{
    const struct pin_put_in *in = &ask->c->in.pin_put;
    struct message message;
    struct place place;
    enum fault fault = find(ask, in->room, in->id, &place, &message);
    if (fault || message.pinned_us) return fault;
    if (message.deleted_us) return ask_refuse(ask, fault_gone, "message");
    if (place.n_pins >= pins_max) return ask_refuse(ask, fault_too_large, "pins");
    fault = store_pin_put(ask->store, in->room, in->id, ask->now_us);
    return fault ? fault : announce(ask, event_message_pinned, in->room, in->id);
}

enum fault pin_remove(struct ask *ask)
{
    const struct pin_remove_in *in = &ask->c->in.pin_remove;
    struct message message;
    struct place place;
    enum fault fault = find(ask, in->room, in->id, &place, &message);
    if (fault || !message.pinned_us) return fault;
    fault = store_pin_remove(ask->store, in->room, in->id);
    return fault ? fault : announce(ask, event_message_unpinned, in->room, in->id);
}

enum fault pin_list(struct ask *ask)
{
    struct room_id room = ask->c->in.pin_list.room;
    struct pin_list_out *out = &ask->c->out.pin_list;
    struct message_page page;
    struct place place;
    enum fault fault = ask_place(ask, room, verb_room_read, &place);
    if (!fault) fault = store_pin_list(ask->store, room, pins_max, ask->arena, &page);
    if (!fault) *out = (struct pin_list_out){ page.messages, page.n };
    return fault;
}
