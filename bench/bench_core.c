/* Posts through the chat core, without loops and sockets: chat_write in batches, 64 people in 16 public rooms, every post with a client key
   that begins with the time, as those of our clients do.
   usage: bench_core URL POSTS_PER_COMMIT TOTAL   (URL: an empty database) */
#include "chat/chat.h"
#include "floor.h"
#include "store/store_open.h"

enum { n_people = 64 };

static struct actor people[n_people];
static struct room_id rooms[FLOOR_ROOMS];

static struct command *run(struct chat *chat, struct command *c)
{
    if (command_prepare_of(c->kind) == command_prepare_hash) chat_prepare(chat, c);
    struct event *e = c->fault ? NULL : chat_write(chat, &c, 1);
    for (struct event *next; e; e = next) next = e->next, event_unref(e);
    if (c->fault) floor_die(command_name(c->kind), fault_word(c->fault));
    return c;
}

static void move_in(struct chat *chat)
{
    for (int i = 0; i < n_people; i++) {
        struct command *c = command_create(command_account_register, (struct actor){ 0 });
        c->in.account_register.who = (struct account_credentials){ arena_printf(c->arena, "person%d", i), SPAN("secret") };
        struct grant *grant = &run(chat, c)->out.account_register.grant;
        people[i] = (struct actor){ grant->account.person.id, grant->session };
        command_destroy(c);
    }
    for (int r = 0; r < FLOOR_ROOMS; r++) {
        struct command *c = command_create(command_room_create, people[0]);
        struct account_id members[n_people];
        for (int i = 0; i < n_people; i++) members[i] = people[i].account;
        c->in.room_create = (struct room_create_in){ .kind = room_group, .name = SPAN("Room"), .members = members, .n_members = n_people };
        rooms[r] = run(chat, c)->out.room_create.room.id;
        command_destroy(c);
    }
}

static struct command *a_post(int64_t row)
{
    struct command *c = command_create(command_message_post, people[row % n_people]);
    char text[FLOOR_TEXT_BYTES + 1];
    floor_text(text, row);
    c->in.message_post = (struct message_post_in){ .room = rooms[row / n_people % FLOOR_ROOMS], .text = arena_copy(c->arena, span_of(text)),
                                                   .key = arena_printf(c->arena, "%012" PRId64 "-%03d", row, (int)(row * 2654435761 % 1000)) };
    return c;
}

static void post_batch(struct chat *chat, int64_t row, size_t n, struct floor_run *run)
{
    struct command *batch[FLOOR_ROWS_PER_COMMIT_MAX];
    for (size_t i = 0; i < n; i++) batch[i] = a_post(row + (int64_t)i);
    int64_t since_us = floor_now_us();
    struct event *events = chat_write(chat, batch, n);
    floor_committed(run, since_us);
    size_t n_events = 0;
    for (struct event *e = events, *next; e; e = next, n_events++) next = e->next, event_unref(e);
    if (n_events != n) floor_die("bench_core", "a post was refused");
    for (size_t i = 0; i < n; i++) command_destroy(batch[i]);
}

int main(int argc, char **argv)
{
    struct chat_rules rules = { .bcrypt_cost = 4, .refresh_ttl_s = 86400 };
    struct store *store;
    struct chat chat;
    if (argc != 4) floor_die("usage", "bench_core URL POSTS_PER_COMMIT TOTAL");
    if (store_migrate(argv[1]) || store_open(argv[1], db_writer, &store)) floor_die("bench_core", "the database does not open");
    chat_init(&chat, &rules, store);
    move_in(&chat);
    struct floor_run run = floor_begin("bench_core", floor_number(argv[2]), floor_number(argv[3]));
    for (int64_t row = 0; row < run.total; row += run.rows_per_commit) post_batch(&chat, row, (size_t)run.rows_per_commit, &run);
    floor_end(&run);
    store_close(store);
    return 0;
}
