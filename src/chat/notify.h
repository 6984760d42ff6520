/* What somebody wants to be told of: levels by room, browsers that take pushes, and the notices made of committed events. */
#pragma once
#include "chat/room.h"

#define NOTIFY_LARGE_ROOM 200       /* above so many members the level is "mentions" when nobody has said otherwise */
#define PUSH_SUBSCRIPTIONS_MAX 20   /* of one account; the oldest makes room */
#define PUSH_ENDPOINT_MAX_BYTES 2048
#define NOTICE_EVENTS_MAX 200       /* looked at together */
#define NOTICE_BEHIND_MAX 10000     /* of a room that is further behind only so many changes are looked at */
#define NOTICE_TARGETS_MAX 20000    /* subscriptions of one room */
#define NOTICE_ROOMS_MAX 1000       /* found behind at once */

enum notify_level { notify_inherits = 0, notify_all = 1, notify_mentions = 2, notify_none = 3 }; /* stored, but for the first */

struct notify_view {
    struct room_id room;
    enum notify_level level;
    int64_t until_us; /* 0: without end */
};
struct notify_set_in { struct room_id room; enum notify_level level; int64_t until_us; };
struct notify_list_in { char unused; };
struct notify_set_out { struct notify_view view; };
struct notify_list_out { struct notify_view *views; size_t n; };

/* What counts when room and guild each may say something at this moment. */
enum notify_level notify_effective(struct notify_view room, struct notify_view guild, int64_t n_members, int64_t now_us);

struct push_view {
    int64_t id;
    struct span endpoint, agent;
    struct session_id session;
    int64_t created_us;
};
struct push_subscribe_in { struct span endpoint, p256dh, auth, agent; }; /* the keys were checked by the dialect */
struct push_list_in { char unused; };
struct push_unsubscribe_in { int64_t id; };
struct push_subscribe_out { struct push_view view; bool existed; };
struct push_list_out { struct push_view *views; size_t n; };
struct push_unsubscribe_out { char unused; };

/* http:// or https://, a host, printable ASCII, no user and password in it. */
bool url_fits(struct span url, size_t max_bytes);

/* ---- For the room dispatch alone */

/* Somebody who may be told of what happened in a room. */
struct notice_target {
    int64_t subscription;
    struct account_id account;
    enum notify_level level;
    int64_t since_us; /* subscribed then: what is older is not told */
    int64_t read;     /* their read mark */
};
struct notice_hook { int64_t id, events, since_us; };

struct notice_behind_in { char unused; };
struct notice_behind_out { struct room_id *rooms; size_t n; };

/* What is new in a room since its mark, and whom it may concern. heard: a number that is certainly new, for rooms without a mark. */
struct notice_look_in { struct room_id room; int64_t heard; };
struct notice_look_out {
    int64_t from;          /* the mark; -1: there is none */
    int64_t to, head;      /* looked at up to here */
    bool nobody;           /* neither subscription nor hook: nothing was looked at */
    struct room_changes_out changes;
    struct notice_target *targets;
    size_t n_targets;
    struct notice_hook *hooks;
    size_t n_hooks;
};

/* Moves the mark and puts the parcels into the outbox, or does nothing when somebody else has moved it. */
struct notice_push { int64_t subscription, seq, due_us; };
struct notice_body { int64_t hook; struct span body; };
struct notice_write_in {
    struct room_id room;
    int64_t from, to;      /* to below 0: the mark is removed */
    struct notice_push *pushes;
    size_t n_pushes;
    struct notice_body *bodies;
    size_t n_bodies;
};
struct notice_write_out { bool moved; };

/* What a parcel needs on its way, read just before it leaves. */
struct parcel_content {
    bool stands;           /* false: nobody wants it any more */
    /* push */
    struct span endpoint, p256dh, auth;
    struct person author;
    struct span author_shown, room_name, text;
    enum room_kind room_kind;
    struct message_id message;
    int64_t at_us, unread, n_files;
    /* hook */
    struct span url, secret;
};
struct parcel;
struct parcel_load_in { const struct parcel *parcels; size_t n; };
struct parcel_load_out { struct parcel_content *contents; }; /* one a parcel */
