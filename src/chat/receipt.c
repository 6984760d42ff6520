/* Read marks: how far a member has read. Runs on a lane. receipt_mark never moves a mark back, and moves it only when it passes a message: the
   announcement of a mark takes a number itself, and clients that follow the head would otherwise answer each other's marks for ever. receipt_unmark
   moves it back: the member wants to see it as unread again. Others hold on to the highest mark they were told, and so does the store (seen).

   Above their mark somebody may have read single messages (reader.c): a mark that comes to those moves over them.

   In rooms of at most ROOM_READS_SHOWN_MAX_MEMBERS members a mark is announced to all and replayed; the announcement it replaces is forgotten. In
   larger rooms, and for members who hide it, it goes to the member's own devices and is not kept.

   Always: the room's read_by_all never moves back. Everybody's mark counts for it, also a hidden one: it names nobody. */
#include "chat/receipt.h"

enum { readers_max = 200 };

static enum fault announce(struct ask *ask, const struct place *place, int64_t read, int64_t *seq_out)
{
    bool shown = place->n_members <= ROOM_READS_SHOWN_MAX_MEMBERS && !ask->account.hide_read;
    struct event e = { .kind = event_room_read, .room = place->room, .read = read, .own_only = !shown };
    e.on = ask->c->kind == command_desk_read && ask->c->in.desk_read.quiet;
    enum fault fault = place->read_change ? store_change_forget(ask->store, place->room, place->read_change) : fault_none;
    if (!fault) fault = ask_happened(ask, &e);
    *seq_out = e.seq;
    return fault;
}

enum fault receipt_settle(struct ask *ask, struct room_id room, int64_t last_post)
{
    struct event e = { .kind = event_read_by_all, .room = room };
    int64_t was;
    enum fault fault = store_receipt_by_all(ask->store, room, last_post, &was, &e.read);
    if (fault || e.read <= was) return fault;
    fault = store_receipt_set_by_all(ask->store, room, e.read);
    return fault ? fault : ask_happened(ask, &e);
}

static enum fault move(struct ask *ask, const struct place *place, int64_t read)
{
    int64_t announced, seen = read > place->seen ? read : place->seen;
    struct read_messages lasts;
    enum fault fault = reader_lasts(ask, place->room, place->n_members, ask->account.person.id, place->seen, seen, false, &lasts);
    if (!fault) fault = announce(ask, place, read, &announced);
    if (!fault) fault = store_member_set_read(ask->store, place->room, ask->account.person.id, read, announced, seen);
    if (!fault && place->kind == room_desk) fault = store_desk_set_read(ask->store, place->room, ask->account.person.id, seen, ask->now_us);
    if (fault || seen == place->seen) return fault;
    if (place->read_by_all < place->last_post) fault = receipt_settle(ask, place->room, place->last_post);
    return fault ? fault : reader_tell(ask, &lasts);
}

enum fault receipt_advance(struct ask *ask, const struct place *place, int64_t *read)
{
    struct account_id account = ask->account.person.id;
    int64_t n_single;
    enum fault fault = store_reader_count(ask->store, place->room, account, &n_single);
    if (!fault && n_single) fault = store_reader_reach(ask->store, place->room, account, *read, read);
    if (!fault && *read > place->read) fault = move(ask, place, *read);
    return fault || !n_single ? fault : store_reader_forget(ask->store, place->room, account, *read);
}

static enum fault count(struct ask *ask, struct room_id room, int64_t read, int64_t *unread_out, int64_t *mentions_out)
{
    struct account_id account = ask->account.person.id;
    enum fault fault = store_message_unread(ask->store, room, account, read, unread_out);
    if (fault || !*unread_out) return fault;
    return store_mention_count(ask->store, room, account, read, mentions_out);
}

enum fault receipt_move(struct ask *ask, const struct place *place, int64_t read, struct receipt_mark_out *out)
{
    int64_t wanted = read < place->head ? read : place->head;
    bool moves = wanted > place->read && place->read < place->last_post;
    out->read = moves ? wanted : place->read;
    enum fault fault = moves ? receipt_advance(ask, place, &out->read) : fault_none;
    return fault ? fault : count(ask, place->room, out->read, &out->unread, &out->mentions);
}

enum fault receipt_mark(struct ask *ask)
{
    const struct receipt_mark_in *in = &ask->c->in.receipt_mark;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_message_mark_read, &place);
    if (fault) return fault;
    if (in->read < 0) return ask_refuse(ask, fault_invalid, "read");
    return receipt_move(ask, &place, in->read, &ask->c->out.receipt_mark);
}

enum fault receipt_unmark(struct ask *ask)
{
    const struct receipt_unmark_in *in = &ask->c->in.receipt_unmark;
    struct receipt_unmark_out *out = &ask->c->out.receipt_unmark;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_message_mark_read, &place);
    if (fault) return fault;
    if (in->from < 1) return ask_refuse(ask, fault_invalid, "from");
    bool moves = in->from - 1 < place.read;
    out->read = moves ? in->from - 1 : place.read;
    if (moves) fault = move(ask, &place, out->read);
    return fault ? fault : count(ask, in->room, out->read, &out->unread, &out->mentions);
}

enum fault receipt_readers(struct ask *ask)
{
    const struct receipt_readers_in *in = &ask->c->in.receipt_readers;
    struct receipt_readers_out *out = &ask->c->out.receipt_readers;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_message_mark_read, &place);
    if (fault) return fault;
    if (in->limit < 1 || in->limit > readers_max) return ask_refuse(ask, fault_invalid, "limit");
    if (in->seq < 0) return ask_refuse(ask, fault_invalid, "seq");
    fault = store_receipt_readers(ask->store, in->room, in->seq, in->after, in->limit + 1, ask->arena, &out->readers, &out->n);
    out->more = out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault;
}
