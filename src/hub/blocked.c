/* Direct rooms of two of whom one has blocked the other. What is stored is refused by the core; typing never gets there, so each loop knows of the
   rooms that somebody here listens to. Runs on the loop's thread.

   Who subscribes has looked whether it is so (hub_found_blocked); from then on block_changed says it. What came in between is in a short memory, which
   knows better than any look. Best effort, like typing itself. */
#include "hub/state.h"

static const struct hub_blocked *recent(const struct hub *hub, struct room_id room)
{
    for (unsigned i = 1; i <= HUB_BLOCKED; i++) {
        const struct hub_blocked *b = &hub->blocked[(hub->n_blocked - i) % HUB_BLOCKED];
        if (id_eq(b->room, room)) return b;
    }
    return NULL;
}

void blocked_changed(struct hub *hub, const struct event *e)
{
    if (id_none(e->room)) return;
    struct hub_room *room = hub_room_find(hub, e->room);
    hub->blocked[hub->n_blocked++ % HUB_BLOCKED] = (struct hub_blocked){ e->room, e->blocked };
    if (room) room->blocked = e->blocked;
}

void blocked_recall(struct hub_room *room)
{
    const struct hub_blocked *b = recent(room->hub, room->id);
    room->blocked = b && b->blocked;
}

void hub_found_blocked(struct listener *l, struct room_id id)
{
    struct hub_room *room = hub_room_find(l->hub, id);
    if (room && !recent(l->hub, id)) room->blocked = true;
}
