/* What other verbs need of read marks. */
#pragma once
#include "chat/ask.h"

/* Moves the asker's mark to that number, as receipt_mark does. */
must_use enum fault receipt_move(struct ask *ask, const struct place *place, int64_t read, struct receipt_mark_out *out);
/* Tells everybody when all have read further than was known: after a mark moved or a member went. */
must_use enum fault receipt_settle(struct ask *ask, struct room_id room, int64_t last_post);
