/* Commands as data: made, freed, and looked up in the list (command.def). Any thread; a command belongs to one at a time. */
#include "chat/command.h"
#include <stdlib.h>

/* The ceiling of one command's memory. The greatest answers (a page of 1,000 long messages, a list of 2,000 rooms) stay below a half. */
enum { first_bytes = 1024, max_bytes = 128 << 20 };

struct command *command_create(enum command_kind kind, struct actor actor)
{
    struct arena *arena = arena_create(sizeof(struct command) + first_bytes, max_bytes);
    if (!arena) abort();
    struct command *c = arena_new(arena, struct command);
    c->arena = arena, c->kind = kind, c->actor = actor;
    return c;
}

void command_destroy(struct command *c)
{
    if (c) arena_destroy(c->arena);
}

struct row {
    const char *name;
    enum command_lane lane;
    enum command_prepare prepare;
    enum command_authority authority;
};

static const struct row rows[command_kind_count] = {
#define COMMAND(name, lane, prepare, authority) \
    [command_##name] = { #name, command_lane_##lane, command_prepare_##prepare, command_authority_##authority },
#include "chat/command.def"
#undef COMMAND
};

const char *command_name(enum command_kind kind)
{
    return rows[kind].name;
}

enum command_lane command_lane_of(enum command_kind kind)
{
    return rows[kind].lane;
}

enum command_prepare command_prepare_of(enum command_kind kind)
{
    return rows[kind].prepare;
}

enum command_authority command_authority_of(enum command_kind kind)
{
    return rows[kind].authority;
}
