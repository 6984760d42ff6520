/* Guilds: their listing, their channels, and what rooms with roles share: invitations, bans, time-outs. */
#pragma once
#include "chat/room.h"

#define ROOM_INVITES_MAX 100 /* of one room, that still stand */
#define ROOM_INVITE_USES_MAX 100000
#define BAN_REASON_MAX_POINTS 300
#define MUTE_MAX_S 2419200

struct room_invite {
    struct span code;
    struct person by;
    int64_t n_uses, n_used; /* n_uses 0: any number */
    int64_t expires_us, created_us; /* expires_us 0: never */
};

struct ban {
    struct person person, by;
    struct span reason;
    int64_t at_us;
};

/* channel: the name of the first channel; empty: "general". */
struct guild_create_in { struct span name, channel; bool public; struct file_id icon; };
struct guild_list_public_in { struct span query; }; /* part of the name; empty: all, largest first */
struct channel_list_in { struct room_id guild; };
struct channel_create_in { struct room_id guild; struct span name, topic; bool read_only; int64_t slow_s; };
struct channel_order_in { struct room_id guild; struct room_id *channels; size_t n; }; /* all of them */
/* 0 uses: any number; 0 seconds: for ever. */
struct room_invite_create_in { struct room_id room; int64_t n_uses, expires_in_s; };
struct room_invite_list_in { struct room_id room; };
struct room_invite_revoke_in { struct room_id room; struct span code; };
struct room_invite_look_in { struct span code; };
struct room_invite_join_in { struct span code; struct room_id room; /* filled by the prepare step */ };
struct ban_put_in { struct room_id room; struct account_id account; struct span reason; };
struct ban_remove_in { struct room_id room; struct account_id account; };
struct ban_list_in { struct room_id room; struct account_id after; size_t limit; };
struct member_mute_in { struct room_id room; struct account_id account; int64_t for_s; }; /* 0 ends it */

struct guild_create_out { struct room_view room; };
struct guild_list_public_out { struct room_view *rooms; size_t n; };
struct channel_list_out { struct room_view *rooms; size_t n; };
struct channel_create_out { struct room_view room; };
struct channel_order_out { char unused; };
struct room_invite_create_out { struct room_invite invite; };
struct room_invite_list_out { struct room_invite *invites; size_t n; };
struct room_invite_revoke_out { char unused; };
struct room_invite_look_out { struct room_face room; struct room_invite invite; };
struct room_invite_join_out { struct room_view room; };
struct ban_put_out { char unused; };
struct ban_remove_out { char unused; };
struct ban_list_out { struct ban *bans; size_t n; bool more; };
struct member_mute_out { int64_t until_us; };
