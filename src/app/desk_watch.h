/* The watch at the support desk: chats of agents who have gone go back to the queue, so that no customer is left with nobody. */
#pragma once
#include "gate/gate.h"
#include "hub/hub.h"

struct desk_watch;

/* Belongs to the loop of the client; the hub is that loop's. away_s: without a socket and without an act for so long, an agent is gone. Borrows all for its
   life. Gives. */
struct desk_watch *desk_watch_create(struct loop *loop, struct gate *gate, struct gate_client *client, struct hub *hub, int64_t away_s);
/* Asks for nothing more. What is under way comes home; destroy when it has (or when the loop never ran). */
void desk_watch_stop(struct desk_watch *watch);
void desk_watch_destroy(struct desk_watch *watch); /* NULL is fine */
