/* The inside of Engine.IO; private to this room.

   One struct engine a path and loop, made when the first request comes. A session:

       handshake by polling ─► polling ── WebSocket with its id ─► probed ("2probe") ── "5" ─► over WebSocket
                                  │                                   └ anything else, 10 s: the new connection goes, polling stays
       handshake by WebSocket ────┼──────────────────────────────────────────────────────────►    │
                                  └─ engine_close, time-out, overlap, client gone ─► closing ◄─────┘ ── its connection's on_close ─► freed

   Always: conn is the detached connection while `polling` is set, the real one afterwards; ws_user of either is the session, and NULL when
   the connection has no part in it any more; memory goes only in engine_end, which the flush of a turn calls. */
#pragma once
#include "net/conn.h"
#include "net/deadline.h"
#include "net/detached.h"
#include "net/engine.h"
#include "wire/engine_packet.h"

#define ENGINE_SECRET_BYTES 12

/* A client that leaves sends its close packet and a last poll at once, and the poll may be the one that comes later: it is answered as if
   it had waited. */
#define ENGINE_FAREWELLS 16
struct engine_farewell {
    int64_t until_ms;
    char id[ENGINE_ID_CHARS];
};

struct engine {
    struct engine *next;
    const struct engine_rules *rules;
    struct net *net;
    struct engine_session **slots;
    uint32_t *free_slots;
    uint32_t n_slots, n_free, next_serial;
    struct deadlines pings, pongs, claims; /* to be sent; to come; likewise */
    struct ws_handler socket, polling;
    struct engine_farewell farewells[ENGINE_FAREWELLS]; /* a ring */
    unsigned n_farewells;
    struct frame *ping;
};

struct engine_polling {
    struct engine_session *session;
    struct request *poll; /* waits for something to answer with; NULL: none */
    struct conn *probe;   /* the WebSocket that wants to take over; NULL: none */
    bool probed;          /* it has said "2probe" */
    uint8_t n_nudges;
    int64_t gives_up_ms;  /* when the probe has taken too long */
    struct timer timer;   /* while there is a probe */
};

struct engine_session {
    struct engine *engine;
    struct conn *conn;
    struct engine_polling *polling; /* NULL: over WebSocket */
    void *user, *memory;
    struct deadline heart; /* in pings or pongs */
    struct deadline claim;
    uint32_t slot, serial;
    unsigned char secret[ENGINE_SECRET_BYTES];
    bool awaits_pong, closing, upgraded;
};

/* engine.c */
struct engine *engine_get(struct net *net, const struct engine_rules *rules); /* NULL: the net is being destroyed */
struct engine_session *engine_create(struct engine *engine); /* NULL: no place. Not open yet */
void engine_drop(struct engine_session *s);                  /* one that was never opened */
void engine_open(struct engine_session *s);                  /* conn is set: the open packet, the first ping */
void engine_end(struct engine_session *s);                   /* its connection is gone: on_close, freed */
void engine_heard_pong(struct engine_session *s);
void engine_push_packet(struct conn *c, struct span packet); /* text with its type */
bool engine_take(struct engine_session *s, const struct engine_packet *p); /* one packet from the client. False: it breaks the protocol */
void engines_fini(struct net *net);

/* engine_id.c */
void engine_id(const struct engine_session *s, char out[ENGINE_ID_CHARS + 1]);
int engine_id_loop(struct span id);                          /* -1: no id of ours */
struct engine_session *engine_by_id(struct engine *engine, struct span id); /* NULL: unknown, closing */

/* engine_poll.c */
void engine_poll_request(struct engine_session *s, struct request *r); /* GET or POST with its id */
bool engine_open_polling(struct engine_session *s, struct request *r); /* false: no room; r is not answered */
void engine_poll_left(struct engine_session *s);              /* the client closes by polling */
bool engine_poll_late(struct engine *engine, struct request *r, struct span id); /* true: r was the last poll of one that has left, and is answered */
void engine_poll_end(struct engine_session *s, const char *last);      /* a poll that waits is answered with what is there and this packet */
void engine_polling_handler(struct ws_handler *out);
void engine_polling_free(struct engine_session *s);

/* engine_socket.c */
void engine_socket_handler(const struct engine_rules *rules, struct ws_handler *out);
void engine_probe_leave(struct engine_session *s);           /* the WebSocket that wants to take over goes */
void engine_nudge(struct engine_session *s);                 /* a poll came while a WebSocket is taking over */
