/* The support desk: a chat's life, the queue, who may do what, what is told to whom, what is counted. On PostgreSQL also two stores at once. */
#include "world.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- People and short words */

static struct actor customer(struct world *w, const char *id)
{
    struct command *c = DO(w, NOBODY, desk_customer, .id = span_of(id), .name = span_of(id));
    return (struct actor){ .account = c->out.desk_customer.account.person.id };
}

static struct actor agent(struct world *w, struct actor by, const char *name, enum desk_role role, int64_t capacity)
{
    struct actor who = someone(w, name);
    DO(w, by, desk_agent_put, who.account, role, capacity);
    return who;
}

static struct room_id opened(struct world *w, struct actor who)
{
    struct command *c = DO(w, who, desk_open, 0);
    assert_true(c->out.desk_open.is_new);
    return c->out.desk_open.chat.room;
}

static struct command *step(struct world *w, struct actor by, struct room_id room, enum desk_step step)
{
    return ASK(w, by, desk_step, room, step);
}

static struct desk_view taken(struct world *w, struct actor by, struct room_id room, enum desk_step how)
{
    struct command *c = step(w, by, room, how);
    assert_done(c);
    return c->out.desk_step.chat;
}

static struct desk_view chat_of(struct world *w, struct actor by, struct room_id room)
{
    return DO(w, by, desk_get, room)->out.desk_get.chat;
}

static const struct event *nth(const struct world *w, enum event_kind kind, int n)
{
    for (const struct event *e = w->events; e; e = e->next)
        if (e->kind == kind && n-- == 0) return e;
    fail_msg("no such event: %s", event_name(kind));
    return NULL;
}

/* The addresses that were told, in order: "hall", "customer", "agent", "former". */
static void assert_told(struct world *w, const char *words, struct actor customer, struct actor agent, struct actor former)
{
    char told[128] = "";
    for (const struct event *e = w->events; e; e = e->next) {
        if (e->kind != event_desk_told) continue;
        const char *word = id_eq(e->room, DESK_HALL) ? "hall" : id_eq(e->room, room_of_person(customer.account)) ? "customer"
                         : id_eq(e->room, room_of_person(agent.account)) ? "agent" : id_eq(e->room, room_of_person(former.account)) ? "former" : "?";
        if (told[0]) strcat(told, " ");
        strcat(told, word);
    }
    assert_string_equal(told, words);
}

/* ---- Customers */

static void a_customer_is_known_by_id_alone(void **state)
{
    struct world *w = *state;
    struct command *first = DO(w, NOBODY, desk_customer, .id = SPAN("42"), .name = SPAN("Ali"));
    struct command *again = DO(w, NOBODY, desk_customer, .id = SPAN("42"), .name = SPAN("Other"));
    assert_false(first->out.desk_customer.existed);
    assert_true(again->out.desk_customer.existed);
    assert_span(again->out.desk_customer.account.person.name, "Ali");
    assert_int_equal(first->out.desk_customer.account.person.id.v, again->out.desk_customer.account.person.id.v);
    assert_span(desk_customer_id(first->out.desk_customer.account.person.username), "42");
    struct command *big = DO(w, NOBODY, desk_customer, .id = SPAN("A@B.uz")), *small = DO(w, NOBODY, desk_customer, .id = SPAN("a@b.uz"));
    assert_true(big->out.desk_customer.account.person.id.v != small->out.desk_customer.account.person.id.v);
    assert_span(big->out.desk_customer.account.person.name, "Mijoz");
    struct command *named = DO(w, NOBODY, desk_customer, .id = SPAN("A@B.uz"), .name = SPAN("Aziza"));
    assert_span(named->out.desk_customer.account.person.name, "Aziza");
    DO(w, ((struct actor){ .account = small->out.desk_customer.account.person.id }), desk_open, 0);
    DO(w, NOBODY, desk_customer, .id = SPAN("a@b.uz"), .name = SPAN("Late"));
    assert_span(DO(w, NOBODY, desk_customer, .id = SPAN("a@b.uz"))->out.desk_customer.account.person.name, "Mijoz");
    assert_refused(ASK(w, NOBODY, desk_customer, .id = SPAN("")), invalid, "id");
    assert_refused(ASK(w, NOBODY, desk_customer, .id = SPAN("a\x01")), invalid, "id");
}

