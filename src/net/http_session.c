/* HTTP/1.1 on one connection: one request at a time, answers in order. What exists depends on what is under way:

       idle (c->http NULL) ─ first byte ─► head ─ http_head ─► body ─ http_whole ─► handling ─ request_end ─► idle
                                            │ http_bad, time-out    │                  │ kept bytes: head again
                                            └────► refuse ◄─────────┘                  └ http_accept_websocket ─► ws_begin

   While a handler waits, bytes that arrive are kept (up to a ceiling, then the socket is not read) and fed after the answer. The same
   holds while answers pile up unread. Always: a session has either a parser (head) or a request that owns it (body, handling);
   the connection's timer is the one of the state, see http_arm. */
#include "base/log.h"
#include "net/request.h"
#include <stdlib.h>

enum {
    head_ms = 10000,
    body_silence_ms = 20000,
    body_whole_ms = 20000,   /* plus the time the bytes so far take at body_slowest */
    body_slowest_per_s = 4096,
    idle_ms = 60000,
    kept_pause_bytes = 64 << 10, /* above: the socket is not read */
    kept_max_bytes = 256 << 10,
    default_body_max_bytes = 64 << 10,
};

enum http_state { http_state_head, http_state_body, http_state_handling };

struct http_session {
    struct http_parser *parser; /* NULL once the request owns it */
    struct request *request;
    enum http_state state;
    bool is_feeding;            /* a handler that answers now returns into http_feed */
    bool wants_continue;
    bool starts_body;           /* request_receive was called from outside: the parser must be asked what follows */
    struct file_sender *sender; /* an answer that goes on out of a file; NULL: none */
    int64_t began_ms;           /* of the head, then of the body */
    size_t n_body_bytes, n_body_bytes_before; /* read so far; at the last time-out */
    struct buf kept;
};

static bool session_begin(struct conn *c)
{
    struct http_session *s = calloc(1, sizeof *s);
    if (s) s->parser = http_parser_create();
    if (!s || !s->parser) {
        free(s);
        conn_kill(c, WS_ABNORMAL);
        return false;
    }
    buf_init(&s->kept, kept_max_bytes);
    s->began_ms = loop_now_ms(c->net->loop);
    c->http = s;
    http_arm(c);
    return true;
}

static void session_free(struct conn *c)
{
    struct http_session *s = c->http;
    c->http = NULL;
    http_parser_destroy(s->parser);
    buf_fini(&s->kept);
    free(s);
}

static void request_free(struct request *r)
{
    buf_fini(&r->headers);
    http_parser_destroy(r->parser);
    free(r->moving);
    arena_destroy(r->arena);
}

void http_gone(struct conn *c)
{
    struct http_session *s = c->http;
    struct request *r = s->request;
    bool is_told = r && r->sink && !r->sink_ended, is_sending = s->sender != NULL;
    if (is_sending) sender_end(s->sender);
    if (r && (is_sending || r->moving || (s->state != http_state_handling && !is_told))) {
        request_free(r);
        r = NULL;
    }
    if (r) r->conn = NULL;
    session_free(c);
    if (r && is_told) r->sink->gone(r);
    else if (r && r->gone) r->gone(r);
}

/* Between two loops; see move.c */

struct request *http_request(const struct conn *c) { return c->http->request; }

struct http_session *http_detach(struct conn *c)
{
    struct http_session *s = c->http;
    c->http = NULL;
    s->request->conn = NULL;
    return s;
}

void http_attach(struct conn *c, struct http_session *s)
{
    c->http = s;
    s->request->conn = c;
    s->request->door = c->net->config.door;
    if (s->kept.n >= kept_pause_bytes) c->flags |= conn_paused;
}

void http_drop(struct http_session *s)
{
    request_free(s->request);
    buf_fini(&s->kept);
    free(s);
}

const unsigned char *http_client_address(const struct conn *c)
{
    const struct http_session *s = c->http;
    return s && s->request && s->request->is_forwarded ? s->request->client : NULL;
}

/* Time */

void http_arm(struct conn *c)
{
    const struct http_session *s = c->http;
    if (!s)
        conn_arm(c, idle_ms);
    else if (s->state == http_state_head)
        conn_arm(c, s->began_ms + head_ms - loop_now_ms(c->net->loop));
    else if (s->state == http_state_body)
        conn_arm(c, body_silence_ms);
    else
        conn_disarm(c);
}

static bool body_is_too_slow(struct conn *c)
{
    struct http_session *s = c->http;
    int64_t took_ms = loop_now_ms(c->net->loop) - s->began_ms;
    int64_t may_ms = body_whole_ms + (int64_t)(s->n_body_bytes * 1000 / body_slowest_per_s);
    bool silent = s->n_body_bytes == s->n_body_bytes_before;
    s->n_body_bytes_before = s->n_body_bytes;
    return silent || took_ms > may_ms;
}

