/* Blocks: one account wants nothing of another. No direct messages either way, no being added to groups by the blocked one, no presence for them.
   What was said stays, and rooms that both are in stay as they are. Runs on a lane.

   Always: a direct room carries the flag exactly while one of its two has blocked the other, so that posting need not ask. The room is locked before
   the transaction begins its work (chat.c), and rooms are made on the same lane as blocks. */
#include "chat/ask.h"

enum { blocks_max = 10000 };

static enum fault find(struct ask *ask, struct account_id id, struct account *out)
{
    if (id_eq(id, ask->account.person.id)) return ask_refuse(ask, fault_invalid, "account");
    enum fault fault = store_account_by_id(ask->store, id, ask->arena, out);
    return fault == fault_not_found ? ask_refuse(ask, fault, "account") : fault;
}

static enum fault flag_room(struct ask *ask, struct account_id whom, bool blocked, struct room_id *room_out)
{
    enum fault fault = store_room_direct_of(ask->store, ask->account.person.id, whom, room_out);
    return fault || id_none(*room_out) ? fault : store_room_set_blocked(ask->store, *room_out, blocked);
}

static enum fault announce(struct ask *ask, struct room_id room, struct person whom, bool on, bool blocked)
{
    struct event e = { .kind = event_block_changed, .room = room, .subject = whom, .on = on, .blocked = blocked };
    return ask_happened(ask, &e);
}

static enum fault check_number(struct ask *ask)
{
    int64_t n = 0;
    enum fault fault = store_block_count(ask->store, ask->account.person.id, &n);
    return !fault && n >= blocks_max ? ask_refuse(ask, fault_too_large, "blocks") : fault;
}

enum fault block_put(struct ask *ask)
{
    struct account whom;
    struct room_id room;
    bool changed;
    enum fault fault = find(ask, ask->c->in.block_put.account, &whom);
    if (!fault) fault = check_number(ask);
    if (!fault) fault = store_block_put(ask->store, ask->account.person.id, whom.person.id, ask->now_us, &changed);
    if (fault || !changed) return fault;
    fault = flag_room(ask, whom.person.id, true, &room);
    return fault ? fault : announce(ask, room, whom.person, true, true);
}

/* The room stays closed when the other one has blocked too. */
enum fault block_remove(struct ask *ask)
{
    struct person whom = { .id = ask->c->in.block_remove.account };
    struct room_id room;
    bool changed, other = false;
    enum fault fault = store_block_remove(ask->store, ask->account.person.id, whom.id, &changed);
    if (!fault && changed) fault = store_block_stands(ask->store, whom.id, ask->account.person.id, &other);
    if (fault || !changed) return fault;
    fault = flag_room(ask, whom.id, other, &room);
    return fault ? fault : announce(ask, room, whom, false, other);
}

enum fault block_list(struct ask *ask)
{
    struct block_list_out *out = &ask->c->out.block_list;
    return store_block_list(ask->store, ask->account.person.id, blocks_max, ask->arena, &out->blocks, &out->n);
}
