/* The only door into the core: submit a command on a loop, get it back on the same loop; events go out to the bus. Commands of one turn are
   posted to their lane once. */
#pragma once
#include "bus/bus.h"
#include "chat/chat.h"
#include "loop/loop.h"

struct gate;        /* one per process: lanes, pool, bus */
struct gate_client; /* one per loop */

struct gate_config {
    const char *database_url;
    struct chat_rules rules;
    int n_readers, n_hashers;
    struct bus *bus; /* borrows */
};
must_use enum fault gate_create(const struct gate_config *config, struct gate **out);
/* Runs what was accepted, then stops the lanes. */
void gate_destroy(struct gate *gate);

struct gate_client *gate_client_create(struct gate *gate, struct loop *loop);
void gate_client_destroy(struct gate_client *client);

/* Takes the command. done is called once, later, on this loop (also when the answer is busy); it owns the command then and must destroy it. */
void gate_submit(struct gate_client *client, struct command *command, void (*done)(void *user, struct command *command), void *user);
size_t gate_in_flight(const struct gate_client *client);
/* Those of them that the next commits will answer, so that their events are near. Without those that hash a password first. */
size_t gate_writes_in_flight(const struct gate_client *client);

/* A passing event (typing, presence) from this loop to all. Takes. */
void gate_announce(struct gate_client *client, struct event *event);

struct gate_figures {
    uint64_t n_commands, n_commits, n_rows_batched, n_busy, n_faults;
    size_t write_waiting, read_waiting, hash_waiting;
};
void gate_figures(struct gate *gate, struct gate_figures *out);
