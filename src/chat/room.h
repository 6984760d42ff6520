/* Rooms, their members and their read marks. */
#pragma once
#include "chat/message.h"

#define ROOM_NAME_MAX_POINTS 100
#define ROOM_READS_SHOWN_MAX_MEMBERS 200 /* in larger rooms read marks move without being announced */
#define ROOM_UNREAD_MAX 1000

enum room_kind { room_lobby = 1, room_group = 2, room_direct = 3 }; /* stored: never renumber */
enum member_role { role_none = 0, role_member = 1, role_admin = 2, role_owner = 3 }; /* stored */

struct room_view {
    struct room_id id;
    enum room_kind kind;
    struct span name;
    bool public;
    enum member_role role; /* of the asker */
    int64_t head, read, unread, n_members, created_us;
    struct message *last;  /* NULL: none, or not a member */
    struct person peer;    /* direct rooms */
};

struct member_view {
    struct person person;
    enum member_role role;
    int64_t joined_us, read;
};

struct room_create_in {
    enum room_kind kind;
    struct span name;
    bool public;
    struct account_id *members;
    size_t n_members; /* at most 100 */
};
struct room_list_in { char unused; };
struct room_list_public_in { char unused; };
struct room_get_in { struct room_id room; };
struct room_rename_in { struct room_id room; struct span name; };
struct member_list_in { struct room_id room; struct account_id after; size_t limit; };
struct member_put_in { struct room_id room; struct account_id account; enum member_role role; };
struct member_remove_in { struct room_id room; struct account_id account; };
/* The replay: lasting events with a sequence above `after`, at most `limit`. limit 0 asks for the head alone. */
struct room_changes_in { struct room_id room; int64_t after; size_t limit; };
struct receipt_mark_in { struct room_id room; int64_t read; };

struct room_create_out { struct room_view room; bool existed; };
struct room_list_out { struct room_view *rooms; size_t n; struct account account; };
struct room_list_public_out { struct room_view *rooms; size_t n; };
struct room_get_out { struct room_view room; };
struct room_rename_out { struct room_view room; };
struct member_list_out { struct member_view *members; size_t n; bool more, reads_shown; };
struct member_put_out { char unused; };
struct member_remove_out { char unused; };
struct event;
struct room_changes_out {
    struct event **events; /* in the command's arena, uncounted: valid as long as the command */
    size_t n;
    int64_t to;   /* everything up to here has been told */
    int64_t head; /* the newest sequence of the room in the same snapshot */
    bool reload;  /* `after` lies above head: the asker's knowledge is not of this database */
};
struct receipt_mark_out { int64_t read, unread; };
