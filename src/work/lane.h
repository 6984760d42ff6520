/* A lane: one worker thread that may block. It takes everything that waits (up to batch_max) and runs it as one batch: that is
   the group commit, and it needs no timer. With several threads the same queue is a pool (batch_max 1: each takes one job). */
#pragma once
#include "base/fault.h"
#include "base/list.h"
#include <stddef.h>

struct job {
    struct list node;
};
struct lane;

struct lane_config {
    const char *name;
    int n_threads;
    size_t batch_max;
    size_t queue_max; /* jobs waiting; above it lane_post refuses */
    /* Called on the lane's thread. state is what start returned for this thread. Jobs are given. */
    void *(*start)(void *arg);
    void (*run)(void *state, struct job **jobs, size_t n);
    void (*stop)(void *state);
    void *arg;
};

struct lane *lane_create(const struct lane_config *config);
/* Posts a chain of jobs in order with one wake. Takes what fits; what does not fit stays in `jobs` and busy comes back. Any thread. */
must_use enum fault lane_post(struct lane *lane, struct list *jobs, size_t n);
size_t lane_waiting(struct lane *lane);
/* Runs what waits, then joins. */
void lane_destroy(struct lane *lane);
