/* See world.h. Every story begins with an empty database: a new file, or a new schema. */
#include "world.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *world_url;

static void empty_sqlite(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-owner", "-search", "-search-wal", "-search-shm" };
    char name[512];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static void empty_postgres(const char *url)
{
    struct store *store;
    if (store_open(url, db_writer, &store) != fault_none || db_script(store_db(store), "DROP SCHEMA public CASCADE; CREATE SCHEMA public") != fault_none)
        abort();
    store_close(store);
}

static int up(void **state, const char *prefix)
{
    static char writing_url[600];
    struct world *w = calloc(1, sizeof *w);
    if (store_takes_many_writers(world_url)) empty_postgres(world_url);
    else empty_sqlite(world_url + strlen("sqlite:"));
    snprintf(writing_url, sizeof writing_url, "%s%s", prefix, world_url);
    w->rules = (struct chat_rules){ .bcrypt_cost = 4, .refresh_ttl_s = 3600 };
    if (store_migrate(world_url) != fault_none || store_open(writing_url, db_writer, &w->store) != fault_none ||
        store_open(world_url, db_reader, &w->reading) != fault_none)
        return -1;
    chat_init(&w->writer, &w->rules, w->store);
    chat_init(&w->reader, &w->rules, w->reading);
    *state = w;
    return 0;
}

int world_up(void **state)
{
    return up(state, "");
}

int world_up_failing(void **state)
{
    return up(state, "failing:0:");
}

static void drop_events(struct world *w)
{
    for (struct event *e = w->events, *next; e; e = next) {
        next = e->next;
        event_unref(e);
    }
    w->events = NULL;
}

int world_down(void **state)
{
    struct world *w = *state;
    drop_events(w);
    for (size_t i = 0; i < w->n_commands; i++) command_destroy(w->commands[i]);
    store_close(w->reading);
    store_close(w->store);
    free(w);
    return 0;
}

/* ---- Commands */

struct command *world_wish(struct world *w, enum command_kind kind, struct actor by)
{
    struct command *c = command_create(kind, by);
    assert(w->n_commands < sizeof w->commands / sizeof *w->commands);
    w->commands[w->n_commands++] = c;
    return c;
}

void world_write(struct world *w, struct command **commands, size_t n)
{
    drop_events(w);
    w->events = chat_write(&w->writer, commands, n);
}

void world_carry_out(struct world *w, struct command *c)
{
    if (command_prepare_of(c->kind) == command_prepare_hash) {
        chat_prepare(&w->reader, c);
        if (c->fault) return;
    }
    if (command_lane_of(c->kind) == command_lane_read) chat_read(&w->reader, c);
    else world_write(w, &c, 1);
}

void world_index(struct world *w)
{
    struct store *store;
    struct chat indexer;
    bool more = true;
    assert_int_equal(store_open(world_url, db_indexer, &store), fault_none);
    chat_init(&indexer, &w->rules, store);
    while (more) {
        struct command *c = world_wish(w, command_search_index, NOBODY);
        assert_null(chat_write(&indexer, &c, 1));
        assert_done(c);
        struct search_index_out out = c->out.search_index;
        more = out.more;
        if (out.n_forgettable) DO(w, NOBODY, search_forget, out.forget);
    }
    store_close(store);
}

void assert_refused_as(const struct command *c, const char *fault, const char *detail, const char *file, int line)
{
    bool as_expected = strcmp(fault_word(c->fault), fault) == 0 && (!detail || (c->detail && strcmp(c->detail, detail) == 0));
    if (as_expected) return;
    print_error("%s: expected %s/%s, got %s/%s\n", command_name(c->kind), fault, detail ? detail : "-", fault_word(c->fault),
                c->detail ? c->detail : "-");
    _fail(file, line);
}

void assert_span_as(struct span s, const char *text, const char *file, int line)
{
    if (span_eq(s, span_of(text))) return;
    print_error("expected \"%s\", got \"%.*s\"\n", text, SPAN_ARG(s));
    _fail(file, line);
}

void assert_events_as(const struct world *w, const char *words, const char *file, int line)
{
    char got[1024] = "";
    for (const struct event *e = w->events; e; e = e->next) {
        if (got[0]) strncat(got, " ", sizeof got - strlen(got) - 1);
        strncat(got, event_name(e->kind), sizeof got - strlen(got) - 1);
    }
    if (strcmp(got, words) == 0) return;
    print_error("expected events \"%s\", got \"%s\"\n", words, got);
    _fail(file, line);
}

/* ---- People and rooms */

struct actor someone(struct world *w, const char *name)
{
    struct command *c = DO(w, NOBODY, account_register, .who = { span_of(name), SPAN("secret word") });
    struct grant *grant = &c->out.account_register.grant;
    return (struct actor){ grant->account.person.id, grant->session };
}

struct actor administrator(struct world *w, const char *name)
{
    struct command *c = DO(w, NOBODY, account_provision, .as = { .who = { span_of(name), SPAN("secret word") } }, .site_admin = true);
    return (struct actor){ .account = c->out.account_provision.account.person.id };
}

struct room_id group(struct world *w, struct actor owner, bool public, const char *name)
{
    return DO(w, owner, room_create, .kind = room_group, .name = span_of(name), .public = public)->out.room_create.room.id;
}

struct room_id direct(struct world *w, struct actor a, struct actor b)
{
    return DO(w, a, room_create, .kind = room_direct, .members = &b.account, .n_members = 1)->out.room_create.room.id;
}

void seat(struct world *w, struct actor by, struct room_id room, struct actor who, enum member_role role)
{
    DO(w, by, member_put, .room = room, .account = who.account, .role = role);
}

struct message post(struct world *w, struct actor by, struct room_id room, const char *text)
{
    return DO(w, by, message_post, .room = room, .text = span_of(text))->out.message_post.message;
}

int64_t head_of(struct world *w, struct actor by, struct room_id room)
{
    return DO(w, by, room_changes, .room = room)->out.room_changes.head;
}
