/* Messages: posted, edited, deleted, read back by sequence. */
#pragma once
#include "chat/file.h"

#define MESSAGE_TEXT_MAX_BYTES 16384
#define MESSAGE_TEXT_MAX_POINTS 4000
#define MESSAGE_KEY_MAX_BYTES 64
#define MESSAGE_QUOTE_POINTS 140
#define REACTION_MAX_BYTES 32
#define REACTION_KINDS_MAX 32 /* different emoji on one message */
#define REACTION_BY_MAX 20
#define MESSAGE_MENTIONS_MAX 50  /* people one message can call; further names are only text */
#define MESSAGE_LINK_MAX_BYTES 2048
#define MESSAGE_VERSIONS_MAX 100 /* earlier texts that are kept */

struct reaction_view {
    struct span emoji;
    int64_t count;
    struct account_id by[REACTION_BY_MAX];
    size_t n_by;
};

enum link_sort { link_none = 0, link_image = 1, link_file = 2 }; /* stored: never renumber */

struct message {
    struct message_id id;
    struct room_id room;
    int64_t seq;
    struct person author;
    struct span text, key;
    struct message_id reply_to; /* none: not a reply */
    struct person reply_author;
    struct span reply_text;     /* first 140 code points */
    int64_t reply_seq;
    bool reply_has_file;
    struct span mentions;       /* account ids, "7,9": as kept and as sent; a 0 in front is everyone */
    int64_t n_versions;         /* earlier texts that are kept; 0: never edited, or erased */
    int64_t pinned_us;          /* 0: not pinned */
    int64_t created_us, edited_us, deleted_us; /* 0: never */
    struct span hook_name; /* it came through an incoming hook, under this name; empty: a person wrote it */
    enum link_sort link_kind;
    struct span link;      /* where a file lies that is not ours; empty: none */
    struct reaction_view *reactions;
    size_t n_reactions;
    struct file_view *files; /* in their order */
    size_t n_files;
};

struct message_post_in {
    struct room_id room;
    struct span text, key; /* key may be empty: no promise against repeats */
    struct message_id reply_to;
    int64_t once_s; /* the same text again within so many seconds is a repeat, from whatever device; the key is the house's then. 0: no such promise */
    const struct file_id *files; /* one's own that wait, at most FILES_PER_MESSAGE_MAX; with files the text may be empty */
    size_t n_files;
    bool desk_only;           /* every other room is as if it were not there */
    enum link_sort link_kind; /* support chats only: a file that lies elsewhere. With it the text may be empty */
    struct span link;         /* http, https or a path of the page's own host; at most MESSAGE_LINK_MAX_BYTES */
};
struct message_edit_in { struct room_id room; struct message_id id; struct span text; };
/* A message whose last part is deleted is deleted. */
enum message_part { message_part_all, message_part_text, message_part_files };
/* file: with the part files, this one alone; none: all. */
struct message_delete_in { struct room_id room; struct message_id id; enum message_part part; struct file_id file; };
/* before: below this sequence, newest first kept; after: above (HISTORY_FROM_START: the oldest); around: half of the page on either side, the
   message itself on the later one; all 0: the newest. At most one of them. */
#define HISTORY_FROM_START (-1)
struct message_history_in { struct room_id room; int64_t before, after, around; size_t limit; bool reads; /* tell which of them everybody has read */ };
struct message_get_in { struct room_id room; struct message_id id; }; /* room none: whichever it is in */
struct message_versions_in { struct room_id room; struct message_id id; };
struct pin_put_in { struct room_id room; struct message_id id; };
struct pin_remove_in { struct room_id room; struct message_id id; };
struct pin_list_in { struct room_id room; };
struct reaction_who_in { struct room_id room; struct message_id id; struct span emoji; struct account_id after; size_t limit; };
struct reaction_put_in { struct room_id room; struct message_id id; struct span emoji; };
struct reaction_remove_in { struct room_id room; struct message_id id; struct span emoji; };

struct message_post_out { struct message message; bool repeat; };
struct message_edit_out { struct message message; };
struct message_delete_out { char unused; };
/* Oldest first. more: others lie beyond in the direction asked for (around: older ones); more_after: around only, newer ones. */
struct message_history_out { struct message *messages; size_t n; bool more, more_after, is_around; int64_t head;
    bool *read; }; /* when it was asked for: of each message, whether all but its author have read it */
struct message_get_out { struct message message; int role; }; /* role: enum member_role of the asker in the room */
struct message_version { struct span text; int64_t at_us; };
struct message_versions_out { struct message_version *versions; size_t n; }; /* oldest first; the text of today is the last */
struct pin_put_out { char unused; };
struct pin_remove_out { char unused; };
struct pin_list_out { struct message *messages; size_t n; }; /* newest pin first */
struct reactor_view { struct person person; int64_t at_us; };
struct reaction_who_out { struct reactor_view *people; size_t n; bool more; };
struct reaction_put_out { char unused; };
struct reaction_remove_out { char unused; };
