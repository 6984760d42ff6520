/* The contract of the database port, held against every driver by the same cases. usage: db_contract sqlite|postgres|failing
   (postgres: the server of DATABASE_URL; see tests/tools/with-postgres). */
#include "fixture.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fixture *of(void **state)
{
    return *state;
}

static void one_text(struct db *db, const char *name, struct span note)
{
    assert_ok(DB_EXEC(db, item_put, DB_I64(7), DB_TEXT(span_of(name)), DB_TEXT(note)));
    struct db_rows rows;
    DB_QUERY(db, &rows, item_by_name, DB_I64(7), DB_TEXT(span_of(name)));
    assert_true(db_next(&rows));
    assert_false(db_col_is_null(&rows, 3));
    assert_true(span_eq(db_col_text(&rows, 3), note));
    assert_false(db_next(&rows));
    assert_ok(db_end(&rows));
}

static void texts_come_back_as_they_went(void **state)
{
    struct db *db = of(state)->writer;
    static char big[16384];
    memset(big, 'q', sizeof big);
    one_text(db, "plain", SPAN("salom"));
    one_text(db, "quotes", SPAN("it's \"$1\"; DROP TABLE item; -- \\ % _ ?"));
    one_text(db, "scripts", SPAN("o\xca\xbbzbek \xd1\x80\xd1\x83\xd1\x81 \xf0\x9f\x91\x8b\xf0\x9f\x8f\xbd \xe2\x80\xae"));
    one_text(db, "lines", SPAN("\r\n\t\x01\x7f"));
    one_text(db, "big", span_make(big, sizeof big));
    one_text(db, "empty", SPAN(""));
    one_text(db, "empty without a pointer", (struct span){ 0 });
}

static void integers_keep_64_bits(void **state)
{
    struct db *db = of(state)->writer;
    const int64_t values[] = { 0, -1, INT64_MAX, INT64_MIN, 1ll << 53 };
    for (size_t i = 0; i < 5; i++) {
        assert_ok(put(db, values[i], "n"));
        struct db_rows rows;
        DB_QUERY(db, &rows, item_by_name, DB_I64(values[i]), DB_TEXT(SPAN("n")));
        assert_true(db_next(&rows));
        assert_true(db_col_i64(&rows, 1) == values[i]);
        assert_ok(db_end(&rows));
    }
}

static void null_is_null_and_reads_as_nothing(void **state)
{
    struct db *db = of(state)->writer;
    assert_ok(put(db, 1, "a"));
    struct db_rows rows;
    DB_QUERY(db, &rows, item_by_name, DB_I64(1), DB_TEXT(SPAN("a")));
    assert_true(db_next(&rows));
    assert_true(db_col_is_null(&rows, 3));
    assert_int_equal(db_col_text(&rows, 3).n, 0);
    assert_int_equal(db_col_i64(&rows, 3), 0);
    assert_ok(db_end(&rows));
}

static void integer_and_boolean_columns_read(void **state)
{
    struct db *db = of(state)->writer;
    struct db_rows rows;
    DB_QUERY(db, &rows, item_add, DB_I64(1), DB_TEXT(SPAN("a")), { .type = db_null });
    assert_true(db_next(&rows));
    int64_t id = db_col_i64(&rows, 0);
    assert_ok(db_end(&rows));
    assert_true(id > 0);
    assert_ok(DB_EXEC(db, part_put, DB_I64(id), DB_I64(-5)));
    assert_int_equal(number(db, stmt_part_sizes), -5);
    assert_true(has(db, "a"));
    assert_false(has(db, "b"));
}

static void parameters_go_by_number(void **state)
{
    struct db *db = of(state)->writer;
    assert_ok(DB_EXEC(db, item_put_swapped, DB_I64(3), DB_TEXT(SPAN("x"))));
    struct db_rows rows;
    DB_QUERY(db, &rows, item_by_name, DB_I64(3), DB_TEXT(SPAN("x")));
    assert_true(db_next(&rows));
    assert_true(span_eq(db_col_text(&rows, 3), SPAN("x")));
    assert_ok(db_end(&rows));
}

static void changed_rows_are_counted(void **state)
{
    struct db *db = of(state)->writer;
    for (int i = 0; i < 3; i++) assert_ok(put(db, i, "a"));
    int64_t n = -1;
    struct db_param note = DB_TEXT(SPAN("n"));
    assert_ok(db_exec(db, stmt_item_note_all, &note, 1, &n));
    assert_int_equal(n, 3);
    struct db_param nobody = DB_I64(999999);
    assert_ok(db_exec(db, stmt_item_remove, &nobody, 1, &n));
    assert_int_equal(n, 0);
}

