/* A real loop thread with a real listener on 127.0.0.1, and plain blocking clients for it. */
#pragma once
#include "net/http.h"
#include "net/proxies.h"
#include "net/websocket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define SEEN_MAX 64

struct server {
    struct thread *thread;
    struct loop *loop;
    struct net *net;
    struct router *router;
    int port;
    /* What handlers saw; touched on the loop's thread only, read through server_do or after server_stop. */
    struct request *waiting;
    struct conn_ref last_ws;
    int n_open, n_drained, n_going_away, n_closed, closed_codes[SEEN_MAX];
    _Atomic int n_messages;
};

struct server_options {
    struct tls *tls;
    const struct net_proxies *proxies;
    size_t max_connections; /* 0: 1000 */
    const struct route *routes; /* further rows, before the fixture's */
    size_t n_routes;
    void (*more)(struct router *router); /* adds further rows, before those too */
    struct nets *nets; /* with more loops than one */
    int index;         /* of the loop */
};

/* Routes: GET /hello, POST /echo (1 MiB), GET /later (waits in s->waiting), GET /static (3 MiB), GET|PUT /rooms/{room:int}/x/{name}, GET /files/{path*},
   GET /who, WebSocket /ws (echo; 1 MiB; "close" closes 4000), /quiet (silence 1 s), /flood (keeps last_ws). */
void server_start(struct server *s, const struct server_options *options);
void server_stop(struct server *s);
/* In two steps, for servers that know each other: all loops end before the first is freed. */
void server_halt(struct server *s);
void server_free(struct server *s);
/* Runs fn on the loop's thread and waits for it. */
void server_do(struct server *s, void (*fn)(struct server *s, void *arg), void *arg);
struct net_figures server_figures(struct server *s);
/* Waits up to 10 s for a condition of the loop's thread. */
void server_await(struct server *s, bool (*holds)(struct server *s));

int dial(int port); /* blocking, 5 s time-outs on both ways */
void send_all(int fd, const void *p, size_t n);
void send_text(int fd, const char *text);
/* Reads until the peer closes (or resets) or n bytes came. */
size_t read_up_to(int fd, char *p, size_t n);
bool is_closed_by_peer(int fd); /* within 5 s, skipping what still comes */

struct reply { int status; char head[8192]; char *body; size_t n_body; };
/* One answer; head_only: no body follows (HEAD). The body is to be freed. */
void read_reply(int fd, struct reply *out, bool head_only);
bool reply_has(const struct reply *r, const char *line); /* a header line, exactly */
void expect_reply(int fd, int status, const char *body);

int ws_dial(int port, const char *path, const char *further_headers);
void ws_put(int fd, int first_byte, const void *payload, size_t n); /* masked */
int ws_get(int fd, char *payload, size_t max, size_t *n_out);       /* the first byte; -1: closed */
void ws_expect(int fd, int first_byte, const char *payload);
void ws_expect_close(int fd, int code);
