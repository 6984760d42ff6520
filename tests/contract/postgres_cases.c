/* PostgreSQL only: connections that die at every moment, and settings a server may try to talk us out of. */
#include "fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void kill_backend(struct db *killer, int64_t backend)
{
    assert_ok(DB_EXEC(killer, terminate, DB_I64(backend)));
    usleep(100 * 1000);
}

static void a_dead_idle_connection_is_noticed_and_revived(void **state)
{
    struct fixture *f = *state;
    kill_backend(f->reader, number(f->writer, stmt_backend));
    assert_fault(db_begin(f->writer), unavailable);
    assert_fault(put(f->writer, 1, "a"), unavailable);
    assert_true(db_revive(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_int_equal(number(f->writer, stmt_item_count), 1);
}

static void a_dead_transaction_is_rolled_back(void **state)
{
    struct fixture *f = *state;
    assert_ok(db_begin(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_ok(db_savepoint(f->writer));
    kill_backend(f->reader, number(f->writer, stmt_backend));
    assert_fault(put(f->writer, 1, "b"), unavailable);
    assert_fault(db_savepoint_abort(f->writer), unavailable);
    assert_fault(put(f->writer, 1, "c"), unavailable);
    assert_fault(db_commit(f->writer), unavailable);
    assert_true(db_revive(f->writer));
    assert_int_equal(number(f->writer, stmt_item_count), 0);
}

static void dead_before_commit_is_surely_rolled_back(void **state)
{
    struct fixture *f = *state;
    assert_ok(db_begin(f->writer));
    int64_t backend = number(f->writer, stmt_backend);
    assert_ok(put(f->writer, 1, "a"));
    kill_backend(f->reader, backend);
    assert_fault(db_commit(f->writer), unavailable);
    assert_true(db_revive(f->writer));
    assert_int_equal(number(f->writer, stmt_item_count), 0);
}

int work_kill_later(int64_t backend)
{
    struct db *db;
    if (db_open(contract_url, db_reader, &db)) return 1;
    child_ready();
    usleep(500 * 1000);
    enum fault fault = DB_EXEC(db, terminate, DB_I64(backend));
    db_close(db);
    return fault;
}

static void slow_commits(struct db *db)
{
    assert_ok(db_script(db, "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(4); RETURN NULL; END $$;"
                            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"));
}

static void death_during_commit_is_uncertain(void **state)
{
    struct fixture *f = *state;
    slow_commits(f->writer);
    struct child child = child_start("kill_later", number(f->writer, stmt_backend));
    child_wait_ready(&child);
    assert_ok(db_begin(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_fault(db_commit(f->writer), uncertain);
    assert_int_equal(child_finish(&child), 0);
    assert_true(db_revive(f->writer));
    assert_int_equal(number(f->writer, stmt_item_count), 0);
}

static void death_during_a_lone_write_is_uncertain(void **state)
{
    struct fixture *f = *state;
    slow_commits(f->writer);
    struct child child = child_start("kill_later", number(f->writer, stmt_backend));
    child_wait_ready(&child);
    assert_fault(put(f->writer, 1, "a"), uncertain);
    assert_int_equal(child_finish(&child), 0);
    assert_true(db_revive(f->writer));
}

static void a_refused_commit_is_unavailable(void **state)
{
    struct fixture *f = *state;
    assert_ok(db_script(f->writer, "CREATE OR REPLACE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;"
                                   "CREATE CONSTRAINT TRIGGER never AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED"
                                   " FOR EACH ROW EXECUTE FUNCTION never()"));
    assert_ok(db_begin(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_fault(db_commit(f->writer), unavailable);
    assert_int_equal(number(f->writer, stmt_item_count), 0);
}

static void a_spoiled_transaction_does_not_commit(void **state)
{
    struct fixture *f = *state;
    assert_ok(db_begin(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_fault(put(f->writer, 1, "a"), conflict);
    assert_fault(db_commit(f->writer), unavailable);
    assert_int_equal(number(f->writer, stmt_item_count), 0);
    assert_ok(db_begin(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_ok(db_commit(f->writer));
}

int work_hold_rows(int64_t hold_s)
{
    struct db *db;
    if (db_open(contract_url, db_writer, &db) || db_begin(db) || DB_EXEC(db, item_note_all, DB_TEXT(SPAN("held")))) return 1;
    child_ready();
    sleep((unsigned)hold_s);
    db_close(db);
    return 0;
}

static void a_lock_held_too_long_is_unavailable(void **state)
{
    struct fixture *f = *state;
    assert_ok(put(f->writer, 1, "a"));
    struct child child = child_start("hold_rows", 7);
    child_wait_ready(&child);
    assert_ok(db_begin(f->writer));
    assert_ok(db_savepoint(f->writer));
    assert_fault(DB_EXEC(f->writer, item_note_all, DB_TEXT(SPAN("mine"))), unavailable);
    assert_ok(db_savepoint_abort(f->writer));
    assert_ok(put(f->writer, 2, "b"));
    assert_ok(db_commit(f->writer));
    assert_int_equal(child_finish(&child), 0);
}

static void durability_survives_the_database_setting(void **state)
{
    struct fixture *f = *state;
    assert_ok(db_script(f->writer, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$"));
    struct db *db = open_or_die(contract_url, db_writer);
    assert_int_equal(number(db, stmt_durability), 2);
    db_close(db);
    assert_ok(db_script(f->writer, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET synchronous_commit', current_database()); END $$"));
}

static void old_urls_are_understood(void **state)
{
    const char *schemes[] = { "postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg2" };
    for (int i = 0; i < 4; i++) {
        char url[320];
        snprintf(url, sizeof url, "%s%s", schemes[i], strstr(contract_url, "://"));
        db_close(open_or_die(url, db_reader));
    }
}

static void a_silent_server_is_unavailable(void **state)
{
    struct db *db;
    assert_fault(db_open("postgresql://postgres@127.0.0.1:1/x", db_writer, &db), unavailable);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
const struct CMUnitTest postgres_cases[] = {
    CASE(a_dead_idle_connection_is_noticed_and_revived),
    CASE(a_dead_transaction_is_rolled_back),
    CASE(dead_before_commit_is_surely_rolled_back),
    CASE(death_during_commit_is_uncertain),
    CASE(death_during_a_lone_write_is_uncertain),
    CASE(a_refused_commit_is_unavailable),
    CASE(a_spoiled_transaction_does_not_commit),
    CASE(a_lock_held_too_long_is_unavailable),
    CASE(durability_survives_the_database_setting),
    CASE(old_urls_are_understood),
    CASE(a_silent_server_is_unavailable),
};
const size_t n_postgres_cases = sizeof postgres_cases / sizeof *postgres_cases;
