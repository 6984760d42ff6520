/* What happened. An event is immutable and counted: made once in a lane, mailed to every loop, dropped by the last holder.
   All spans point into the event's own memory (or, in a replay, into the arena of the command that read it: then refs is 0 and it
   must not be counted). */
#pragma once
#include "chat/desk.h"
#include "chat/guild.h"
#include <stdatomic.h>

enum event_kind {
#define EVENT(name, durability) event_##name,
#include "chat/event.def"
#undef EVENT
    event_kind_count
};

/* A channel and its newest number: where somebody who joins the guild begins to listen. */
struct channel_mark { struct room_id id; int64_t head; };

enum presence { presence_offline, presence_online, presence_idle, presence_dnd, presence_count };
const char *presence_word(enum presence status); /* "online" */

struct event {
    struct event *next; /* chain of one commit, in order; owned by whoever holds the head's reference while it is mailed */
    atomic_int refs;
    enum event_kind kind;
    struct room_id room;
    int64_t seq; /* 0: passing */
    int64_t at_us;
    struct person by;       /* who did it */
    struct person subject;  /* whom it concerns: the member that moved, the account online; desk_told: who had the chat before a transfer */
    struct session_id session; /* session_revoked */
    enum member_role role;
    enum room_kind room_kind; /* member_joined, as it happens: of the room; 0 in a replay */
    int64_t read;           /* room_read, read_by_all */
    bool on;                /* typing, presence, person_noticed: true came; block_changed: true blocked; room_read: the old desk tells it in its own words; desk_said: also to the sockets of `by`; person_changed: true shows when last seen */
    bool blocked;           /* block_changed: neither may write in the direct room now */
    int origin;             /* presence, typing: index of the loop that speaks */
    enum presence status;   /* presence; its at_us: last seen, 0: not told */
    bool own_only;          /* room_read in a large room: only to the devices of `by` */
    struct message_id message_id; /* reactions, pins, message_read; desk_noted: number of the note */
    struct span emoji;      /* desk_noted: the note; desk_said: a whole text for the socket; typing: not empty, the old desk tells it in its own words */
    struct room_face *face; /* room_changed, channel_*: the room that is meant */
    int64_t until_us;       /* member_changed: muted until; 0: not muted */
    struct channel_mark *channels; /* member_joined of a guild, for the hub */
    size_t n_channels;
    enum message_part part; /* message_edited: what was deleted of it; message_part_all: nothing, its text is another. In a replay always that */
    struct desk_view *desk;   /* desk_moved: room, state and agent alone, as a replay knows them; desk_told, desk_message, desk_status: the chat */
    enum desk_step desk_step; /* desk_moved, desk_told */
    enum desk_role desk_role; /* desk_agent_changed */
    struct message message; /* message_posted, _edited, _deleted; draft_changed: text, reply_to and edited_us of the draft; desk_message */
};

bool event_is_lasting(enum event_kind kind);
const char *event_name(enum event_kind kind);
/* A counted deep copy (one allocation) with refs 1. Gives. NULL when out of memory. */
struct event *event_copy(const struct event *e);
void event_ref(struct event *e);
void event_unref(struct event *e); /* NULL is fine */