static void visitors_are_never_the_same(void **state)
{
    struct world *w = *state;
    struct command *a = DO(w, NOBODY, desk_customer, .id = SPAN("42"), .visitor = true), *b = DO(w, NOBODY, desk_customer, .id = SPAN("42"), .visitor = true);
    struct actor proven = customer(w, "42");
    struct account_id ids[] = { a->out.desk_customer.account.person.id, b->out.desk_customer.account.person.id, proven.account };
    assert_true(ids[0].v != ids[1].v && ids[0].v != ids[2].v && ids[1].v != ids[2].v);
    assert_span(desk_customer_id(a->out.desk_customer.account.person.username), "42");
}

static void customers_are_no_people_of_the_house(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct account_id proven = customer(w, "42").account;
    assert_refused(ASK(w, ali, profile_get, proven), not_found, "account");
    assert_refused(ASK(w, ali, account_get, proven), not_found, "account");
    assert_refused(ASK(w, ali, room_create, .kind = room_direct, .members = &proven, .n_members = 1), not_found, "members");
    assert_refused(ASK(w, ali, room_create, .kind = room_group, .name = SPAN("g"), .members = &proven, .n_members = 1), not_found, "members");
    assert_refused(ASK(w, ali, block_put, proven), not_found, "account");
    assert_int_equal(DO(w, ali, presence_look, &proven, 1)->out.presence_look.n, 0);
    assert_int_equal(DO(w, ali, account_find, SPAN("~"))->out.account_find.n, 0);
    assert_refused(ASK(w, NOBODY, account_register, .who = { SPAN("~=43"), SPAN("secret-word") }), invalid, "username");
    assert_refused(ASK(w, NOBODY, account_guest, SPAN("~=42")), invalid, "username");
    assert_refused(ASK(w, NOBODY, session_open, .who = { SPAN("~=42"), SPAN("!") }), unauthenticated, "credentials");
    assert_refused(ASK(w, ali, desk_open, 0), forbidden, "role");
    assert_refused(ASK(w, ali, desk_online, true), forbidden, "role");
}

/* ---- A chat's life */

static void a_chat_lives(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 0), ali = customer(w, "ali"), none = { 0 };
    struct room_id room = opened(w, ali);
    assert_events(w, "member_joined desk_moved desk_told");
    assert_told(w, "hall", ali, bob, none);
    struct command *again = DO(w, ali, desk_open, 0);
    assert_false(again->out.desk_open.is_new);
    assert_int_equal(again->out.desk_open.chat.room.v, room.v);
    assert_int_equal(again->out.desk_open.chat.position, 1);
    post(w, ali, room, "salom");
    assert_events(w, "message_posted desk_message");
    assert_int_equal(nth(w, event_desk_message, 0)->room.v, DESK_HALL.v);
    assert_int_equal(nth(w, event_desk_message, 0)->desk->unread, 1);

    struct desk_view v = taken(w, bob, room, desk_step_assign);
    assert_events(w, "member_joined desk_moved desk_told desk_told");
    assert_told(w, "hall customer", ali, bob, none);
    assert_int_equal(v.state, desk_active);
    assert_int_equal(v.agent.id.v, bob.account.v);
    assert_int_equal(v.unread, 1);
    assert_span(v.last_text, "salom");
    assert_false(step(w, bob, room, desk_step_assign)->out.desk_step.changed);
    assert_events(w, "");

    post(w, ali, room, "bormisiz");
    assert_int_equal(nth(w, event_desk_message, 0)->room.v, room_of_person(bob.account).v);
    post(w, bob, room, "ha");
    assert_int_equal(nth(w, event_desk_message, 0)->room.v, room_of_person(ali.account).v);
    DO(w, bob, desk_read, room);
    assert_events(w, "room_read read_by_all message_read message_read");
    v = chat_of(w, bob, room);
    assert_int_equal(v.unread, 0);
    assert_true(v.agent_read == v.head - 1 && v.customer_read < v.agent_read);
    DO(w, ali, receipt_mark, room, v.head);
    assert_int_equal(chat_of(w, ali, room).customer_read, v.head);

    assert_refused(ASK(w, ali, desk_rate, room, 5), conflict, "open");
    v = taken(w, bob, room, desk_step_close);
    assert_told(w, "customer agent hall", ali, bob, none);
    assert_int_equal(v.state, desk_closed);
    assert_true(v.closed_us > 0);
    assert_refused(ASK(w, ali, message_post, room, SPAN("yana")), forbidden, "closed");
    assert_refused(ASK(w, bob, message_post, room, SPAN("yana")), forbidden, "closed");
    assert_refused(step(w, bob, room, desk_step_assign), conflict, "closed");
    assert_int_equal(DO(w, ali, desk_rate, room, 4)->out.desk_rate.chat.rating, 4);
    assert_refused(ASK(w, ali, desk_rate, room, 5), conflict, "rating");
    assert_true(DO(w, ali, desk_open, 0)->out.desk_open.is_new);
}

