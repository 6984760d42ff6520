/* Events out to everybody who may listen: every loop of this process and, in a cluster, every node. Best effort: what is lost here is
   caught up by sequence. */
#pragma once
#include "chat/event.h"
#include "loop/mailbox.h"

struct bus;
typedef void bus_listener_fn(void *arg, struct event *chain); /* on the listener's loop; borrows, must ref what it keeps */

struct bus *bus_create_local(void);
struct bus *bus_create_failing(void); /* tests: loses every second chain, doubles every third */
void bus_destroy(struct bus *bus);
/* Before traffic starts. */
void bus_listen(struct bus *bus, struct mailbox *mailbox, bus_listener_fn *fn, void *arg);
/* Takes the chain (one reference of each event). Any thread. */
void bus_publish(struct bus *bus, struct event *chain);
