/* Answers: status line, headers and body become one frame (two when the body is static), so that an answer is one send. The policy headers
   that every answer carries are added here, once. */
#include "base/log.h"
#include "net/request.h"
#include <unistd.h>

static const char *reason_of(int status)
{
    static const struct { int status; const char *reason; } reasons[] = {
        { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" }, { 206, "Partial Content" }, { 301, "Moved Permanently" },
        { 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" }, { 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
        { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
        { 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" }, { 412, "Precondition Failed" }, { 413, "Content Too Large" }, { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" }, { 417, "Expectation Failed" }, { 422, "Unprocessable Content" }, { 423, "Locked" }, { 426, "Upgrade Required" },
        { 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" }, { 460, "Checksum Mismatch" }, { 500, "Internal Server Error" },
        { 501, "Not Implemented" }, { 503, "Service Unavailable" }, { 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status) return reasons[i].reason;
    return "Status";
}

static void put_status(struct buf *head, struct net *net, int status)
{
    buf_append_cstr(head, "HTTP/1.1 ");
    buf_append_i64(head, status);
    buf_append_char(head, ' ');
    buf_append_cstr(head, reason_of(status));
    buf_append_cstr(head, "\r\nDate: ");
    buf_append_cstr(head, net_date(net));
    buf_append_cstr(head, "\r\n");
}

static void put_policy(struct buf *head, bool has_csp, bool has_cache_control)
{
    buf_append_cstr(head, "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nX-Frame-Options: DENY\r\n");
    if (!has_csp) buf_append_cstr(head, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
    if (!has_cache_control) buf_append_cstr(head, "Cache-Control: no-store\r\n");
}

static void put_content(struct buf *head, int status, const char *type, size_t n)
{
    if (status == 204 || status == 304) return;
    if (type) {
        buf_append_cstr(head, "Content-Type: ");
        buf_append_cstr(head, type);
        buf_append_cstr(head, "\r\n");
    }
    buf_append_cstr(head, "Content-Length: ");
    buf_append_i64(head, (int64_t)n);
    buf_append_cstr(head, "\r\n");
}

static bool is_clean(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == 0) return false;
    return true;
}

void response_header(struct request *r, const char *name, struct span value)
{
    if (!is_clean(value)) {
        LOG(error, "answer header refused", log_str("name", name));
        return;
    }
    size_t before = r->headers.n;
    buf_append_cstr(&r->headers, name);
    buf_append_cstr(&r->headers, ": ");
    buf_append_span(&r->headers, value);
    buf_append_cstr(&r->headers, "\r\n");
    if (!r->headers.failed) return;
    r->headers.n = before;
    r->headers.failed = false;
    LOG(error, "answer headers too long", log_str("name", name));
}

bool response_has_header(const struct request *r, const char *lower_case_name)
{
    struct span rest = buf_span(&r->headers), line, value;
    while (rest.n) {
        line = span_cut(rest, '\n', &rest);
        if (span_eq_nocase(span_cut(line, ':', &value), span_of(lower_case_name))) return true;
    }
    return false;
}

static void push_head(struct conn *c, const struct buf *head, struct span body)
{
    char *room;
    struct frame *f = frame_create_room(head->n + body.n, &room);
    if (head->failed || !f) {
        frame_unref(f);
        conn_kill(c, WS_ABNORMAL);
        return;
    }
    memcpy(room, head->p, head->n);
    if (body.n) memcpy(room + head->n, body.p, body.n);
    conn_push(c, f);
    frame_unref(f);
}

static void push_static(struct conn *c, struct span body)
{
    if (body.n == 0) return;
    struct frame *f = frame_create_static(body);
    conn_push(c, f);
    frame_unref(f);
}

static bool has_content(const struct request *r, int status)
{
    return !span_eq(request_method(r), SPAN("HEAD")) && status != 204 && status != 304;
}

/* The whole head of an answer with n bytes of content. Tells whether the connection goes on after it. */
static bool put_head(struct buf *head, struct request *r, int status, const char *type, size_t n)
{
    struct net *net = r->conn->net;
    bool keeps = http_parser_keeps_alive(r->parser) && !net->stopping && !request_leaves_body(r);
    buf_init(head, RESPONSE_HEADERS_MAX_BYTES + 4096);
    put_status(head, net, status);
    put_content(head, status, type, n);
    buf_append_span(head, buf_span(&r->headers));
    put_policy(head, response_has_header(r, "content-security-policy"), response_has_header(r, "cache-control"));
    if (!keeps || http_parser_minor(r->parser) == 0) buf_append_cstr(head, keeps ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    buf_append_cstr(head, "\r\n");
    return keeps;
}

static void answer(struct request *r, int status, const char *type, struct span body, bool is_static)
{
    struct conn *c = r->conn;
    if (!request_is_orphan(r)) {
        struct buf head;
        bool keeps = put_head(&head, r, status, type, body.n), sends_body = has_content(r, status);
        push_head(c, &head, sends_body && !is_static ? body : SPAN(""));
        if (sends_body && is_static) push_static(c, body);
        buf_fini(&head);
        if (!keeps) conn_finish(c);
    }
    request_end(r);
}

void respond(struct request *r, int status, const char *content_type, struct span body)
{
    answer(r, status, content_type, body, false);
}

void respond_empty(struct request *r, int status)
{
    answer(r, status, NULL, SPAN(""), false);
}

void respond_static(struct request *r, int status, const char *content_type, struct span body)
{
    answer(r, status, content_type, body, true);
}

void respond_file(struct request *r, int status, const char *content_type, struct file_body file)
{
    struct conn *c = r->conn;
    struct buf head;
    if (request_is_orphan(r)) {
        close(file.fd);
        request_end(r);
        return;
    }
    bool keeps = put_head(&head, r, status, content_type, (size_t)file.n);
    push_head(c, &head, SPAN(""));
    buf_fini(&head);
    if (has_content(r, status) && file.n) {
        http_send_file(c, sender_create(c, &file, keeps));
        return;
    }
    close(file.fd);
    if (!keeps) conn_finish(c);
    request_end(r);
}

/* Problems */

static const char *word_of(int status)
{
    switch (status) {
    case 404: return "not_found";
    case 413: return "too_large";
    case 503: return "unavailable";
    default: return status >= 500 && status != 501 && status != 505 ? "internal" : "invalid";
    }
}

static void put_problem(struct buf *body, int status, const char *message)
{
    buf_printf(body, "{\"error\":\"%s\",\"detail\":null,\"message\":\"%s\",\"retry_after_s\":null}", word_of(status), message);
}

void respond_problem(struct request *r, int status)
{
    struct buf body;
    buf_init(&body, 512);
    put_problem(&body, status, reason_of(status));
    respond(r, status, "application/problem+json", buf_span(&body));
    buf_fini(&body);
}

void http_refuse(struct conn *c, int status, const char *reason)
{
    struct buf head, body;
    buf_init(&head, 4096);
    buf_init(&body, 512);
    put_problem(&body, status, reason);
    put_status(&head, c->net, status);
    put_content(&head, status, "application/problem+json", body.n);
    put_policy(&head, false, false);
    buf_append_cstr(&head, "Connection: close\r\n\r\n");
    push_head(c, &head, buf_span(&body));
    conn_finish(c);
    buf_fini(&head);
    buf_fini(&body);
}

/* Upgrades */

static void put_line(struct buf *head, const char *name, struct span value)
{
    if (value.n == 0 || !is_clean(value)) return;
    buf_append_cstr(head, name);
    buf_append_span(head, value);
    buf_append_cstr(head, "\r\n");
}

void push_switching(struct request *r, const char accept_key[29], struct span protocol, const char *extensions)
{
    struct buf head;
    buf_init(&head, RESPONSE_HEADERS_MAX_BYTES + 4096);
    buf_append_cstr(&head, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    put_line(&head, "Sec-WebSocket-Accept: ", span_of(accept_key));
    put_line(&head, "Sec-WebSocket-Protocol: ", protocol);
    put_line(&head, "Sec-WebSocket-Extensions: ", span_of(extensions));
    buf_append_span(&head, buf_span(&r->headers));
    buf_append_cstr(&head, "\r\n");
    push_head(r->conn, &head, SPAN(""));
    buf_fini(&head);
}

/* RFC 9110 section 15.5.22: 426 names the protocol it wants. */
void response_upgrade(struct request *r)
{
    response_header(r, "Upgrade", SPAN("websocket"));
    response_header(r, "Connection", SPAN("upgrade"));
}

bool request_is_websocket(struct request *r)
{
    char key[29];
    if (!http_parser_wants_upgrade(r->parser, SPAN("websocket")) || !span_eq(request_method(r), SPAN("GET"))) {
        response_upgrade(r);
        respond_problem(r, 426);
    } else if (!span_eq(request_header(r, "sec-websocket-version"), SPAN("13"))) {
        response_upgrade(r);
        response_header(r, "Sec-WebSocket-Version", SPAN("13"));
        respond_problem(r, 426);
    } else if (!ws_accept_key(request_header(r, "sec-websocket-key"), key)) {
        respond_problem(r, 400);
    } else {
        return true;
    }
    return false;
}
