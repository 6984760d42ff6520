/* Keeps the search index close behind the messages: whenever something was committed, the index lane is asked for portions until it has caught up. */
#pragma once
#include "gate/gate.h"

struct indexing;

/* Belongs to the loop of the client. Borrows all three for its life. Gives. */
struct indexing *indexing_create(struct loop *loop, struct gate *gate, struct gate_client *client);
/* Asks for nothing more. What is under way comes home as any command does; destroy when it has (or when the loop never ran). */
void indexing_stop(struct indexing *indexing);
/* Since the start: messages and changes that were filed, and portions that failed. On the loop. */
struct indexing_figures { uint64_t n_filed, n_failed; };
struct indexing_figures indexing_figures(const struct indexing *indexing);
void indexing_destroy(struct indexing *indexing); /* NULL is fine */
