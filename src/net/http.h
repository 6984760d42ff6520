/* HTTP requests and answers, and the router. A request is whole when its handler runs: head and body have passed their ceilings.
   A handler answers now or later, exactly once, on the same loop. */
#pragma once
#include "base/arena.h"
#include "net/net.h"

struct request;
typedef void route_fn(struct request *r);

enum route_flag {
    route_websocket = 1, /* only matches upgrade requests; without it only matches plain ones */
    route_streams = 2,   /* the handler runs when the head is whole; the body waits for request_receive */
};
#define ROUTE_PARAMS_MAX 6
struct route {
    const char *method; /* NULL: any */
    /* Segments; "{name}" takes one segment (percent-decoded), "{name:int}" only digits, a last "{name*}" the rest. Exact otherwise. The first
       row that matches wins, so the order of registration is the precedence of the doors. */
    const char *path;
    route_fn *handle;
    size_t max_body_bytes; /* 0: 64 KiB */
    int flags;
    void *arg;             /* for the handler: request_route_arg */
};

struct router *router_create(void);
void router_add(struct router *router, const struct route *routes, size_t n); /* borrows the rows for ever */
/* Answers what no row matches (404), method mismatches (known path: 405, Allow is set already), plain requests to a WebSocket's path (426) and
   paths that do not decode (400). Default: plain problem bodies. */
void router_set_fallback(struct router *router, void (*fallback)(struct request *r, int status));
void router_destroy(struct router *router);

/* A GET row also answers HEAD: the handler answers as for GET and the body stays here. The default answer headers are: Date, nosniff,
   Referrer-Policy, X-Frame-Options, and, unless the handler sets them, Cache-Control: no-store and a Content-Security-Policy that allows nothing. */

/* The request. Spans live as long as the request: until respond_*() or http_accept returns. */
struct arena *request_arena(struct request *r);
void *request_door(struct request *r);
struct conn *request_conn(struct request *r); /* NULL: orphan */
struct span request_method(const struct request *r);
struct span request_path(const struct request *r);  /* raw, without query */
struct span request_query(const struct request *r); /* raw */
struct span request_param(const struct request *r, const char *name); /* of the path, decoded; a "{name*}" is NUL-terminated; p==NULL: none */
struct span request_query_param(struct request *r, const char *name); /* decoded; p==NULL: none */
struct span request_header(const struct request *r, const char *lower_case_name); /* p==NULL: none; repeated ones joined by ", " */
struct span request_cookie(struct request *r, const char *name);
struct span request_body(const struct request *r);
int64_t request_declared_bytes(const struct request *r); /* Content-Length; -1: none was sent */
bool request_is_secure(const struct request *r);
void *request_user(const struct request *r);
void request_set_user(struct request *r, void *user); /* for handlers that answer later */
/* A request whose client went away while its handler waits: answering it is allowed and does nothing but end it. */
bool request_is_orphan(const struct request *r);
/* gone is called when the client goes away while the handler waits (it is an orphan then and must still be answered, now or later). NULL: no call. */
void request_on_gone(struct request *r, void (*gone)(struct request *r));
void *request_route_arg(const struct request *r);

/* The rest of this request, and of its connection, is a matter of another loop: the connection goes there, with its TLS state and what was pipelined
   behind, and handle runs for r on that loop's thread (request_door is then that loop's). To be called in place of an answer, for a whole request;
   r and its connection are not to be touched here any more. to: from net_of_loop; its own net: handle runs at once. Answers given earlier leave
   first. When the other loop is stopping: 503 from here; when it is full or closing, the connection is closed. An orphan only ends. */
void request_move(struct request *r, struct net *to, route_fn *handle);

/* A body that is never whole in memory: for routes with route_streams. The handler looks at the head and answers (then the body is never read and
   the connection ends), or calls request_receive, now or later. One answer ends it, whenever; data must not answer. */
struct body_sink {
    bool (*data)(struct request *r, struct span bytes); /* lent for the call, never empty. false: no more of this, on to end */
    void (*end)(struct request *r, bool whole);         /* whole: all has come. Otherwise data gave up. Answer now or later */
    void (*gone)(struct request *r);                    /* the client is gone (an orphan now): end it with any answer, now or later */
};
void request_receive(struct request *r, const struct body_sink *sink, uint64_t max_bytes); /* not for an orphan. Over max_bytes: 413, then gone */
/* Stops the reading; up to 128 KiB may still come. */
void request_pause(struct request *r);
void request_resume(struct request *r);

/* Answers. Headers first, any number, then exactly one respond. body is copied. CORS and security headers are added by response policy. */
void response_header(struct request *r, const char *name, struct span value); /* CR, LF and NUL in value: the header is refused and logged */
bool response_has_header(const struct request *r, const char *lower_case_name); /* whether the handler has set it already */
void respond(struct request *r, int status, const char *content_type, struct span body);
void respond_empty(struct request *r, int status);
/* A body that is immutable and outlives everything (embedded files): not copied. */
void respond_static(struct request *r, int status, const char *content_type, struct span body);

/* A body out of a file, by sendfile. at and n: which bytes. Takes fd. The kernel is only asked for bytes that are in memory: warm, when it is set, brings
   others there (off this thread) and then, on this loop, calls file_warmed, also when reading failed. A file that ends early ends the connection. */
struct file_warming {
    int fd;
    int64_t at;
    size_t n;
};
struct file_body {
    int fd;
    int64_t at, n;
    void (*warm)(void *user, struct file_warming *w); /* lends w until file_warmed */
    void *user;
};
void respond_file(struct request *r, int status, const char *content_type, struct file_body file);
void file_warmed(struct file_warming *w);

/* Embedded web files (or --web-root DIR): ETag, brotli/gzip by Accept-Encoding, cache headers (immutable for hashed names), the content security
   policy for pages. True when it answered. path is "index.html", "assets/x.js". */
struct web_files;
struct web_files *web_files_embedded(void);
struct web_files *web_files_directory(const char *dir);
bool web_files_respond(struct web_files *files, struct request *r, const char *path);
/* A page with more HTML before its </body>: made anew for each answer, so without ETag and coding. */
bool web_files_respond_with(struct web_files *files, struct request *r, const char *path, struct span html);
