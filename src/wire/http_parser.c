/* One request over llhttp. Owned and run by one connection's thread; nothing is shared but the constant table of callbacks.

       line ──on_version_complete──> headers ──on_headers_complete──> head ──http_parser_take_body or feed──> body
                                                                                     body ──on_message_complete──> whole
       any ──refuse──> bad

   Always: head holds method, target, names and values back to back and stops growing once the head is whole, so spans into it stay.
   What makes verdicts independent of cuts: llhttp never sees more raw bytes of a stage than the stage's ceiling, and the callbacks that
   bring pieces only collect; a header is judged when it is complete. */
#include "wire/http_parser.h"
#include "base/buf.h"
#include <llhttp.h>
#include <stdlib.h>

enum stage { stage_line, stage_headers, stage_head, stage_body, stage_whole, stage_bad };

enum {
    default_body_max_bytes = 64 * 1024,
    head_max_raw_bytes = HTTP_LINE_MAX_BYTES + HTTP_HEADERS_MAX_BYTES + 1024, /* the rest is for padding around values */
    body_raw_slack_bytes = 64 * 1024, /* chunk sizes, extensions, trailers */
    body_raw_factor = 8,              /* one-byte chunks cost six bytes each */
};

struct header {
    uint16_t name, n_name, value, n_value; /* places in head, which is shorter than 64 KiB */
};

struct http_parser {
    llhttp_t core;
    enum stage stage;
    int status;
    const char *reason;
    uint64_t n_raw; /* bytes used in this stage's ceiling: the head's, then the body's */
    size_t n_header_bytes, n_headers, n_trailers;
    uint64_t max_body_bytes, n_body_bytes, declared_bytes;
    http_sink_fn *sink; /* NULL: the body is kept */
    void *sink_arg;
    bool has_length, chunked, keeps_alive, expects_continue, head_told;
    uint16_t method_n, target, target_n;
    struct buf head, body;
    struct span path, query;
    struct header headers[HTTP_HEADERS_MAX];
};

static struct http_parser *of(llhttp_t *core)
{
    return core->data;
}

static int refuse(struct http_parser *p, int status, const char *reason)
{
    if (!p->status) p->status = status, p->reason = reason;
    return -1;
}

static struct span stored(const struct http_parser *p, uint16_t at, uint16_t n)
{
    return (struct span){ p->head.p + at, n };
}

/* ---- What llhttp tells while it reads ---- */

static int store(struct http_parser *p, const char *at, size_t n, uint16_t *n_stored)
{
    buf_append(&p->head, at, n);
    if (p->head.failed) return refuse(p, 431, "the headers are too long");
    *n_stored = (uint16_t)(*n_stored + n);
    return 0;
}

static int on_method(llhttp_t *core, const char *at, size_t n)
{
    return store(of(core), at, n, &of(core)->method_n);
}

static int on_method_complete(llhttp_t *core)
{
    static const char *const ours[] = { "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT" };
    struct http_parser *p = of(core);
    p->target = p->method_n;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (span_eq(stored(p, 0, p->method_n), span_of(ours[i]))) return 0;
    return refuse(p, 501, "this method is not known here");
}

static int on_url(llhttp_t *core, const char *at, size_t n)
{
    return store(of(core), at, n, &of(core)->target_n);
}