static void a_retried_message_is_answered_after_the_close(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = customer(w, "ali");
    struct room_id room = opened(w, ali);
    int64_t id = DO(w, ali, message_post, room, SPAN("salom"), SPAN("k1"))->out.message_post.message.id.v;
    taken(w, ali, room, desk_step_close);
    struct command *again = DO(w, ali, message_post, room, SPAN("salom"), SPAN("k1"));
    assert_true(again->out.message_post.repeat && again->out.message_post.message.id.v == id);
    assert_refused(ASK(w, ali, message_edit, room, { id }, SPAN("x")), forbidden, "closed");
    assert_int_equal(chat_of(w, root, room).state, desk_closed);
}

static void links_belong_to_the_desk(void **state)
{
    struct world *w = *state;
    struct actor ali = customer(w, "ali"), eve = someone(w, "eve");
    struct room_id room = opened(w, ali), plain = group(w, eve, false, "Group");
    struct command *c = DO(w, ali, message_post, room, SPAN(""), SPAN("k"), .link_kind = link_image, .link = SPAN("https://shop.uz/a.png"));
    assert_span(c->out.message_post.message.link, "https://shop.uz/a.png");
    assert_span(nth(w, event_message_posted, 0)->message.link, "https://shop.uz/a.png");
    struct message read = DO(w, ali, message_history, room, .limit = 5)->out.message_history.messages[0];
    assert_span(read.link, "https://shop.uz/a.png");
    assert_int_equal(read.link_kind, link_image);
    assert_true(DO(w, ali, message_post, room, SPAN(""), SPAN("k"), .link_kind = link_image, .link = SPAN("https://shop.uz/a.png"))->out.message_post.repeat);
    assert_refused(ASK(w, ali, message_post, room, SPAN(""), SPAN("k"), .link_kind = link_file, .link = SPAN("https://shop.uz/a.png")), conflict, "key");
    static const char *const bad[] = { "javascript:alert(1)", "//evil.uz/x", "data:text/html,x", "https://a b", "ftp://x" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(ASK(w, ali, message_post, room, SPAN("t"), .link_kind = link_file, .link = span_of(bad[i])), invalid, "link");
    assert_refused(ASK(w, eve, message_post, plain, SPAN("t"), .link_kind = link_file, .link = SPAN("/x")), invalid, "link");
    DO(w, ali, message_delete, room, read.id);
    assert_span(DO(w, ali, message_get, room, read.id)->out.message_get.message.link, "");
}

/* ---- The queue */

static void the_oldest_is_served_first(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 2);
    struct actor ali = customer(w, "ali"), vali = customer(w, "vali"), guli = customer(w, "guli");
    struct room_id a = opened(w, ali), v = opened(w, vali), g = opened(w, guli);
    assert_int_equal(chat_of(w, guli, g).position, 3);
    assert_int_equal(chat_of(w, guli, g).wait_s, -1);
    struct command *list = DO(w, bob, desk_list, desk_filter_waiting, .limit = 2);
    assert_true(list->out.desk_list.n == 2 && list->out.desk_list.more && list->out.desk_list.n_waiting == 3);
    assert_int_equal(list->out.desk_list.views[1].room.v, v.v);
    assert_int_equal(list->out.desk_list.views[1].position, 2);
    list = DO(w, bob, desk_list, desk_filter_waiting, .limit = 2, .before = v);
    assert_true(list->out.desk_list.n == 1 && !list->out.desk_list.more);
    assert_int_equal(list->out.desk_list.views[0].position, 3);
    assert_int_equal(taken(w, bob, (struct room_id){ 0 }, desk_step_assign).room.v, a.v);
    assert_int_equal(taken(w, bob, (struct room_id){ 0 }, desk_step_assign).room.v, v.v);
    assert_int_equal(chat_of(w, guli, g).position, 1);
    assert_true(chat_of(w, guli, g).wait_s >= 0);
    struct command *full = step(w, bob, (struct room_id){ 0 }, desk_step_assign);
    assert_refused(full, conflict, "capacity");
    assert_int_equal(full->out.desk_step.chat.room.v, g.v);
    assert_int_equal(full->out.desk_step.chat.state, desk_waiting);
    taken(w, bob, a, desk_step_unlock);
    assert_int_equal(chat_of(w, ali, a).position, 1); /* a return keeps the place */
    assert_int_equal(taken(w, bob, (struct room_id){ 0 }, desk_step_assign).room.v, a.v);
    taken(w, bob, v, desk_step_close);
    taken(w, bob, g, desk_step_lock);
    assert_refused(step(w, root, (struct room_id){ 0 }, desk_step_assign), not_found, "chat");
}

