/* The door into the core: runs commands against the store and gathers the events they cause. Called by lanes and pool threads, one struct chat a
   thread. Owns the chain of events until the commit.

   A batch is one transaction. Runs of consecutive posts are handled as a set (post.c), every other command alone in its savepoint, in order.
   Should a set fail for a reason of its own, the batch is taken back and run again with every command alone, so that one poisonous command
   cannot sink its neighbours.

   Always: no event leaves whose change is not committed; no command is answered with success whose commit is not certain. */
#include "chat/chat.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/ask.h"
#include "chat/post.h"
#include <assert.h>

typedef enum fault verb_fn(struct ask *ask);

static verb_fn *const verbs[command_kind_count] = {
#define COMMAND(name, lane, prepare, authority) [command_##name] = name,
#include "chat/command.def"
#undef COMMAND
};

#define PREPARE_none(name) NULL
#define PREPARE_hash(name) name##_prepare
static verb_fn *const prepares[command_kind_count] = {
#define COMMAND(name, lane, prepare, authority) [command_##name] = PREPARE_##prepare(name),
#include "chat/command.def"
#undef COMMAND
};

void chat_init(struct chat *chat, const struct chat_rules *rules, struct store *store)
{
    *chat = (struct chat){ .rules = rules, .store = store };
    chat->events_tail = &chat->events;
}

/* ---- Events of the commit */

static void drop_events_after(struct chat *chat, struct event **tail)
{
    for (struct event *e = *tail, *next; e; e = next) {
        next = e->next;
        event_unref(e);
    }
    *tail = NULL;
    chat->events_tail = tail;
}

static struct event *take_events(struct chat *chat)
{
    struct event *chain = chat->events;
    chat->events = NULL, chat->events_tail = &chat->events;
    return chain;
}

enum fault chat_tell(struct chat *chat, const struct event *e)
{
    struct event *copy = event_copy(e);
    if (!copy) return fault_unavailable;
    *chat->events_tail = copy;
    chat->events_tail = &copy->next;
    return fault_none;
}

/* ---- One command */

static struct ask ask_of(struct chat *chat, struct command *c)
{
    return (struct ask){ .chat = chat, .store = chat->store, .c = c, .arena = c->arena, .now_us = clock_wall_us() };
}

static void forget_answer(struct command *c)
{
    memset(&c->out, 0, sizeof c->out);
    c->fault = fault_none, c->detail = NULL, c->retry_after_s = 0;
}

/* Who asks, and may somebody like that ask at all? */
static enum fault authorize(struct ask *ask)
{
    struct actor actor = ask->c->actor;
    enum command_authority needed = command_authority_of(ask->c->kind);
    if (needed == command_authority_anyone) return fault_none;
    if (id_none(actor.account) && actor.trusted && needed == command_authority_door) return fault_none;
    if (id_none(actor.account)) return ask_refuse(ask, fault_unauthenticated, "session");
    enum fault fault = store_account_asking(ask->store, actor.account, actor.session, ask->now_us, ask->arena, &ask->account);
    if (fault == fault_not_found) return ask_refuse(ask, fault_unauthenticated, "session");
    if (fault) return fault;
    ask_account(ask, &ask->account);
    if (needed == command_authority_site_admin && !ask->account.site_admin) return ask_refuse(ask, fault_forbidden, "site_admin");
    return fault_none;
}

static enum fault run(struct ask *ask)
{
    forget_answer(ask->c);
    enum fault fault = authorize(ask);
    if (!fault) fault = verbs[ask->c->kind](ask);
    ask->c->fault = fault;
    return fault;
}

/* ---- Writing */

/* A fault of the whole batch is returned; one of the command alone is left in it. */
static enum fault run_alone(struct chat *chat, struct command *c)
{
    struct event **tail = chat->events_tail;
    enum fault fault = store_savepoint(chat->store);
    if (fault) return fault;
    struct ask ask = ask_of(chat, c);
    fault = run(&ask);
    if (fault == fault_none || (ask.keep && fault != fault_unavailable)) return store_savepoint_release(chat->store);
    drop_events_after(chat, tail);
    if (fault == fault_unavailable || fault == fault_uncertain) return fault;
    return store_savepoint_abort(chat->store);
}

static size_t posts_from(struct command *const *commands, size_t n)
{
    size_t run = 0;
    while (run < n && run < POST_SET_MAX && commands[run]->kind == command_message_post) run++;
    return run;
}

static enum fault run_together(struct chat *chat, struct command **commands, size_t n)
{
    enum fault fault = fault_none;
    for (size_t at = 0; at < n && !fault;) {
        size_t n_posts = posts_from(commands + at, n - at);
        for (size_t i = 0; i < n_posts; i++) forget_answer(commands[at + i]);
        fault = n_posts ? post_many(chat, commands + at, n_posts) : run_alone(chat, commands[at]);
        at += n_posts ? n_posts : 1;
    }
    return fault;
}

