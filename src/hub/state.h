/* The hub's own structures. Private to this room.

       hub ──► hub_room (by room id) ──► audience (one a presenter and encoding) ──► subscriptions, live ones first
           └─► hub_person (by account id) ──► listeners, and who watches the person

   A subscription:

       hub_subscribe ─► paused ──chase_next──► chasing ──take_page: all told──► ready ──deliver: its next event──► live
             │           ▲ ▲ └─── take_page: more ──┘                            ▲│                                │
             │           │ └──────────── subscription_fall_behind: gap ──────────┼┴────────────────────────────────┘
             └───────────┼──────── nothing was missed ───────────────────────────┘
                         └ waits for its turn (one query a listener) and for the reader to drain (hub_drained)

   chasing and paused ones are in no audience; ready and live ones are. A ready one knows everything up to `after`. A chase whose query failed
   stays the listener's chase and asks again, for its next room (hub->retries). */
#pragma once
#include "base/hash.h"
#include "base/list.h"
#include "hub/hub.h"

#define HUB_FRAME_BYTES (128u << 10) /* a turn's events of a room are cut into frames of about this size */
#define HUB_CHASE_PAGE 200
#define HUB_CHASE_PAUSE_BYTES (64u << 10) /* a replay waits while its reader has this much to read */
#define HUB_CHASE_TOLD_BYTES (256u << 10) /* and stops in the middle of a page when the reader has this much to read */

struct audience {
    struct audience *next;
    const struct presenter *presenter;
    bool deflate;
    struct subscription **subs; /* live first, then ready */
    struct conn **conns;        /* theirs, in the same order */
    uint32_t n_live, n, cap;
    struct buf lasting, passing; /* being built this turn */
};

struct hub_room {
    UT_hash_handle hh;
    struct room_id id;
    struct room_id guild; /* of a channel, as far as its subscribers knew it; none otherwise */
    struct hub *hub;
    int64_t last; /* newest sequence seen on this loop; 0: none yet */
    struct audience *audiences;
    uint32_t n_subs; /* in any state */
    int64_t sure_from; /* a reading of the head below this may have missed something */
    bool blocked;    /* a direct room of two who do not speak: typing is told to nobody */
    bool unsure;     /* nobody knows whether events passed by just before the room was made here: a reading of the head is not enough */
    struct list touched; /* in hub->touched while frames are being built */
    int64_t waits_since_ms; /* 0: it does not */
};

enum sub_state { sub_chasing, sub_paused, sub_ready, sub_live };

struct subscription {
    struct subscription *next; /* of the same listener */
    struct listener *listener;
    struct hub_room *room;
    struct event *farewell; /* counted: it has left the room while it was catching up; NULL: it has not */
    int64_t after;
    int64_t history; /* the room's head when it subscribed: what came up to there is history. Negative: not known yet */
    uint32_t index; /* in the audience */
    uint8_t state;
    bool told : 1;  /* something was replayed: the end of it must be told too */
    bool begun : 1; /* the first page was answered */
    bool left : 1;  /* what was replayed says that the listener has left, and not that it came back */
};

struct hub_person {
    UT_hash_handle hh;
    struct account_id id;
    struct list listeners; /* on this loop */
    uint64_t loops[presence_count]; /* bit i of a status: on loop i they are so. Of offline: unused */
    struct list watchers;  /* struct watch_link */
    struct list moved;     /* in hub->moved: the other loops are to be told */
    struct list changed;   /* in hub->changed: the watchers are to be told */
    int64_t left_us;       /* when the last device on any loop went; 0: not told */
    uint8_t announced;     /* what the other loops know of this one */
    bool shows_last_seen;
};

struct watch_link {
    struct list of_person;
    struct listener *listener;
    struct hub_person *person; /* NULL: may not watch them any more */
    uint8_t told;              /* enum presence: what the listener knows */
};

/* What a listener is told of presence in one go. Lives while it is being told. */
struct news {
    struct list node;
    struct listener *listener;
    struct buf out;
};

/* People who have just gone, to be written down. */
struct departed {
    struct account_id accounts[PRESENCE_LEFT_MAX];
    int64_t at_us[PRESENCE_LEFT_MAX];
    size_t n;
};

struct listener {
    struct list of_person;
    struct hub *hub;
    struct conn *conn;
    const struct presenter *presenter;
    struct hub_person *person;
    struct subscription *subs;
    struct chase *chase; /* the one query under way for all its rooms; NULL: none */
    struct watch_link *watches;
    uint32_t n_watches;
    uint8_t status; /* enum presence, of this device */
    struct news *news;
    uint16_t n_name; /* bytes of the name for display, behind the user name in texts */
    uint8_t n_username, n_avatar;
    bool bot;
    bool closing; /* its session is over: hears nothing more */
    struct session_id session;
    char texts[]; /* who speaks, for typing: user name, name, avatar */
};