void http_timeout(struct conn *c)
{
    struct http_session *s = c->http;
    if (!s)
        conn_kill(c, WS_ABNORMAL);
    else if (s->state == http_state_body && c->flags & conn_holds)
        http_arm(c);
    else if (s->state == http_state_head || (s->state == http_state_body && body_is_too_slow(c)))
        http_refuse(c, 408, "the request took too long");
    else
        http_arm(c);
}

/* Bytes */

static void keep(struct conn *c, const char *p, size_t n)
{
    struct http_session *s = c->http;
    buf_append(&s->kept, p, n);
    if (s->kept.failed) conn_kill(c, WS_ABNORMAL);
    bool streams = s->request && s->request->streams; /* more of it would only lie here until the handler is ready */
    if (streams || s->kept.n >= kept_pause_bytes) conn_set_reading(c, false);
}

/* The head is whole: who will answer, and how much may follow. */
static bool on_head(struct conn *c)
{
    struct http_session *s = c->http;
    struct request *r = request_create(c, s->parser);
    if (!r) {
        conn_kill(c, WS_ABNORMAL);
        return false;
    }
    s->request = r;
    s->parser = NULL;
    s->state = http_state_body;
    s->began_ms = loop_now_ms(c->net->loop);
    s->wants_continue = http_parser_expects_continue(r->parser);
    router_match(r->router, r);
    r->streams = r->route && r->route->flags & route_streams;
    size_t most = r->route ? r->route->max_body_bytes : 0;
    http_parser_take_body(r->parser, most ? most : default_body_max_bytes);
    return true;
}

static void on_more(struct conn *c, size_t took)
{
    struct http_session *s = c->http;
    if (s->state != http_state_body) return;
    if (s->n_body_bytes == 0 && took == 0 && s->wants_continue) {
        struct frame *f = frame_create(SPAN("HTTP/1.1 100 Continue\r\n\r\n"), false);
        conn_push(c, f);
        frame_unref(f);
    }
    if (s->n_body_bytes == 0) http_arm(c);
    s->wants_continue = false;
    s->n_body_bytes += took;
}

/* After a handler has run. */
static void settle_session(struct conn *c, struct http_session *s)
{
    s->is_feeding = false;
    if (s->request) return;
    session_free(c);
    if (c->stage != stage_http) return;
    c->flags &= ~(uint32_t)conn_holds;
    if (c->flags & conn_paused) conn_set_reading(c, true);
    http_arm(c);
}

/* Streaming: the handler looks at the head. True: it wants the body at once. */
static bool on_offer(struct conn *c)
{
    struct http_session *s = c->http;
    s->state = http_state_handling;
    s->is_feeding = true;
    conn_disarm(c);
    c->net->figures.n_requests++;
    router_run(s->request);
    bool receives = s->request && s->state == http_state_body;
    settle_session(c, s);
    return receives;
}

static void on_stream_end(struct conn *c, bool whole)
{
    struct http_session *s = c->http;
    struct request *r = s->request;
    r->body_whole = whole;
    r->sink_ended = true;
    s->state = http_state_handling;
    s->is_feeding = true;
    conn_disarm(c);
    r->sink->end(r, whole);
    settle_session(c, s);
}

static void on_streamed(void *arg, struct span bytes)
{
    struct request *r = arg;
    if (!r->gave_up && !r->sink->data(r, bytes)) r->gave_up = true;
}

bool request_leaves_body(const struct request *r)
{
    return r->streams && !r->body_whole && http_parser_has_body(r->parser);
}

void request_receive(struct request *r, const struct body_sink *sink, uint64_t max_bytes)
{
    struct conn *c = r->conn;
    struct http_session *s = c->http;
    r->sink = sink;
    http_parser_stream_body(r->parser, max_bytes, on_streamed, r);
    s->state = http_state_body;
    s->began_ms = loop_now_ms(c->net->loop);
    http_arm(c);
    if (s->is_feeding) return;
    s->starts_body = true;
    c->flags |= conn_feed_again;
    conn_mark_dirty(c);
}

void request_pause(struct request *r)
{
    if (request_is_orphan(r)) return;
    r->conn->flags |= conn_holds;
    conn_set_reading(r->conn, false);
}

void request_resume(struct request *r)
{
    if (!r->conn || !(r->conn->flags & conn_holds)) return;
    r->conn->flags &= ~(uint32_t)conn_holds;
    conn_set_reading(r->conn, true);
}

/* The handler runs. It may answer now, answer later, or turn the connection into a WebSocket: then the session is gone already. */
static void on_whole(struct conn *c)
{
    struct http_session *s = c->http;
    s->state = http_state_handling;
    s->is_feeding = true;
    conn_disarm(c);
    c->net->figures.n_requests++;
    router_run(s->request);
    if (c->stage == stage_websocket || c->http != s) return;
    settle_session(c, s);
}