static void constraints_are_conflicts(void **state)
{
    struct db *db = of(state)->writer;
    assert_ok(put(db, 1, "a"));
    assert_fault(put(db, 1, "a"), conflict);
    assert_fault(DB_EXEC(db, part_put, DB_I64(424242), DB_I64(1)), conflict);
    assert_fault(DB_EXEC(db, item_spoil), internal);
    assert_ok(put(db, 2, "a"));
    assert_int_equal(number(db, stmt_item_count), 2);
}

static void a_referenced_row_stays(void **state)
{
    struct db *db = of(state)->writer;
    struct db_rows rows;
    DB_QUERY(db, &rows, item_add, DB_I64(1), DB_TEXT(SPAN("a")), { .type = db_null });
    assert_true(db_next(&rows));
    int64_t id = db_col_i64(&rows, 0);
    assert_ok(db_end(&rows));
    assert_ok(DB_EXEC(db, part_put, DB_I64(id), DB_I64(1)));
    assert_fault(DB_EXEC(db, item_remove, DB_I64(id)), conflict);
}

static void a_write_happens_without_reading_its_rows(void **state)
{
    struct db *db = of(state)->writer;
    struct db_rows rows;
    DB_QUERY(db, &rows, item_add, DB_I64(1), DB_TEXT(SPAN("a")), { .type = db_null });
    assert_ok(db_end(&rows));
    assert_true(has(db, "a"));
}

static void mistakes_are_internal_and_leave_the_connection_well(void **state)
{
    struct db *db = of(state)->writer;
    assert_ok(put(db, 1, "a"));
    assert_fault(DB_EXEC(db, item_broken), internal);
    assert_fault(DB_EXEC(db, item_put, DB_I64(1)), internal);
    struct db_rows rows;
    db_query(db, &rows, stmt_item_count, NULL, 0);
    assert_true(db_next(&rows));
    assert_int_equal(db_col_text(&rows, 0).n, 0);
    assert_fault(db_end(&rows), internal);
    db_query(db, &rows, stmt_item_all, NULL, 0);
    assert_true(db_next(&rows));
    assert_int_equal(db_col_i64(&rows, 1), 0);
    assert_false(db_next(&rows));
    assert_fault(db_end(&rows), internal);
    db_query(db, &rows, stmt_item_count, NULL, 0);
    assert_true(db_next(&rows));
    assert_int_equal(db_col_i64(&rows, 3), 0);
    assert_fault(db_end(&rows), internal);
    db_query(db, &rows, stmt_item_put_many, NULL, 0);
    assert_false(db_next(&rows));
    assert_fault(db_end(&rows), internal);
    assert_int_equal(number(db, stmt_item_count), 1);
}

static void abort_undoes(void **state)
{
    struct db *db = of(state)->writer;
    assert_ok(db_begin(db));
    assert_ok(put(db, 1, "a"));
    assert_int_equal(number(db, stmt_item_count), 1);
    db_abort(db);
    assert_int_equal(number(db, stmt_item_count), 0);
    assert_ok(db_begin(db));
    db_abort(db);
    assert_ok(db_begin(db));
    assert_ok(db_commit(db));
}

static void savepoints_undo_one_command(void **state)
{
    struct db *db = of(state)->writer;
    assert_ok(db_begin(db));
    const char *names[] = { "a", "b", "b", "c" };
    for (int i = 0; i < 4; i++) {
        assert_ok(db_savepoint(db));
        enum fault fault = put(db, 1, names[i]);
        if (i == 2) {
            assert_fault(fault, conflict);
            assert_ok(db_savepoint_abort(db));
        } else {
            assert_ok(fault);
            assert_ok(db_savepoint_release(db));
        }
    }
    assert_ok(db_savepoint(db));
    assert_ok(put(db, 1, "undone"));
    assert_ok(db_savepoint_abort(db));
    assert_ok(db_savepoint(db));
    assert_ok(db_savepoint_release(db));
    assert_ok(db_savepoint(db));
    assert_ok(db_savepoint_abort(db));
    assert_ok(db_commit(db));
    assert_int_equal(number(of(state)->reader, stmt_item_count), 3);
    assert_false(has(db, "undone"));
}

static void a_transaction_of_failed_savepoints_commits_nothing(void **state)
{
    struct db *db = of(state)->writer;
    assert_ok(db_begin(db));
    for (int i = 0; i < 3; i++) {
        assert_ok(db_savepoint(db));
        assert_fault(DB_EXEC(db, part_put, DB_I64(1), DB_I64(1)), conflict);
        assert_ok(db_savepoint_abort(db));
    }
    assert_ok(db_commit(db));
    assert_int_equal(number(db, stmt_item_count), 0);
}