/* The newest sequence of a room nobody listens to here. Whoever read the room's head a moment ago and subscribes now learns from it what passed
   by in between. A slot is shared by rooms of the same hash; HUB_RECENT_MS is longer than any such moment. */
struct recent {
    struct room_id room; /* none: never used */
    int64_t seq, at_ms;
};
#define HUB_RECENT 1024
#define HUB_RECENT_MS 60000

/* Sessions that ended a moment ago: a door may have found one alive just before, and its socket comes to listen only now. */
#define HUB_ENDED 64

/* Direct rooms that were blocked or opened a moment ago: a door may have looked just before, and its socket comes to listen only now. */
#define HUB_BLOCKED 64
struct hub_blocked { struct room_id room; bool blocked; };

struct hub {
    bus_listener_fn *tap; /* NULL: none */
    void *tap_arg;
    struct recent recent[HUB_RECENT];
    struct session_id ended[HUB_ENDED]; /* a ring */
    unsigned n_ended;
    struct hub_blocked blocked[HUB_BLOCKED]; /* a ring */
    unsigned n_blocked;
    struct loop *loop;
    struct net *net;
    struct gate_client *gate;
    struct hub_room *rooms;
    struct hub_person *people;
    size_t n_online, n_listeners;
    struct list moved, changed;
    struct hook presence;
    struct timer tell;     /* the watchers were told a moment ago: the rest waits for it */
    int64_t told_ms;       /* 0: never */
    struct departed departed;
    struct timer depart;
    int n_loops;
    struct list touched;
    struct hook deliver;
    struct alarm_clock *waited; /* a crowded room has waited long enough; NULL: none ever did */
    struct list retries; /* struct chase, waiting for the database to come back */
    struct timer retry;
};

/* audience.c: encoding once, hanging on every socket */
void room_touch(struct hub_room *room);
void room_flush(struct hub_room *room);
void audience_add(struct subscription *s, bool live);
void audience_drop(struct subscription *s);
void audience_promote(struct audience *a, struct subscription *s); /* ready to live */
struct audience *audience_of(const struct subscription *s);
bool deliver_lasting(struct hub *hub, const struct event *e); /* false: nobody listens, or it is known already */
void deliver_passing(struct hub_room *room, const struct event *e);
void room_sift(struct hub_room *room, const struct event *e); /* presenter.hears_still */
/* One event to one listener, at once. */
void deliver_to(struct listener *l, const struct event *e, bool replay);

/* hub.c */
void listener_end(struct listener *l); /* hears nothing more, and its connection is closed */

/* guild.c: who hears which channels follows from what happens in the guild */
void guild_joined(struct listener *l, const struct event *e);                 /* the listener's account came into the guild */
void guild_changed(struct hub_room *room, const struct event *e);             /* a channel came or went, all who listen */
void guild_changed_for(struct subscription *s, const struct event *e);        /* the same, learned by catching up */
void room_leave(struct listener *l, struct room_id room);                     /* and its channels, when it is a guild */
void room_end(struct hub *hub, const struct event *e);                        /* room_removed: the last word, then silence */

/* blocked.c */
void blocked_changed(struct hub *hub, const struct event *e);
void blocked_recall(struct hub_room *room); /* it has just been made here */

/* crowd.c */
bool room_waits(struct hub_room *room);

/* subscription.c */
void hub_remember(struct hub *hub, struct room_id room, int64_t seq);
struct hub_room *hub_room_find(struct hub *hub, struct room_id id);
struct subscription *subscription_find(const struct listener *l, struct room_id room);
void subscription_settle(struct subscription *s); /* it knows all up to s->after: it listens, unless the loop has seen more meanwhile */
void subscriptions_drop(struct listener *l);

/* chase.c: catching up by sequence */
void chase_init(struct hub *hub);
void chase_next(struct listener *l);            /* asks for the first of its rooms that is behind, if it is time */
void chase_abandon(struct subscription *s);     /* nobody waits for its query any more */
void subscription_fall_behind(struct subscription *s); /* from its audience */

/* presence.c */
struct hub_person *person_get(struct hub *hub, struct account_id id);
struct hub_person *person_find(const struct hub *hub, struct account_id id);
void person_release(struct hub *hub, struct hub_person *p); /* frees it when nobody needs it */
void presence_arrive(struct listener *l);
void presence_leave(struct listener *l);
void presence_init(struct hub *hub);
void presence_forbid(struct hub *hub, const struct event *e); /* one has blocked the other, who watches no more */
void presence_tell(struct hub *hub, const struct event *e); /* person_changed */
void presence_apply(struct hub *hub, const struct event *e);
void watches_drop(struct listener *l);
