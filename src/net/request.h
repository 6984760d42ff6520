/* The inside of a request; private to this room. Created when its head is whole, ended by exactly one answer. It belongs to its connection
   until that dies; then it is an orphan, and whoever answers it frees it. The struct lies in its own arena. */
#pragma once
#include "net/conn.h"
#include "net/http.h"
#include "wire/http_parser.h"

#define REQUEST_ARENA_MAX_BYTES (256u << 20) /* a handler's sizes have passed ceilings of their own; passing this one aborts */
#define RESPONSE_HEADERS_MAX_BYTES (16u << 10)
#define PATH_SEGMENTS_MAX 24

struct file_sender;
struct moving;

struct request_param {
    const char *name; /* n_name bytes of the row's path */
    size_t n_name;
    struct span value;
};

struct request {
    struct conn *conn; /* NULL: orphan */
    void *door, *user;
    struct arena *arena;
    struct http_parser *parser;
    const struct router *router;
    const struct route *route; /* NULL: the fallback answers with refused_status */
    int refused_status;
    unsigned n_params;
    struct request_param params[ROUTE_PARAMS_MAX];
    struct buf headers; /* of the answer: whole lines */
    void (*gone)(struct request *r); /* NULL: nobody asks */
    const struct body_sink *sink; /* NULL: the body is kept, or not asked for */
    bool streams, body_whole, gave_up, sink_ended;
    bool is_secure, is_forwarded;
    struct moving *moving; /* it was sent to another loop; move.c. Owned */
    unsigned char client[16]; /* when is_forwarded */
};

/* router.c: fills route, params or refused_status (404, 405 with Allow, 400). */
void router_match(const struct router *router, struct request *r);
void router_run(struct request *r);

/* http_session.c */
bool request_leaves_body(const struct request *r); /* a body is on its way that nobody will read */
void http_send_file(struct conn *c, struct file_sender *sender); /* takes; the request goes on until all has left */
struct request *http_request(const struct conn *c); /* under way */
struct http_session *http_detach(struct conn *c);   /* the session leaves with its request; c has none */
void http_attach(struct conn *c, struct http_session *s); /* goes on with the request there; takes */
void http_drop(struct http_session *s);             /* it will go on nowhere */
struct request *request_create(struct conn *c, struct http_parser *parser);
void request_end(struct request *r); /* the answer is queued (or nobody waits for it): the connection goes on, r is freed */

/* file_body.c */
struct file_sender *sender_create(struct conn *c, const struct file_body *file, bool keeps); /* takes the descriptor */
bool sender_pump(struct file_sender *s); /* as much as goes now. True: all has left */
bool sender_keeps(const struct file_sender *s);
void sender_end(struct file_sender *s);  /* the connection has no more use for it */

/* response.c */
/* An answer outside of any request: for bytes that are no request. The connection ends after it. */
void http_refuse(struct conn *c, int status, const char *reason);
/* The problem body of a status. */
void respond_problem(struct request *r, int status);
void response_upgrade(struct request *r); /* the headers of a 426 */
/* 101 with the handler's headers; protocol and extensions may be empty. */
void push_switching(struct request *r, const char accept_key[29], struct span protocol, const char *extensions);
