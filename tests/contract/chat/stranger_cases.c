/* Every command about a room against everybody who might ask. The answers were written down from the promise, not from the policy table. */
#include "world.h"
#include <string.h>

/* The people of one house. Roles are those in the group under test; root administers the house and is in no group. */
struct cast {
    struct actor nobody, outsider, member, admin, owner, author, root;
    struct room_id room;
    struct message target; /* by author, who is a plain member */
};
enum { n_askers = 7 };
static const char *const asker_names[n_askers] = { "nobody", "outsider", "member", "admin", "owner", "author", "root" };

static struct cast assemble(struct world *w, bool public)
{
    struct cast c = { .outsider = someone(w, "outsider"), .member = someone(w, "member"), .admin = someone(w, "admin"),
                      .owner = someone(w, "owner"), .author = someone(w, "author"), .root = administrator(w, "root") };
    c.room = group(w, c.owner, public, "Group");
    seat(w, c.owner, c.room, c.member, role_member);
    seat(w, c.owner, c.room, c.admin, role_admin);
    seat(w, c.owner, c.room, c.author, role_member);
    c.target = post(w, c.author, c.room, "target");
    return c;
}

static struct actor asker(const struct cast *c, int i)
{
    const struct actor all[n_askers] = { c->nobody, c->outsider, c->member, c->admin, c->owner, c->author, c->root };
    return all[i];
}

static struct command *wish(struct world *w, const struct cast *c, struct actor by, const char *what)
{
    struct account_id guest = c->root.account;
    if (!strcmp(what, "get")) return WISH(w, by, room_get, c->room);
    if (!strcmp(what, "members")) return WISH(w, by, member_list, c->room, .limit = 10);
    if (!strcmp(what, "history")) return WISH(w, by, message_history, c->room, .limit = 10);
    if (!strcmp(what, "replay")) return WISH(w, by, room_changes, c->room, 0, 10);
    if (!strcmp(what, "rename")) return WISH(w, by, room_change, c->room, .name = SPAN("New"));
    if (!strcmp(what, "join")) return WISH(w, by, member_put, c->room, by.account, role_member);
    if (!strcmp(what, "leave")) return WISH(w, by, member_remove, c->room, by.account);
    if (!strcmp(what, "add")) return WISH(w, by, member_put, c->room, guest, role_member);
    if (!strcmp(what, "add admin")) return WISH(w, by, member_put, c->room, guest, role_admin);
    if (!strcmp(what, "promote")) return WISH(w, by, member_put, c->room, c->author.account, role_admin);
    if (!strcmp(what, "demote")) return WISH(w, by, member_put, c->room, c->admin.account, role_member);
    if (!strcmp(what, "remove member")) return WISH(w, by, member_remove, c->room, c->author.account);
    if (!strcmp(what, "remove admin")) return WISH(w, by, member_remove, c->room, c->admin.account);
    if (!strcmp(what, "remove owner")) return WISH(w, by, member_remove, c->room, c->owner.account);
    if (!strcmp(what, "post")) return WISH(w, by, message_post, c->room, SPAN("hi"));
    if (!strcmp(what, "edit")) return WISH(w, by, message_edit, c->room, c->target.id, SPAN("new"));
    if (!strcmp(what, "delete")) return WISH(w, by, message_delete, c->room, c->target.id);
    if (!strcmp(what, "react")) return WISH(w, by, reaction_put, c->room, c->target.id, SPAN("+1"));
    if (!strcmp(what, "unreact")) return WISH(w, by, reaction_remove, c->room, c->target.id, SPAN("+1"));
    if (!strcmp(what, "mark")) return WISH(w, by, receipt_mark, c->room, 1);
    if (!strcmp(what, "unmark")) return WISH(w, by, receipt_unmark, c->room, 1);
    if (!strcmp(what, "readers")) return WISH(w, by, receipt_readers, c->room, 1, .limit = 10);
    if (!strcmp(what, "one")) return WISH(w, by, message_get, c->room, c->target.id);
    if (!strcmp(what, "versions")) return WISH(w, by, message_versions, c->room, c->target.id);
    if (!strcmp(what, "who")) return WISH(w, by, reaction_who, c->room, c->target.id, SPAN("+1"), .limit = 10);
    if (!strcmp(what, "pins")) return WISH(w, by, pin_list, c->room);
    if (!strcmp(what, "pin")) return WISH(w, by, pin_put, c->room, c->target.id);
    if (!strcmp(what, "unpin")) return WISH(w, by, pin_remove, c->room, c->target.id);
    if (!strcmp(what, "draft")) return WISH(w, by, draft_put, c->room, SPAN("well"));
    if (!strcmp(what, "delete text")) return WISH(w, by, message_delete, c->room, c->target.id, message_part_text);
    if (!strcmp(what, "delete files")) return WISH(w, by, message_delete, c->room, c->target.id, message_part_files);
    fail_msg("no such wish: %s", what);
    return NULL;
}

