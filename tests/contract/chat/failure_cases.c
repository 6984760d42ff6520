/* When the database fails: nothing half done, nothing told too early, nothing lost that was promised. */
#include "world.h"
#include "store/db_failing.h"

/* Fails once, at a given place, after letting `skip` others pass. */
struct plan {
    enum db_fail_at at;
    enum db_stmt stmt; /* stmt_count: any */
    enum db_fail_how how;
    int skip, times;
};

static enum db_fail_how follow(void *user, enum db_fail_at at, enum db_stmt stmt)
{
    struct plan *p = user;
    if (at != p->at || (p->stmt != stmt_count && p->stmt != stmt) || !p->times) return db_fail_not;
    if (p->skip-- > 0) return db_fail_not;
    p->times--;
    return p->how;
}

static void scheme(struct world *w, struct plan *plan)
{
    db_failing_hook(store_db(w->store), follow, plan);
}

#define POST(by, text_, key_) WISH(w, by, message_post, .room = LOBBY, .text = SPAN(text_), .key = SPAN(key_))

static void a_commit_that_fails_leaves_nothing(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct plan plan = { .at = db_fail_at_commit, .stmt = stmt_count, .how = db_fail_unavailable, .times = 1 };
    struct command *batch[] = { POST(ali, "one", "a"), WISH(w, ali, room_create, .kind = room_group, .name = SPAN("x")), POST(ali, "two", "b"),
                                WISH(w, ali, message_edit, LOBBY, { 99 }, SPAN("x")) };
    scheme(w, &plan);
    world_write(w, batch, 4);
    for (int i = 0; i < 4; i++) assert_refused(batch[i], unavailable, NULL);
    assert_events(w, "");
    assert_int_equal(head_of(w, ali, LOBBY), 0);
    assert_int_equal(DO(w, ali, room_list, 0)->out.room_list.n, 1);
    assert_int_equal(post(w, ali, LOBBY, "after").seq, 1);
}

static void after_an_uncertain_commit_the_retry_finds_what_was_done(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct plan plan = { .at = db_fail_at_commit, .stmt = stmt_count, .how = db_fail_uncertain_done, .times = 1 };
    struct command *batch[] = { POST(ali, "one", "a"), POST(ali, "two", "b") };
    scheme(w, &plan);
    world_write(w, batch, 2);
    assert_refused(batch[0], uncertain, NULL);
    assert_refused(batch[1], uncertain, NULL);
    assert_events(w, "");
    struct command *again[] = { POST(ali, "one", "a"), POST(ali, "two", "b") };
    world_write(w, again, 2);
    assert_done(again[0]);
    assert_true(again[0]->out.message_post.repeat && again[1]->out.message_post.repeat);
    assert_int_equal(head_of(w, ali, LOBBY), 2);
}

static void after_an_uncertain_commit_the_retry_does_what_was_lost(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct plan plan = { .at = db_fail_at_commit, .stmt = stmt_count, .how = db_fail_uncertain_lost, .times = 1 };
    struct command *lost = POST(ali, "one", "a"), *again = POST(ali, "one", "a");
    scheme(w, &plan);
    world_write(w, &lost, 1);
    assert_refused(lost, uncertain, NULL);
    world_write(w, &again, 1);
    assert_done(again);
    assert_false(again->out.message_post.repeat);
    assert_int_equal(again->out.message_post.message.seq, 1);
}

static void a_dead_connection_is_revived_at_the_next_batch(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct plan plan = { .at = db_fail_at_statement, .stmt = stmt_message_post_facts, .how = db_fail_unavailable, .times = 1 };
    struct command *c = POST(ali, "one", "a");
    scheme(w, &plan);
    world_write(w, &c, 1);
    assert_refused(c, unavailable, NULL);
    assert_int_equal(post(w, ali, LOBBY, "after").seq, 1);
}

static void a_database_that_stays_away_is_unavailable(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct plan plan = { .at = db_fail_at_begin, .stmt = stmt_count, .how = db_fail_unavailable, .times = 2 };
    struct command *c = POST(ali, "one", "a");
    scheme(w, &plan);
    world_write(w, &c, 1);
    assert_refused(c, unavailable, NULL);
    assert_int_equal(post(w, ali, LOBBY, "after").seq, 1);
}

static void a_set_that_fails_is_tried_one_by_one(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct plan plan = { .at = db_fail_at_statement, .stmt = stmt_message_insert, .how = db_fail_conflict, .times = 1 };
    struct command *batch[] = { POST(ali, "one", "a"), POST(ali, "two", "b"), POST(ali, "one", "a") };
    scheme(w, &plan);
    world_write(w, batch, 3);
    for (int i = 0; i < 3; i++) assert_done(batch[i]);
    assert_true(batch[2]->out.message_post.repeat);
    assert_events(w, "message_posted message_posted");
    assert_int_equal(head_of(w, ali, LOBBY), 2);
}

static void one_poisonous_command_does_not_sink_its_neighbours(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct plan plan = { .at = db_fail_at_statement, .stmt = stmt_message_insert, .how = db_fail_conflict, .times = 2, .skip = 0 };
    struct command *batch[] = { POST(ali, "one", "a"), POST(ali, "two", "b"), WISH(w, ali, room_create, .kind = room_group, .name = SPAN("x")) };
    scheme(w, &plan);
    world_write(w, batch, 3);
    assert_true(batch[0]->fault != fault_none);
    assert_done(batch[1]);
    assert_done(batch[2]);
    assert_events(w, "message_posted member_joined");
    assert_int_equal(batch[1]->out.message_post.message.seq, 1);
    assert_int_equal(head_of(w, ali, LOBBY), 1);
}

static void a_refused_command_takes_back_what_it_had_begun(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct account_id members[] = { someone(w, "vali").account, { 999 } };
    struct command *batch[] = { WISH(w, ali, room_create, .kind = room_group, .name = SPAN("x"), .members = members, .n_members = 2),
                                POST(ali, "one", "a") };
    world_write(w, batch, 2);
    assert_refused(batch[0], not_found, "members");
    assert_done(batch[1]);
    assert_events(w, "message_posted");
    assert_int_equal(DO(w, ali, room_list, 0)->out.room_list.n, 1);
}

#define FAILING(f) cmocka_unit_test_setup_teardown(f, world_up_failing, world_down)
CASES(failure, FAILING(a_commit_that_fails_leaves_nothing), FAILING(after_an_uncertain_commit_the_retry_finds_what_was_done),
      FAILING(after_an_uncertain_commit_the_retry_does_what_was_lost), FAILING(a_dead_connection_is_revived_at_the_next_batch),
      FAILING(a_database_that_stays_away_is_unavailable), FAILING(a_set_that_fails_is_tried_one_by_one),
      FAILING(one_poisonous_command_does_not_sink_its_neighbours), FAILING(a_refused_command_takes_back_what_it_had_begun));
