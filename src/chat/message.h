/* Messages: posted, edited, deleted, read back by sequence. */
#pragma once
#include "chat/account.h"

#define MESSAGE_TEXT_MAX_BYTES 16384
#define MESSAGE_TEXT_MAX_POINTS 4000
#define MESSAGE_KEY_MAX_BYTES 64
#define MESSAGE_QUOTE_POINTS 140
#define REACTION_MAX_BYTES 32
#define REACTION_KINDS_MAX 32 /* different emoji on one message */
#define REACTION_BY_MAX 20

struct reaction_view {
    struct span emoji;
    int64_t count;
    struct account_id by[REACTION_BY_MAX];
    size_t n_by;
};

struct message {
    struct message_id id;
    struct room_id room;
    int64_t seq;
    struct person author;
    struct span text, key;
    struct message_id reply_to; /* none: not a reply */
    struct person reply_author;
    struct span reply_text;     /* first 140 code points */
    int64_t created_us, edited_us, deleted_us; /* 0: never */
    struct reaction_view *reactions;
    size_t n_reactions;
};

struct message_post_in {
    struct room_id room;
    struct span text, key; /* key may be empty: no promise against repeats */
    struct message_id reply_to;
};
struct message_edit_in { struct room_id room; struct message_id id; struct span text; };
struct message_delete_in { struct room_id room; struct message_id id; };
/* before: below this sequence, newest first kept; after: above (HISTORY_FROM_START: the oldest); both 0: the newest. */
#define HISTORY_FROM_START (-1)
struct message_history_in { struct room_id room; int64_t before, after; size_t limit; };
struct reaction_put_in { struct room_id room; struct message_id id; struct span emoji; };
struct reaction_remove_in { struct room_id room; struct message_id id; struct span emoji; };

struct message_post_out { struct message message; bool repeat; };
struct message_edit_out { struct message message; };
struct message_delete_out { char unused; };
struct message_history_out { struct message *messages; size_t n; bool more; int64_t head; }; /* oldest first */
struct reaction_put_out { char unused; };
struct reaction_remove_out { char unused; };
