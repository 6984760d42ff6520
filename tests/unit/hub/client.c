/* See client.h. */
#include "client.h"
#include "base/clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Reading; the crowd's thread, under its lock */

static void keep_line(struct client *c, const char *p, size_t n)
{
    if (c->n_lines == c->cap_lines) {
        c->cap_lines = c->cap_lines * 2 + 64;
        c->lines = realloc(c->lines, c->cap_lines * sizeof *c->lines);
    }
    c->lines[c->n_lines++] = strndup(p, n);
}

/* One frame from the front: its size, 0 when it is not whole yet. */
static size_t take_frame(struct client *c, const char *p, size_t n)
{
    if (n < 2) return 0;
    size_t head = 2, size = (unsigned char)p[1], more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (n < head + more) return 0;
    if (more) size = 0;
    for (size_t i = 0; i < more; i++) size = size << 8 | (unsigned char)p[head + i];
    head += more;
    if (n < head + size) return 0;
    if ((unsigned char)p[0] == 0x81) keep_line(c, p + head, size);
    if ((unsigned char)p[0] == 0x88) c->close_code = size >= 2 ? (unsigned char)p[head] << 8 | (unsigned char)p[head + 1] : -1;
    if ((unsigned char)p[0] & 0x40) abort(); /* nothing here is long enough to be compressed */
    return head + size;
}

static void understand(struct client *c)
{
    size_t at = 0;
    for (size_t used; (used = take_frame(c, c->bytes + at, c->n_bytes - at)) > 0; at += used);
    memmove(c->bytes, c->bytes + at, c->n_bytes - at);
    c->n_bytes -= at;
}

static void end_reading(struct client *c)
{
    if (!c->close_code) c->close_code = -1;
    close(c->fd);
    c->fd = -1;
}

static void read_client(struct client *c)
{
    if (c->cap_bytes - c->n_bytes < 65536) {
        c->cap_bytes = c->cap_bytes * 2 + 131072;
        c->bytes = realloc(c->bytes, c->cap_bytes);
    }
    ssize_t n = recv(c->fd, c->bytes + c->n_bytes, 65536, MSG_DONTWAIT);
    if (n > 0) {
        c->n_bytes += (size_t)n;
        understand(c);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        end_reading(c);
    }
}

static int watch_all(struct crowd *crowd, struct pollfd *fds, struct client **of)
{
    int n = 1;
    fds[0] = (struct pollfd){ .fd = crowd->wake, .events = POLLIN };
    for (int i = 0; i < crowd->n_clients; i++) {
        struct client *c = crowd->clients[i];
        if (c->fd < 0 || c->lazy) continue;
        of[n] = c;
        fds[n++] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
    }
    return n;
}

static void *read_all(void *arg)
{
    struct crowd *crowd = arg;
    struct pollfd fds[CLIENTS_MAX + 1];
    struct client *of[CLIENTS_MAX + 1];
    pthread_mutex_lock(&crowd->lock);
    while (!crowd->stopping) {
        int n = watch_all(crowd, fds, of);
        pthread_mutex_unlock(&crowd->lock);
        poll(fds, (nfds_t)n, -1);
        pthread_mutex_lock(&crowd->lock);
        uint64_t woken;
        if (fds[0].revents && read(crowd->wake, &woken, sizeof woken) < 0) abort();
        for (int i = 1; i < n; i++)
            if (fds[i].revents && of[i]->fd >= 0 && !of[i]->lazy) read_client(of[i]);
        pthread_cond_broadcast(&crowd->changed);
    }
    pthread_mutex_unlock(&crowd->lock);
    return NULL;
}

static void wake(struct crowd *crowd)
{
    if (write(crowd->wake, &(uint64_t){ 1 }, 8) != 8) abort();
}

/* The crowd */

void crowd_open(struct crowd *crowd)
{
    *crowd = (struct crowd){ .wake = eventfd(0, EFD_CLOEXEC) };
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&crowd->changed, &monotonic);
    pthread_mutex_init(&crowd->lock, NULL);
    pthread_create(&crowd->thread, NULL, read_all, crowd);
}

