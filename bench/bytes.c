/* A client that brings and fetches bytes: many connections at once over one epoll, one request each, bytes made up in memory. Prints one JSON line.
   usage: bytes put|multipart|tus PORT BYTES < tokens      one upload for each line of the standard input, all at once: nobody sends its second half before
                                                           everybody has sent the first or was refused; who is told to wait does, and comes again
          bytes get PORT PATH < tokens                     one download for each line
   A line is a bearer token, or "-" for none. tus: creation first, then all bytes in one PATCH; the time of both counts. file: the id of the file that was
   brought last. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PEERS_MAX 20000
#define PIECE_BYTES (256 << 10)
#define BOUNDARY "----bench-boundary-7d1c"

enum what { what_put, what_multipart, what_tus, what_get };
static const char *const names[] = { "put", "multipart", "tus", "get" };

struct peer {
    int fd;
    char token[512], path[128], head[2048], mark[32]; /* mark: the first bytes of the body, no two the same */
    size_t n_head, sent_head, n_answer;
    int64_t sent;      /* of the body */
    int64_t got;       /* of the answer's body */
    int64_t due_us;    /* to come again; 0: not waiting */
    char answer[4096];
    int status;
    bool creating, at_half, ended;
};

static struct peer *peers;
static size_t n_peers, n_open, n_at_half, n_told_to_wait, n_failed, n_ok;
static enum what what;
static int port, epoll_fd;
static int64_t n_bytes, n_body, n_received, last_file;
static const char *get_path;
static char *body, *into;
static size_t n_before, n_after; /* of multipart, around the bytes */

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *why)
{
    fprintf(stderr, "bytes: %s\n", why);
    exit(1);
}

/* Bytes that nothing can make smaller, between the lines of multipart. */
static void make_body(void)
{
    static const char before[] = "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.bin\"\r\n\r\n";
    static const char after[] = "\r\n--" BOUNDARY "--\r\n";
    if (what == what_multipart) n_before = sizeof before - 1, n_after = sizeof after - 1;
    n_body = n_bytes + (int64_t)(n_before + n_after);
    body = malloc((size_t)n_body + 8);
    if (!body) die("out of memory");
    uint64_t x;
    if (getrandom(&x, sizeof x, 0) != sizeof x) die("no chance");
    for (int64_t i = 0; i < n_bytes; i += 8) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        memcpy(body + n_before + i, &x, 8);
    }
    memcpy(body, before, n_before);
    memcpy(body + n_body - n_after, after, n_after);
}

static void put_head(struct peer *p)
{
    char authorization[600] = "";
    int n = 0;
    if (p->token[0] != '-') snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", p->token);
    const char *host = "Host: 127.0.0.1";
    if (what == what_get) n = snprintf(p->head, sizeof p->head, "GET %s HTTP/1.1\r\n%s\r\n%sConnection: close\r\n\r\n", get_path, host, authorization);
    else if (what == what_put)
        n = snprintf(p->head, sizeof p->head, "PUT /api/v1/files?name=bench.bin HTTP/1.1\r\n%s\r\n%sContent-Length: %" PRId64 "\r\n\r\n", host, authorization, n_body);
    else if (what == what_multipart)
        n = snprintf(p->head, sizeof p->head, "POST /api/v1/files HTTP/1.1\r\n%s\r\n%sContent-Type: multipart/form-data; boundary=" BOUNDARY "\r\nContent-Length: %" PRId64
                     "\r\n\r\n", host, authorization, n_body);
    else if (p->creating)
        n = snprintf(p->head, sizeof p->head, "POST /api/v1/uploads HTTP/1.1\r\n%s\r\n%sTus-Resumable: 1.0.0\r\nUpload-Length: %" PRId64
                     "\r\nUpload-Metadata: filename YmVuY2guYmlu\r\nContent-Length: 0\r\n\r\n", host, authorization, n_bytes);
    else
        n = snprintf(p->head, sizeof p->head, "PATCH %s HTTP/1.1\r\n%s\r\n%sTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                     "Content-Type: application/offset+octet-stream\r\nContent-Length: %" PRId64 "\r\n\r\n", p->path, host, authorization, n_body);
    p->n_head = (size_t)n;
    p->sent_head = p->n_answer = 0;
    p->sent = p->got = 0;
    p->status = 0;
}

static void open_peer(struct peer *p)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (p->fd < 0 || (connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) die(strerror(errno));
    struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = p };
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, p->fd, &e) != 0) die(strerror(errno));
    p->creating = what == what_tus && !p->path[0];
    p->due_us = 0;
    put_head(p);
}

static void note_half(struct peer *p)
{
    if (!p->at_half) n_at_half++;
    p->at_half = true;
}

static void end_peer(struct peer *p)
{
    note_half(p);
    close(p->fd);
    p->fd = -1;
    p->ended = true;
    n_open--;
}

static void judge(struct peer *p)
{
    char *location = strcasestr(p->answer, "\r\nLocation: ");
    if (p->creating && p->status == 201 && location && sscanf(location + 12, "%127[^\r]", p->path) == 1) {
        p->creating = false;
        put_head(p);
        return;
    }
    char *wait = strcasestr(p->answer, "\r\nRetry-After: ");
    if (p->status == 503 && wait) {
        n_told_to_wait++;
        note_half(p);
        close(p->fd);
        p->fd = -1;
        p->due_us = now_us() + strtoll(wait + 15, NULL, 10) * 1000000;
        return;
    }
    bool good = what == what_get ? p->status == 200 && p->got == n_bytes : what == what_tus ? p->status == 204 : p->status == 201;
    char *file = strcasestr(p->answer, what == what_tus ? "\r\nSuhbat-File: " : "\"id\":");
    if (good && file) last_file = strtoll(file + (what == what_tus ? 15 : 5), NULL, 10);
    if (good) n_ok++;
    else n_failed++, fprintf(stderr, "bytes: %.300s\n", p->status ? p->answer : "the connection was cut");
    end_peer(p);
}

