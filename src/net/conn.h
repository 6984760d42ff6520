/* The inside of a connection and of a loop's network. Private to this room; the world sees net.h.

   A connection is 320 bytes from a slab, laid out so that pushing a frame and flushing it touch one cache line. What only a busy connection
   needs (parser, half-read message, queue beyond the first frame, TLS) is allocated when it begins and freed when it ends.

   Stages:   handshaking ─ tls_proceed ─► http ─ http_accept_websocket ─► websocket
                  │                        │ conn_finish                    │ ws_close
                  │                        ▼                                ▼
                  └──── conn_kill ────► finishing ── drained, lingered ──► dead ─ conn_bury ─► slab
   A plain connection begins at http. conn_kill only marks: callbacks to handlers are made from the flush of the turn (conn_settle), never
   from inside conn_push, ws_send or ws_close, so that a caller may walk its own lists while it pushes. */
#pragma once
#include "base/list.h"
#include "net/net.h"
#include "net/proxies.h"
#include "net/websocket.h"
#include "wire/ws.h"
#include <netinet/in.h>
#include <assert.h>
#include <limits.h>
#include <openssl/ssl.h>
#include <stdatomic.h>

enum conn_stage { stage_free, stage_handshaking, stage_http, stage_websocket, stage_finishing, stage_dead };

enum conn_flag {
    conn_dirty = 1 << 0,        /* in net->dirty */
    conn_buried = 1 << 1,       /* the watch is closed while still dirty: the flush returns it to the slab */
    conn_paused = 1 << 2,       /* not reading: a handler waits */
    conn_blocked = 1 << 3,      /* the kernel took no more: waits for writability */
    conn_pinned = 1 << 4,       /* the first frame has begun to leave (partly sent, or handed to TLS): it must stay the first */
    conn_passed_mark = 1 << 5,  /* queue went over WS_LOW_MARK_BYTES: on_drain is owed */
    conn_feed_again = 1 << 6,   /* bytes wait in memory (kept pipeline, TLS): feed before sleeping */
    conn_deaf = 1 << 7,         /* takes no more frames: a last one is on its way, or it is dead */
    conn_ends_after = 1 << 8,   /* close when the queue has drained */
    conn_half_shut = 1 << 9,    /* we have sent FIN and wait for theirs */
    conn_peer_ended = 1 << 10,  /* their FIN was read: no reading, but what is queued still leaves */
    conn_tls_wants_write = 1 << 11,
    conn_watches_write = 1 << 12, /* what the watch was told last */
    conn_closing = 1 << 13,     /* buried: only the watch's last callback is missing */
    conn_tls_broken = 1 << 14,  /* after a fatal error not even a goodbye may be written */
    conn_holds = 1 << 15,       /* paused by the reader of a body: a hang-up can wait until the rest was read */
    conn_sends_file = 1 << 18,  /* an answer goes on out of a file when the queue is empty */
    ws_is_deflating = 1 << 16,
    ws_close_sent = 1 << 17,
    ws_pinged = 1 << 19,        /* since the last byte heard */
    ws_told_going_away = 1 << 20,
    ws_has_early = 1 << 21,     /* see struct early */
    conn_detached = 1 << 22,    /* has no socket: detached.h */
    conn_moves = 1 << 23,       /* leaves for another loop when the queue is empty; see move.c */
};

struct queue {
    uint32_t head, n, cap; /* ring; cap is a power of two */
    struct queue *next_spare;
    struct frame *frames[];
};

struct http_session;

struct conn {
    struct watch watch;
    void *user;                /* of the WebSocket's handler */
    unsigned char address[16]; /* of the peer, IPv4 mapped into IPv6 */

    struct net *net;
    struct conn *next_dirty;  /* of net->dirty, or of the free list */
    struct frame *first;      /* NULL: the queue is empty */
    struct queue *queue;      /* what follows first; NULL: nothing */
    SSL *ssl;                 /* NULL: plain */
    uint32_t queued_bytes;    /* not yet taken by the kernel */
    uint32_t first_sent_bytes;
    int fd;
    uint32_t flags;
    uint32_t slot;            /* place in the slab; survives reuse */
    uint32_t generation;      /* grows at each reuse */

    struct timer timer;       /* the only one: its meaning follows the stage */
    union {
        struct http_session *http;  /* before the upgrade. NULL: idle between requests */
        struct ws_parser ws_parser; /* after it */
    };
    const struct ws_handler *ws;    /* NULL: not upgraded */
    uint32_t heard_ms;        /* when the peer was last heard: the low half of the loop's clock */
    uint16_t close_code;      /* what on_close will be told */
    uint8_t stage;
    uint8_t n_stalls;         /* time-outs of writing in a row without progress */
};

#define READ_BUFFER_BYTES (64u << 10)
#define SCRATCH_BYTES (64u << 10)
#define SLAB_CONNS 64u
#define QUEUE_FIRST_CAP 16u
#define QUEUES_SPARE_MAX 4096u
#define GATHER_MAX 256u

/* Frames whose bytes stand one after another in net->scratch. n 0: nothing is known about it. */
struct gather {
    unsigned n;
    size_t n_bytes;
    struct frame *frames[GATHER_MAX]; /* compared, never followed */
};

