/* See client.h. Reads go into one shared buffer; only a torn frame is kept with its client. */
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
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) die(path);
    size_t n = fread(line, 1, sizeof line - 1, f);
    line[n] = 0;
    fclose(f);
    unsigned long user = 0, system = 0;
    sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (int64_t)(user + system) * (1000000 / sysconf(_SC_CLK_TCK));
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
    if (asprintf(&c->request, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", path, s->address, s->port, headers) < 0)
        die("asprintf");
    watch(s, c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void lose(struct swarm *s, struct client *c, const char *why)
{
    if (c->closed) return;
    if (!c->open || getenv("BENCH_VERBOSE")) fprintf(stderr, "client %d lost: %s\n", c->index, why);
    close(c->fd);
    c->closed = true;
    s->n_closed++;
}

static void write_some(struct swarm *s, struct client *c, const char *p, size_t n)
{
    ssize_t sent = c->n_out ? 0 : send(c->fd, p, n, MSG_NOSIGNAL);
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

static void on_writable(struct swarm *s, struct client *c)
{
    if (c->request) {
        char *request = c->request;
        c->request = NULL;
        watch(s, c, EPOLL_CTL_MOD, EPOLLIN);
        write_some(s, c, request, strlen(request));
        free(request);
        return;
    }
    ssize_t sent = send(c->fd, c->out, c->n_out, MSG_NOSIGNAL);
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
            s->n_frames++;
            s->on_text(s, c, p + at + head, len);
        } else if (opcode == 9) {
            char pong[6] = { (char)0x8a, (char)0x80 };
            write_some(s, c, pong, 6);
        } else if (opcode == 8) {
            lose(s, c, "closed by the server");
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
    if (s->on_open) s->on_open(s, c);
    return (size_t)(end + 4 - p);
}

static void on_readable(struct swarm *s, struct client *c)
{
    size_t had = c->n_rest;
    if (had) memcpy(read_buffer, c->rest, had);
    ssize_t got = recv(c->fd, read_buffer + had, READ_BYTES, 0);
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
        if (events[i].events & EPOLLOUT) on_writable(s, c);
        if (!c->closed && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(s, c);
    }
}
