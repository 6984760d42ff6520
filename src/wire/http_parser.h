/* HTTP/1.1 requests out of bytes (RFC 9110, 9112), over llhttp without any lenient flag, with the ceilings llhttp does not have and the
   smuggling shapes it lets through refused. One parser is one request: create it when the first byte arrives, destroy it when the answer
   is queued; an idle keep-alive connection holds none. The result never depends on where the bytes were cut. Any one thread. */
#pragma once
#include "base/span.h"
#include <stddef.h>

#define HTTP_LINE_MAX_BYTES 8192    /* request line: 414 above */
#define HTTP_HEADERS_MAX 100        /* 431 above, trailers included */
#define HTTP_HEADERS_MAX_BYTES 32768 /* names and values and 4 bytes each: 431 above */

struct http_parser;

enum http_progress {
    http_more,  /* all bytes were used, the request goes on */
    http_head,  /* the head is whole: look at it, call http_parser_take_body, feed what is left (also when nothing is left) */
    http_whole, /* the request is whole; bytes behind n_used belong to the next request or to the protocol upgraded to */
    http_bad,   /* http_parser_status says why; the connection is beyond use. Further feeds answer the same */
};

struct http_parser *http_parser_create(void); /* gives; NULL when out of memory. About 1.2 KiB, growing with the request */
void http_parser_destroy(struct http_parser *p); /* NULL is fine */

/* Borrows the bytes for the call. *n_used_out <= bytes.n. Each of http_head and http_whole is answered exactly once, http_head first. */
enum http_progress http_parser_feed(struct http_parser *p, struct span bytes, size_t *n_used_out);

/* After http_head: the ceiling of this request's body. A longer declared or sent body is 413 (at the next feed). Without the call: 64 KiB. */
void http_parser_take_body(struct http_parser *p, size_t max_bytes);

/* The same for a body that is not kept: its bytes go to sink as they come (never empty, lent for the call; sink must not destroy the parser). */
typedef void http_sink_fn(void *arg, struct span bytes);
void http_parser_stream_body(struct http_parser *p, uint64_t max_bytes, http_sink_fn *sink, void *arg);

/* After http_bad: 400, 413, 414, 417, 431, 501 or 505, and a short English reason without any of the client's bytes. */
int http_parser_status(const struct http_parser *p);
const char *http_parser_reason(const struct http_parser *p);

/* After http_head, until destroy. The spans live in the parser and stay where they are. */
struct span http_parser_method(const struct http_parser *p); /* DELETE GET HEAD OPTIONS PATCH POST PUT; all others were 501 */
struct span http_parser_path(const struct http_parser *p);   /* raw, starts with '/' (or is "*"); an absolute-form target is reduced to it */
struct span http_parser_query(const struct http_parser *p);  /* raw, without '?'; may be empty */
int http_parser_minor(const struct http_parser *p);          /* HTTP/1.minor: 0 or 1 */
size_t http_parser_n_headers(const struct http_parser *p);
/* Names are lower case, values trimmed. */
void http_parser_header_at(const struct http_parser *p, size_t i, struct span *name_out, struct span *value_out);
/* The i-th (from 0) header of this lower-case name; p == NULL: none. */
struct span http_parser_header(const struct http_parser *p, struct span name, size_t i);
bool http_parser_expects_continue(const struct http_parser *p); /* "Expect: 100-continue" (any other expectation was 417) */
bool http_parser_keeps_alive(const struct http_parser *p);
bool http_parser_wants_upgrade(const struct http_parser *p, struct span protocol); /* Connection lists "upgrade", Upgrade lists the protocol */
bool http_parser_has_body(const struct http_parser *p); /* a body is announced */
int64_t http_parser_declared_bytes(const struct http_parser *p); /* Content-Length; -1: none was sent */

/* After http_whole, until destroy. */
struct span http_parser_body(const struct http_parser *p);

/* True when the comma-separated list has the token (ASCII case ignored): Connection, Upgrade, Sec-WebSocket-Protocol. */
bool http_list_has(struct span list, struct span token);
/* Cuts the next element off a comma-separated list, trimmed, empty ones skipped; false at the end. */
bool http_list_next(struct span *list, struct span *element_out);
