/* The failing driver: each way to fail, on demand; and at random, with an audit of what it claimed. */
#include "fixture.h"
#include "store/db_failing.h"
#include <stdio.h>
#include <stdlib.h>

struct plan {
    enum db_fail_at at;
    enum db_fail_how how;
    int times;
};

static enum db_fail_how follow_plan(void *user, enum db_fail_at at, enum db_stmt stmt)
{
    struct plan *plan = user;
    if (at != plan->at || !plan->times) return db_fail_not;
    plan->times--;
    return plan->how;
}

static struct db *plan_for(void **state, struct plan *plan)
{
    struct db *db = ((struct fixture *)*state)->writer;
    db_failing_hook(db, follow_plan, plan);
    return db;
}

static void begin_fails(void **state)
{
    struct plan plan = { db_fail_at_begin, db_fail_unavailable, 1 };
    struct db *db = plan_for(state, &plan);
    assert_fault(db_begin(db), unavailable);
    assert_fault(db_begin(db), unavailable);
    assert_true(db_revive(db));
    assert_ok(db_begin(db));
    assert_ok(put(db, 1, "a"));
    assert_ok(db_commit(db));
}

static void a_lost_statement_loses_the_transaction(void **state)
{
    struct plan plan = { db_fail_at_statement, db_fail_unavailable, 0 };
    struct db *db = plan_for(state, &plan);
    assert_ok(db_begin(db));
    assert_ok(db_savepoint(db));
    assert_ok(put(db, 1, "a"));
    plan.times = 1;
    assert_fault(put(db, 1, "b"), unavailable);
    assert_fault(put(db, 1, "c"), unavailable);
    assert_fault(db_savepoint_abort(db), unavailable);
    assert_fault(db_savepoint(db), unavailable);
    assert_fault(db_commit(db), unavailable);
    assert_true(db_revive(db));
    assert_int_equal(number(db, stmt_item_count), 0);
}

static void a_conflict_spoils_only_itself(void **state)
{
    struct plan plan = { db_fail_at_statement, db_fail_conflict, 1 };
    struct db *db = plan_for(state, &plan);
    assert_ok(db_begin(db));
    assert_fault(put(db, 1, "a"), conflict);
    assert_ok(put(db, 1, "b"));
    assert_ok(db_commit(db));
    assert_int_equal(number(db, stmt_item_count), 1);
}

static void commit_fails(void **state, enum db_fail_how how, const char *word, int64_t n_left)
{
    struct plan plan = { db_fail_at_commit, how, 1 };
    struct db *db = plan_for(state, &plan);
    assert_ok(db_begin(db));
    assert_ok(put(db, 1, "a"));
    assert_string_equal(fault_word(db_commit(db)), word);
    assert_fault(db_begin(db), unavailable);
    assert_true(db_revive(db));
    assert_int_equal(number(db, stmt_item_count), n_left);
}

static void commit_is_unavailable(void **state)
{
    commit_fails(state, db_fail_unavailable, "unavailable", 0);
}

static void commit_is_uncertain_and_done(void **state)
{
    commit_fails(state, db_fail_uncertain_done, "uncertain", 1);
}

static void commit_is_uncertain_and_lost(void **state)
{
    commit_fails(state, db_fail_uncertain_lost, "uncertain", 0);
}

static void revive_fails(void **state)
{
    struct plan plan = { db_fail_at_begin, db_fail_unavailable, 1 };
    struct db *db = plan_for(state, &plan);
    assert_fault(db_begin(db), unavailable);
    plan = (struct plan){ db_fail_at_revive, db_fail_unavailable, 2 };
    assert_false(db_revive(db));
    assert_false(db_revive(db));
    assert_true(db_revive(db));
}

static enum fault one_transaction(struct db *db, const char *name)
{
    enum fault fault = db_begin(db);
    if (fault) return fault;
    fault = db_savepoint(db);
    if (!fault) fault = put(db, 1, name);
    if (!fault) fault = db_savepoint_release(db);
    if (!fault) return db_commit(db);
    db_abort(db);
    return fault;
}

static void at_random_its_claims_are_true(void **state)
{
    struct fixture *f = *state;
    char url[256];
    snprintf(url, sizeof url, "failing:4:%s", contract_url + sizeof "failing:0:" - 1);
    struct db *db = open_or_die(url, db_writer);
    enum fault claims[600];
    int n_of[fault_count] = { 0 };
    for (int i = 0; i < 600; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        n_of[claims[i] = one_transaction(db, name)]++;
        while (claims[i] && !db_revive(db)) continue;
    }
    db_close(db);
    for (int i = 0; i < 600; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        if (claims[i] != fault_uncertain) assert_int_equal(has(f->reader, name), claims[i] == fault_none);
    }
    assert_true(n_of[fault_none] > 50 && n_of[fault_unavailable] > 50 && n_of[fault_uncertain] > 5);
    assert_int_equal(n_of[fault_none] + n_of[fault_unavailable] + n_of[fault_uncertain], 600);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
const struct CMUnitTest failing_cases[] = {
    CASE(begin_fails),
    CASE(a_lost_statement_loses_the_transaction),
    CASE(a_conflict_spoils_only_itself),
    CASE(commit_is_unavailable),
    CASE(commit_is_uncertain_and_done),
    CASE(commit_is_uncertain_and_lost),
    CASE(revive_fails),
    CASE(at_random_its_claims_are_true),
};
const size_t n_failing_cases = sizeof failing_cases / sizeof *failing_cases;
