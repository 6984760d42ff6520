/* Single messages marked as read. Runs on a lane. A mark says "all up to here"; whoever reads one message out of turn has a row for it above their mark, until
   the mark comes by. So a member has read a message when their mark has reached it or they have a row, and every door sees the same.

   "Read" of a message is when every member but its author has read it. Its author is told in the moment in which the last of them does, whichever way: by a
   row, by a mark, or by leaving; and again when a reader says so once more. Best effort, and it names nobody.

   Always: an account's rows in a room lie above its mark, and the message right after the mark, if another wrote it, has none. */
#include "chat/receipt.h"

enum fault reader_lasts(struct ask *ask, struct room_id room, int64_t n_members, struct account_id account, int64_t from, int64_t to, bool departs,
                        struct read_messages *out)
{
    *out = (struct read_messages){ .room = room };
    if (to <= from || n_members > ROOM_READS_SHOWN_MAX_MEMBERS) return fault_none;
    return store_reader_lasts(ask->store, room, account, from, to, departs, ask->arena, &out->messages, &out->n);
}

static enum fault tell(struct ask *ask, struct room_id room, struct message_id id, struct account_id author)
{
    struct event e = { .kind = event_message_read, .room = room, .at_us = ask->now_us, .message_id = id, .subject.id = author };
    return chat_tell(ask->chat, &e);
}

enum fault reader_tell(struct ask *ask, const struct read_messages *read)
{
    enum fault fault = fault_none;
    for (size_t i = 0; i < read->n && !fault; i++) fault = tell(ask, read->room, read->messages[i].id, read->messages[i].author);
    return fault;
}

/* The message, where the asker may mark it; a room that they may not know is told like a message that is not there. */
static enum fault find(struct ask *ask, struct receipt_put_in *in, struct place *place, struct message *out)
{
    enum fault fault = id_none(in->room) ? store_message_room(ask->store, in->id, &in->room) : fault_none;
    if (!fault) fault = ask_place(ask, in->room, verb_message_mark_read, place);
    if (!fault) fault = store_message_by_id(ask->store, in->room, in->id, ask->arena, out, NULL);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "message");
    if (!fault && out->deleted_us) return ask_refuse(ask, fault_gone, "message");
    if (!fault && id_eq(out->author.id, ask->account.person.id)) return ask_refuse(ask, fault_forbidden, "author");
    return fault;
}

static enum fault is_read(struct ask *ask, const struct message *m, bool *out)
{
    int64_t *seqs;
    size_t n;
    enum fault fault = store_reader_read(ask->store, m->room, m->seq, m->seq, ask->arena, &seqs, &n);
    *out = !fault && n;
    return fault;
}

enum fault receipt_put(struct ask *ask)
{
    struct receipt_put_in *in = &ask->c->in.receipt_put;
    struct receipt_put_out *out = &ask->c->out.receipt_put;
    struct place place;
    bool added = false;
    enum fault fault = find(ask, in, &place, &out->message);
    if (fault) return fault;
    const struct message *m = &out->message;
    int64_t read = place.read;
    if (m->seq > place.read) fault = store_reader_put(ask->store, in->room, ask->account.person.id, m->seq, &added);
    if (!fault && added) fault = receipt_advance(ask, &place, &read);
    if (!fault) fault = is_read(ask, m, &out->all_read);
    out->reader = ask->account.person, out->already = !added || place.seen >= m->seq;
    return fault || !out->all_read ? fault : tell(ask, in->room, m->id, m->author.id);
}
