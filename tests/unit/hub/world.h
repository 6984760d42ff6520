/* What the hub's tests stand on: real loops with real listeners on 127.0.0.1, SQLite behind a real gate, and a presenter that writes one short
   line an event: "ROOM SEQ KIND h|l|o DETAIL" (h: history, l: live, o: told to the author apart). Sockets are opened at /ws/{account}/{session}/{kind}; kinds: plain, member
   (follows membership, reloads above RELOAD_ABOVE, told when caught up, does not hear its own typing).

   A socket says: sub ROOM AFTER HEAD · channel ROOM GUILD AFTER HEAD · unsub ROOM · type ROOM 0|1 · blocked ROOM · watch ACCOUNT… · status 1|2|3 · ping · park (its listener moves to a connection
   without a socket) · back. Answers: "ok …". */
#pragma once
#include "house.h"
#include "hub/hub.h"
#include <stdatomic.h>

#define RELOAD_ABOVE 3000

struct world_loop {
    struct world *world;
    struct loop *loop;
    struct gate_client *gate;
    struct net *net;
    struct hub *hub;
    int index, port;
};

struct world {
    struct house house;
    struct router *router;
    struct world_loop loops[HOUSE_LOOPS_MAX];
    struct tap *tap;
    bool loses_presence; /* the bus does */
};

void world_open(struct world *w, int n_loops, struct bus *bus);
void world_open_on(struct world *w, int n_loops, struct bus *bus, const char *prefix); /* prefix: of the database's address */
void world_close(struct world *w); /* all clients must be closed; fails when the hubs still know somebody */
/* Waits until no socket is left. */
void world_await_silence(struct world *w);
size_t world_n_online(struct world *w, int loop);
/* All letters and events that were sent before have been read by every loop. */
void world_sync(struct world *w);

/* A bus that loses or doubles just what it is told to. */
struct bus *bus_create_tapped(struct world *w);
void tap_lose(struct world *w, int n_chains);
void tap_double(struct world *w, int n_chains);
