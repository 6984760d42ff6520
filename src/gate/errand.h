/* A command under way: where it came from and what to do when it is back. Lives in the command's own arena, so it costs no allocation
   and ends with the command. Private to this room. */
#pragma once
#include "gate/gate.h"
#include "work/lane.h"

struct errand {
    struct job job;       /* its place in a lane's queue */
    struct letter letter; /* the first errand of a batch carries the rest home */
    struct errand *next;  /* the next one of the same client and batch */
    struct gate_client *client;
    struct command *command;
    void (*done)(void *user, struct command *command);
    void *user;
    bool is_write;        /* counted in the client's writes */
};

#define errand_of(job_ptr) container_of((job_ptr), struct errand, job)

#define LOOPS_MAX 64

/* Where a batch came from. */
struct homes {
    struct mailbox *boxes[LOOPS_MAX];
    int n;
};

/* Sends errands of a batch home: one letter a client, in the order of the batch. Any thread. */
void errands_return(struct job **jobs, size_t n);
/* The same without waking the loops, so that they find the answers together with what is posted to them before homes_wake. */
void errands_lay(struct job **jobs, size_t n, struct homes *homes_out);
void homes_wake(const struct homes *homes);
