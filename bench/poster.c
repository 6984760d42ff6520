/* See poster.h. Answers are only looked at for their status and their length; one with another status than 2xx is told and counted. */
#include "poster.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void posters_open(struct posters *p, const char *address, int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    inet_pton(AF_INET, address, &to.sin_addr);
    p->of = calloc((size_t)p->n, sizeof *p->of);
    for (int i = 0; i < p->n; i++) {
        int on = 1;
        p->of[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(p->of[i].fd, (struct sockaddr *)&to, sizeof to) != 0) perror("poster"), exit(1);
        setsockopt(p->of[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

void posters_send(struct posters *p, int poster, const char *text)
{
    char body[8192], request[12288];
    const char *gap = strstr(p->body, "%s");
    int n_body = gap ? snprintf(body, sizeof body, "%.*s%s%s", (int)(gap - p->body), p->body, text, gap + 2) : snprintf(body, sizeof body, "%s", p->body);
    int n = snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s%s\r\n%s", p->path, n_body,
                     p->header ? p->header : "", p->header ? "\r\n" : "", body);
    if (send(p->of[poster].fd, request, (size_t)n, MSG_NOSIGNAL) != n) perror("poster"), exit(1);
    p->of[poster].waits = true;
    p->n_sent++;
    p->n_sent_bytes += (uint64_t)n_body;
}

/* True when a whole answer was taken off. */
static bool take_answer(struct posters *p, struct poster *me)
{
    char *end = memmem(me->in, me->n_in, "\r\n\r\n", 4);
    if (!end) return false;
    *end = 0;
    const char *length = strcasestr(me->in, "\r\nContent-Length:");
    size_t whole = (size_t)(end + 4 - me->in) + (length ? strtoul(length + 17, NULL, 10) : 0);
    if (me->in[9] != '2' && p->n_refused++ < 3) fprintf(stderr, "a post was answered: %s\n", me->in);
    *end = '\r';
    if (me->n_in < whole) return false;
    me->n_in -= whole;
    memmove(me->in, me->in + whole, me->n_in);
    return true;
}

void posters_turn(struct posters *p)
{
    for (int i = 0; i < p->n; i++) {
        struct poster *me = &p->of[i];
        if (!me->waits) continue;
        ssize_t got = recv(me->fd, me->in + me->n_in, sizeof me->in - me->n_in, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) fprintf(stderr, "a poster lost its connection\n"), exit(1);
        if (got < 0) continue;
        me->n_in += (size_t)got;
        if (!take_answer(p, me)) continue;
        me->waits = false;
        p->on_answer(p, i);
    }
}