static void a_reader_sees_only_what_is_committed(void **state)
{
    struct fixture *f = of(state);
    assert_ok(db_begin(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_int_equal(number(f->reader, stmt_item_count), 0);
    assert_ok(db_commit(f->writer));
    assert_int_equal(number(f->reader, stmt_item_count), 1);
}

static void a_reading_transaction_is_one_snapshot(void **state)
{
    struct fixture *f = of(state);
    assert_ok(db_begin(f->reader));
    assert_int_equal(number(f->reader, stmt_item_count), 0);
    assert_ok(put(f->writer, 1, "a"));
    assert_int_equal(number(f->reader, stmt_item_count), 0);
    db_abort(f->reader);
    assert_int_equal(number(f->reader, stmt_item_count), 1);
}

static void a_reader_may_not_write(void **state)
{
    struct fixture *f = of(state);
    assert_fault(put(f->reader, 1, "a"), internal);
    assert_ok(db_begin(f->reader));
    assert_fault(put(f->reader, 1, "a"), internal);
    db_abort(f->reader);
    assert_true(db_script(f->reader, "CREATE TABLE mine (a int)") != fault_none);
    assert_int_equal(number(f->reader, stmt_item_count), 0);
}

static void commits_are_durable(void **state)
{
    assert_int_equal(number(of(state)->writer, stmt_durability), 2);
}

static void many_rows_come_in_order(void **state)
{
    struct fixture *f = of(state);
    assert_ok(db_begin(f->writer));
    for (int i = 0; i < 5000; i++) assert_ok(put(f->writer, i, "row"));
    assert_ok(db_commit(f->writer));
    struct db_rows rows;
    db_query(f->reader, &rows, stmt_item_all, NULL, 0);
    int n = 0;
    while (db_next(&rows)) {
        assert_int_equal(db_col_i64(&rows, 0), n++);
        assert_true(span_eq(db_col_text(&rows, 1), SPAN("row")));
    }
    assert_ok(db_end(&rows));
    assert_int_equal(n, 5000);
}

static void a_query_may_be_left_early_and_run_again(void **state)
{
    struct db *db = of(state)->writer;
    for (int i = 0; i < 10; i++) assert_ok(put(db, i, "a"));
    for (int round = 0; round < 3; round++) {
        struct db_rows rows, other;
        db_query(db, &rows, stmt_item_all, NULL, 0);
        assert_true(db_next(&rows));
        db_query(db, &other, stmt_item_count, NULL, 0);
        assert_true(db_next(&other));
        assert_int_equal(db_col_i64(&other, 0), 10);
        assert_ok(db_end(&other));
        assert_true(db_next(&rows));
        assert_int_equal(db_col_i64(&rows, 0), 1);
        assert_ok(db_end(&rows));
    }
}

static void texts_are_copied_into_an_arena(void **state)
{
    struct db *db = of(state)->writer;
    struct arena *arena = arena_create(256, 4096);
    assert_ok(put(db, 1, "kept"));
    struct db_rows rows;
    db_query(db, &rows, stmt_item_all, NULL, 0);
    assert_true(db_next(&rows));
    struct span kept = db_col_copy(&rows, 1, arena), none = db_col_copy(&rows, 2, arena);
    assert_ok(db_end(&rows));
    assert_true(span_eq(kept, SPAN("kept")) && kept.p[kept.n] == 0 && none.n == 0);
    arena_destroy(arena);
}

struct seen {
    int64_t ids[1024];
    int n, n_null;
};

static void on_row(void *user, struct db_rows *row)
{
    struct seen *seen = user;
    int64_t ordinal = db_col_i64(row, 0);
    assert_true(ordinal >= 0 && ordinal < 1024 && seen->ids[ordinal] == 0);
    seen->ids[ordinal] = db_col_i64(row, 1);
    seen->n++;
    seen->n_null += db_col_is_null(row, 2);
}

static void bulk_returns_rows_with_ordinals(void **state)
{
    struct db *db = of(state)->writer;
    static struct seen seen;
    static int64_t owners[1024];
    static char bytes[1024][16];
    static struct span names[1024], notes[1024];
    seen = (struct seen){ 0 };
    for (int i = 0; i < 1024; i++) {
        owners[i] = INT64_MAX - i;
        names[i] = span_make(bytes[i], (size_t)snprintf(bytes[i], 16, "n\xc3\xa9 %d", i % 500));
        notes[i] = i % 4 ? names[i] : SPAN("");
    }
    struct db_column columns[] = { { db_i64, .i64s = owners }, { db_text, .texts = names }, { db_text, .texts = notes } };
    assert_ok(db_begin(db));
    assert_ok(db_bulk(db, stmt_item_add_many, columns, 3, 1024, on_row, &seen));
    assert_ok(db_commit(db));
    assert_int_equal(seen.n, 1024);
    assert_int_equal(seen.n_null, 256);
    for (int i = 0; i < 1024; i++) {
        struct db_rows rows;
        DB_QUERY(db, &rows, item_by_name, DB_I64(owners[i]), DB_TEXT(names[i]));
        assert_true(db_next(&rows));
        assert_int_equal(db_col_i64(&rows, 0), seen.ids[i]);
        assert_ok(db_end(&rows));
    }
}

static void bulk_faults_and_bounds(void **state)
{
    struct db *db = of(state)->writer;
    static int64_t owners[1025];
    static struct span names[1025];
    for (int i = 0; i < 1025; i++) owners[i] = i, names[i] = SPAN("same");
    owners[9] = 8;
    struct db_column columns[] = { { db_i64, .i64s = owners }, { db_text, .texts = names } };
    assert_ok(db_begin(db));
    assert_ok(db_savepoint(db));
    assert_fault(db_bulk(db, stmt_item_put_many, columns, 2, 20, NULL, NULL), conflict);
    assert_ok(db_savepoint_abort(db));
    assert_ok(db_savepoint(db));
    assert_ok(db_bulk(db, stmt_item_put_many, columns, 2, 9, NULL, NULL));
    assert_ok(db_bulk(db, stmt_item_put_many, columns, 2, 0, NULL, NULL));
    assert_ok(db_savepoint_release(db));
    assert_ok(db_commit(db));
    assert_fault(db_bulk(db, stmt_item_put_many, columns, 2, 1025, NULL, NULL), too_large);
    assert_fault(db_bulk(db, stmt_item_add_many, columns, 2, 2, NULL, NULL), internal);
    assert_int_equal(number(db, stmt_item_count), 9);
}

static void urls_that_mean_nothing_are_refused(void **state)
{
    const char *bad[] = { "", "mysql://localhost/x", "sqlite", "sqlite:", "sqlite::memory:", "sqlite://host", "sqlite:file:x?mode=memory",
                          "postgresql:", "postgresql://h/x?no_such_option=1", "failing:1:mysql:x", "failing:1:failing:1:sqlite:x", "failing:x" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct db *db;
        assert_fault(db_open(bad[i], db_writer, &db), invalid);
        assert_null(db);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
static const struct CMUnitTest cases[] = {
    CASE(texts_come_back_as_they_went),
    CASE(integers_keep_64_bits),
    CASE(null_is_null_and_reads_as_nothing),
    CASE(integer_and_boolean_columns_read),
    CASE(parameters_go_by_number),
    CASE(changed_rows_are_counted),
    CASE(constraints_are_conflicts),
    CASE(a_referenced_row_stays),
    CASE(a_write_happens_without_reading_its_rows),
    CASE(mistakes_are_internal_and_leave_the_connection_well),
    CASE(abort_undoes),
    CASE(savepoints_undo_one_command),
    CASE(a_transaction_of_failed_savepoints_commits_nothing),
    CASE(a_reader_sees_only_what_is_committed),
    CASE(a_reading_transaction_is_one_snapshot),
    CASE(a_reader_may_not_write),
    CASE(commits_are_durable),
    CASE(many_rows_come_in_order),
    CASE(a_query_may_be_left_early_and_run_again),
    CASE(texts_are_copied_into_an_arena),
    CASE(bulk_returns_rows_with_ordinals),
    CASE(bulk_faults_and_bounds),
    CASE(urls_that_mean_nothing_are_refused),
};

/* cmocka counts its cases by the array's size, so the group is run by hand. */
static int run(const char *name, const struct CMUnitTest *tests, size_t n)
{
    return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "--child") == 0) return child_main(argv);
    if (argc != 2 || !contract_open(argv[1])) return fprintf(stderr, "usage: db_contract sqlite|failing|postgres (DATABASE_URL)\n"), 77;
    log_setup(getenv("CONTRACT_LOG") ? log_debug : log_error + 1, log_logfmt);
    int failed = run("every driver", cases, sizeof cases / sizeof *cases);
    failed += run("migrations", migrate_cases, n_migrate_cases);
    if (strcmp(argv[1], "sqlite") == 0) failed += run("sqlite", sqlite_cases, n_sqlite_cases);
    if (strcmp(argv[1], "postgres") == 0) failed += run("postgres", postgres_cases, n_postgres_cases);
    if (strcmp(argv[1], "failing") == 0) failed += run("failing", failing_cases, n_failing_cases);
    contract_close();
    return failed ? 1 : 0;
}
