/* Who brings messages over HTTP while the swarm listens: connections that are kept open, each with one request under way. One thread, nothing ever waits:
   posters_turn looks. A body is a template; its one "%s" becomes the text of the message. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POSTERS_MAX 64

struct posters {
    const char *path, *header, *body; /* header: one line without its end, or NULL */
    int n;
    uint64_t n_sent, n_sent_bytes, n_refused;
    void (*on_answer)(struct posters *p, int poster); /* 2xx; the next may be sent */
    struct poster {
        int fd;
        bool waits;
        char in[65536];
        size_t n_in;
    } *of;
};

/* Connects n of them, or ends the program. */
void posters_open(struct posters *p, const char *address, int port);
void posters_send(struct posters *p, int poster, const char *text);
void posters_turn(struct posters *p);
