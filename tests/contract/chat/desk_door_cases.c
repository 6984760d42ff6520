/* What the old desk's door asks beside: pages counted from the newest, people by the ids of its wire, believed agents, where a customer stands. */
#include "world.h"

static struct actor customer(struct world *w, const char *id)
{
    struct command *c = DO(w, NOBODY, desk_customer, .id = span_of(id), .name = span_of(id));
    return (struct actor){ .account = c->out.desk_customer.account.person.id };
}

static struct room_id chat_of(struct world *w, struct actor who)
{
    return DO(w, who, desk_open, 0)->out.desk_open.chat.room;
}

static void pages_are_counted_from_the_newest(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = customer(w, "42"), vali = customer(w, "43");
    struct room_id room = chat_of(w, ali);
    struct message_id third = { 0 };
    for (int i = 0; i < 5; i++) {
        struct message m = post(w, ali, room, (const char *[]){ "0", "1", "2", "3", "4" }[i]);
        if (i == 2) third = m.id;
    }
    DO(w, ali, message_delete, room, third);
    struct desk_page_out page = DO(w, root, desk_page, room, 1, 3)->out.desk_page;
    assert_int_equal(page.total, 4);
    assert_int_equal(page.n, 3);
    assert_span(page.messages[0].text, "1");
    assert_span(page.messages[2].text, "4");
    assert_int_equal(page.chat.room.v, room.v);
    page = DO(w, ali, desk_page, room, 2, 3)->out.desk_page;
    assert_int_equal(page.n, 1);
    assert_span(page.messages[0].text, "0");
    assert_int_equal(DO(w, ali, desk_page, room, 3, 3)->out.desk_page.n, 0);
    assert_refused(ASK(w, vali, desk_page, room, 1, 3), not_found, "room");
    assert_refused(ASK(w, ali, desk_page, room, 0, 3), invalid, "page");
    assert_refused(ASK(w, ali, desk_page, room, 1, DESK_MESSAGES_MAX + 1), invalid, "limit");
    assert_refused(ASK(w, root, desk_page, CHAT_LOBBY, 1, 3), not_found, "room");
    assert_refused(ASK(w, root, message_post, .room = CHAT_LOBBY, .text = SPAN("x"), .desk_only = true), not_found, "room");
}

static void reading_leaves_its_time(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = customer(w, "42");
    struct room_id room = chat_of(w, ali);
    post(w, ali, room, "salom");
    DO(w, root, desk_step, room, desk_step_assign);
    assert_int_equal(DO(w, root, desk_get, room)->out.desk_get.chat.agent_read_us, 0);
    DO(w, root, desk_read, room, true);
    assert_true(w->events && w->events->kind == event_room_read && w->events->on);
    struct desk_view v = DO(w, root, desk_get, room)->out.desk_get.chat;
    assert_true(v.agent_read_us > 0 && v.agent_read > 0 && v.customer_read_us == 0);
    post(w, root, room, "javob");
    DO(w, ali, desk_read, room);
    assert_true(DO(w, root, desk_get, room)->out.desk_get.chat.customer_read_us > 0);
}

static void people_by_the_ids_of_the_wire(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = someone(w, "bob"), ali = customer(w, "42");
    DO(w, NOBODY, desk_customer, .id = SPAN("43"), .visitor = true);
    assert_int_equal(DO(w, root, desk_find, SPAN("42"), true)->out.desk_find.account.person.id.v, ali.account.v);
    assert_refused(ASK(w, root, desk_find, SPAN("43"), true), not_found, "customer");
    assert_refused(ASK(w, root, desk_find, SPAN("bob")), not_found, "agent");
    assert_refused(ASK(w, root, desk_find, SPAN("~=42")), not_found, "agent");
    assert_refused(ASK(w, bob, desk_find, SPAN("root")), forbidden, "role");
    assert_refused(ASK(w, ali, desk_find, SPAN("root")), forbidden, "role");
    DO(w, root, desk_agent_put, bob.account, desk_role_agent, 0);
    assert_int_equal(DO(w, root, desk_find, SPAN("BOB"))->out.desk_find.account.person.id.v, bob.account.v);
}

static void trust_makes_guests_agents_and_nobody_else(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = someone(w, "bob");
    struct account made = DO(w, NOBODY, desk_believe, .username = SPAN("admin-456"), .name = SPAN("Admin Ali"))->out.desk_believe.account;
    struct actor admin = { .account = made.person.id };
    assert_span(made.person.name, "Admin Ali");
    assert_int_equal(DO(w, admin, desk_me, 0)->out.desk_me.role, desk_role_agent);
    struct account again = DO(w, NOBODY, desk_believe, .username = SPAN("admin-456"), .name = SPAN("Other"), .supervisor = true)->out.desk_believe.account;
    assert_int_equal(again.person.id.v, made.person.id.v);
    assert_span(again.person.name, "Admin Ali");
    assert_int_equal(DO(w, admin, desk_me, 0)->out.desk_me.role, desk_role_supervisor);
    assert_refused(ASK(w, NOBODY, desk_believe, .username = SPAN("bob"), .supervisor = true), forbidden, "role");
    assert_int_equal(DO(w, bob, desk_me, 0)->out.desk_me.role, desk_role_none);
    DO(w, root, desk_agent_put, bob.account, desk_role_agent, 0);
    DO(w, NOBODY, desk_believe, .username = SPAN("bob"), .supervisor = true);
    assert_int_equal(DO(w, bob, desk_me, 0)->out.desk_me.role, desk_role_agent);
    assert_refused(ASK(w, NOBODY, desk_believe, .username = SPAN("~=42")), invalid, "username");
}

static void where_a_customer_stands(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = customer(w, "42");
    struct desk_mine_out mine = DO(w, NOBODY, desk_mine, 0)->out.desk_mine;
    assert_int_equal(mine.chat.room.v, 0);
    assert_int_equal(mine.n_agents, 1);
    assert_int_equal(mine.agents[0].v, root.account.v);
    assert_int_equal(DO(w, ali, desk_mine, 0)->out.desk_mine.chat.room.v, 0);
    struct room_id first = chat_of(w, ali);
    DO(w, ali, desk_step, first, desk_step_close);
    mine = DO(w, ali, desk_mine, 0)->out.desk_mine;
    assert_int_equal(mine.chat.room.v, first.v);
    assert_int_equal(mine.chat.state, desk_closed);
    struct room_id second = chat_of(w, ali);
    mine = DO(w, ali, desk_mine, 0)->out.desk_mine;
    assert_int_equal(mine.chat.room.v, second.v);
    assert_int_equal(mine.chat.position, 1);
    assert_refused(ASK(w, ((struct actor){ .account = { 999999 } }), desk_mine, 0), unauthenticated, "session");
}

CASES(desk_door, STORY(pages_are_counted_from_the_newest), STORY(reading_leaves_its_time), STORY(people_by_the_ids_of_the_wire),
      STORY(trust_makes_guests_agents_and_nobody_else), STORY(where_a_customer_stands));