static void who_may_step(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 0), eve = agent(w, root, "eve", desk_role_agent, 0);
    struct actor sue = agent(w, root, "sue", desk_role_supervisor, 0), stranger = someone(w, "stranger");
    struct actor ali = customer(w, "ali"), vali = customer(w, "vali"), none = { 0 };
    struct room_id room = opened(w, ali);
    static const enum desk_step all[] = { desk_step_assign, desk_step_lock, desk_step_unlock, desk_step_transfer, desk_step_close };
    for (size_t i = 0; i < 5; i++) {
        assert_refused(ASK(w, stranger, desk_step, room, all[i], bob.account), not_found, "room");
        assert_refused(ASK(w, vali, desk_step, room, all[i], bob.account), not_found, "room");
        assert_refused(ASK(w, none, desk_step, room, all[i], bob.account), unauthenticated, "session");
        if (all[i] != desk_step_close) assert_refused(ASK(w, ali, desk_step, room, all[i], bob.account), forbidden, "role");
    }
    assert_refused(ASK(w, bob, desk_step, room, desk_step_return), invalid, "step");
    assert_refused(ASK(w, bob, desk_step, room, desk_step_open), invalid, "step");
    assert_refused(ASK(w, bob, desk_step, room, desk_step_assign, eve.account), forbidden, "role");
    assert_refused(ASK(w, bob, desk_step, room, desk_step_transfer, eve.account), conflict, "waiting");
    assert_refused(ASK(w, sue, desk_step, room, desk_step_assign, stranger.account), invalid, "agent");
    assert_refused(ASK(w, sue, desk_step, room, desk_step_assign, ali.account), invalid, "agent");
    assert_done(ASK(w, sue, desk_step, room, desk_step_assign, bob.account));
    struct command *late = step(w, eve, room, desk_step_assign);
    assert_refused(late, conflict, "assigned");
    assert_int_equal(late->out.desk_step.chat.agent.id.v, bob.account.v);
    assert_refused(step(w, sue, room, desk_step_assign), conflict, "assigned");
    assert_refused(step(w, eve, room, desk_step_unlock), forbidden, "assigned");
    assert_refused(step(w, eve, room, desk_step_close), forbidden, "assigned");
    assert_refused(ASK(w, eve, desk_step, room, desk_step_transfer, eve.account), forbidden, "assigned");
    taken(w, bob, room, desk_step_lock);
    assert_int_equal(chat_of(w, bob, room).locked_by.id.v, bob.account.v);
    assert_refused(step(w, eve, room, desk_step_lock), conflict, "locked");
    assert_refused(ASK(w, sue, desk_step, room, desk_step_transfer, eve.account, .from = sue.account), conflict, "assigned");
    struct command *passed = ASK(w, bob, desk_step, room, desk_step_transfer, eve.account, .from = bob.account);
    assert_done(passed);
    assert_told(w, "former agent customer hall", ali, eve, bob);
    assert_events(w, "member_left member_joined desk_moved desk_told desk_told desk_told desk_told");
    assert_int_equal(nth(w, event_desk_told, 0)->subject.id.v, bob.account.v);
    assert_int_equal(passed->out.desk_step.chat.state, desk_locked);
    assert_int_equal(passed->out.desk_step.chat.locked_by.id.v, eve.account.v);
    assert_refused(ASK(w, bob, message_post, room, SPAN("x")), not_found, "room");
    assert_refused(ASK(w, sue, message_post, room, SPAN("x")), forbidden, "membership");
    taken(w, sue, room, desk_step_unlock);
    assert_told(w, "hall former", ali, none, eve);
    assert_refused(ASK(w, eve, message_post, room, SPAN("x")), forbidden, "membership");
    taken(w, ali, room, desk_step_close);
    assert_told(w, "customer hall", ali, none, none);
}

