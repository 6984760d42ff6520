/* See house.h. */
#include "house.h"
#include "base/clock.h"
#include "store/store_open.h"
#include <dirent.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The house */

void house_open_on(struct house *h, int n_loops, struct bus *bus, const char *prefix)
{
    *h = (struct house){ .dir = "/tmp/suhbat-house-XXXXXX", .bus = bus, .n_loops = n_loops };
    assert_non_null(mkdtemp(h->dir));
    snprintf(h->url, sizeof h->url, "sqlite:%s/house.db", h->dir);
    assert_int_equal(store_migrate(h->url), fault_none);
    snprintf(h->lanes_url, sizeof h->lanes_url, "%s%s", prefix, h->url);
    struct gate_config config = { .database_url = h->lanes_url, .n_readers = 2, .n_hashers = 2, .bus = bus,
        .rules = { .registration = registration_open, .bcrypt_cost = 4, .refresh_ttl_s = 3600 } };
    assert_int_equal(gate_create(&config, &h->gate), fault_none);
    for (int i = 0; i < n_loops; i++) {
        h->loops[i].loop = loop_create(i);
        h->loops[i].client = gate_client_create(h->gate, h->loops[i].loop);
    }
}

void house_open(struct house *h, int n_loops, struct bus *bus)
{
    house_open_on(h, n_loops, bus, "");
}

static void run(void *arg) { loop_run(arg); }

void house_run(struct house *h)
{
    for (int i = 0; i < h->n_loops; i++) h->loops[i].thread = thread_start("house loop", run, h->loops[i].loop);
}

static void stop(void *arg) { loop_stop(arg); }

void house_stop(struct house *h)
{
    for (int i = 0; i < h->n_loops; i++) house_do(h, i, stop, h->loops[i].loop);
    for (int i = 0; i < h->n_loops; i++) thread_join(h->loops[i].thread);
}

static void remove_folder(const char *path)
{
    char name[512];
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        unlink(name);
    }
    closedir(dir);
    rmdir(path);
}

/* What the lanes send home last is opened by loop_destroy. */
void house_close(struct house *h)
{
    gate_destroy(h->gate);
    for (int i = 0; i < h->n_loops; i++) {
        loop_destroy(h->loops[i].loop);
        gate_client_destroy(h->loops[i].client);
    }
    bus_destroy(h->bus);
    remove_folder(h->dir);
}

/* Doing things on a loop */

struct visit {
    struct letter letter;
    void (*fn)(void *arg);
    void *arg;
    sem_t done;
};

static void open_visit(struct letter *l)
{
    struct visit *v = container_of(l, struct visit, letter);
    v->fn(v->arg);
    sem_post(&v->done);
}

void house_do(struct house *h, int loop, void (*fn)(void *arg), void *arg)
{
    struct visit v = { .letter.open = open_visit, .fn = fn, .arg = arg };
    sem_init(&v.done, 0, 0);
    mailbox_post(loop_mailbox(h->loops[loop].loop), &v.letter);
    while (sem_wait(&v.done) != 0);
    sem_destroy(&v.done);
}

struct question { bool (*fn)(void *arg); void *arg; bool answer; };

static void put_question(void *arg)
{
    struct question *q = arg;
    q->answer = q->fn(q->arg);
}

bool house_await(struct house *h, int loop, bool (*fn)(void *arg), void *arg)
{
    struct question q = { fn, arg, false };
    for (int64_t end = clock_mono_ms() + 10000; !q.answer && clock_mono_ms() < end;) {
        house_do(h, loop, put_question, &q);
        if (!q.answer) nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
    }
    return q.answer;
}

struct ask { struct gate_client *client; struct command *c; sem_t done; };

static void asked(void *user, struct command *c)
{
    struct ask *ask = user;
    ask->c = c;
    sem_post(&ask->done);
}

static void submit(void *arg)
{
    struct ask *ask = arg;
    gate_submit(ask->client, ask->c, asked, ask);
}

struct command *house_ask(struct house *h, int loop, struct command *c)
{
    struct ask ask = { .client = h->loops[loop].client, .c = c };
    sem_init(&ask.done, 0, 0);
    house_do(h, loop, submit, &ask);
    while (sem_wait(&ask.done) != 0);
    sem_destroy(&ask.done);
    return ask.c;
}

/* Short words */

static struct command *must(struct house *h, struct command *c)
{
    house_ask(h, 0, c);
    assert_string_equal(fault_word(c->fault), fault_word(fault_none));
    return c;
}

struct actor house_register(struct house *h, const char *name)
{
    struct command *c = command_create(command_account_register, (struct actor){ 0 });
    c->in.account_register.who = (struct account_credentials){ arena_copy(c->arena, span_of(name)), SPAN("correct horse") };
    must(h, c);
    struct actor who = { c->out.account_register.grant.account.person.id, c->out.account_register.grant.session };
    command_destroy(c);
    return who;
}

struct room_id house_group(struct house *h, struct actor owner, const char *name, bool public)
{
    struct command *c = command_create(command_room_create, owner);
    c->in.room_create = (struct room_create_in){ .kind = room_group, .name = arena_copy(c->arena, span_of(name)), .public = public };
    must(h, c);
    struct room_id room = c->out.room_create.room.id;
    command_destroy(c);
    return room;
}

struct command *post_command(struct actor by, struct room_id room, const char *text)
{
    struct command *c = command_create(command_message_post, by);
    c->in.message_post = (struct message_post_in){ .room = room, .text = arena_copy(c->arena, span_of(text)) };
    return c;
}

int64_t house_post(struct house *h, struct actor by, struct room_id room, const char *text)
{
    struct command *c = must(h, post_command(by, room, text));
    int64_t seq = c->out.message_post.message.seq;
    command_destroy(c);
    return seq;
}

struct load {
    struct house *h;
    struct actor by;
    struct room_id room;
    int n, n_home;
    size_t n_bytes;
    int64_t last;
    sem_t done;
};

static void load_arrives(void *user, struct command *c)
{
    struct load *load = user;
    if (c->fault == fault_none) load->last = c->out.message_post.message.seq;
    command_destroy(c);
    if (++load->n_home == load->n) sem_post(&load->done);
}

static void send_load(void *arg)
{
    struct load *load = arg;
    char *text = malloc(load->n_bytes + 1);
    memset(text, 'x', load->n_bytes);
    text[load->n_bytes] = 0;
    for (int i = 0; i < load->n; i++) gate_submit(load->h->loops[0].client, post_command(load->by, load->room, text), load_arrives, load);
    free(text);
}

int64_t house_post_many(struct house *h, struct actor by, struct room_id room, int n, size_t n_bytes)
{
    struct load load = { .h = h, .by = by, .room = room, .n = n, .n_bytes = n_bytes };
    sem_init(&load.done, 0, 0);
    house_do(h, 0, send_load, &load);
    while (sem_wait(&load.done) != 0);
    sem_destroy(&load.done);
    return load.last;
}

void house_seat(struct house *h, struct actor by, struct room_id room, struct account_id who)
{
    struct command *c = command_create(command_member_put, by);
    c->in.member_put = (struct member_put_in){ .room = room, .account = who, .role = role_member };
    command_destroy(must(h, c));
}

void house_unseat(struct house *h, struct actor by, struct room_id room, struct account_id who)
{
    struct command *c = command_create(command_member_remove, by);
    c->in.member_remove = (struct member_remove_in){ .room = room, .account = who };
    command_destroy(must(h, c));
}
