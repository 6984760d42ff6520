/* One loop's network: its listener, its connections, their queues and their flush. HTTP (http.h) and WebSocket (websocket.h) sessions are
   spoken on top of a connection. Everything here belongs to the loop's thread. */
#pragma once
#include "base/fault.h"
#include "loop/loop.h"
#include "net/frame.h"

struct net;
struct conn;
struct router; /* http.h */
struct tls;
struct net_proxies; /* proxies.h */

struct net_config {
    struct loop *loop;            /* borrows */
    const struct router *router;  /* borrows; shared by all loops, immutable */
    void *door;                   /* handed to every handler as request_door()/conn_door() */
    const char *address;          /* numeric */
    int port;
    bool joins;                   /* another loop of this process listens there already */
    struct tls *tls;              /* NULL: plain. Shared by all loops */
    const struct net_proxies *trusted_proxies; /* NULL: none */
    size_t max_connections;       /* per loop; above it new ones are accepted and closed at once */
    struct nets *nets;            /* NULL: this network knows no other. Shared by all loops, borrowed */
};
must_use enum fault net_create(const struct net_config *config, struct net **out);
int net_port(const struct net *net); /* the real one when 0 was asked */
/* No new connections, idle keep-alive ones closed; WebSockets get on_going_away and are not read any more, so that what waits for an answer
   becomes less. net_close_all must follow. */
void net_stop_accepting(struct net *net);
void net_close_all(struct net *net, int ws_code, const char *reason);
size_t net_n_connections(const struct net *net); /* with those on their way from other loops */
void net_destroy(struct net *net); /* what is still open is closed at once */

/* The networks of a process, so that a request can be moved between them (request_move). Every net of it is created before the loops run. */
struct nets;
struct nets *nets_create(int n_loops); /* gives; aborts when out of memory */
void nets_destroy(struct nets *nets);  /* after every loop has been destroyed. NULL is fine */
struct net *net_of_loop(struct net *any, int index); /* by loop_index; NULL: there is no such loop. Any loop's thread may ask its own net */
int net_n_loops(const struct net *any);

/* A connection is remembered elsewhere only by reference: slot and generation. */
struct conn_ref { uint32_t slot, generation; };
struct conn_ref conn_ref(const struct conn *c);
struct conn *net_find(struct net *net, struct conn_ref ref); /* NULL: gone */
struct net *conn_net(const struct conn *c);
void *conn_door(const struct conn *c);
/* Numeric address of the peer; the forwarded one when the peer is a trusted proxy. Writes at most 46 bytes. */
void conn_address(const struct conn *c, char out[46]);

/* The outgoing queue. push hangs a frame (adds a reference) and arms the flush of this turn. */
#define CONN_QUEUE_MAX_BYTES (1u << 20)   /* above: droppable frames go, then the connection is closed as too slow */
#define CONN_QUEUE_MAX_FRAMES 4096
void conn_push(struct conn *c, struct frame *f);
void conn_push_all(struct conn *const *conns, size_t n, struct frame *f); /* the same on many, while their memory is on its way */
size_t conn_queued_bytes(const struct conn *c);
bool conn_hears(const struct conn *c); /* false: it is on its way out, and frames are dropped */

struct net_figures {
    uint64_t n_accepted, n_requests, n_sends, n_bytes_out, n_frames_dropped, n_slow_closed;
    uint64_t n_refused; /* accepted and closed at once: above max_connections, or out of descriptors */
    size_t n_connections, n_websockets;
};
void net_figures(const struct net *net, struct net_figures *out);

/* TLS by certificate files; reload swaps the context for new connections (SIGHUP). */
must_use enum fault tls_create(const char *cert_file, const char *key_file, struct tls **out);
must_use enum fault tls_reload(struct tls *tls); /* keeps the old one when the new one does not load */
void tls_destroy(struct tls *tls);
