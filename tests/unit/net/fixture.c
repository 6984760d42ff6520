/* See fixture.h. */
#include "fixture.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

/* Handlers */

static struct server *server_of(struct request *r) { return request_door(r); }

static void hello(struct request *r) { respond(r, 200, "text/plain", SPAN("hello")); }
static void echo(struct request *r) { respond(r, 200, "application/octet-stream", request_body(r)); }

static void later(struct request *r) { server_of(r)->waiting = r; }

static void big_static(struct request *r)
{
    static char bytes[3 << 20];
    memset(bytes, 's', sizeof bytes);
    respond_static(r, 200, "text/plain", span_make(bytes, sizeof bytes));
}

static void show_params(struct request *r)
{
    struct span room = request_param(r, "room"), name = request_param(r, "name"), q = request_query_param(r, "q"), cookie = request_cookie(r, "c");
    respond(r, 200, "text/plain", arena_printf(request_arena(r), SPAN_FMT "|" SPAN_FMT "|" SPAN_FMT "|" SPAN_FMT, SPAN_ARG(room), SPAN_ARG(name),
                                               SPAN_ARG(q), SPAN_ARG(cookie)));
}

static void show_rest(struct request *r) { respond(r, 200, "text/plain", request_param(r, "path")); }

static void who(struct request *r)
{
    char address[46];
    conn_address(request_conn(r), address);
    respond(r, 200, "text/plain", arena_printf(request_arena(r), "%s %s", address, request_is_secure(r) ? "secure" : "plain"));
}

static struct server *ws_server(struct conn *c) { return conn_door(c); }

static void on_open(struct conn *c)
{
    ws_server(c)->n_open++;
    ws_server(c)->last_ws = conn_ref(c);
}

static void on_text(struct conn *c, struct span text)
{
    ws_server(c)->n_messages++;
    if (span_eq(text, SPAN("close")))
        ws_close(c, 4000, "as you wish");
    else
        ws_send_text(c, text);
}

static void on_binary(struct conn *c, struct span bytes) { ws_send_binary(c, bytes); }
static void on_drain(struct conn *c) { ws_server(c)->n_drained++; }

static void on_close(struct conn *c, int code)
{
    struct server *s = ws_server(c);
    assert_ptr_equal(ws_user(c), s);
    if (s->n_closed < SEEN_MAX) s->closed_codes[s->n_closed] = code;
    s->n_closed++;
}

static void on_going_away(struct conn *c)
{
    ws_server(c)->n_going_away++;
    ws_send_text(c, SPAN("bye"));
}

static const struct ws_handler echo_handler = { on_open, on_text, on_binary, on_drain, on_close, 1 << 20, 0, 0, on_going_away };
static const struct ws_handler quiet_handler = { on_open, on_text, NULL, NULL, on_close, 0, 1000, 4408, NULL };
static const struct ws_handler flood_handler = { on_open, on_text, NULL, on_drain, on_close, 1024, 0, 0, NULL };

static void accept_with(struct request *r, const struct ws_handler *h)
{
    if (request_is_websocket(r)) http_accept_websocket(r, h, server_of(r), SPAN(""));
}

static void open_echo(struct request *r) { accept_with(r, &echo_handler); }
static void open_quiet(struct request *r) { accept_with(r, &quiet_handler); }
static void open_flood(struct request *r) { accept_with(r, &flood_handler); }

static const struct route routes[] = {
    { "GET", "/hello", hello, 0, 0 },
    { "POST", "/echo", echo, 1 << 20, 0 },
    { "GET", "/later", later, 0, 0 },
    { "GET", "/static", big_static, 0, 0 },
    { "GET", "/rooms/{room:int}/x/{name}", show_params, 0, 0 },
    { "PUT", "/rooms/{room:int}/x/{name}", show_params, 0, 0 },
    { "GET", "/files/{path*}", show_rest, 0, 0 },
    { "GET", "/who", who, 0, 0 },
    { "GET", "/ws", open_echo, 0, route_websocket },
    { "GET", "/quiet", open_quiet, 0, route_websocket },
    { "GET", "/flood", open_flood, 0, route_websocket },
    { "GET", "/later-ws", later, 0, route_websocket },
};

