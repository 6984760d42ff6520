/* Who listens to what on this loop, delivery, catch-up by sequence, presence and typing. Belongs to the loop's thread.

   A subscription is in one of three states:  catching up (a replay query is under way or waits for the reader to drain)
   -> ready (knows everything up to n, waits for n+1) -> live. hub_room.last is the newest sequence this loop has seen. An event with a
   gap before it sends every listener of the room back to catching up. Nothing is delivered twice, nothing is left out. */
#pragma once
#include "chat/event.h"
#include "gate/gate.h"
#include "net/websocket.h"

struct hub;
struct listener; /* one WebSocket session that listens: belongs to a conn */

/* How one kind of reader is spoken to. present appends WebSocket messages for the event with ws_append_text(_deflated) through presenter_text; it does not
   learn who reads, so that one encoding serves all. Appending nothing means that the event stays silent for this kind. */
struct presentation {
    struct buf *out;
    bool deflate;
    bool own;    /* only with author_apart: the readers are the author's own sockets */
    bool replay; /* history: the event was there before the listener subscribed. What it missed later is told as if live */
};
void presentation_text(struct presentation *p, struct span text);
struct presenter {
    const char *name;
    void (*present)(struct presentation *p, const struct event *e);
    /* The replay of one room ended at `to`; only to this listener. May be NULL. */
    void (*caught_up)(struct conn *c, struct room_id room, int64_t to);
    /* Too much was missed: the client must reload; live from `from`. May be NULL: then everything is replayed, however long. */
    void (*reload)(struct conn *c, struct room_id room, int64_t from);
    /* Own membership: the account joined (the hub has subscribed it already) or left a room. May be NULL. */
    bool follows_membership; /* subscribe and unsubscribe as the account joins and leaves */
    unsigned follows_kinds;  /* into rooms of these kinds alone (1 << enum room_kind); 0: all */
    bool author_apart;       /* message_posted is encoded once more, for the author's own sockets (presentation.own), who hear it after the others */
    bool of_one_room;        /* a socket of one room: closed with revoked_code when its account leaves that room, or the room is no more. Not of a channel */
    bool follows_desk;       /* hears the agents' hall, and word to its person, as long as the account is an agent (desk.h) */
    /* A support chat has moved: may who listens on this connection go on listening to it? NULL: as their membership says. */
    bool (*hears_still)(struct conn *c, const struct event *moved);
    int64_t replay_max;      /* changes; 0: no limit */
    bool spares_author;      /* typing is not told to the typist's own sockets */
    int revoked_code;        /* WebSocket close code when the listener's session is revoked */
};

struct hub *hub_create(struct loop *loop, struct net *net, struct gate_client *gate, struct bus *bus, int n_loops);
void hub_leave_loop(struct hub *hub); /* loop_run has returned: gives back what only a living loop can take */
void hub_destroy(struct hub *hub);

/* Shows each chain of events that comes to this loop to one more listener, before anybody hears it. At most one; before the loop runs. */
void hub_tap(struct hub *hub, bus_listener_fn *fn, void *arg);

struct listener *hub_listen(struct hub *hub, struct conn *c, const struct presenter *presenter, struct actor actor, struct person who);
void hub_forget(struct listener *l); /* call in on_close; frees it */
struct actor listener_actor(const struct listener *l);
/* The listener hears on another connection of the same loop from now on. What the turn has for it so far stays on the old one. */
void hub_rehome(struct listener *l, struct conn *to);

/* Knows everything up to `after`; when head (a fresh reading, or -1: unknown) equals it, no query is made. */
void hub_subscribe(struct listener *l, struct room_id room, int64_t after, int64_t head);
/* The same of a channel: who leaves its guild stops hearing it. */
void hub_subscribe_channel(struct listener *l, struct room_id channel, struct room_id guild, int64_t after, int64_t head);
void hub_unsubscribe(struct listener *l, struct room_id room);
/* Subscribed, and not catching up: passing events of the room reach it from now on. */
bool hub_hears(const struct listener *l, struct room_id room);
/* The desk's addresses of the listener: the agents' hall and its person's own. Never asks the database. */
void hub_follow_desk(struct listener *l);
void hub_leave_desk(struct listener *l);
/* The conn drained: paced replays go on. */
void hub_drained(struct listener *l);

/* Passing events. typing: not_found when not subscribed, forbidden in a direct room of two who do not speak. */
enum fault hub_typing(struct listener *l, struct room_id room, bool on);
/* The room is subscribed, and was found to be a direct room of whose two one has blocked the other; what the hub has heard since wins. */
void hub_found_blocked(struct listener *l, struct room_id room);
/* Presence: how these are now, and from now on presence events about them to this listener. At most HUB_WATCH_MAX; replaces. Who may be watched is
   asked before (presence_look). */
#define HUB_WATCH_MAX 500
void hub_watch(struct listener *l, const struct account_id *accounts, size_t n, enum presence *status_out);
/* How this device is: online, idle or dnd. An account is dnd when one of its devices is, else online when one is, else idle. */
void hub_set_status(struct listener *l, enum presence status);
/* Whether others may know when the account was here; without a word its going tells no time. */
void hub_show_last_seen(struct listener *l, bool shows);
enum presence hub_status(const struct hub *hub, struct account_id account);
bool hub_is_online(const struct hub *hub, struct account_id account);
size_t hub_n_online(const struct hub *hub);
