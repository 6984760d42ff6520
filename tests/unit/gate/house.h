/* A small house to test in: SQLite in a folder of its own, real lanes behind a real gate, some loops in their own threads. */
#pragma once
#include "gate/gate.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define HOUSE_LOOPS_MAX 4

struct house_loop {
    struct loop *loop;
    struct gate_client *client;
    struct thread *thread;
};

struct house {
    char dir[64], url[128], lanes_url[160];
    struct bus *bus;
    struct gate *gate;
    int n_loops;
    struct house_loop loops[HOUSE_LOOPS_MAX];
};

/* Takes the bus. The loops do not run yet, so listeners may still be added. */
void house_open(struct house *h, int n_loops, struct bus *bus);
void house_open_on(struct house *h, int n_loops, struct bus *bus, const char *prefix); /* of the address that the lanes open: "failing:…:" */
void house_run(struct house *h);
/* Runs fn on the thread of a loop and waits for it. */
void house_do(struct house *h, int loop, void (*fn)(void *arg), void *arg);
/* Waits (10 s at most) until fn, asked on the thread of a loop, says yes. */
bool house_await(struct house *h, int loop, bool (*fn)(void *arg), void *arg);
/* Submits on a loop and waits. The command is the caller's again. */
struct command *house_ask(struct house *h, int loop, struct command *c);
void house_stop(struct house *h);  /* the loops, at once; lanes go on */
void house_close(struct house *h); /* after house_stop: lanes, loops, bus, folder */

/* Short words for what stories do often; they must succeed. By way of loop 0. */
struct actor house_register(struct house *h, const char *name);
struct room_id house_group(struct house *h, struct actor owner, const char *name, bool public);
int64_t house_post(struct house *h, struct actor by, struct room_id room, const char *text); /* its sequence */
int64_t house_post_many(struct house *h, struct actor by, struct room_id room, int n, size_t n_bytes); /* at once; the last sequence */
void house_seat(struct house *h, struct actor by, struct room_id room, struct account_id who);
void house_unseat(struct house *h, struct actor by, struct room_id room, struct account_id who);

struct command *post_command(struct actor by, struct room_id room, const char *text);
