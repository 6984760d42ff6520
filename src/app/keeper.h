/* Keeps the disk in line with the database: unlinks what has lost its last reference, ends what waited too long, and at the start lets go of what a crash
   has left behind. */
#pragma once
#include "files/files.h"
#include "gate/gate.h"

struct keeper;

/* Belongs to the loop of the client. Borrows all three for its life. Gives. */
struct keeper *keeper_create(struct loop *loop, struct gate_client *client, struct files *files);
/* Asks for nothing more. What is under way comes home; destroy when it has (or when the loop never ran). */
void keeper_stop(struct keeper *keeper);
void keeper_destroy(struct keeper *keeper); /* NULL is fine */
