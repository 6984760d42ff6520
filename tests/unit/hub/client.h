/* Raw WebSocket clients: one thread reads for all of them and keeps every line; the test's thread speaks and looks. */
#pragma once
#include "hub/hub.h"
#include <pthread.h>

#define CLIENTS_MAX 256

struct client {
    struct crowd *crowd;
    int fd, close_code; /* 0: open; -1: closed without a code */
    bool lazy;          /* is not read from */
    char *bytes;        /* not yet understood */
    size_t n_bytes, cap_bytes;
    char **lines;
    size_t n_lines, cap_lines;
};

struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct client *clients[CLIENTS_MAX];
    int n_clients, wake;
    bool stopping;
};

void crowd_open(struct crowd *crowd);
void crowd_close(struct crowd *crowd); /* closes all */

struct client_options { bool deflates, lazy; };
struct client *client_open(struct crowd *crowd, int port, struct actor who, const char *kind, struct client_options options);
void client_say(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void client_set_lazy(struct client *c, bool lazy);
void client_hang_up(struct client *c); /* stays readable for the test */

/* Waits (while it hears something: 10 s of silence end it) for a line, or for a close. False: it did not come. */
bool client_hears(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool client_closed(struct client *c, int code);
/* What it has heard until now. */
int client_count(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Waits for every number from after+1 to `to` of the room; false as soon as one is missing, doubled or out of order (it then says which). */
bool client_hears_all(struct client *c, struct room_id room, int64_t after, int64_t to);
int64_t client_first(struct client *c, struct room_id room); /* the first number heard of a room; 0: none */
int64_t client_newest(struct client *c, struct room_id room);
void client_forget(struct client *c); /* all lines */