static void free_client(struct client *c)
{
    if (c->fd >= 0) close(c->fd);
    for (size_t i = 0; i < c->n_lines; i++) free(c->lines[i]);
    free(c->lines);
    free(c->bytes);
    free(c);
}

void crowd_close(struct crowd *crowd)
{
    pthread_mutex_lock(&crowd->lock);
    crowd->stopping = true;
    pthread_mutex_unlock(&crowd->lock);
    wake(crowd);
    pthread_join(crowd->thread, NULL);
    for (int i = 0; i < crowd->n_clients; i++) free_client(crowd->clients[i]);
    pthread_cond_destroy(&crowd->changed);
    pthread_mutex_destroy(&crowd->lock);
    close(crowd->wake);
}

/* Speaking; the test's thread */

static void send_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0) return; /* it may have been closed on purpose */
        p += sent, n -= (size_t)sent;
    }
}

static int dial(int port, bool lazy)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 8192, on = 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (lazy) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_true(fd >= 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Byte by byte, so that no frame behind the head is taken. */
static void shake_hands(int fd, struct actor who, const char *kind, bool deflates)
{
    char head[2048];
    size_t n = (size_t)snprintf(head, sizeof head,
        "GET /ws/%lld/%lld/%s HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", (long long)who.account.v, (long long)who.session.v, kind,
        deflates ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n" : "");
    send_all(fd, head, n);
    for (n = 0; n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0; n++) {
        assert_true(n < sizeof head - 1);
        assert_int_equal(recv(fd, head + n, 1, 0), 1);
    }
    head[n] = 0;
    assert_memory_equal(head, "HTTP/1.1 101", 12);
    assert_int_equal(strcasestr(head, "permessage-deflate") != NULL, deflates);
}

struct client *client_open(struct crowd *crowd, int port, struct actor who, const char *kind, struct client_options options)
{
    struct client *c = calloc(1, sizeof *c);
    c->crowd = crowd, c->lazy = options.lazy;
    c->fd = dial(port, options.lazy);
    shake_hands(c->fd, who, kind, options.deflates);
    pthread_mutex_lock(&crowd->lock);
    assert_true(crowd->n_clients < CLIENTS_MAX);
    crowd->clients[crowd->n_clients++] = c;
    pthread_mutex_unlock(&crowd->lock);
    wake(crowd);
    return c;
}

void client_say(struct client *c, const char *format, ...)
{
    static const char mask[4] = { 0x11, 0x22, 0x33, 0x44 };
    char frame[4096] = { (char)0x81, (char)(0x80 | 126) }, *payload = frame + 8;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(payload, sizeof frame - 8, format, args);
    va_end(args);
    assert_true(n > 0 && (size_t)n < sizeof frame - 8);
    frame[2] = (char)(n >> 8), frame[3] = (char)n;
    memcpy(frame + 4, mask, 4);
    for (int i = 0; i < n; i++) payload[i] ^= mask[i & 3];
    if (n < 126) { /* lengths must be written as short as they can be */
        frame[1] = (char)(0x80 | n);
        memmove(frame + 2, frame + 4, (size_t)n + 4);
        n -= 2;
    }
    pthread_mutex_lock(&c->crowd->lock);
    int fd = c->fd;
    pthread_mutex_unlock(&c->crowd->lock);
    send_all(fd, frame, (size_t)n + 8);
}

void client_set_lazy(struct client *c, bool lazy)
{
    pthread_mutex_lock(&c->crowd->lock);
    c->lazy = lazy;
    pthread_mutex_unlock(&c->crowd->lock);
    wake(c->crowd);
}

void client_hang_up(struct client *c)
{
    pthread_mutex_lock(&c->crowd->lock);
    if (c->fd >= 0) shutdown(c->fd, SHUT_RDWR);
    pthread_mutex_unlock(&c->crowd->lock);
}

/* Looking */

typedef bool look_fn(const struct client *c, const void *arg);

/* Looks again only when the client has heard something: others hear much, and the reader needs the lock. */
static bool await_seen(struct client *c, look_fn *look, const void *arg)
{
    struct timespec end;
    bool seen, in_time = true;
    pthread_mutex_lock(&c->crowd->lock);
    while (!(seen = look(c, arg)) && in_time) {
        size_t n_lines = c->n_lines;
        int close_code = c->close_code;
        clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_sec += 10;
        while (in_time && c->n_lines == n_lines && c->close_code == close_code)
            in_time = pthread_cond_timedwait(&c->crowd->changed, &c->crowd->lock, &end) == 0;
    }
    pthread_mutex_unlock(&c->crowd->lock);
    return seen;
}

static int count(const struct client *c, const char *line)
{
    int n = 0;
    for (size_t i = 0; i < c->n_lines; i++) n += strcmp(c->lines[i], line) == 0;
    return n;
}

static bool has_line(const struct client *c, const void *line) { return count(c, line) > 0; }
static bool has_closed(const struct client *c, const void *code) { return c->close_code == *(const int *)code; }

bool client_hears(struct client *c, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return await_seen(c, has_line, line);
}

bool client_closed(struct client *c, int code)
{
    return await_seen(c, has_closed, &code);
}

int client_count(struct client *c, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    pthread_mutex_lock(&c->crowd->lock);
    int n = count(c, line);
    pthread_mutex_unlock(&c->crowd->lock);
    return n;
}

/* The numbers of lasting events; "caught_up" and "reload" tell a number that is not one. */
static bool is_event_of(const char *line, int64_t room, int64_t *seq_out)
{
    long long of, seq;
    char kind[32];
    if (sscanf(line, "%lld %lld %31s", &of, &seq, kind) != 3 || of != room || seq == 0) return false;
    *seq_out = seq;
    return strcmp(kind, "caught_up") != 0 && strcmp(kind, "reload") != 0;
}

struct run { int64_t room, after, to, wrong_after, wrong; };

/* Over as soon as the run is whole or broken. */
static bool is_over(const struct client *c, const void *arg)
{
    struct run *run = (struct run *)arg;
    int64_t last = run->after, seq;
    for (size_t i = 0; i < c->n_lines; i++) {
        if (!is_event_of(c->lines[i], run->room, &seq)) continue;
        if (seq != last + 1) {
            run->wrong_after = last, run->wrong = seq;
            return true;
        }
        last = seq;
    }
    run->wrong_after = last;
    return last >= run->to;
}

bool client_hears_all(struct client *c, struct room_id room, int64_t after, int64_t to)
{
    struct run run = { .room = room.v, .after = after, .to = to };
    bool over = await_seen(c, is_over, &run);
    if (over && !run.wrong) return true;
    print_error("room %lld: %lld follows %lld (wanted %lld to %lld; closed %d)\n", (long long)room.v, (long long)run.wrong,
                (long long)run.wrong_after, (long long)after + 1, (long long)to, c->close_code);
    return false;
}

static int64_t find(struct client *c, struct room_id room, bool newest)
{
    int64_t found = 0, seq;
    pthread_mutex_lock(&c->crowd->lock);
    for (size_t i = 0; i < c->n_lines && (newest || !found); i++)
        if (is_event_of(c->lines[i], room.v, &seq)) found = seq;
    pthread_mutex_unlock(&c->crowd->lock);
    return found;
}

int64_t client_first(struct client *c, struct room_id room) { return find(c, room, false); }
int64_t client_newest(struct client *c, struct room_id room) { return find(c, room, true); }

void client_forget(struct client *c)
{
    pthread_mutex_lock(&c->crowd->lock);
    for (size_t i = 0; i < c->n_lines; i++) free(c->lines[i]);
    c->n_lines = 0;
    pthread_mutex_unlock(&c->crowd->lock);
}