/* The server */

static void run(void *arg)
{
    struct server *s = arg;
    loop_run(s->loop);
}

void server_start(struct server *s, const struct server_options *options)
{
    static const struct server_options plain;
    const struct server_options *o = options ? options : &plain;
    *s = (struct server){ .loop = loop_create(o->index), .router = router_create() };
    if (o->more) o->more(s->router);
    if (o->n_routes) router_add(s->router, o->routes, o->n_routes);
    router_add(s->router, routes, sizeof routes / sizeof *routes);
    struct net_config config = {
        .loop = s->loop, .router = s->router, .door = s, .address = "127.0.0.1", .tls = o->tls, .trusted_proxies = o->proxies, .nets = o->nets,
        .max_connections = o->max_connections ? o->max_connections : 1000,
    };
    assert_int_equal(net_create(&config, &s->net), fault_none);
    s->port = net_port(s->net);
    assert_true(s->port > 0);
    s->thread = thread_start("net test", run, s);
}

static void stop(struct server *s, void *arg)
{
    net_destroy(s->net);
    loop_stop(s->loop);
}

void server_halt(struct server *s)
{
    server_do(s, stop, NULL);
    thread_join(s->thread);
}

void server_free(struct server *s)
{
    loop_destroy(s->loop);
    router_destroy(s->router);
}

void server_stop(struct server *s)
{
    server_halt(s);
    server_free(s);
}

struct errand {
    struct letter letter;
    struct server *s;
    void (*fn)(struct server *s, void *arg);
    void *arg;
    int done;
};

static void run_errand(struct letter *l)
{
    struct errand *e = (struct errand *)l;
    int done = e->done;
    e->fn(e->s, e->arg);
    assert_int_equal(write(done, &(uint64_t){ 1 }, 8), 8);
}

void server_do(struct server *s, void (*fn)(struct server *s, void *arg), void *arg)
{
    struct errand e = { { NULL, run_errand }, s, fn, arg, eventfd(0, EFD_CLOEXEC) };
    uint64_t one;
    mailbox_post(loop_mailbox(s->loop), &e.letter);
    assert_int_equal(read(e.done, &one, 8), 8);
    close(e.done);
}

static void take_figures(struct server *s, void *arg) { net_figures(s->net, arg); }

struct net_figures server_figures(struct server *s)
{
    struct net_figures f;
    server_do(s, take_figures, &f);
    return f;
}

struct question { bool (*holds)(struct server *s); bool answer; };

static void ask(struct server *s, void *arg)
{
    struct question *q = arg;
    q->answer = q->holds(s);
}

void server_await(struct server *s, bool (*holds)(struct server *s))
{
    struct question q = { holds, false };
    for (int i = 0; i < 1000 && !q.answer; i++) {
        server_do(s, ask, &q);
        if (!q.answer) nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
    }
    assert_true(q.answer);
}

/* Clients */

int dial(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval five = { .tv_sec = 5 };
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof five);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &five, sizeof five);
    return fd;
}

void send_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        assert_true(sent > 0);
        at += sent, n -= (size_t)sent;
    }
}

void send_text(int fd, const char *text) { send_all(fd, text, strlen(text)); }

