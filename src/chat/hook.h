/* Webhooks. Incoming: a secret URL of a room, through which other programs post. Outgoing: what happens in a room is told to a URL, signed. */
#pragma once
#include "chat/message.h"

#define HOOK_NAME_MAX_POINTS 80
#define HOOKS_MAX 20                /* of one room, each way */
#define OUTGOING_URL_MAX_BYTES 2048
#define OUTGOING_SECRET_MIN_BYTES 16
#define OUTGOING_SECRET_MAX_BYTES 128
#define OUTGOING_WAITING_MAX 1000   /* bodies of one hook in the outbox; what happens above that is not told to it */
#define OUTGOING_PATIENCE_S (3 * 86400) /* failing for so long: switched off, until a test gets through */

struct hook_view {
    int64_t id;
    struct room_id room;
    struct span name;
    struct person author;
    int64_t created_us, used_us;
};
struct hook_create_in { struct room_id room; struct span name; };
struct hook_list_in { struct room_id room; };
struct hook_delete_in { struct room_id room; int64_t id; };
/* name: shown in place of the hook's own; empty: none. */
struct hook_post_in { struct room_id room; int64_t id; struct span token, text, name; }; /* room: hook_token_room(token) */
struct hook_create_out { struct hook_view hook; struct span token; }; /* the token is shown this once */
struct hook_list_out { struct hook_view *hooks; size_t n; };
struct hook_delete_out { char unused; };
struct hook_post_out { struct message message; };

struct outgoing_view {
    int64_t id;
    struct room_id room;
    struct span url;
    int64_t events;
    struct person author;
    int64_t created_us, last_status, last_us, failing_since_us, disabled_us, n_waiting; /* 0: never */
};
struct outgoing_create_in { struct room_id room; struct span url, secret; int64_t events; }; /* secret empty: one is made */
struct outgoing_list_in { struct room_id room; };
struct outgoing_delete_in { struct room_id room; int64_t id; };
struct outgoing_test_in { struct room_id room; int64_t id; struct span body; };
struct outgoing_create_out { struct outgoing_view hook; struct span secret; }; /* the secret is shown this once */
struct outgoing_list_out { struct outgoing_view *hooks; size_t n; };
struct outgoing_delete_out { char unused; };
struct outgoing_test_out { char unused; };

/* The room a token speaks of; none: it is no token. */
struct room_id hook_token_room(struct span token);
/* 1 to 80 printable code points without space at either end. */
bool hook_name_fits(struct span name);

/* The bit of an event in outgoing_view.events; 0: hooks cannot hear it. */
struct event;
int64_t outgoing_bit(const struct event *e);
/* The same by name ("message_posted"). */
int64_t outgoing_bit_of_name(struct span name);
/* Walks the names of the bits that are set: start with *at = 0; NULL: no more. */
const char *outgoing_next_name(int64_t events, size_t *at);