/* What a WebSocket client sent before its upgrade was accepted; it should have waited. */
struct early {
    struct early *next;
    struct conn_ref of;
    size_t n;
    char bytes[];
};

struct net {
    struct net_config config;
    struct loop *loop;
    struct watch listener;
    int listener_fd, spare_fd;
    int port;
    bool listening;          /* listener is open */
    bool stopping;           /* answers say "Connection: close" */
    bool closing;            /* all connections were told to go */
    bool destroying;         /* to be freed when the last watch has closed and the last announced connection has come */
    atomic_uint announced;   /* connections that other loops are sending here, and NET_SHUT; see move.c */
    size_t n_detached;       /* connections without a socket */
    size_t n_watches;        /* open or still closing: the listener's and the connections' */
    struct timer accept_pause;
    struct engine *engines;  /* Engine.IO paths that have been asked for; see engine_state.h */
    struct early *early;     /* bytes that came before the upgrade was accepted; nearly always NULL */
    struct hook flush;
    struct conn *dirty, **dirty_end;
    struct conn **slabs;
    uint32_t n_slabs;
    struct conn *free_conns;
    struct queue *spare_queues;
    uint32_t n_spare_queues;
    struct gather gathered;  /* what scratch holds; see queue.c */
    struct net_figures figures;
    int64_t date_s;          /* second of the cached Date */
    char date[32];
    char *read_buffer;       /* READ_BUFFER_BYTES, shared by all connections: nothing stays in it across a turn */
    char *scratch;           /* SCRATCH_BYTES, gathers small frames for one send */
};

/* slab.c */
struct conn *slab_take(struct net *net); /* zeroed but for net, slot and generation; NULL: no memory */
void slab_give(struct conn *c);

/* conn.c */
struct conn *conn_open(struct net *net, int fd, const struct sockaddr_storage *peer); /* NULL: no memory; the fd is then the caller's */
struct conn *conn_take(struct net *net, int fd, SSL *ssl); /* watched and counted, without stage. NULL: no memory; both are then the caller's */
void conn_release(struct conn *c);          /* its watch has had its last callback */
void conn_mark_dirty(struct conn *c);
void conn_kill(struct conn *c, int code);   /* ends it in this turn's flush; handlers are told then. Safe anywhere */
void conn_finish(struct conn *c);           /* ends it when what is queued has left */
void conn_settle(struct conn *c);           /* flush hook: everything that was put off for this connection */
void conn_set_reading(struct conn *c, bool reading);
void conn_watch(struct conn *c);            /* brings the watch in line with the flags */
void conn_arm(struct conn *c, int64_t ms);
void conn_disarm(struct conn *c);
void conn_feed(struct conn *c, char *p, size_t n); /* bytes to whatever session stands on it; may change p's bytes */

/* queue.c */
void queue_flush(struct conn *c);           /* as much as the kernel takes; sets conn_blocked, or kills */
void queue_clear(struct conn *c, bool keep_begun);
void queue_pool_fini(struct net *net);

/* tls.c */
SSL *tls_accept(struct tls *tls, int fd);   /* NULL: no memory */
void tls_proceed(struct conn *c);           /* the handshake, as far as it goes */
ssize_t tls_read(struct conn *c, char *p, size_t n);        /* as recv(2): 0 end, -1 with errno EAGAIN or ECONNRESET */
ssize_t tls_write(struct conn *c, const char *p, size_t n); /* as send(2) */
void tls_end(struct conn *c, bool politely);

/* net.c */
void net_watch_gone(struct net *net);       /* one watch has had its last callback */
void net_free_when_gone(struct net *net);   /* if it is to be freed and nothing of it is left to come */
const char *net_date(struct net *net);      /* IMF-fixdate of now */

/* listener.c */
must_use enum fault listener_open(struct net *net);
void listener_close(struct net *net);

/* move.c */
#define NET_SHUT (1u << 31)
void conn_leave(struct conn *c);            /* for the loop where its request was sent; nothing is queued */
void net_shut(struct net *net);             /* no more connections come from other loops, but those that are announced */
unsigned net_n_announced(const struct net *net);

/* http_session.c */
size_t http_feed(struct conn *c, char *p, size_t n); /* returns how many bytes it took; fewer when the stage changed */
void http_gone(struct conn *c);             /* the connection dies: its request becomes an orphan */
void http_timeout(struct conn *c);
void http_feed_kept(struct conn *c);        /* pipelined bytes kept while a handler waited */
void http_drained(struct conn *c);          /* answers had piled up and have left */
void http_pump(struct conn *c);             /* the queue is empty and a file goes out */
void http_arm(struct conn *c);              /* the time-out of what the session waits for now */
const unsigned char *http_client_address(const struct conn *c); /* forwarded address of the request under way, or NULL */

/* websocket.c */
/* The head of the answer has been queued. early: bytes of the peer that came before; may be empty. */
void ws_begin(struct conn *c, const struct ws_handler *handler, void *user, bool deflates, struct span early);
void ws_feed_early(struct conn *c);
void ws_feed(struct conn *c, char *p, size_t n);
void ws_timeout(struct conn *c);
void ws_gone(struct conn *c);               /* on_close, and everything freed */
void ws_going_away(struct conn *c);
void ws_too_slow(struct conn *c);
size_t ws_queue_max_bytes(const struct conn *c);
