/* The lanes behind the gate: who runs which command. Private to this room.

       none  ─► write lane(s) ─► home          write commands: one commit a batch, then results and events
       none  ─► read lane     ─► home          read commands: one snapshot each
       none  ─► index lane    ─► home          the search index: one portion a transaction
       hash  ─► password pool ─► write lane    bcrypt first, outside every transaction */
#pragma once
#include "gate/errand.h"

#define WRITE_LANES_MAX 4

struct lanes {
    struct lane *write[WRITE_LANES_MAX], *read, *hash, *index;
    int n_write;
    struct gate *gate;
};

struct gate {
    struct gate_config config;
    struct lanes lanes;
    atomic_uint_fast64_t n_commands, n_commits, n_rows_batched, n_busy, n_faults;
};

must_use enum fault lanes_open(struct gate *gate);
void lanes_close(struct lanes *lanes);
/* The lane a command of this kind and room goes to first. */
struct lane *lane_for(struct lanes *lanes, const struct command *command);