static void who_may_look(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 0), eve = agent(w, root, "eve", desk_role_agent, 0);
    struct actor stranger = someone(w, "stranger"), ali = customer(w, "ali"), vali = customer(w, "vali");
    struct room_id room = opened(w, ali);
    post(w, ali, room, "salom");
    const struct actor see[] = { root, bob, eve, ali }, see_not[] = { stranger, vali };
    for (size_t i = 0; i < 4; i++) DO(w, see[i], message_history, room, .limit = 5), chat_of(w, see[i], room);
    for (size_t i = 0; i < 2; i++) {
        assert_refused(ASK(w, see_not[i], message_history, room, .limit = 5), not_found, "room");
        assert_refused(ASK(w, see_not[i], desk_get, room), not_found, "room");
        assert_refused(ASK(w, see_not[i], desk_note_list, room), not_found, "room");
    }
    assert_refused(ASK(w, eve, receipt_mark, room, 3), forbidden, "membership");
    taken(w, bob, room, desk_step_assign);
    assert_refused(ASK(w, eve, message_history, room, .limit = 5), not_found, "room");
    assert_refused(ASK(w, eve, desk_get, room), not_found, "room");
    DO(w, root, message_history, room, .limit = 5);
    assert_int_equal(DO(w, eve, desk_list, desk_filter_all, .limit = 5)->out.desk_list.n, 0);
    assert_int_equal(DO(w, root, desk_list, desk_filter_all, .limit = 5)->out.desk_list.n, 1);
    assert_int_equal(DO(w, bob, desk_list, desk_filter_mine, .limit = 5)->out.desk_list.n, 1);
    assert_refused(ASK(w, eve, desk_list, desk_filter_mine, .account = bob.account, .limit = 5), forbidden, "role");
    assert_int_equal(DO(w, root, desk_list, desk_filter_mine, .account = bob.account, .limit = 5)->out.desk_list.n, 1);
    assert_refused(ASK(w, stranger, desk_list, desk_filter_waiting, .limit = 5), forbidden, "role");
    assert_refused(ASK(w, vali, desk_list, desk_filter_of_customer, .account = ali.account, .limit = 5), forbidden, "role");
    assert_int_equal(DO(w, ali, desk_list, desk_filter_of_customer, .limit = 5)->out.desk_list.n, 1);
    assert_int_equal(DO(w, eve, desk_list, desk_filter_of_customer, .account = ali.account, .limit = 5)->out.desk_list.n, 0);
    struct command *rooms = DO(w, bob, room_list, 0);
    bool shown = false;
    for (size_t i = 0; i < rooms->out.room_list.n; i++) shown |= id_eq(rooms->out.room_list.rooms[i].id, room) && rooms->out.room_list.rooms[i].kind == room_desk;
    assert_true(shown);
    taken(w, bob, room, desk_step_close);
    DO(w, bob, message_history, room, .limit = 5);
    assert_int_equal(DO(w, bob, room_list, 0)->out.room_list.n, 1); /* the lobby */
    assert_int_equal(DO(w, root, desk_list, desk_filter_all, .state = desk_closed, .limit = 5)->out.desk_list.n, 1);
}

static void every_move_is_replayed(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 0), eve = agent(w, root, "eve", desk_role_agent, 0);
    struct actor ali = customer(w, "ali");
    struct room_id room = opened(w, ali);
    taken(w, bob, room, desk_step_lock);
    DO(w, bob, desk_note_add, room, SPAN("VIP"));
    assert_done(ASK(w, bob, desk_step, room, desk_step_transfer, eve.account));
    taken(w, eve, room, desk_step_unlock);
    taken(w, root, room, desk_step_close);
    struct command *c = DO(w, ali, room_changes, room, 0, 100);
    static const struct { enum desk_step step; enum desk_state state; } moves[] = {
        { desk_step_open, desk_waiting }, { desk_step_lock, desk_locked }, { desk_step_transfer, desk_locked },
        { desk_step_unlock, desk_waiting }, { desk_step_close, desk_closed } };
    size_t n = 0, n_notes = 0;
    int64_t seq = 0;
    for (size_t i = 0; i < c->out.room_changes.n; i++) {
        const struct event *e = c->out.room_changes.events[i];
        assert_true(e->seq > seq);
        seq = e->seq;
        n_notes += e->kind == event_desk_noted && span_eq(e->emoji, SPAN("VIP")) && e->message_id.v > 0;
        if (e->kind != event_desk_moved) continue;
        assert_true(n < 5);
        assert_int_equal(e->desk_step, moves[n].step);
        assert_int_equal(e->desk->state, moves[n].state);
        assert_int_equal(e->desk->agent.id.v, n == 1 ? bob.account.v : n == 2 ? eve.account.v : 0);
        n++;
    }
    assert_int_equal(n, 5);
    assert_int_equal(n_notes, 1);
    assert_int_equal(seq, c->out.room_changes.head);
}

