/* A crowded room waits for a moment while more is being committed. One send to each of a thousand sockets costs the same for one message as for
   a hundred, so telling the crowd of this commit and at once of the next costs twice. Only under load: with no write under way nothing
   waits, and never longer than CROWD_WAITS_MS. Measured in docs/decisions/0007-a-crowd-waits-for-the-commit.md. Runs on the loop's thread. */
#include "hub/state.h"

#define CROWD_MIN 256
#define CROWD_WAITS_MS 5

static void waited_enough(void *arg)
{
    struct hub *hub = arg;
    hook_arm(hub->loop, hook_deliver, &hub->deliver);
}

static bool is_crowded(const struct hub_room *room)
{
    uint32_t n = 0;
    for (const struct audience *a = room->audiences; a; a = a->next) n += a->n;
    return n >= CROWD_MIN;
}

static void begin_waiting(struct hub_room *room)
{
    struct hub *hub = room->hub;
    if (!hub->waited) hub->waited = alarm_create(hub->loop, waited_enough, hub);
    room->waits_since_ms = loop_now_ms(hub->loop);
    alarm_set(hub->waited, CROWD_WAITS_MS);
}

bool room_waits(struct hub_room *room)
{
    if (gate_writes_in_flight(room->hub->gate) == 0 || !is_crowded(room)) return false;
    if (!room->waits_since_ms)
        begin_waiting(room);
    else if (loop_now_ms(room->hub->loop) - room->waits_since_ms >= CROWD_WAITS_MS)
        return false;
    return true;
}
