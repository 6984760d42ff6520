/* Read marks: how far a member has read. Runs on a lane. A mark never moves back, and it moves only when it passes a message: the announcement of a
   mark takes a number itself, and clients that follow the head would otherwise answer each other's marks for ever.

   In rooms of at most ROOM_READS_SHOWN_MAX_MEMBERS members a mark is announced to all and replayed; the announcement it replaces is forgotten. In
   larger rooms it goes to the member's own devices and is not kept. */
#include "chat/ask.h"

static enum fault announce(struct ask *ask, const struct place *place, int64_t read, int64_t *seq_out)
{
    bool shown = place->n_members <= ROOM_READS_SHOWN_MAX_MEMBERS;
    struct event e = { .kind = event_room_read, .room = place->room, .read = read, .own_only = !shown };
    enum fault fault = place->read_change ? store_change_forget(ask->store, place->room, place->read_change) : fault_none;
    if (!fault) fault = ask_happened(ask, &e);
    *seq_out = e.seq;
    return fault;
}

static enum fault move(struct ask *ask, const struct place *place, int64_t read)
{
    int64_t announced;
    enum fault fault = announce(ask, place, read, &announced);
    return fault ? fault : store_member_set_read(ask->store, place->room, ask->account.person.id, read, announced);
}

enum fault receipt_mark(struct ask *ask)
{
    const struct receipt_mark_in *in = &ask->c->in.receipt_mark;
    struct receipt_mark_out *out = &ask->c->out.receipt_mark;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_message_mark_read, &place);
    if (fault) return fault;
    if (in->read < 0) return ask_refuse(ask, fault_invalid, "read");
    int64_t wanted = in->read < place.head ? in->read : place.head;
    bool moves = wanted > place.read && place.read < place.last_post;
    out->read = moves ? wanted : place.read;
    if (moves) fault = move(ask, &place, wanted);
    return fault ? fault : store_message_unread(ask->store, in->room, ask->account.person.id, out->read, &out->unread);
}