static void the_house_gives_back(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 0), ali = customer(w, "ali"), vali = customer(w, "vali");
    struct room_id a = opened(w, ali), v = opened(w, vali);
    taken(w, bob, a, desk_step_assign), taken(w, bob, v, desk_step_lock);
    struct command *held = DO(w, NOBODY, desk_holders, 0);
    assert_int_equal(held->out.desk_holders.n, 2);
    int64_t seen_us = held->out.desk_holders.holdings[0].seen_us;
    assert_true(seen_us > 0 && held->out.desk_holders.holdings[1].seen_us == seen_us);
    assert_false(DO(w, NOBODY, desk_return, a, bob.account, seen_us - 1)->out.desk_return.changed);
    assert_false(DO(w, NOBODY, desk_return, a, root.account, seen_us)->out.desk_return.changed);
    assert_true(DO(w, NOBODY, desk_return, a, bob.account, seen_us)->out.desk_return.changed);
    assert_told(w, "hall former", ali, (struct actor){ 0 }, bob);
    assert_int_equal(nth(w, event_desk_moved, 0)->desk_step, desk_step_return);
    assert_int_equal(chat_of(w, ali, a).state, desk_waiting);
    assert_int_equal(chat_of(w, ali, a).position, 1);
    assert_false(DO(w, NOBODY, desk_return, a, bob.account, seen_us)->out.desk_return.changed);
    DO(w, root, desk_agent_put, bob.account, desk_role_none, 0);
    assert_events(w, "desk_agent_changed");
    held = DO(w, NOBODY, desk_holders, 0);
    assert_int_equal(held->out.desk_holders.n, 1);
    assert_int_equal(held->out.desk_holders.holdings[0].seen_us, 0);
    assert_refused(ASK(w, bob, desk_list, desk_filter_waiting, .limit = 5), forbidden, "role");
    assert_refused(ASK(w, bob, desk_step, a, desk_step_assign), not_found, "room");
}

/* ---- Around it */

static void notes_tags_and_answers_are_the_agents(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 0), ali = customer(w, "ali");
    struct room_id room = opened(w, ali);
    const struct span tags[] = { SPAN("vip"), SPAN("refund"), SPAN("vip") }, bad[] = { SPAN("a,b") };
    DO(w, bob, desk_note_add, room, SPAN("birinchi")), DO(w, root, desk_note_add, room, SPAN("ikkinchi"));
    struct command *notes = DO(w, bob, desk_note_list, room);
    assert_int_equal(notes->out.desk_note_list.n, 2);
    assert_span(notes->out.desk_note_list.notes[0].text, "birinchi");
    assert_refused(ASK(w, ali, desk_note_list, room), forbidden, "role");
    assert_refused(ASK(w, ali, desk_note_add, room, SPAN("x")), forbidden, "role");
    assert_refused(ASK(w, bob, desk_note_add, room, SPAN("")), invalid, "text");
    assert_span(DO(w, bob, desk_tags_set, room, tags, 3)->out.desk_tags_set.chat.tags, "vip,refund");
    assert_span(chat_of(w, bob, room).tags, "vip,refund");
    assert_refused(ASK(w, bob, desk_tags_set, room, bad, 1), invalid, "tags");
    assert_refused(ASK(w, ali, desk_tags_set, room, tags, 1), forbidden, "role");
    assert_span(DO(w, bob, desk_tags_set, room, NULL, 0)->out.desk_tags_set.chat.tags, "");
    int64_t id = DO(w, bob, desk_canned_put, { .title = SPAN("Salom"), .shortcut = SPAN("s"), .text = SPAN("Assalomu alaykum") })->out.desk_canned_put.canned.id;
    assert_refused(ASK(w, bob, desk_canned_put, { .title = SPAN("B"), .shortcut = SPAN("s"), .text = SPAN("t") }), conflict, "shortcut");
    DO(w, root, desk_canned_put, { .id = id, .title = SPAN("Salom 2"), .text = SPAN("Salom") });
    struct command *canned = DO(w, bob, desk_canned_list, 0);
    assert_int_equal(canned->out.desk_canned_list.n, 1);
    assert_span(canned->out.desk_canned_list.canned[0].title, "Salom 2");
    assert_refused(ASK(w, ali, desk_canned_list, 0), forbidden, "role");
    DO(w, bob, desk_canned_delete, id);
    assert_refused(ASK(w, bob, desk_canned_delete, id), not_found, "canned");
    assert_refused(ASK(w, bob, desk_canned_put, { .id = id, .title = SPAN("x"), .text = SPAN("t") }), not_found, "canned");
    assert_refused(ASK(w, bob, desk_agent_put, bob.account, desk_role_supervisor, 0), forbidden, "role");
    assert_refused(ASK(w, root, desk_agent_put, ali.account, desk_role_agent, 0), not_found, "account");
}

