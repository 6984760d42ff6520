/* Engine.IO, protocol 4: sessions that outlive a connection. A session is opened by an HTTP request (polling) or by a WebSocket, and one
   over polling may move to a WebSocket while it runs. It belongs to the loop that made it; the first character of its id names that loop,
   and a request that comes to another loop is moved to it. Socket.IO (socketio.h) stands on top. Everything here runs on the session's
   loop.

   What is sent goes to engine_conn(): the real connection over WebSocket, a detached one (detached.h) over polling. Frames in it are
   WebSocket frames in both cases, each message one packet: text begins with '4', binary is bare. So shared frames, ceilings and the policy
   for slow readers are those of every connection. */
#pragma once
#include "net/websocket.h"

struct engine_session;

#define ENGINE_ID_CHARS 20
#define ENGINE_SESSIONS_MAX (1u << 18) /* of one loop, for one path */

struct engine_handler {
    void (*on_open)(struct engine_session *s);                         /* the open packet has been queued. May be NULL */
    void (*on_text)(struct engine_session *s, struct span text);       /* a message: valid UTF-8, borrowed for the call */
    void (*on_binary)(struct engine_session *s, struct span bytes);    /* borrowed for the call */
    void (*on_moved)(struct engine_session *s, struct conn *to);       /* about to hang on `to`; what waits follows after the call. May be NULL */
    void (*on_drain)(struct engine_session *s);                        /* as ws_handler.on_drain. May be NULL */
    void (*on_close)(struct engine_session *s);                        /* last call; from the flush of a turn. May be NULL */
};

/* How one path is served. The dialect makes one, once, before the router is used; it must outlive everything. */
struct engine_rules {
    const char *path;               /* with both slashes: "/socket.io/" */
    const struct engine_handler *handler;
    int32_t ping_interval_ms;       /* from the handshake, and from each pong */
    int32_t ping_timeout_ms;        /* a pong must come within it */
    int32_t claim_ms;               /* a session that was not engine_claim()ed by then ends; 0: never */
    size_t max_payload_bytes;       /* of a polling body, and of a WebSocket message */
    void (*cors)(struct request *r); /* adds Access-Control-Allow-Origin and -Credentials for origins that may; NULL: none may */
    bool (*allows)(struct request *r); /* false: this handshake is answered 403, code 4. NULL: all may */
    void *(*remember)(struct request *r); /* what to keep of the handshake's request: engine_memory(). NULL: nothing */
    void (*forget)(void *memory);         /* the session ends; not called for NULL */
    void *arg;                      /* for whoever stands on top */
    struct route routes[2];         /* filled by engine_routes */
};

/* The rows of rules->path. The first registered path wins, as always. */
void engine_routes(struct router *router, struct engine_rules *rules);

const struct engine_rules *engine_rules(const struct engine_session *s);
struct conn *engine_conn(const struct engine_session *s); /* changes when the session moves (on_moved) */
void *engine_memory(const struct engine_session *s);      /* what remember gave */
void engine_forget(struct engine_session *s);             /* forgets it now */
void *engine_user(const struct engine_session *s);
void engine_set_user(struct engine_session *s, void *user);
void engine_claim(struct engine_session *s);              /* somebody is there: claim_ms does not matter any more */
bool engine_is_closing(const struct engine_session *s);   /* nothing more is heard from it; on_close is still to come */

/* A message to this one. Over a ceiling of its queue it is closed as any slow reader. */
void engine_send_text(struct engine_session *s, struct span text);
void engine_send_binary(struct engine_session *s, struct span bytes);
void engine_append_text(struct buf *out, struct span text);    /* the same as WebSocket frames, to be pushed as one */
void engine_append_binary(struct buf *out, struct span bytes);
/* Ends it, and with it its connection. Safe from every call of the handler; on_close comes later. */
void engine_close(struct engine_session *s);

/* The session of a connection of ours: NULL when it is on its way out. */
struct engine_session *engine_of(struct conn *c);
/* Sessions are remembered elsewhere only by reference. */
struct engine_ref { uint32_t slot, serial; };
struct engine_ref engine_ref(const struct engine_session *s);
struct engine_session *engine_find(struct net *net, const struct engine_rules *rules, struct engine_ref ref); /* NULL: gone, or closing */
