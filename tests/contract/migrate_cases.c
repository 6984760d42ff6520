/* The runner of migrations, on every engine. */
#include "fixture.h"
#include "store/migrate.h"

/* The program's own steps are held by statements_contract.c. */
const struct migration migrations[1] = { 0 };
const int n_migrations = 0;

static const char more[] = "CREATE TABLE later (a bigint NOT NULL); INSERT INTO later (a) VALUES (1)";
static const struct migration steps[] = {
    { 1, "first", "DROP TABLE IF EXISTS later; INSERT INTO item (owner, name) VALUES (1, 'one')",
      "DROP TABLE IF EXISTS later; INSERT INTO item (owner, name) VALUES (1, 'one')" },
    { 2, "second", more, more },
    { 3, "third", "INSERT INTO later (a) VALUES (2)", "INSERT INTO later (a) VALUES (2)" },
};
static const struct migration spoiled[] = {
    { 1, "first", "INSERT INTO item (owner, name) VALUES (1, 'one')", "INSERT INTO item (owner, name) VALUES (1, 'one')" },
    { 2, "second", "CREATE TABLE half (a bigint); INSERT INTO nowhere VALUES (1)", "CREATE TABLE half (a bigint); INSERT INTO nowhere VALUES (1)" },
};

static void steps_run_once_and_go_on_later(void **state)
{
    struct db *db = ((struct fixture *)*state)->writer;
    assert_ok(migrate_with(db, steps, 2));
    assert_ok(migrate_with(db, steps, 2));
    assert_int_equal(number(db, stmt_migration_newest), 2);
    assert_ok(migrate_with(db, steps, 3));
    assert_int_equal(number(db, stmt_migration_newest), 3);
    assert_int_equal(number(db, stmt_item_count), 1);
}

static void a_newer_schema_is_refused(void **state)
{
    struct db *db = ((struct fixture *)*state)->writer;
    assert_ok(migrate_with(db, steps, 3));
    assert_fault(migrate_with(db, steps, 2), conflict);
    assert_int_equal(number(db, stmt_migration_newest), 3);
    assert_ok(put(db, 5, "still works"));
}

static void a_failed_step_leaves_nothing(void **state)
{
    struct db *db = ((struct fixture *)*state)->writer;
    assert_fault(migrate_with(db, spoiled, 2), internal);
    assert_int_equal(number(db, stmt_item_count), 0);
    assert_int_equal(number(db, stmt_migration_newest), -1);
    assert_ok(db_script(db, "CREATE TABLE half (a bigint); DROP TABLE half"));
}

int work_migrate(int64_t unused)
{
    struct db *db;
    child_ready();
    if (db_open(contract_url, db_writer, &db)) return 1;
    int status = migrate_with(db, steps, 3) ? 2 : 0;
    db_close(db);
    return status;
}

static void simultaneous_starters_are_safe(void **state)
{
    struct db *db = ((struct fixture *)*state)->writer;
    struct child children[6];
    for (int i = 0; i < 6; i++) children[i] = child_start("migrate", 0);
    for (int i = 0; i < 6; i++) assert_int_equal(child_finish(&children[i]), 0);
    assert_int_equal(number(db, stmt_migration_count), 3);
    assert_int_equal(number(db, stmt_item_count), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
const struct CMUnitTest migrate_cases[] = {
    CASE(steps_run_once_and_go_on_later),
    CASE(a_newer_schema_is_refused),
    CASE(a_failed_step_leaves_nothing),
    CASE(simultaneous_starters_are_safe),
};
const size_t n_migrate_cases = sizeof migrate_cases / sizeof *migrate_cases;