static void what_agents_did_is_counted(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 0), eve = agent(w, root, "eve", desk_role_agent, 0);
    struct actor ali = customer(w, "ali");
    struct room_id room = opened(w, ali);
    taken(w, bob, room, desk_step_assign), taken(w, bob, room, desk_step_lock);
    post(w, bob, room, "1"), post(w, bob, room, "2");
    assert_done(ASK(w, bob, desk_step, room, desk_step_transfer, eve.account));
    post(w, eve, room, "3");
    taken(w, eve, room, desk_step_close);
    DO(w, ali, desk_rate, room, 5);
    struct command *all = DO(w, root, desk_figures, 0, 365);
    assert_int_equal(all->out.desk_figures.n, 0);
    int64_t today = chat_of(w, root, room).created_us / (INT64_C(86400) * 1000000);
    all = DO(w, root, desk_figures, today, today + 1);
    assert_int_equal(all->out.desk_figures.n, 2);
    const struct desk_figure *b = &all->out.desk_figures.figures[0], *e = &all->out.desk_figures.figures[1];
    assert_true(b->taken == 1 && b->closed == 0 && b->messages == 2 && b->n_answers == 1 && b->n_ratings == 0);
    assert_true(e->taken == 1 && e->closed == 1 && e->messages == 1 && e->n_answers == 0 && e->n_ratings == 1 && e->ratings == 5);
    assert_int_equal(DO(w, eve, desk_figures, today, today + 1)->out.desk_figures.n, 1);
    assert_refused(ASK(w, ali, desk_figures, today, today), forbidden, "role");
    assert_refused(ASK(w, root, desk_figures, today, today + 366), invalid, "from");
}

static void administrators_come_and_go_at_the_desk_too(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali");
    DO(w, root, admin_user_change, .id = ali.account, .has_site_admin = true, .site_admin = true);
    assert_int_equal(nth(w, event_desk_agent_changed, 0)->desk_role, desk_role_supervisor);
    assert_int_equal(DO(w, ali, desk_me, 0)->out.desk_me.role, desk_role_supervisor);
    DO(w, root, admin_user_change, .id = ali.account, .has_site_admin = true, .site_admin = false);
    assert_int_equal(nth(w, event_desk_agent_changed, 0)->desk_role, desk_role_none);
    assert_int_equal(DO(w, ali, desk_me, 0)->out.desk_me.role, desk_role_none);
}

static void a_page_that_comes_and_goes_is_told(void **state)
{
    struct world *w = *state;
    struct actor ali = customer(w, "ali");
    assert_int_equal(DO(w, ali, desk_online, true)->out.desk_online.room.v, 0);
    assert_events(w, "");
    struct room_id room = opened(w, ali);
    assert_true(chat_of(w, ali, room).online);
    DO(w, ali, desk_online, false);
    assert_events(w, "desk_status");
    assert_int_equal(nth(w, event_desk_status, 0)->room.v, DESK_HALL.v);
    assert_false(chat_of(w, ali, room).online);
}

/* ---- Two at once: on PostgreSQL two writing stores, on SQLite one batch */

enum { n_fighters = 8, n_prizes = 40 };

struct fighter {
    struct store *store;
    struct chat chat;
    struct command *commands[n_prizes];
    size_t n;
};

static void *fight(void *arg)
{
    struct fighter *f = arg;
    for (size_t i = 0; i < f->n; i++) chat_write(&f->chat, &f->commands[i], 1);
    return NULL;
}

