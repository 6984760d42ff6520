/* See client.h. Reads go into one shared buffer; only a torn frame is kept with its client. TLS speaks on the
   descriptor itself; a record fits the buffer, so nothing stays behind in OpenSSL and level-triggered waiting is right. */
#include "client.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES (1 << 20)
#define EVENTS_MAX 4096
#define LOSSES_TOLD 5

static char read_buffer[READ_BYTES * 2];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t process_cpu_us(int pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) die("CPU clock of the server");
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t machine_cpu_us(void)
{
    long long t[8] = { 0 };
    FILE *f = fopen("/proc/stat", "r");
    if (!f || fscanf(f, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", t, t + 1, t + 2, t + 3, t + 4, t + 5, t + 6, t + 7) != 8) die("/proc/stat");
    fclose(f);
    return (t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) * (1000000 / sysconf(_SC_CLK_TCK));
}

int64_t process_rss_bytes(int pid)
{
    char path[64];
    long total, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *f = fopen(path, "r");
    if (!f) die(path);
    if (fscanf(f, "%ld %ld", &total, &resident) != 2) die(path);
    fclose(f);
    return resident * sysconf(_SC_PAGESIZE);
}

void swarm_init(struct swarm *s, int n, const char *address, int port)
{
    memset(s, 0, sizeof *s);
    s->epoll = epoll_create1(0);
    s->clients = calloc((size_t)n, sizeof *s->clients);
    if (!s->clients) die("calloc");
    s->n = n, s->address = address, s->port = port;
    for (int i = 0; i < n; i++) s->clients[i].index = i, s->clients[i].fd = -1;
}

static void watch(struct swarm *s, struct client *c, int op, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };
    if (epoll_ctl(s->epoll, op, c->fd, &e) != 0) die("epoll_ctl");
}

void swarm_connect(struct swarm *s, int index, const char *path, const char *headers)
{
    struct client *c = &s->clients[index];
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(c->fd, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &one, sizeof one);
    struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101u + (uint32_t)index / 20000) };
    if (bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0) die("bind");
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port) };
    inet_pton(AF_INET, s->address, &to.sin_addr);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) die("connect");
    if (s->tls && (!(c->ssl = SSL_new(s->tls)) || SSL_set_fd(c->ssl, c->fd) != 1)) die("SSL_new");
    if (c->ssl) SSL_set_connect_state(c->ssl);
    if (asprintf(&c->request, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", path, s->address, s->port, headers) < 0)
        die("asprintf");
    watch(s, c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void lose(struct swarm *s, struct client *c, const char *why)
{
    if (c->closed) return;
    if (s->n_closed < LOSSES_TOLD) fprintf(stderr, "client %d lost: %s\n", c->index, why);
    SSL_free(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    c->closed = true;
    s->n_closed++;
}

/* recv and send, whatever lies below: -1 with EAGAIN, 0 at the end. */
static ssize_t tls_outcome(struct client *c, int result)
{
    if (result > 0) return result;
    int why = SSL_get_error(c->ssl, result);
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return why == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static ssize_t receive(struct client *c, char *p, size_t n)
{
    return c->ssl ? tls_outcome(c, SSL_read(c->ssl, p, (int)n)) : recv(c->fd, p, n, 0);
}

static ssize_t transmit(struct client *c, const char *p, size_t n)
{
    return c->ssl ? tls_outcome(c, SSL_write(c->ssl, p, (int)n)) : send(c->fd, p, n, MSG_NOSIGNAL);
}

static void write_some(struct swarm *s, struct client *c, const char *p, size_t n)
{
    ssize_t sent = c->n_out ? 0 : transmit(c, p, n);
    if (sent < 0 && errno != EAGAIN) {
        lose(s, c, strerror(errno));
        return;
    }
    if (sent < 0) sent = 0;
    if ((size_t)sent == n) return;
    c->out = realloc(c->out, c->n_out + n - (size_t)sent);
    memcpy(c->out + c->n_out, p + sent, n - (size_t)sent);
    if (c->n_out == 0) watch(s, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    c->n_out += n - (size_t)sent;
}

/* The mask is zero: legal, and it costs the generator nothing. */
void client_send(struct swarm *s, struct client *c, const char *text, size_t n)
{
    char frame[4096 + 8];
    size_t head = n < 126 ? 2 : 4;
    if (c->closed || n > 4000) return;
    frame[0] = (char)0x81;
    frame[1] = (char)(0x80 | (n < 126 ? n : 126));
    if (n >= 126) frame[2] = (char)(n >> 8), frame[3] = (char)n;
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, text, n);
    write_some(s, c, frame, head + 4 + n);
}

/* True when done. The request still waits, and with it the watch on writability, so a handshake that waits to read watches that alone. */
static bool shake_hands(struct swarm *s, struct client *c)
{
    int done = SSL_do_handshake(c->ssl);
    if (done == 1) return true;
    int why = SSL_get_error(c->ssl, done);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        watch(s, c, EPOLL_CTL_MOD, why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLIN | EPOLLOUT);
    else
        lose(s, c, "TLS handshake");
    return false;
}

static void on_writable(struct swarm *s, struct client *c)
{
    if (c->request) {
        if (c->ssl && !shake_hands(s, c)) return;
        char *request = c->request;
        c->request = NULL;
        watch(s, c, EPOLL_CTL_MOD, EPOLLIN);
        write_some(s, c, request, strlen(request));
        free(request);
        return;
    }
    ssize_t sent = transmit(c, c->out, c->n_out);
    if (sent <= 0) return;
    c->n_out -= (size_t)sent;
    memmove(c->out, c->out + sent, c->n_out);
    if (c->n_out == 0) watch(s, c, EPOLL_CTL_MOD, EPOLLIN);
}

/* Handles whole frames; returns how many bytes they took. */
static size_t take_frames(struct swarm *s, struct client *c, char *p, size_t n)
{
    size_t at = 0;
    while (n - at >= 2 && !c->closed) {
        uint64_t len = (unsigned char)p[at + 1] & 127;
        size_t head = len < 126 ? 2 : len == 126 ? 4 : 10;
        if (n - at < head) break;
        if (head > 2) {
            len = 0;
            for (size_t i = 2; i < head; i++) len = len << 8 | (unsigned char)p[at + i];
        }
        if (n - at < head + len) break;
        int opcode = p[at] & 15;
        if (opcode == 1) {
            s->on_text(s, c, p + at + head, len);
        } else if (opcode == 9) {
            char pong[6] = { (char)0x8a, (char)0x80 };
            write_some(s, c, pong, 6);
        } else if (opcode == 8) {
            char why[64];
            snprintf(why, sizeof why, "closed by the server with %d", len < 2 ? 0 : (unsigned char)p[at + head] << 8 | (unsigned char)p[at + head + 1]);
            lose(s, c, why);
        }
        at += head + len;
    }
    return at;
}

static size_t take_handshake(struct swarm *s, struct client *c, char *p, size_t n)
{
    char *end = memmem(p, n, "\r\n\r\n", 4);
    if (!end) return 0;
    if (n < 12 || memcmp(p + 9, "101", 3) != 0) {
        fprintf(stderr, "%.*s\n", (int)(end - p), p);
        lose(s, c, "refused");
        return n;
    }
    c->open = true;
    s->n_open++;
    return (size_t)(end + 4 - p);
}

static void on_readable(struct swarm *s, struct client *c)
{
    size_t had = c->n_rest;
    if (had) memcpy(read_buffer, c->rest, had);
    ssize_t got = receive(c, read_buffer + had, READ_BYTES);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        lose(s, c, got == 0 ? "end of stream" : strerror(errno));
        return;
    }
    if (got < 0) return;
    s->n_bytes += (uint64_t)got;
    size_t n = had + (size_t)got, at = 0;
    if (!c->open) at = take_handshake(s, c, read_buffer, n);
    if (c->open && !c->closed) at += take_frames(s, c, read_buffer + at, n - at);
    free(c->rest);
    c->rest = NULL;
    c->n_rest = n - at;
    if (c->n_rest) {
        c->rest = malloc(c->n_rest);
        memcpy(c->rest, read_buffer + at, c->n_rest);
    }
}

void swarm_turn(struct swarm *s, int timeout_ms)
{
    static struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(s->epoll, events, EVENTS_MAX, timeout_ms);
    for (int i = 0; i < n; i++) {
        struct client *c = events[i].data.ptr;
        if (c->closed) continue;
        if (events[i].events & EPOLLOUT || (c->ssl && c->request)) on_writable(s, c);
        if (!c->closed && !c->request && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(s, c);
    }
}