static int on_version_complete(llhttp_t *core)
{
    struct http_parser *p = of(core);
    if (core->http_major != 1 || core->http_minor > 1) return refuse(p, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    p->stage = stage_headers;
    return 0;
}

static bool is_header_room(const struct http_parser *p)
{
    return p->n_headers + p->n_trailers < HTTP_HEADERS_MAX;
}

static int on_header_field(llhttp_t *core, const char *at, size_t n)
{
    struct http_parser *p = of(core);
    p->n_header_bytes += n;
    if (p->stage != stage_headers || !is_header_room(p)) return 0;
    struct header *h = &p->headers[p->n_headers];
    if (h->n_name == 0) h->name = (uint16_t)p->head.n;
    if (store(p, at, n, &h->n_name) != 0) return -1;
    for (char *c = p->head.p + p->head.n - n; c < p->head.p + p->head.n; c++)
        if (*c >= 'A' && *c <= 'Z') *c |= 0x20;
    return 0;
}

static int on_header_value(llhttp_t *core, const char *at, size_t n)
{
    struct http_parser *p = of(core);
    p->n_header_bytes += n;
    if (p->stage != stage_headers || !is_header_room(p) || n == 0) return 0;
    struct header *h = &p->headers[p->n_headers];
    if (h->n_value == 0) h->value = (uint16_t)p->head.n;
    return store(p, at, n, &h->n_value);
}

static int on_header_value_complete(llhttp_t *core)
{
    struct http_parser *p = of(core);
    p->n_header_bytes += 4;
    if (!is_header_room(p)) return refuse(p, 431, "too many headers");
    if (p->n_header_bytes > HTTP_HEADERS_MAX_BYTES) return refuse(p, 431, "the headers are too long");
    if (p->stage != stage_headers) {
        p->n_trailers++;
        return 0;
    }
    struct header *h = &p->headers[p->n_headers++];
    while (h->n_value && (p->head.p[h->value + h->n_value - 1] == ' ' || p->head.p[h->value + h->n_value - 1] == '\t')) h->n_value--;
    if (p->n_headers < HTTP_HEADERS_MAX) p->headers[p->n_headers] = (struct header){ 0 };
    return 0;
}

static int on_body(llhttp_t *core, const char *at, size_t n)
{
    struct http_parser *p = of(core);
    p->n_body_bytes += n;
    if (p->sink) {
        if (p->n_body_bytes > p->max_body_bytes) return refuse(p, 413, "the body is too long");
        p->sink(p->sink_arg, (struct span){ at, n });
        return 0;
    }
    buf_append(&p->body, at, n);
    return p->body.failed ? refuse(p, 413, "the body is too long") : 0;
}

static int on_message_complete(llhttp_t *core)
{
    of(core)->stage = stage_whole;
    return HPE_PAUSED;
}

/* ---- What must hold of a whole head ---- */

static size_t count(const struct http_parser *p, struct span name)
{
    size_t n = 0;
    while (http_parser_header(p, name, n).p) n++;
    return n;
}

static int check_target(struct http_parser *p)
{
    struct span t = stored(p, p->target, p->target_n);
    if (span_eq(t, SPAN("*")) && span_eq(http_parser_method(p), SPAN("OPTIONS"))) {
        p->path = t;
        return 0;
    }
    if (t.n && t.p[0] != '/') {
        size_t scheme = span_starts(t, SPAN("http://")) ? 7 : span_starts(t, SPAN("https://")) ? 8 : 0;
        if (scheme == 0) return refuse(p, 400, "the address of the request is malformed");
        t.p += scheme, t.n -= scheme;
        while (t.n && t.p[0] != '/' && t.p[0] != '?') t.p++, t.n--;
    }
    if (t.n && memchr(t.p, '#', t.n)) return refuse(p, 400, "the address of the request is malformed");
    p->path = span_cut(t, '?', &p->query);
    if (p->path.n == 0) p->path = SPAN("/");
    return 0;
}

/* RFC 9112 section 3.2: exactly one Host in HTTP/1.1, and nothing in it that could not be a host and port. */
static int check_host(struct http_parser *p)
{
    size_t n = count(p, SPAN("host"));
    if (n > 1 || (n == 0 && p->core.http_minor == 1)) return refuse(p, 400, "exactly one Host header is needed");
    struct span host = n ? http_parser_header(p, SPAN("host"), 0) : SPAN("");
    for (size_t i = 0; i < host.n; i++)
        if ((unsigned char)host.p[i] <= ' ' || (unsigned char)host.p[i] >= 0x7F || strchr(",/@?#\\<>\"", host.p[i]))
            return refuse(p, 400, "the Host header is malformed");
    return 0;
}

/* RFC 9112 section 6.3, without its permissions: one way to tell the length, told once. */
static int check_framing(struct http_parser *p)
{
    size_t n_lengths = count(p, SPAN("content-length")), n_codings = count(p, SPAN("transfer-encoding"));
    if (n_lengths > 1) return refuse(p, 400, "more than one Content-Length");
    if (n_lengths && n_codings) return refuse(p, 400, "both Content-Length and Transfer-Encoding");
    if (n_lengths) {
        int64_t length;
        if (!span_to_i64(http_parser_header(p, SPAN("content-length"), 0), &length) || length < 0)
            return refuse(p, 400, "the Content-Length is malformed");
        p->declared_bytes = (uint64_t)length;
        p->has_length = true;
    }
    if (n_codings > 1 || (n_codings && p->core.http_minor == 0)) return refuse(p, 400, "the Transfer-Encoding is malformed");
    p->chunked = n_codings == 1;
    if (p->chunked && !span_eq_nocase(http_parser_header(p, SPAN("transfer-encoding"), 0), SPAN("chunked")))
        return refuse(p, 501, "only the chunked transfer coding is known here");
    return 0;
}

static int check_expectation(struct http_parser *p)
{
    struct span expect = http_parser_header(p, SPAN("expect"), 0);
    if (!expect.p || p->core.http_minor == 0) return 0;
    if (!span_eq_nocase(expect, SPAN("100-continue")) || count(p, SPAN("expect")) > 1) return refuse(p, 417, "this expectation is not known here");
    p->expects_continue = http_parser_has_body(p);
    return 0;
}

static int on_headers_complete(llhttp_t *core)
{
    struct http_parser *p = of(core);
    if (p->stage != stage_headers) return refuse(p, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here"); /* a line without a version */
    p->stage = stage_head; /* from here on the head does not move: the last store is behind us */
    p->keeps_alive = llhttp_should_keep_alive(core);
    if (check_target(p) != 0 || check_host(p) != 0 || check_framing(p) != 0 || check_expectation(p) != 0) return -1;
    return HPE_PAUSED;
}

/* ---- Feeding ---- */

static const llhttp_settings_t callbacks = {
    .on_method = on_method,
    .on_method_complete = on_method_complete,
    .on_url = on_url,
    .on_version_complete = on_version_complete,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

struct http_parser *http_parser_create(void)
{
    struct http_parser *p = malloc(sizeof *p);
    if (!p) return NULL;
    memset(p, 0, offsetof(struct http_parser, headers) + sizeof p->headers[0]);
    llhttp_init(&p->core, HTTP_REQUEST, &callbacks);
    p->core.data = p;
    p->max_body_bytes = default_body_max_bytes;
    buf_init(&p->head, head_max_raw_bytes);
    return p;
}

void http_parser_destroy(struct http_parser *p)
{
    if (!p) return;
    buf_fini(&p->head);
    buf_fini(&p->body);
    free(p);
}

void http_parser_take_body(struct http_parser *p, size_t max_bytes)
{
    p->max_body_bytes = max_bytes;
}

void http_parser_stream_body(struct http_parser *p, uint64_t max_bytes, http_sink_fn *sink, void *arg)
{
    p->max_body_bytes = max_bytes;
    p->sink = sink;
    p->sink_arg = arg;
}

static void begin_body(struct http_parser *p)
{
    p->stage = stage_body;
    p->n_raw = 0;
    buf_init(&p->body, p->sink ? 0 : p->max_body_bytes);
    if (p->declared_bytes > p->max_body_bytes) refuse(p, 413, "the body is too long");
    llhttp_resume(&p->core);
}

static uint64_t stage_ceiling(const struct http_parser *p)
{
    if (p->stage == stage_line) return HTTP_LINE_MAX_BYTES;
    return p->stage == stage_headers ? head_max_raw_bytes : body_raw_factor * p->max_body_bytes + body_raw_slack_bytes;
}

static int over_ceiling(struct http_parser *p)
{
    if (p->stage == stage_line) return refuse(p, 414, "the request line is too long");
    return p->stage == stage_headers ? refuse(p, 431, "the headers are too long") : refuse(p, 413, "the body is too long");
}

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void explain(struct http_parser *p, llhttp_errno_t error, const char *at, const char *end)
{
    char c = at && at < end ? *at : 0;
    if (error == HPE_INVALID_METHOD && is_token_char(c)) refuse(p, 501, "this method is not known here");
    else if (error == HPE_INVALID_VERSION && p->stage == stage_line) refuse(p, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    else if (error == HPE_PAUSED_H2_UPGRADE) refuse(p, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    else refuse(p, 400, "the request is malformed");
}

/* Feeds one slice that does not pass the stage's ceiling; answers how much of it was used. */
static size_t feed_slice(struct http_parser *p, struct span bytes)
{
    llhttp_errno_t error = llhttp_execute(&p->core, bytes.p, bytes.n);
    if (error == HPE_OK) return bytes.n;
    const char *at = llhttp_get_error_pos(&p->core);
    bool paused = (error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE) && (p->stage == stage_head || p->stage == stage_whole);
    if (!paused) explain(p, error, at, bytes.p + bytes.n);
    return at >= bytes.p && at <= bytes.p + bytes.n ? (size_t)(at - bytes.p) : bytes.n;
}

static enum http_progress progress(struct http_parser *p)
{
    if (p->status) p->stage = stage_bad;
    if (p->stage == stage_bad) return http_bad;
    if (p->stage == stage_whole) return http_whole;
    return p->stage == stage_head ? http_head : http_more;
}

enum http_progress http_parser_feed(struct http_parser *p, struct span bytes, size_t *n_used_out)
{
    *n_used_out = 0;
    if (p->stage == stage_head) begin_body(p);
    /* llhttp ends a request without a body only when it runs again, be it over nothing. */
    if (p->stage == stage_body && p->n_raw == 0 && !http_parser_has_body(p) && !p->status) {
        p->stage = stage_whole;
        return http_whole;
    }
    while (*n_used_out < bytes.n && !p->status && p->stage != stage_head && p->stage < stage_whole) {
        enum stage before = p->stage;
        uint64_t room = stage_ceiling(p) - p->n_raw;
        struct span slice = { bytes.p + *n_used_out, bytes.n - *n_used_out };
        if (slice.n > room) slice.n = room;
        size_t used = slice.n ? feed_slice(p, slice) : 0;
        p->n_raw += used, *n_used_out += used;
        if (p->stage == before && p->n_raw == stage_ceiling(p) && !p->status) over_ceiling(p);
    }
    return progress(p);
}

/* ---- Looking at it ---- */

int http_parser_status(const struct http_parser *p)
{
    return p->status;
}

const char *http_parser_reason(const struct http_parser *p)
{
    return p->reason ? p->reason : "";
}

struct span http_parser_method(const struct http_parser *p)
{
    return stored(p, 0, p->method_n);
}

struct span http_parser_path(const struct http_parser *p)
{
    return p->path;
}

struct span http_parser_query(const struct http_parser *p)
{
    return p->query;
}

int http_parser_minor(const struct http_parser *p)
{
    return p->core.http_minor;
}

size_t http_parser_n_headers(const struct http_parser *p)
{
    return p->n_headers;
}

void http_parser_header_at(const struct http_parser *p, size_t i, struct span *name_out, struct span *value_out)
{
    const struct header *h = &p->headers[i];
    *name_out = stored(p, h->name, h->n_name);
    *value_out = stored(p, h->value, h->n_value);
}

struct span http_parser_header(const struct http_parser *p, struct span name, size_t i)
{
    for (size_t at = 0; at < p->n_headers; at++) {
        const struct header *h = &p->headers[at];
        if (span_eq(stored(p, h->name, h->n_name), name) && i-- == 0) return stored(p, h->value, h->n_value);
    }
    return (struct span){ 0 };
}

bool http_parser_expects_continue(const struct http_parser *p)
{
    return p->expects_continue;
}

bool http_parser_keeps_alive(const struct http_parser *p)
{
    return p->keeps_alive;
}

bool http_parser_has_body(const struct http_parser *p)
{
    return p->chunked || p->declared_bytes > 0;
}

int64_t http_parser_declared_bytes(const struct http_parser *p)
{
    return p->has_length ? (int64_t)p->declared_bytes : -1;
}

bool http_parser_wants_upgrade(const struct http_parser *p, struct span protocol)
{
    bool connection = false, upgrade = false;
    struct span list;
    for (size_t i = 0; (list = http_parser_header(p, SPAN("connection"), i)).p; i++) connection |= http_list_has(list, SPAN("upgrade"));
    for (size_t i = 0; (list = http_parser_header(p, SPAN("upgrade"), i)).p; i++) upgrade |= http_list_has(list, protocol);
    return connection && upgrade && p->core.http_minor == 1;
}

struct span http_parser_body(const struct http_parser *p)
{
    return buf_span(&p->body);
}

bool http_list_next(struct span *list, struct span *element_out)
{
    while (list->n) {
        *element_out = span_trim(span_cut(*list, ',', list));
        if (element_out->n) return true;
    }
    return false;
}

bool http_list_has(struct span list, struct span token)
{
    struct span element;
    while (http_list_next(&list, &element))
        if (span_eq_nocase(element, token)) return true;
    return false;
}
