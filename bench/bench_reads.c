/* Reads through the chat core: a page of 50 at five depths of a long room, the replay of the last 10,000 changes, and the list of 200 rooms.
   usage: bench_reads URL N_MESSAGES   (URL: an empty database) */
#include "chat/chat.h"
#include "floor.h"
#include "store/store_open.h"

enum { n_rooms = 200, n_rounds = 200, page = 50, behind = 10000 };

static struct chat writer, reader;
static struct actor person;
static struct room_id deep;

static struct command *ask(enum command_kind kind)
{
    return command_create(kind, person);
}

static void drop(struct event *e)
{
    for (struct event *next; e; e = next) next = e->next, event_unref(e);
}

static void write_or_die(struct command **commands, size_t n)
{
    drop(chat_write(&writer, commands, n));
    for (size_t i = 0; i < n; i++) {
        if (commands[i]->fault) floor_die(command_name(commands[i]->kind), fault_word(commands[i]->fault));
        if (commands[i]->kind == command_account_register) {
            struct grant *grant = &commands[i]->out.account_register.grant;
            person = (struct actor){ grant->account.person.id, grant->session };
        }
        if (commands[i]->kind == command_room_create) deep = commands[i]->out.room_create.room.id;
        command_destroy(commands[i]);
    }
}

static void move_in(void)
{
    struct command *c = ask(command_account_register);
    c->in.account_register.who = (struct account_credentials){ SPAN("reader"), SPAN("secret") };
    chat_prepare(&writer, c);
    write_or_die(&c, 1);
    for (int i = 0; i < n_rooms; i++) {
        c = ask(command_room_create);
        c->in.room_create = (struct room_create_in){ .kind = room_group, .name = SPAN("Room") };
        write_or_die(&c, 1);
    }
}

static void fill(int64_t n)
{
    struct command *batch[CHAT_BATCH_MAX];
    char text[FLOOR_TEXT_BYTES + 1];
    for (int64_t row = 0; row < n;) {
        size_t n_batch = 0;
        for (; n_batch < CHAT_BATCH_MAX && row < n; row++) {
            struct command *c = batch[n_batch++] = ask(command_message_post);
            floor_text(text, row);
            c->in.message_post = (struct message_post_in){ .room = deep, .text = arena_copy(c->arena, span_of(text)),
                                                           .key = arena_printf(c->arena, "%012" PRId64, row) };
        }
        write_or_die(batch, n_batch);
    }
}

static int64_t read_us(struct command *c)
{
    int64_t since_us = floor_now_us();
    chat_read(&reader, c);
    int64_t took_us = floor_now_us() - since_us;
    if (c->fault) floor_die(command_name(c->kind), fault_word(c->fault));
    return took_us;
}

static void report(const char *name, int64_t n_messages, int64_t at, int64_t *took_us, size_t n)
{
    qsort(took_us, n, sizeof *took_us, floor_compare);
    printf("{\"case\":\"%s\",\"messages\":%" PRId64 ",\"at\":%" PRId64 ",\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64 "}\n", name, n_messages, at,
           took_us[n / 2], took_us[n * 99 / 100]);
}

static void pages(int64_t n_messages)
{
    int64_t took_us[n_rounds];
    for (int depth = 0; depth <= 4; depth++) {
        int64_t before = n_messages - n_messages / 4 * depth + page;
        for (int i = 0; i < n_rounds; i++) {
            struct command *c = ask(command_message_history);
            c->in.message_history = (struct message_history_in){ .room = deep, .before = before, .limit = page };
            took_us[i] = read_us(c);
            command_destroy(c);
        }
        report("history_page", n_messages, before, took_us, n_rounds);
    }
}

static void replay(int64_t n_messages)
{
    int64_t took_us = 0, after = n_messages > behind ? n_messages - behind : 0, head = n_messages;
    for (int64_t at = after; at < head;) {
        struct command *c = ask(command_room_changes);
        c->in.room_changes = (struct room_changes_in){ .room = deep, .after = at, .limit = 1000 };
        took_us += read_us(c);
        at = c->out.room_changes.to, head = c->out.room_changes.head;
        command_destroy(c);
    }
    report("replay", n_messages, after, &took_us, 1);
}

static void list(int64_t n_messages)
{
    int64_t took_us[n_rounds];
    for (int i = 0; i < n_rounds; i++) {
        struct command *c = ask(command_room_list);
        took_us[i] = read_us(c);
        command_destroy(c);
    }
    report("room_list_200", n_messages, 0, took_us, n_rounds);
}

int main(int argc, char **argv)
{
    struct chat_rules rules = { .bcrypt_cost = 4, .refresh_ttl_s = 86400 };
    struct store *writing, *reading;
    if (argc != 3) floor_die("usage", "bench_reads URL N_MESSAGES");
    if (store_migrate(argv[1]) || store_open(argv[1], db_writer, &writing) || store_open(argv[1], db_reader, &reading))
        floor_die("bench_reads", "the database does not open");
    chat_init(&writer, &rules, writing);
    chat_init(&reader, &rules, reading);
    int64_t n_messages = floor_number(argv[2]);
    move_in();
    fill(n_messages);
    pages(n_messages);
    replay(n_messages);
    list(n_messages);
    store_close(reading);
    store_close(writing);
    return 0;
}
