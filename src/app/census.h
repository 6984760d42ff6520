/* Keeps the figures of the whole house fresh for operators (door/house.def): what dispatch, search index and files know, once a second; how long the
   queues in the database are, every few seconds and at most a hundredth of the time. */
#pragma once
#include "app/indexing.h"
#include "dispatch/dispatch.h"
#include "door/figures.h"
#include "files/files.h"

struct census;
struct census_config {
    struct loop *loop; /* of all the others */
    struct gate_client *gate;
    struct doors *doors;
    struct dispatch *dispatch;
    struct indexing *indexing;
    struct files *files;
};
struct census *census_create(const struct census_config *config); /* borrows all. Before the loop runs. Gives */
void census_stop(struct census *census);    /* on the loop, or when it has ended; twice is fine */
void census_destroy(struct census *census); /* after the loop was destroyed. NULL is fine */
