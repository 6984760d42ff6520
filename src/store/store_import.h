/* What an import writes (src/import): which records of other systems are here already, and many messages at a time. Everything else it writes goes by the
   core's port (chat/store.h), under the same rules: one thread, inside the transaction that is open. */
#pragma once
#include "chat/desk.h"
#include "chat/store.h"

/* What an old record became. Stored: never renumber. The last two are what is still to be done: a room whose marks are to be set, with the head it had before;
   a reply whose message had not come yet. */
enum import_noun { import_person = 1, import_room = 2, import_message = 3, import_member = 4, import_file = 5, import_settling = 6, import_reply = 7 };

#define IMPORT_BULK_MAX 1024

must_use enum fault store_import_source_find(struct store *store, struct span name, int64_t *out); /* not_found */
must_use enum fault store_import_source_put(struct store *store, struct span name, int64_t now_us, int64_t *out);
/* At most IMPORT_BULK_MAX. new_out: 0 where there is none. */
must_use enum fault store_import_find(struct store *store, int64_t source, enum import_noun noun, const struct span *old, size_t n, int64_t *new_out,
                                      int64_t *parts_out);
must_use enum fault store_import_put(struct store *store, int64_t source, enum import_noun noun, const struct span *old, const int64_t *new_ids,
                                     const int64_t *parts, size_t n); /* conflict: one is there; at most IMPORT_BULK_MAX */
must_use enum fault store_import_put_once(struct store *store, int64_t source, enum import_noun noun, struct span old, int64_t new_id);
must_use enum fault store_import_forget(struct store *store, int64_t source, enum import_noun noun, struct span old);
must_use enum fault store_import_count(struct store *store, int64_t source, enum import_noun noun, int64_t *n_out);
struct import_pair { struct span old; int64_t id; };
/* By old id, above `after`. */
must_use enum fault store_import_list(struct store *store, int64_t source, enum import_noun noun, struct span after, size_t max, struct arena *arena,
                                      struct import_pair **pairs_out, size_t *n_out);

/* Who has the name, and the address, whatever has become of that account; none: nobody. Either may be empty. */
must_use enum fault store_import_taken(struct store *store, struct span folded, struct span email_folded, struct account_id *name_out,
                                       struct account_id *email_out);
must_use enum fault store_import_message_ids(struct store *store, size_t n, struct message_id *ids_out);
/* id, room, seq, author.id, text, reply_to, created_us, deleted_us, n_files. At most IMPORT_BULK_MAX. */
must_use enum fault store_import_messages(struct store *store, const struct message *messages, size_t n);
/* The room of each; 0: no such message. At most IMPORT_BULK_MAX. */
must_use enum fault store_import_rooms_of(struct store *store, const int64_t *messages, size_t n, int64_t *rooms_out);
must_use enum fault store_import_reply(struct store *store, struct message_id id, struct message_id reply_to); /* of the same room; otherwise nothing */
/* For the first n_parts messages from each on. What is below the reader's mark, or their own, is known. */
enum import_read { import_read_stranger = 0, import_read_known = 1, import_read_new = 2 }; /* statements_import.def knows the numbers */
must_use enum fault store_import_reads(struct store *store, const int64_t *messages, const int64_t *parts, const int64_t *accounts, size_t n,
                                       enum import_read *became_out);

/* A support chat as it was, with its room. */
struct desk_record {
    enum desk_state state;
    struct account_id customer, agent; /* agent none: nobody */
    int64_t created_us, updated_us, last_us, now_us;
};
must_use enum fault store_import_desk(struct store *store, struct span name, const struct desk_record *record, struct room_id *out);

/* After messages were added to a room whose head was old_head: no notice goes out for them, and what all have read is counted anew. The marks of the members:
   whoever had read all has read all; or up to the first message that they have not read one by one; or they stay. */
enum import_marks { import_marks_follow, import_marks_by_reads, import_marks_stay };
must_use enum fault store_import_settle(struct store *store, struct room_id room, int64_t old_head, enum import_marks marks);
