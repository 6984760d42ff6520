/* What other verbs need of read marks, and of single messages read (reader.c). */
#pragma once
#include "chat/ask.h"

/* Moves the asker's mark to that number, as receipt_mark does. */
must_use enum fault receipt_move(struct ask *ask, const struct place *place, int64_t read, struct receipt_mark_out *out);
/* Tells everybody when all have read further than was known: after a mark moved or a member went. */
must_use enum fault receipt_settle(struct ask *ask, struct room_id room, int64_t last_post);
/* Moves the asker's mark up to read, and over what they have read singly just above it. *read becomes where it stands. */
must_use enum fault receipt_advance(struct ask *ask, const struct place *place, int64_t *read);

/* Messages that wait for one reader alone. */
struct read_messages {
    struct room_id room;
    struct read_message *messages;
    size_t n;
};
/* Those above `from` up to `to` that wait for the account; asked before it reads them, or goes. None in rooms too large to show read marks. */
must_use enum fault reader_lasts(struct ask *ask, struct room_id room, int64_t n_members, struct account_id account, int64_t from, int64_t to, bool departs,
                                 struct read_messages *out);
/* Tells their authors that everybody has read them. */
must_use enum fault reader_tell(struct ask *ask, const struct read_messages *messages);