static void on_bad(struct conn *c, const struct http_parser *parser)
{
    http_refuse(c, http_parser_status(parser), http_parser_reason(parser));
}

/* One step of the request under way; answers how many bytes it took. */
static size_t feed_request(struct conn *c, struct span bytes)
{
    struct http_session *s = c->http;
    size_t used = 0;
    for (;;) {
        const struct http_parser *looked = s->request ? s->request->parser : s->parser;
        size_t took;
        enum http_progress now =
            http_parser_feed(s->request ? s->request->parser : s->parser, span_make(bytes.p + used, bytes.n - used), &took);
        used += took;
        switch (now) {
        case http_head:
            if (!on_head(c)) return bytes.n;
            if (s->request->streams && !on_offer(c)) return used;
            continue;
        case http_more:
            on_more(c, took);
            if (s->request && s->request->gave_up) on_stream_end(c, false);
            return used;
        case http_whole:
            if (s->request->streams)
                on_stream_end(c, !s->request->gave_up);
            else
                on_whole(c);
            return used;
        case http_bad: on_bad(c, looked); return bytes.n;
        }
    }
}

size_t http_feed(struct conn *c, char *p, size_t n)
{
    size_t used = 0;
    while (used < n && c->stage == stage_http) {
        if (!c->http && !session_begin(c)) return n;
        struct http_session *s = c->http;
        if (s->state == http_state_handling || s->kept.n || c->queued_bytes >= CONN_QUEUE_MAX_BYTES) {
            keep(c, p + used, n - used);
            return n;
        }
        used += feed_request(c, span_make(p + used, n - used));
    }
    return used;
}

void http_feed_kept(struct conn *c)
{
    struct http_session *s = c->http;
    if (s && s->starts_body) {
        s->starts_body = false;
        feed_request(c, SPAN(""));
        s = c->http;
    }
    if (!s || s->state == http_state_handling || s->kept.n == 0) return;
    size_t n;
    char *p = buf_take(&s->kept, &n);
    s->began_ms = loop_now_ms(c->net->loop);
    if (c->flags & conn_paused) conn_set_reading(c, true);
    conn_feed(c, p, n);
    free(p);
}

/* Sending a file: the session stays in handling, so that what the client pipelines is kept. */

void http_send_file(struct conn *c, struct file_sender *sender)
{
    c->http->sender = sender;
    c->flags |= conn_sends_file;
    conn_mark_dirty(c);
}

void http_pump(struct conn *c)
{
    struct http_session *s = c->http;
    if (!sender_pump(s->sender) || c->stage != stage_http) return;
    bool keeps = sender_keeps(s->sender);
    sender_end(s->sender);
    s->sender = NULL;
    c->flags &= ~(uint32_t)conn_sends_file;
    if (!keeps) conn_finish(c);
    request_end(s->request);
}

void http_drained(struct conn *c)
{
    if (c->http && c->http->state == http_state_head) http_feed_kept(c);
}

/* The end of a request */

/* Answered later: the next request may be waiting in the kept bytes. */
static void go_on(struct conn *c)
{
    struct http_session *s = c->http;
    if (c->stage != stage_http) return;
    if (s->kept.n == 0) {
        bool paused = c->flags & conn_paused;
        c->flags &= ~(uint32_t)conn_holds;
        session_free(c);
        if (paused) conn_set_reading(c, true);
    } else {
        s->parser = http_parser_create();
        if (!s->parser) abort();
        s->state = http_state_head;
        s->began_ms = loop_now_ms(c->net->loop);
        c->flags |= conn_feed_again;
        conn_mark_dirty(c);
    }
    http_arm(c);
}

void request_end(struct request *r)
{
    struct conn *c = r->conn;
    request_free(r);
    if (!c) return;
    c->http->request = NULL;
    if (!c->http->is_feeding) go_on(c);
}

void http_accept_websocket(struct request *r, const struct ws_handler *handler, void *user, struct span protocol)
{
    struct conn *c = r->conn;
    char key[29], extensions[WS_EXTENSIONS_MAX_BYTES];
    bool good = !request_is_orphan(r) && ws_accept_key(request_header(r, "sec-websocket-key"), key);
    if (!good) {
        request_end(r);
        return;
    }
    extensions[0] = 0;
    bool deflates = !handler->never_deflates && ws_choose_deflate(request_header(r, "sec-websocket-extensions"), extensions);
    push_switching(r, key, protocol, extensions);
    if (r->is_forwarded) memcpy(c->address, r->client, 16);
    struct buf kept = c->http->kept;
    buf_init(&c->http->kept, 0);
    request_free(r);
    c->http->request = NULL;
    session_free(c);
    if (c->flags & conn_paused) conn_set_reading(c, true);
    ws_begin(c, handler, user, deflates, buf_span(&kept));
    buf_fini(&kept);
}
