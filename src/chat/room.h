/* Rooms, their members and their read marks.

   A guild is a room with members, roles and a sequence, but no messages; its channels are rooms of their own, that name their guild. Who is a member of
   the guild has a row in each of its channels, always with the same role; what happens to members and channels is numbered in the guild. */
#pragma once
#include "chat/message.h"
#include "chat/presence.h"

#define ROOM_NAME_MAX_POINTS 100
#define ROOM_READS_SHOWN_MAX_MEMBERS 200 /* in larger rooms read marks move without being announced */
#define ROOM_UNREAD_MAX 1000

#define ROOM_TOPIC_MAX_POINTS 1000
#define ROOM_SLOW_MAX_S 21600
#define GUILDS_PER_ACCOUNT_MAX 100
#define GUILD_CHANNELS_MAX 500
#define GUILD_MEMBERS_MAX 100000

enum room_kind { room_lobby = 1, room_group = 2, room_direct = 3, room_guild = 4, room_channel = 5, room_desk = 6 }; /* stored: never renumber */
enum member_role { role_none = 0, role_member = 1, role_moderator = 2, role_admin = 3, role_owner = 4 }; /* stored, in order of rank */

/* A room as it shows itself to everybody in it: what room_changed and the channel events carry, as it is when they are told. */
struct room_face {
    struct room_id id, guild; /* guild: of a channel */
    enum room_kind kind;
    struct span name, topic, icon; /* icon: token of a picture; empty: none */
    bool public, read_only;
    int64_t position, slow_s, head, n_members, created_us;
};

/* What an account was about to say in a room. */
struct draft {
    struct span text;
    struct message_id reply_to; /* none: not a reply */
    int64_t updated_us;         /* 0: there is no draft */
};

struct room_view {
    struct room_id id;
    enum room_kind kind;
    struct span name;
    bool public;
    enum member_role role; /* of the asker */
    int64_t head, read, unread, n_members, created_us;
    struct room_id guild;     /* of a channel */
    int64_t position, slow_s; /* slow_s: seconds between two messages of a plain member; 0: any */
    struct span topic, icon;
    bool read_only; /* only moderators and above write */
    bool blocked;   /* direct rooms: one has blocked the other, neither writes */
    int64_t muted_until_us; /* of the asker; 0, or in the past: not muted */
    struct message *last;  /* NULL: none, or not a member */
    struct person peer;    /* direct rooms */
    int64_t mentions;      /* of the asker, above the mark */
    int64_t read_by_all;   /* all members have read what others said up to here */
    int64_t n_pins;
    struct draft draft;    /* the asker's */
    int64_t notify_level, notify_until_us; /* of the asker: enum notify_level, and how long it holds (0: without end) */
};

struct member_view {
    struct person person;
    enum member_role role;
    int64_t joined_us, read, muted_until_us;
    bool read_hidden;     /* they hide how far they have read */
    bool presence_hidden; /* they have blocked the asker */
};

/* unseated: a group whose maker takes no seat, but may add members, themself too: then they own it. */
struct room_create_in {
    enum room_kind kind;
    struct span name;
    bool public, unseated;
    struct account_id *members;
    size_t n_members; /* at most 100 */
};
struct room_list_in { char unused; };
struct room_list_public_in { char unused; };
struct room_get_in { struct room_id room; };
enum flag_change { flag_keep, flag_no, flag_yes };
/* What is not given (a span without p, flag_keep) stays as it is. An empty topic is none. */
struct room_change_in {
    struct room_id room;
    struct span name, topic;
    enum flag_change public, read_only;
    bool slow_given, icon_given;
    int64_t slow_s;
    struct file_id icon; /* a picture of the asker's that waits; none: take it away */
};
struct room_delete_in { struct room_id room; };
struct room_hand_over_in { struct room_id room; struct account_id account; };
/* Erases what is left of deleted rooms, a bounded step at a time. */
struct room_sweep_in { char unused; };
struct member_list_in { struct room_id room; struct account_id after; size_t limit; };
struct member_put_in { struct room_id room; struct account_id account; enum member_role role; bool add_only; }; /* add_only: who is in stays as they are */
struct member_remove_in { struct room_id room; struct account_id account; };
/* The replay: lasting events with a sequence above `after`, at most `limit`. limit 0 asks for the head alone. */
struct room_changes_in { struct room_id room; int64_t after; size_t limit; };
struct receipt_mark_in { struct room_id room; int64_t read; };
struct receipt_put_in { struct message_id id; struct room_id room; }; /* room: filled by the house */
struct receipt_unmark_in { struct room_id room; int64_t from; }; /* unread from this number on */
struct receipt_readers_in { struct room_id room; int64_t seq; struct account_id after; size_t limit; };
struct draft_put_in { struct room_id room; struct span text; struct message_id reply_to; }; /* empty and no reply: none any more */
struct block_put_in { struct account_id account; };
struct block_remove_in { struct account_id account; };
struct block_list_in { char unused; };

struct room_create_out { struct room_view room; bool existed; };
struct room_list_out { struct room_view *rooms; size_t n; struct account account; };
struct room_list_public_out { struct room_view *rooms; size_t n; };
struct room_get_out { struct room_view room; };
struct room_change_out { struct room_view room; };
struct room_delete_out { char unused; };
struct room_hand_over_out { char unused; };
struct room_sweep_out { bool more, waits; }; /* waits: there is more to do when the search index has caught up */
struct member_list_out { struct member_view *members; size_t n; bool more, reads_shown; };
struct member_put_out { bool existed; }; /* they were in already */
struct member_remove_out { char unused; };
struct event;
struct room_changes_out {
    struct event **events; /* in the command's arena, uncounted: valid as long as the command */
    size_t n;
    int64_t to;   /* everything up to here has been told */
    int64_t head; /* the newest sequence of the room in the same snapshot */
    bool reload;  /* `after` lies above head: the asker's knowledge is not of this database */
};
struct receipt_mark_out { int64_t read, unread, mentions; };
/* already: the asker had read it before. all_read: so have all members but its author. */
struct receipt_put_out { struct message message; struct person reader; bool already, all_read; };
struct receipt_unmark_out { int64_t read, unread, mentions; };
struct reader_view { struct person person; int64_t read; };
struct receipt_readers_out { struct reader_view *readers; size_t n; bool more; };
struct draft_put_out { struct draft draft; };
struct block_put_out { char unused; };
struct block_remove_out { char unused; };
struct block_view { struct person person; int64_t at_us; };
struct block_list_out { struct block_view *blocks; size_t n; };
