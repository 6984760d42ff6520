/* Reading a stretch of a room's lasting events in order. Implemented in replay.c. */
#pragma once
#include "chat/ask.h"

#define REPLAY_EVENTS_MAX 1000

/* What came after `after`, at most `limit` (1 to REPLAY_EVENTS_MAX) and about 1 MiB of text. head: the room's, of the same snapshot. Fills events, n and
   to; asks nobody whether they may. */
must_use enum fault replay_read(struct ask *ask, struct room_id room, int64_t after, size_t limit, int64_t head, struct room_changes_out *out);