/* Again when interrupted: newer libuv works through io_uring, whose news interrupt the thread that made the loop, also in a recv with a time-out. */
static ssize_t receive(int fd, void *p, size_t n)
{
    ssize_t got;
    do got = recv(fd, p, n, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

size_t read_up_to(int fd, char *p, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = receive(fd, p + done, n - done);
        if (got <= 0) break;
        done += (size_t)got;
    }
    return done;
}

bool is_closed_by_peer(int fd)
{
    char skip[65536];
    for (int i = 0; i < 10000; i++) {
        ssize_t got = receive(fd, skip, sizeof skip);
        if (got == 0 || (got < 0 && errno == ECONNRESET)) return true;
        if (got < 0) return false;
    }
    return false;
}

static size_t content_length(const char *head)
{
    const char *at = strcasestr(head, "\r\nContent-Length: ");
    return at ? strtoul(at + 18, NULL, 10) : 0;
}

void read_reply(int fd, struct reply *out, bool head_only)
{
    size_t n = 0;
    out->body = NULL;
    do {
        assert_true(n < sizeof out->head - 1);
        assert_int_equal(receive(fd, out->head + n, 1), 1);
        out->head[++n] = 0;
    } while (n < 4 || memcmp(out->head + n - 4, "\r\n\r\n", 4) != 0);
    assert_int_equal(sscanf(out->head, "HTTP/1.1 %d ", &out->status), 1);
    out->n_body = head_only ? 0 : content_length(out->head);
    out->body = calloc(1, out->n_body + 1);
    assert_int_equal(read_up_to(fd, out->body, out->n_body), out->n_body);
}

bool reply_has(const struct reply *r, const char *line)
{
    char wanted[512];
    snprintf(wanted, sizeof wanted, "\r\n%s\r\n", line);
    return strstr(r->head, wanted) != NULL;
}

void expect_reply(int fd, int status, const char *body)
{
    struct reply r;
    read_reply(fd, &r, false);
    assert_int_equal(r.status, status);
    if (body) assert_string_equal(r.body, body);
    free(r.body);
}

int ws_dial(int port, const char *path, const char *further_headers)
{
    char request[2048];
    struct reply r;
    int fd = dial(port);
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", path, further_headers);
    send_text(fd, request);
    read_reply(fd, &r, true);
    assert_int_equal(r.status, 101);
    assert_true(reply_has(&r, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    free(r.body);
    return fd;
}

void ws_put(int fd, int first_byte, const void *payload, size_t n)
{
    static const unsigned char mask[4] = { 0x11, 0x22, 0x33, 0x44 };
    unsigned char *p = malloc(n + 14);
    size_t at = 0;
    p[at++] = (unsigned char)first_byte;
    if (n < 126) {
        p[at++] = (unsigned char)(0x80 | n);
    } else if (n < 65536) {
        p[at++] = 0xfe, p[at++] = (unsigned char)(n >> 8), p[at++] = (unsigned char)n;
    } else {
        p[at++] = 0xff;
        for (int shift = 56; shift >= 0; shift -= 8) p[at++] = (unsigned char)((uint64_t)n >> shift);
    }
    memcpy(p + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < n; i++) p[at + i] = ((const unsigned char *)payload)[i] ^ mask[i & 3];
    send_all(fd, p, at + n);
    free(p);
}

int ws_get(int fd, char *payload, size_t max, size_t *n_out)
{
    unsigned char head[10];
    if (read_up_to(fd, (char *)head, 2) != 2) return -1;
    assert_int_equal(head[1] & 0x80, 0);
    size_t n = head[1], n_more = n == 126 ? 2 : n == 127 ? 8 : 0;
    if (n_more) {
        assert_int_equal(read_up_to(fd, (char *)head + 2, n_more), n_more);
        n = 0;
        for (size_t i = 0; i < n_more; i++) n = n << 8 | head[2 + i];
    }
    assert_true(n < max);
    assert_int_equal(read_up_to(fd, payload, n), n);
    payload[n] = 0;
    *n_out = n;
    return head[0];
}

void ws_expect(int fd, int first_byte, const char *payload)
{
    char got[70000];
    size_t n;
    assert_int_equal(ws_get(fd, got, sizeof got, &n), first_byte);
    assert_int_equal(n, strlen(payload));
    assert_string_equal(got, payload);
}

void ws_expect_close(int fd, int code)
{
    char got[200];
    size_t n;
    assert_int_equal(ws_get(fd, got, sizeof got, &n), 0x88);
    assert_true(n >= 2);
    assert_int_equal((unsigned char)got[0] << 8 | (unsigned char)got[1], code);
}