static void count_owners(struct world *w, const struct fighter *fighters, size_t n, struct actor root)
{
    int64_t owners[n_prizes + 64] = { 0 };
    size_t n_taken = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < fighters[i].n; k++) {
            const struct command *c = fighters[i].commands[k];
            if (c->fault) {
                assert_true(c->fault == fault_conflict || c->fault == fault_not_found || c->fault == fault_busy);
                continue;
            }
            const struct desk_view *v = &c->out.desk_step.chat;
            if (!c->out.desk_step.changed) continue;
            assert_int_equal(owners[v->room.v], 0);
            owners[v->room.v] = v->agent.id.v;
            assert_int_equal(chat_of(w, root, v->room).agent.id.v, v->agent.id.v);
            n_taken++;
        }
    assert_int_equal(n_taken, n_prizes);
}

static void enlist(struct world *w, struct fighter *f, struct actor who, const struct room_id *rooms, int how)
{
    f->n = n_prizes;
    for (size_t k = 0; k < n_prizes; k++) {
        size_t at = how % 2 ? n_prizes - 1 - k : k; /* from both ends, so that they meet */
        bool next = (k + (size_t)how) % 3 == 0;
        f->commands[k] = WISH(w, who, desk_step, next ? (struct room_id){ 0 } : rooms[at], desk_step_assign);
    }
    if (!store_takes_many_writers(world_url)) return;
    assert_int_equal(store_open(world_url, db_writer, &f->store), fault_none);
    chat_init(&f->chat, &w->rules, f->store);
}

static void two_who_want_one_chat(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root");
    struct room_id rooms[n_prizes];
    struct fighter fighters[n_fighters] = { 0 };
    pthread_t threads[n_fighters];
    bool many = store_takes_many_writers(world_url);
    for (int i = 0; i < n_prizes; i++) {
        char id[8];
        snprintf(id, sizeof id, "c%d", i);
        rooms[i] = opened(w, customer(w, id));
    }
    for (int i = 0; i < n_fighters; i++) {
        char name[8];
        snprintf(name, sizeof name, "agent%d", i);
        enlist(w, &fighters[i], agent(w, root, name, desk_role_agent, 0), rooms, i);
    }
    for (int i = 0; i < n_fighters; i++) {
        if (many) pthread_create(&threads[i], NULL, fight, &fighters[i]);
        else world_write(w, fighters[i].commands, fighters[i].n);
    }
    for (int i = 0; many && i < n_fighters; i++) pthread_join(threads[i], NULL);
    for (int k = 0; k < n_prizes; k++) ASK(w, root, desk_step, { 0 }, desk_step_assign); /* what "busy" left over would show here */
    for (int i = 0; many && i < n_fighters; i++) store_close(fighters[i].store);
    count_owners(w, fighters, n_fighters, root);
}

/* Capacity holds however many takes of one agent are under way. */
static void nobody_gets_more_than_fits(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), bob = agent(w, root, "bob", desk_role_agent, 3);
    struct fighter fighters[4] = { 0 };
    pthread_t threads[4];
    struct room_id rooms[n_prizes];
    bool many = store_takes_many_writers(world_url);
    for (int i = 0; i < n_prizes; i++) {
        char id[8];
        snprintf(id, sizeof id, "c%d", i);
        rooms[i] = opened(w, customer(w, id));
    }
    for (int i = 0; i < 4; i++) enlist(w, &fighters[i], bob, rooms, i);
    for (int i = 0; i < 4; i++) {
        if (many) pthread_create(&threads[i], NULL, fight, &fighters[i]);
        else world_write(w, fighters[i].commands, fighters[i].n);
    }
    for (int i = 0; many && i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; many && i < 4; i++) store_close(fighters[i].store);
    assert_int_equal(DO(w, bob, desk_list, desk_filter_mine, .limit = 50)->out.desk_list.n, 3);
}

CASES(desk, STORY(a_customer_is_known_by_id_alone), STORY(visitors_are_never_the_same), STORY(customers_are_no_people_of_the_house), STORY(a_chat_lives),
      STORY(a_retried_message_is_answered_after_the_close), STORY(links_belong_to_the_desk), STORY(the_oldest_is_served_first), STORY(who_may_step),
      STORY(who_may_look), STORY(every_move_is_replayed), STORY(the_house_gives_back), STORY(notes_tags_and_answers_are_the_agents),
      STORY(what_agents_did_is_counted), STORY(administrators_come_and_go_at_the_desk_too), STORY(a_page_that_comes_and_goes_is_told), STORY(two_who_want_one_chat), STORY(nobody_gets_more_than_fits));
