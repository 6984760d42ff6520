/* A Socket.IO client of the desk from within. Private to this dialect.

       CONNECT ─ proof in auth ─► known            no proof ─► unknown ─ an event whose sender can be proven (cookie, signature beside the id, trust) ─► known
          └─ wrong proof: CONNECT_ERROR                            └─ any other event: ignored

   While who it is is being found out, events wait in their order. */
#pragma once
#include "dialect/desk/identity.h"
#include "hub/hub.h"
#include "net/socketio.h"

#define DESK_WAITING_MAX 32             /* events of one socket that wait for its identity; more are dropped */
#define DESK_WAITING_BYTES_MAX 8192     /* of one of them */
#define DESK_PENDING_MAX 64             /* commands of one socket under way; events above are ignored */

struct desk_waiting { struct desk_waiting *next; int64_t ack; size_t n; char args[]; }; /* the array of the event, as JSON */

struct desk_socket { /* socketio_user; freed in on_close */
    struct socketio *s;
    struct listener *listener;          /* NULL: unknown */
    struct desk_waiting *waiting, **waiting_end;
    char *username;                     /* NUL-terminated */
    char *joined;                       /* userId of join-user as it was written; NULL: did not */
    uint8_t n_waiting, n_pending;
    uint8_t role;                       /* enum desk_role, as last read */
    bool is_customer, counted, finding;
};

struct door *desk_socket_door(const struct desk_socket *d);
struct account_id desk_socket_account(const struct desk_socket *d);

/* A command of a socket that may be gone when it comes home; in the command's arena. */
struct desk_errand {
    struct door *door;
    struct socketio_ref ref;
    int64_t ack;
    struct room_id room;
    struct span id, text; /* of the event, kept */
    bool on;
};
struct desk_errand *desk_errand(struct desk_socket *d, struct command *c, int64_t ack);
/* NULL: gone. Counts it as done. */
struct desk_socket *desk_errand_home(const struct desk_errand *e);

/* knock.c: who is it */
struct desk_hint { enum { desk_hint_nobody, desk_hint_customer, desk_hint_agent } side; struct span id, name, signature; bool is_super; };
/* Begins to find out; the event then comes again. False: there is nothing to find out. */
bool desk_socket_find(struct desk_socket *d, const struct desk_hint *hint);
void desk_socket_connect(struct socketio *s, struct span auth);
void *desk_socket_remember(struct request *r);

/* listen.c: what it says */
void desk_socket_event(struct socketio *s, const struct socketio_event *e);
void desk_socket_go_on(struct desk_socket *d); /* it is known now, or will not be: what waited */
void desk_socket_say_gone(struct desk_socket *d);

/* present.c: what it hears */
extern const struct presenter desk_presenter;
struct token_key;
void desk_present_with(struct token_key *key); /* signs the addresses of files; before any loop runs */

void desk_socket_routes(struct router *router, const struct door_settings *settings);
