/* Search: what is asked, what is found, and how the index is kept. The words of messages are folded (base/fold.h) and cut into grams (search_terms.h);
   the index maps grams to messages and may run a moment behind them: nothing is written for it on the way of a post. */
#pragma once
#include "chat/room.h"

#define SEARCH_QUERY_MAX_BYTES 256
#define SEARCH_PAGE_MAX 50
#define SEARCH_INDEX_VERSION 1 /* of the folding and the grams: another one makes the index anew */

enum search_has { search_has_link = 1, search_has_file = 2, search_has_picture = 4 };

/* Of messages the asker may see. Everything but the words narrows and may be none or 0; without words the newest that fit are found. */
struct search_messages_in {
    struct span query;        /* every word must be there, at the beginning or (3 letters and more) inside of a word; "in quotes": side by side */
    struct room_id room;      /* a room, or a guild and with it all its channels */
    struct account_id from;
    int64_t before_us, after_us; /* sent at or after after_us and before before_us */
    int has;                  /* of enum search_has, all of them */
    bool in_files;            /* the words are looked for in the names of files alone */
    struct message_id below;  /* go on below this message */
    size_t limit;             /* 1 to SEARCH_PAGE_MAX */
};
struct search_rooms_in { struct span query; size_t limit; }; /* one's own and public ones */
struct search_people_in { struct span query; size_t limit; };
/* The index catches up with one portion of what has happened. No door offers these two. */
struct search_index_in { char unused; };
struct search_forget_in { int64_t log; };

struct search_hit {
    struct message message;
    struct span room_name;
    enum room_kind room_kind;
    struct room_id guild;
};
struct search_messages_out {
    struct search_hit *hits; /* newest first */
    size_t n;
    struct message_id below; /* where to go on; none: that was all */
};
struct search_rooms_out { struct room_view *rooms; size_t n; };
struct search_people_out { struct person *people; size_t n; };
struct search_index_out { bool more; size_t n_changes, n_forgettable; int64_t forget; }; /* n_forgettable 0: search_forget has nothing to do */
struct search_forget_out { char unused; };
