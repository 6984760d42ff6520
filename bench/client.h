/* WebSocket clients for the load generator: many on one epoll, handshake included, masked sends, frames parsed in place; over TLS when the
   swarm has a context. One thread. */
#pragma once
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client {
    int fd;
    int index;
    bool open, closed;
    SSL *ssl; /* NULL: plain */
    char *rest; /* an incomplete frame between reads */
    size_t n_rest;
    char *out;  /* what the kernel did not take yet */
    size_t n_out;
    char *request; /* the handshake, until it is sent */
    int64_t sent_us;
    int n_in_flight;
    int64_t room;
};

struct swarm {
    int epoll;
    struct client *clients;
    int n, n_open, n_closed;
    const char *address; /* of the server */
    int port;
    SSL_CTX *tls; /* NULL: plain */
    void (*on_text)(struct swarm *s, struct client *c, const char *text, size_t n);
    uint64_t n_bytes; /* received, without TLS's own */
};

void swarm_init(struct swarm *s, int n, const char *address, int port);
/* Starts connecting; headers are extra header lines, each ended by CRLF. The source address is 127.0.1.1 + index / 20000, so that ports suffice. */
void swarm_connect(struct swarm *s, int index, const char *path, const char *headers);
/* Handles what is ready; waits at most timeout_ms. */
void swarm_turn(struct swarm *s, int timeout_ms);
void client_send(struct swarm *s, struct client *c, const char *text, size_t n);
int64_t now_us(void);
/* User and system CPU microseconds of a process, all threads, those that ended too. */
int64_t process_cpu_us(int pid);
/* Of all processors, everything but idling, in steps of 10 ms. */
int64_t machine_cpu_us(void);
int64_t process_rss_bytes(int pid);