static enum fault run_each_alone(struct chat *chat, struct command **commands, size_t n)
{
    enum fault fault = fault_none;
    for (size_t i = 0; i < n && !fault; i++) fault = run_alone(chat, commands[i]);
    return fault;
}

/* The room a command will move; that of two people, and that of a message, is looked for. */
static struct room_id room_of(struct chat *chat, const struct command *c)
{
    struct room_id room = command_room(c);
    if (c->kind == command_receipt_put && id_none(room))
        return store_message_room(chat->store, c->in.receipt_put.id, &room) ? (struct room_id){ 0 } : room;
    struct account_id other = c->kind == command_block_put ? c->in.block_put.account : c->in.block_remove.account;
    if (c->kind != command_block_put && c->kind != command_block_remove) return room;
    return store_room_direct_of(chat->store, c->actor.account, other, &room) ? (struct room_id){ 0 } : room;
}

/* One call locks so many: what a command wishes beyond that locks itself when it is written. */
enum { LOCKS_MAX = CHAT_BATCH_MAX };

static enum fault lock_rooms(struct chat *chat, struct command *const *commands, size_t n)
{
    struct room_id rooms[LOCKS_MAX];
    size_t n_rooms = 0;
    bool with_guilds = false;
    for (size_t i = 0; i < n; i++) {
        struct room_id room = room_of(chat, commands[i]);
        with_guilds |= command_moves_guild(commands[i]);
        const struct room_id *further;
        size_t n_further = command_rooms(commands[i], &further);
        if (!id_none(room) && (!n_rooms || !id_eq(room, rooms[n_rooms - 1]))) rooms[n_rooms++] = room;
        for (size_t k = 0; k < n_further && n_rooms + n - i <= LOCKS_MAX; k++) rooms[n_rooms++] = further[k];
    }
    return n_rooms ? store_room_lock(chat->store, rooms, n_rooms, with_guilds) : fault_none;
}

/* Whoever is to get a support chat: two takers of one agent must not both find room for one more. */
static enum fault lock_agents(struct chat *chat, struct command *const *commands, size_t n)
{
    struct account_id agents[LOCKS_MAX];
    size_t n_agents = 0;
    for (size_t i = 0; i < n; i++) {
        if (commands[i]->kind != command_desk_step) continue;
        struct account_id agent = commands[i]->in.desk_step.agent;
        agents[n_agents++] = id_none(agent) ? commands[i]->actor.account : agent;
    }
    return n_agents ? store_desk_agent_lock(chat->store, agents, n_agents) : fault_none;
}

typedef enum fault batch_fn(struct chat *chat, struct command **commands, size_t n);

static enum fault transact(struct chat *chat, struct command **commands, size_t n, batch_fn *run_batch)
{
    enum fault fault = store_begin(chat->store);
    if (fault) return fault_unavailable;
    fault = lock_rooms(chat, commands, n);
    if (!fault) fault = lock_agents(chat, commands, n);
    if (!fault) fault = run_batch(chat, commands, n);
    if (fault) store_abort(chat->store);
    else fault = store_commit(chat->store);
    if (fault) drop_events_after(chat, &chat->events);
    return fault;
}

static void fail_all(struct command **commands, size_t n, enum fault fault)
{
    enum fault told = fault == fault_uncertain ? fault_uncertain : fault_unavailable;
    for (size_t i = 0; i < n; i++) {
        forget_answer(commands[i]);
        commands[i]->fault = told;
    }
    LOG(error, "batch_failed", log_str("fault", fault_word(fault)), log_int("commands", (int64_t)n));
}

struct event *chat_write(struct chat *chat, struct command **commands, size_t n)
{
    assert(n <= CHAT_BATCH_MAX);
    enum fault fault = transact(chat, commands, n, run_together);
    if (fault == fault_internal || fault == fault_conflict) fault = transact(chat, commands, n, run_each_alone);
    if (fault) fail_all(commands, n, fault);
    return take_events(chat);
}

/* ---- Reading */

void chat_read(struct chat *chat, struct command *c)
{
    forget_answer(c);
    enum fault fault = store_begin(chat->store);
    if (fault) {
        c->fault = fault_unavailable;
        return;
    }
    struct ask ask = ask_of(chat, c);
    run(&ask);
    store_abort(chat->store);
}

void chat_prepare(struct chat *chat, struct command *c)
{
    forget_answer(c);
    struct ask ask = ask_of(chat, c);
    verb_fn *prepare = prepares[c->kind];
    c->fault = prepare ? prepare(&ask) : fault_none;
}
