/* What a guild costs the writing lane: joining one of so many channels, making a channel for so many members, changing a role, the list of rooms, the end.
   usage: bench_guild URL N_MEMBERS N_CHANNELS   (URL: an empty database) */
#include "chat/chat.h"
#include "floor.h"
#include "store/store_open.h"

static struct chat writer, reader;

static void drop(struct event *e)
{
    for (struct event *next; e; e = next) next = e->next, event_unref(e);
}

/* Runs it and tells how long it took. The command stays with the caller. */
static int64_t run(struct command *c)
{
    int64_t from_us = floor_now_us();
    if (command_lane_of(c->kind) == command_lane_write) drop(chat_write(&writer, &c, 1));
    else chat_read(&reader, c);
    if (c->fault) floor_die(command_name(c->kind), fault_word(c->fault));
    return floor_now_us() - from_us;
}

static int64_t run_and_drop(struct command *c)
{
    int64_t us = run(c);
    command_destroy(c);
    return us;
}

static struct actor guest(int i)
{
    struct command *c = command_create(command_account_guest, (struct actor){ 0 });
    c->in.account_guest.username = arena_printf(c->arena, "guest%d", i);
    run(c);
    struct actor who = { .account = c->out.account_guest.account.person.id };
    command_destroy(c);
    return who;
}

static int64_t join(struct actor who, struct room_id guild)
{
    struct command *c = command_create(command_member_put, who);
    c->in.member_put = (struct member_put_in){ guild, who.account, role_member };
    return run_and_drop(c);
}

static int64_t make_channel(struct actor owner, struct room_id guild)
{
    struct command *c = command_create(command_channel_create, owner);
    c->in.channel_create = (struct channel_create_in){ .guild = guild, .name = SPAN("channel") };
    return run_and_drop(c);
}

static struct room_id make_guild(struct actor owner)
{
    struct command *c = command_create(command_guild_create, owner);
    c->in.guild_create = (struct guild_create_in){ .name = SPAN("guild"), .public = true };
    run(c);
    struct room_id guild = c->out.guild_create.room.id;
    command_destroy(c);
    return guild;
}

static void tell(const char *what, int64_t us)
{
    printf("{\"case\":\"bench_guild\",\"what\":\"%s\",\"us\":%lld}\n", what, (long long)us);
}

static void measure(int n_members, int n_channels)
{
    struct actor owner = guest(0);
    struct room_id guild = make_guild(owner);
    int64_t channels_us = 0, joins_us = 0;
    for (int i = 1; i < n_channels; i++) channels_us = make_channel(owner, guild);
    tell("channel for one member", channels_us);
    for (int i = 1; i < n_members; i++) joins_us += join(guest(i), guild);
    tell("join, mean", joins_us / (n_members - 1));
    tell("channel for all", make_channel(owner, guild));
    struct actor last = guest(n_members);
    join(last, guild);
    struct command *c = command_create(command_member_put, owner);
    c->in.member_put = (struct member_put_in){ guild, last.account, role_moderator };
    tell("change of a role", run_and_drop(c));
    tell("list of rooms", run_and_drop(command_create(command_room_list, last)));
    c = command_create(command_room_delete, owner);
    c->in.room_delete.room = guild;
    tell("end of the guild", run_and_drop(c));
}

int main(int argc, char **argv)
{
    static const struct chat_rules rules = { .bcrypt_cost = 4, .refresh_ttl_s = 3600 };
    struct store *writing, *reading;
    if (argc != 4) return fprintf(stderr, "usage: bench_guild URL N_MEMBERS N_CHANNELS\n"), 2;
    if (store_migrate(argv[1]) || store_open(argv[1], db_writer, &writing) || store_open(argv[1], db_reader, &reading)) floor_die("open", argv[1]);
    chat_init(&writer, &rules, writing);
    chat_init(&reader, &rules, reading);
    measure(atoi(argv[2]), atoi(argv[3]));
    store_close(reading);
    store_close(writing);
    return 0;
}
