/* The floor under fan-out: a bare epoll server that frames each message once and hands it to the kernel, and does nothing else: no HTTP, no
   JSON, no storage. The path of the WebSocket is its room; every text goes to everybody in the room, sender included, cut or filled up to
   FRAME_BYTES on the wire, header included, so that it costs the kernel what a message of the real server does.

   usage: floor_fanout PORT each|turn FRAME_BYTES
     each   one send() per subscriber and message
     turn   all ready sockets are read first, then one send() per subscriber with all that the turn brought its room */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 4096
#define READ_BYTES 65536

struct room {
    char path[64];
    struct peer **peers;
    int n, cap;
    char *out; /* the turn's frames */
    size_t n_out, cap_out;
    struct room *next_touched;
    bool touched;
};

struct peer {
    int fd;
    struct room *room;
    char *rest;
    size_t n_rest;
};

static struct room *rooms[65536];
static int n_rooms;
static struct room *touched;
static bool per_turn;
static size_t head_bytes, payload_bytes;
static char input[READ_BYTES * 2];

static struct room *room_of(const char *path, size_t n)
{
    for (int i = 0; i < n_rooms; i++)
        if (strlen(rooms[i]->path) == n && memcmp(rooms[i]->path, path, n) == 0) return rooms[i];
    struct room *r = rooms[n_rooms++] = calloc(1, sizeof *r);
    memcpy(r->path, path, n < 63 ? n : 63);
    return r;
}

static void shake_hands(struct peer *p, char *text, size_t n)
{
    char *path = memchr(text, ' ', n), *end = path ? memchr(path + 1, ' ', n - (size_t)(path - text) - 1) : NULL;
    char *key = memmem(text, n, "Sec-WebSocket-Key: ", 19);
    if (!end || !key) exit(1);
    unsigned char digest[20];
    char joined[64], accept[32], answer[160];
    memcpy(joined, key + 19, 24);
    memcpy(joined + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    SHA1((unsigned char *)joined, 60, digest);
    EVP_EncodeBlock((unsigned char *)accept, digest, 20);
    int len = sprintf(answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    if (send(p->fd, answer, (size_t)len, MSG_NOSIGNAL) != len) exit(1);
    struct room *r = p->room = room_of(path + 1, (size_t)(end - path - 1));
    if (r->n == r->cap) r->peers = realloc(r->peers, sizeof *r->peers * (size_t)(r->cap = r->cap * 2 + 8));
    r->peers[r->n++] = p;
}

/* Clients of a bench read fast enough; a floor that had to queue would not be one. */
static void hand_over(struct room *r, const char *bytes, size_t n)
{
    for (int i = 0; i < r->n; i++) {
        ssize_t sent = send(r->peers[i]->fd, bytes, n, MSG_NOSIGNAL);
        while (sent < (ssize_t)n) {
            if (sent < 0 && errno != EAGAIN) break;
            ssize_t more = send(r->peers[i]->fd, bytes + (sent > 0 ? sent : 0), n - (size_t)(sent > 0 ? sent : 0), MSG_NOSIGNAL);
            if (more > 0) sent = (sent > 0 ? sent : 0) + more;
        }
    }
}

static void on_message(struct peer *p, const char *text, size_t n)
{
    struct room *r = p->room;
    size_t frame = head_bytes + payload_bytes;
    if (r->n_out + frame > r->cap_out) r->out = realloc(r->out, r->cap_out = r->cap_out * 2 + frame);
    char *f = r->out + r->n_out;
    f[0] = (char)0x81, f[1] = (char)(head_bytes == 2 ? payload_bytes : 126);
    if (head_bytes == 4) f[2] = (char)(payload_bytes >> 8), f[3] = (char)payload_bytes;
    if (n > payload_bytes) n = payload_bytes;
    memcpy(f + head_bytes, text, n);
    memset(f + head_bytes + n, 'x', payload_bytes - n);
    r->n_out += frame;
    if (!per_turn) {
        hand_over(r, r->out, r->n_out);
        r->n_out = 0;
    } else if (!r->touched) {
        r->touched = true, r->next_touched = touched, touched = r;
    }
}

static size_t take_frames(struct peer *p, char *b, size_t n)
{
    size_t at = 0;
    while (n - at >= 6) {
        size_t len = (unsigned char)b[at + 1] & 127, head = 6;
        if (len == 126) head = 8, len = (size_t)((unsigned char)b[at + 2] << 8 | (unsigned char)b[at + 3]);
        if (n - at < head + len) break;
        const char *mask = b + at + head - 4;
        for (size_t i = 0; i < len; i++) b[at + head + i] ^= mask[i & 3];
        if ((b[at] & 15) == 1) on_message(p, b + at + head, len);
        at += head + len;
    }
    return at;
}

static void on_readable(struct peer *p)
{
    size_t had = p->n_rest;
    if (had) memcpy(input, p->rest, had);
    ssize_t got = recv(p->fd, input + had, READ_BYTES, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) exit(0); /* the load is over */
        return;
    }
    size_t n = had + (size_t)got, at = 0;
    if (!p->room) {
        if (!memmem(input, n, "\r\n\r\n", 4)) return;
        shake_hands(p, input, n);
        at = n;
    }
    at += take_frames(p, input + at, n - at);
    free(p->rest);
    p->rest = NULL;
    if ((p->n_rest = n - at)) p->rest = memcpy(malloc(p->n_rest), input + at, p->n_rest);
}

static void flush_turn(void)
{
    for (; touched; touched = touched->next_touched) {
        hand_over(touched, touched->out, touched->n_out);
        touched->n_out = 0;
        touched->touched = false;
    }
}

static void accept_all(int epoll, int listener)
{
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct peer *p = calloc(1, sizeof *p);
        p->fd = fd;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = p });
    }
}

int main(int argc, char **argv)
{
    size_t bytes = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (bytes < 32 || bytes > 60000) return fprintf(stderr, "usage: %s PORT each|turn FRAME_BYTES (32 to 60000)\n", argv[0]), 2;
    per_turn = strcmp(argv[2], "turn") == 0;
    head_bytes = bytes < 130 ? 2 : 4;
    payload_bytes = head_bytes == 2 && bytes > 127 ? 125 : bytes - head_bytes; /* no frame is 128 or 129 bytes long */
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, epoll = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 4096) != 0) return perror("listen"), 1;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){ .events = EPOLLIN });
    static struct epoll_event events[EVENTS_MAX];
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                on_readable(events[i].data.ptr);
            else
                accept_all(epoll, listener);
        }
        flush_turn();
    }
}
