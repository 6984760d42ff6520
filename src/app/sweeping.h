/* Erases what is left of deleted rooms, a step at a time, so that the end of a room with a million messages holds up nobody. */
#pragma once
#include "gate/gate.h"

struct sweeping;

/* Belongs to the loop of the client. Borrows all three for its life. Gives. */
struct sweeping *sweeping_create(struct loop *loop, struct gate *gate, struct gate_client *client);
/* Asks for nothing more. What is under way comes home as any command does; destroy when it has (or when the loop never ran). */
void sweeping_stop(struct sweeping *sweeping); /* NULL is fine */
void sweeping_destroy(struct sweeping *sweeping);