/* One letter an asker, in the order of asker_names: + done, 0 unauthenticated, ? not found, - forbidden. */
struct row { const char *what, *answers; };

static char letter(enum fault fault)
{
    return fault == fault_none ? '+' : fault == fault_unauthenticated ? '0' : fault == fault_not_found ? '?' : fault == fault_forbidden ? '-' : '!';
}

static void check(bool public, const struct row *row, int i, const struct command *c)
{
    if (letter(c->fault) == row->answers[i]) return;
    fail_msg("%s room, %s asks to %s: expected %c, got %s/%s", public ? "public" : "private", asker_names[i], row->what, row->answers[i],
             fault_word(c->fault), c->detail ? c->detail : "-");
}

/* A command that was carried out is followed by a new house, so that no answer depends on the cell before. */
static void hold(void **state, bool public, const struct row *rows, size_t n)
{
    struct cast cast = assemble(*state, public);
    for (size_t r = 0; r < n; r++) {
        for (int i = 0; i < n_askers; i++) {
            struct world *w = *state;
            struct command *c = wish(w, &cast, asker(&cast, i), rows[r].what);
            world_carry_out(w, c);
            check(public, &rows[r], i, c);
            if (c->fault || command_lane_of(c->kind) == command_lane_read) continue;
            world_down(state);
            assert_int_equal(world_up(state), 0);
            cast = assemble(*state, public);
        }
    }
}

/* nobody, outsider, member, admin, owner, author, root. To "demote" oneself to member is to join where one already is: no change. */
static const struct row private_room[] = {
    { "get", "0?++++?" },           { "members", "0?++++?" },      { "history", "0?++++?" },      { "replay", "0?++++?" },
    { "rename", "0?-++-?" },        { "join", "0?++++?" },         { "leave", "0?++++?" },        { "add", "0?-++-?" },
    { "add admin", "0?--+-?" },     { "promote", "0?--+-?" },      { "demote", "0?-++-?" },       { "remove member", "0?-+++?" },
    { "remove admin", "0?-++-?" },  { "remove owner", "0?--+-?" }, { "post", "0?++++?" },         { "edit", "0?---+?" },
    { "delete", "0?-+++?" },        { "react", "0?++++?" },        { "unreact", "0?++++?" },      { "mark", "0?++++?" },
    { "unmark", "0?++++?" },        { "readers", "0?++++?" },      { "one", "0?++++?" },          { "versions", "0?++++?" },
    { "who", "0?++++?" },           { "pins", "0?++++?" },         { "pin", "0?-++-?" },          { "unpin", "0?-++-?" },
    { "draft", "0?++++?" },         { "delete text", "0?-+++?" },  { "delete files", "0?-+++?" },
};
static const struct row public_room[] = {
    { "get", "0++++++" },           { "members", "0++++++" },      { "history", "0++++++" },      { "replay", "0++++++" },
    { "rename", "0--++--" },        { "join", "0++++++" },         { "leave", "0++++++" },        { "add", "0--++-+" },
    { "add admin", "0---+--" },     { "promote", "0---+--" },      { "demote", "0--++--" },       { "remove member", "0--+++-" },
    { "remove admin", "0--++--" },  { "remove owner", "0---+--" }, { "post", "0-++++-" },         { "edit", "0----+-" },
    { "delete", "0--++++" },        { "react", "0-++++-" },        { "unreact", "0-++++-" },      { "mark", "0-++++-" },
    { "unmark", "0-++++-" },        { "readers", "0-++++-" },      { "one", "0++++++" },          { "versions", "0-+++++" },
    { "who", "0++++++" },           { "pins", "0++++++" },         { "pin", "0--++--" },          { "unpin", "0--++--" },
    { "draft", "0-++++-" },         { "delete text", "0--++++" },  { "delete files", "0--++++" },
};

static void a_private_room_is_hidden_from_strangers(void **state)
{
    hold(state, false, private_room, sizeof private_room / sizeof *private_room);
}

static void a_public_room_is_read_by_all_and_written_by_members(void **state)
{
    hold(state, true, public_room, sizeof public_room / sizeof *public_room);
}

CASES(stranger, STORY(a_private_room_is_hidden_from_strangers), STORY(a_public_room_is_read_by_all_and_written_by_members));