/* The answer's head; of a download the body too. False: over. */
static void take_answer(struct peer *p)
{
    for (;;) {
        bool in_head = !p->status;
        char *to = in_head ? p->answer + p->n_answer : into;
        ssize_t n = recv(p->fd, to, in_head ? sizeof p->answer - 1 - p->n_answer : PIECE_BYTES, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            judge(p);
            return;
        }
        n_received += n;
        if (!in_head) {
            p->got += n;
        } else {
            p->n_answer += (size_t)n;
            p->answer[p->n_answer] = 0;
            char *end = strstr(p->answer, "\r\n\r\n");
            if (!end) continue;
            p->status = atoi(p->answer + 9);
            p->got = (int64_t)p->n_answer - (end + 4 - p->answer);
        }
        char *length = strcasestr(p->answer, "\r\nContent-Length: ");
        if (what == what_get && !n_bytes && length) n_bytes = strtoll(length + 18, NULL, 10);
        if (what == what_get && p->status == 200 && p->got < n_bytes) continue;
        judge(p);
        return;
    }
}

static size_t next_piece(const struct peer *p, const char **from)
{
    int64_t half = n_body / 2, until = p->sent < half ? half : n_body;
    if (p->creating || what == what_get || (p->sent >= half && n_at_half < n_peers)) return 0;
    *from = body + p->sent;
    size_t n_marked = n_before + 16;
    if (p->sent < (int64_t)n_marked) { /* the part with the mark goes by itself */
        static char first[512];
        memcpy(first, body, n_before);
        memcpy(first + n_before, p->mark, 16);
        *from = first + p->sent;
        until = (int64_t)n_marked < until ? (int64_t)n_marked : until;
    }
    return (size_t)(until - p->sent < PIECE_BYTES ? until - p->sent : PIECE_BYTES);
}

static void send_on(struct peer *p)
{
    const char *from = p->head + p->sent_head;
    size_t n = p->n_head - p->sent_head;
    while (n || (n = next_piece(p, &from))) {
        bool in_head = p->sent_head < p->n_head;
        ssize_t put = send(p->fd, from, n, MSG_NOSIGNAL);
        if (put < 0) return; /* full: we are told when not; broken: the answer tells */
        if (in_head) p->sent_head += (size_t)put;
        else p->sent += put;
        if (p->sent >= n_body / 2 && !in_head) note_half(p);
        from = p->head + p->sent_head;
        n = p->n_head - p->sent_head;
    }
}

static void serve(struct peer *p, uint32_t events)
{
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) take_answer(p);
    if (p->fd >= 0) send_on(p);
}

/* Those who were told to wait, and those who waited for the others' first half. */
static int wake(bool halves)
{
    int64_t now = now_us();
    int wait_ms = 1000;
    for (size_t i = 0; i < n_peers; i++) {
        struct peer *p = &peers[i];
        if (halves && p->fd >= 0) send_on(p);
        if (!p->due_us || p->ended) continue;
        if (p->due_us <= now) open_peer(p);
        else if ((p->due_us - now) / 1000 + 1 < wait_ms) wait_ms = (int)((p->due_us - now) / 1000) + 1;
    }
    return wait_ms;
}

static void read_peers(void)
{
    char line[512];
    peers = calloc(PEERS_MAX, sizeof *peers);
    if (!peers) die("out of memory");
    while (n_peers < PEERS_MAX && fgets(line, sizeof line, stdin)) {
        struct peer *p = &peers[n_peers];
        line[strcspn(line, "\n")] = 0;
        snprintf(p->token, sizeof p->token, "%s", line);
        snprintf(p->mark, sizeof p->mark, "%06zu%010" PRIu64, n_peers % 1000000, (uint64_t)now_us() % UINT64_C(10000000000));
        n_peers++;
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) die("usage: bytes put|multipart|tus PORT BYTES | get PORT PATH");
    while (what <= what_get && strcmp(argv[1], names[what]) != 0) what++;
    if (what > what_get) die("put, multipart, tus or get");
    port = atoi(argv[2]);
    get_path = argv[3];
    into = malloc(PIECE_BYTES);
    if (what != what_get) n_bytes = strtoll(argv[3], NULL, 10), make_body();
    read_peers();
    n_open = n_peers;
    epoll_fd = epoll_create1(0);
    int64_t began_us = now_us();
    for (size_t i = 0; i < n_peers; i++) open_peer(&peers[i]);
    bool together = false;
    while (n_open) {
        struct epoll_event ready[512];
        bool now_together = n_at_half >= n_peers;
        int n = epoll_wait(epoll_fd, ready, 512, wake(now_together && !together));
        together = now_together;
        for (int i = 0; i < n; i++) serve(ready[i].data.ptr, ready[i].events);
    }
    printf("{\"case\":\"%s\",\"n\":%zu,\"ok\":%zu,\"failed\":%zu,\"told_to_wait\":%zu,\"seconds\":%.6f,\"bytes\":%" PRId64 ",\"file\":%" PRId64 "}\n", names[what], n_peers, n_ok, n_failed,
           n_told_to_wait, (double)(now_us() - began_us) / 1e6, what == what_get ? n_received : n_bytes * (int64_t)n_ok, last_file);
    return n_failed != 0;
}
