/* A hash table from the names of records in the source to what they are here. Owns its keys. One thread. */
#pragma once
#include "base/hash.h"
#include "base/span.h"
#include <stdbool.h>

struct entry {
    int64_t id;
    int64_t head;       /* of a room: its newest number, in this run */
    bool is_gone;       /* a room that was deleted here */
    bool is_touched;    /* a room that got messages in this run */
    bool in_batch;      /* scratch */
    bool is_agent;      /* of a person: of the desk */
    bool is_desk;       /* of a room, with the next five */
    int64_t customer, agent;           /* accounts; 0: none */
    int64_t customer_mark, agent_mark; /* how far either side has read in a row */
    bool customer_lags, agent_lags;    /* something after that was not read */
    UT_hash_handle hh;
    char key[];
};
struct table {
    struct entry *entries;
};
struct entry *table_find(const struct table *t, struct span key); /* NULL: none */
struct entry *table_put(struct table *t, struct span key, int64_t id); /* the entry that was there, or a new one */
void table_fini(struct table *t);
