/* Socket.IO, protocol 5, on Engine.IO sessions (engine.h): namespaces, events with arguments and binary attachments, acknowledgements. A
   struct socketio is one client in one namespace; a session may have one in each. Everything here runs on the loop of the session.

       client's CONNECT ─► on_connect ─ socketio_accept, now or later ─► connected ─ on_event … ─► on_close ─► freed
                              └──────── socketio_refuse ─► CONNECT_ERROR, freed

   An unknown namespace, a packet that breaks the protocol, or one for a namespace that is not connected is answered here (CONNECT_ERROR, or
   the session ends). */
#pragma once
#include "net/engine.h"
#include "wire/json.h"

struct socketio;

#define SOCKETIO_ATTACHMENTS_MAX 64 /* of one packet; together they may take max_payload_bytes */

struct socketio_event {
    struct span name;
    json_value *args;          /* the array; its first element is the name. Placeholders of binary stand as {"_placeholder":true,"num":n} */
    struct span args_text;     /* the arguments as they came: JSON, commas between, no brackets; may be empty */
    const struct span *attachments;
    size_t n_attachments;
    int64_t ack;               /* the client waits for socketio_ack with this number; -1: it does not */
};
json_value *socketio_arg(const struct socketio_event *e, size_t i); /* the i-th argument after the name; NULL: fewer came */

struct socketio_handler {
    /* auth: JSON object of the CONNECT packet, "{}" when it has none. Answer with socketio_accept or socketio_refuse, now or later (then
       remember a socketio_ref). */
    void (*on_connect)(struct socketio *s, struct span auth);
    void (*on_event)(struct socketio *s, const struct socketio_event *e); /* all of it borrowed for the call */
    /* The session moves to another connection: call hub_rehome here. What was sent before follows by itself. Also before it is accepted.
       May be NULL. */
    void (*on_moved)(struct socketio *s, struct conn *to);
    void (*on_drain)(struct socketio *s);  /* as ws_handler.on_drain: call hub_drained. Also before it is accepted. May be NULL */
    /* The last call, also for one that was not accepted yet; not after socketio_refuse. Free socketio_user and forget listeners here. May
       be NULL. */
    void (*on_close)(struct socketio *s);
};

struct socketio_namespace { const char *name; const struct socketio_handler *handler; }; /* "/" or "/custom" */

struct socketio_rules {
    const struct socketio_namespace *namespaces;
    size_t n_namespaces;
    struct engine_rules engine;  /* handler and arg are set by socketio_routes. claim_ms: a session without any accepted namespace ends after it */
};
/* rules must outlive everything. */
void socketio_routes(struct router *router, struct socketio_rules *rules);

void socketio_accept(struct socketio *s);                       /* answers the CONNECT; events come from now on */
void socketio_refuse(struct socketio *s, const char *message);  /* CONNECT_ERROR {"message":…}; s is gone when it returns */
/* args: JSON values with commas between, may be empty. */
void socketio_emit(struct socketio *s, const char *name, struct span args);
void socketio_emit_binary(struct socketio *s, const char *name, struct span args, const struct span *attachments, size_t n);
void socketio_ack(struct socketio *s, int64_t id, struct span args); /* id: of the event */
void socketio_ack_binary(struct socketio *s, int64_t id, struct span args, const struct span *attachments, size_t n);
void socketio_disconnect(struct socketio *s);                   /* DISCONNECT to the client; on_close comes before it returns, then s is gone */
void socketio_close(struct socketio *s);                        /* ends the whole session; on_close comes later */

/* The text of an event as it stands in a WebSocket message (42["name",…]): for presenters (presentation_text) and shared frames. name and
   args as above. */
void socketio_append_event(struct buf *out, const char *namespace_name, const char *name, struct span args);

/* Where a hub's listener hangs; changes with on_moved. conn_door and conn_address work; ws_user is not yours. */
struct conn *socketio_conn(const struct socketio *s);
struct engine_session *socketio_session(const struct socketio *s); /* engine_memory: what rules->engine.remember kept of the handshake */
const char *socketio_namespace_name(const struct socketio *s);
void *socketio_user(const struct socketio *s);
void socketio_set_user(struct socketio *s, void *user);
void socketio_id(const struct socketio *s, char out[ENGINE_ID_CHARS + 1]); /* the id the client knows as socket.id; proves nothing */
/* The client of a namespace on a connection (a presenter's caught_up gives the connection); NULL: none. */
struct socketio *socketio_of(struct conn *c, const char *namespace_name);

struct socketio_ref { struct engine_ref session; uint32_t serial; };
struct socketio_ref socketio_ref(const struct socketio *s);
struct socketio *socketio_find(struct net *net, const struct socketio_rules *rules, struct socketio_ref ref); /* NULL: gone */
