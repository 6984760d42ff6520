/* SQLite only: the file, its lock held by somebody else, and a full disk. */
#include "fixture.h"
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void the_file_is_private(void **state)
{
    struct stat st;
    const char *path = contract_url + sizeof "sqlite:" - 1;
    char wal[256];
    snprintf(wal, sizeof wal, "%s-wal", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void old_urls_are_understood(void **state)
{
    const char *forms[] = { "sqlite:%s/u1.db", "sqlite:///%s/u2.db", "sqlite+aiosqlite:///%s/u3.db" };
    for (int i = 0; i < 3; i++) {
        char url[256], path[256];
        snprintf(url, sizeof url, forms[i], contract_dir);
        snprintf(path, sizeof path, "%s/u%d.db", contract_dir, i + 1);
        db_close(open_or_die(url, db_writer));
        assert_int_equal(access(path, F_OK), 0);
    }
}

static void what_is_not_there_is_unavailable(void **state)
{
    char url[256];
    struct db *db;
    snprintf(url, sizeof url, "sqlite:%s/missing.db", contract_dir);
    assert_fault(db_open(url, db_reader, &db), unavailable);
    snprintf(url, sizeof url, "sqlite:%s/no/such/dir.db", contract_dir);
    assert_fault(db_open(url, db_writer, &db), unavailable);
    snprintf(url, sizeof url, "%s/text.db", contract_dir);
    FILE *file = fopen(url, "w");
    for (int i = 0; i < 1000; i++) fputs("this is no database\n", file);
    fclose(file);
    snprintf(url, sizeof url, "sqlite:%s/text.db", contract_dir);
    assert_fault(db_open(url, db_writer, &db), unavailable);
}

/* The child: another program that holds the write lock for a while. */
int work_hold_lock(int64_t hold_ms)
{
    sqlite3 *handle;
    if (sqlite3_open(contract_url + sizeof "sqlite:" - 1, &handle) || sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL)) return 1;
    child_ready();
    usleep((useconds_t)hold_ms * 1000);
    int rc = sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
    return rc ? rc : sqlite3_close(handle);
}

static void a_short_lock_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct child child = child_start("hold_lock", 700);
    child_wait_ready(&child);
    assert_int_equal(number(f->reader, stmt_item_count), 0);
    assert_ok(db_begin(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_ok(db_commit(f->writer));
    assert_int_equal(child_finish(&child), 0);
}

static void a_long_lock_is_unavailable_then_over(void **state)
{
    struct fixture *f = *state;
    struct child child = child_start("hold_lock", 6500);
    child_wait_ready(&child);
    assert_fault(db_begin(f->writer), unavailable);
    assert_ok(db_begin(f->writer));
    assert_ok(put(f->writer, 1, "a"));
    assert_ok(db_commit(f->writer));
    assert_int_equal(child_finish(&child), 0);
    assert_true(db_revive(f->writer));
}

static void two_writers_take_turns(void **state)
{
    struct fixture *f = *state;
    struct db *tool = open_or_die(contract_url, db_writer);
    for (int i = 0; i < 20; i++) assert_ok(put(i % 2 ? tool : f->writer, i, "a"));
    db_close(tool);
    assert_int_equal(number(f->reader, stmt_item_count), 20);
}

static void the_wal_stays_bounded(void **state)
{
    struct fixture *f = *state;
    static char text[8192];
    memset(text, 'w', sizeof text);
    for (int i = 0; i < 400; i++) {
        assert_ok(db_begin(f->writer));
        for (int k = 0; k < 64; k++)
            assert_ok(DB_EXEC(f->writer, item_put, DB_I64(i * 64 + k), DB_TEXT(SPAN("w")), DB_TEXT(span_make(text, sizeof text))));
        assert_ok(db_commit(f->writer));
    }
    char wal[256];
    struct stat st;
    snprintf(wal, sizeof wal, "%s-wal", contract_url + sizeof "sqlite:" - 1);
    assert_int_equal(stat(wal, &st), 0);
    assert_true(st.st_size < 64 << 20);
}

/* The writer's log leaves in large pieces (wal_file.c): nothing of a commit may still be on its way when the writer says that it is done. */
static void a_reader_sees_each_commit_at_once(void **state)
{
    struct fixture *f = *state;
    static char text[3000];
    memset(text, 'v', sizeof text);
    int64_t n = 0;
    for (int size = 1; size <= 4096; size *= 2) {
        assert_ok(db_begin(f->writer));
        for (int i = 0; i < size; i++, n++)
            assert_ok(DB_EXEC(f->writer, item_put, DB_I64(n), DB_TEXT(SPAN("v")), DB_TEXT(span_make(text, sizeof text))));
        assert_ok(db_commit(f->writer));
        assert_int_equal(number(f->reader, stmt_item_count), n);
    }
}

static void copy_file(const char *from, const char *to, const char *ending)
{
    char command[1024];
    snprintf(command, sizeof command, "cp %s%s %s%s", from, ending, to, ending);
    assert_int_equal(system(command), 0);
}

static int64_t count_by_platform(const char *path)
{
    sqlite3 *handle;
    sqlite3_stmt *count;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, "SELECT count(*) FROM item", -1, &count, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(count), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(handle);
    return n;
}

/* As after a cut of the power: what is on the disk is all there is, the log with the zeros behind its last frame. */
static void the_log_grows_ahead_and_is_read_back(void **state)
{
    struct fixture *f = *state;
    const char *path = contract_url + sizeof "sqlite:" - 1;
    char wal[256], copy[256];
    snprintf(wal, sizeof wal, "%s-wal", path);
    snprintf(copy, sizeof copy, "%s.copy", path);
    struct stat st;
    for (int i = 0; i < 40; i++) {
        off_t before = i && stat(wal, &st) == 0 ? st.st_size : 0;
        assert_ok(put(f->writer, i, "ahead"));
        assert_int_equal(stat(wal, &st), 0);
        if (i) assert_int_equal(st.st_size, before);
        if (i % 13) continue;
        copy_file(path, copy, "");
        copy_file(path, copy, "-wal");
        assert_int_equal(count_by_platform(copy), i + 1);
    }
    assert_true(st.st_size >= 1 << 20);
    remove(copy);
}

/* More pages than the cache holds leave before the COMMIT, are read again and written again, and what was taken back stays away. */
static void what_was_taken_back_is_not_in_the_log(void **state)
{
    struct fixture *f = *state;
    static char text[8000];
    memset(text, 't', sizeof text);
    assert_ok(db_script(f->writer, "PRAGMA cache_size=10"));
    for (int round = 0; round < 3; round++) {
        assert_ok(db_begin(f->writer));
        assert_ok(put(f->writer, round, "kept"));
        assert_ok(db_savepoint(f->writer));
        for (int i = 0; i < 200; i++)
            assert_ok(DB_EXEC(f->writer, item_put, DB_I64(100 + i), DB_TEXT(SPAN("t")), DB_TEXT(span_make(text, sizeof text))));
        assert_ok(db_savepoint_abort(f->writer));
        assert_ok(put(f->writer, 50 + round, "kept"));
        assert_ok(db_commit(f->writer));
        assert_int_equal(number(f->reader, stmt_item_count), 2 * (round + 1));
    }
    db_close(f->writer);
    f->writer = open_or_die(contract_url, db_writer);
    assert_int_equal(number(f->writer, stmt_item_count), 6);
}

/* Writes rows of 4 KiB in transactions of eight until the disk is full, frees it, and counts what was acknowledged. */
static void fill_and_free(const char *dir, void (*free_disk)(const char *dir))
{
    char url[256];
    static char text[4096];
    memset(text, 'f', sizeof text);
    snprintf(url, sizeof url, "sqlite:%s/full.db", dir);
    struct db *db = open_or_die(url, db_writer);
    assert_ok(db_script(db, "CREATE TABLE item (id INTEGER PRIMARY KEY, owner bigint, name text, note text)"));
    enum fault fault = fault_none;
    int64_t n_acknowledged = 0;
    for (int round = 0; !fault && round < 4000; round++) {
        fault = db_begin(db);
        for (int i = 0; !fault && i < 8; i++) fault = DB_EXEC(db, item_put, DB_I64(i), DB_TEXT(SPAN("f")), DB_TEXT(span_make(text, sizeof text)));
        if (!fault)
            fault = db_commit(db);
        else
            db_abort(db);
        if (!fault) n_acknowledged += 8;
    }
    assert_true(fault == fault_unavailable || fault == fault_uncertain);
    assert_true(n_acknowledged > 0);
    int64_t n_uncertain = fault == fault_uncertain ? 8 : 0;
    if (!put(db, 1, "perhaps there is still room for one")) n_acknowledged++;
    free_disk(dir);
    assert_true(db_revive(db));
    int64_t n = number(db, stmt_item_count);
    assert_true(n == n_acknowledged || n == n_acknowledged + n_uncertain);
    assert_ok(put(db, 1, "there is room"));
    assert_true(has(db, "there is room"));
    db_close(db);
    db = open_or_die(url, db_reader);
    assert_true(has(db, "there is room"));
    db_close(db);
}

/* A transaction too big for the cache meets the full disk before its COMMIT. */
static void fill_in_one_transaction(const char *dir)
{
    char url[256];
    static char text[4096];
    memset(text, 'f', sizeof text);
    snprintf(url, sizeof url, "sqlite:%s/spill.db", dir);
    struct db *db = open_or_die(url, db_writer);
    assert_ok(db_script(db, "CREATE TABLE item (id INTEGER PRIMARY KEY, owner bigint, name text, note text); PRAGMA cache_size = 16"));
    assert_ok(put(db, 1, "before"));
    assert_ok(db_begin(db));
    enum fault fault = fault_none;
    for (int i = 0; !fault && i < 40000; i++) {
        fault = db_savepoint(db);
        if (!fault) fault = DB_EXEC(db, item_put, DB_I64(i), DB_TEXT(SPAN("f")), DB_TEXT(span_make(text, sizeof text)));
        if (!fault) fault = db_savepoint_release(db);
    }
    assert_fault(fault, unavailable);
    db_abort(db);
    assert_int_equal(number(db, stmt_item_count), 1);
    db_close(db);
    const char *const files[] = { "spill.db", "spill.db-wal", "spill.db-shm" };
    for (int i = 0; i < 3; i++) {
        snprintf(url, sizeof url, "%s/%s", dir, files[i]);
        unlink(url);
    }
}

static void remove_ballast(const char *dir)
{
    char path[256];
    snprintf(path, sizeof path, "%s/ballast", dir);
    assert_int_equal(unlink(path), 0);
}

static void make_ballast(const char *dir, size_t n_kib)
{
    char path[256], block[1024] = { 1 };
    snprintf(path, sizeof path, "%s/ballast", dir);
    FILE *file = fopen(path, "w");
    for (size_t i = 0; i < n_kib; i++) assert_int_equal(fwrite(block, sizeof block, 1, file), 1);
    fclose(file);
}

static void a_full_disk_loses_nothing(void **state)
{
    char dir[128];
    snprintf(dir, sizeof dir, "%s/small", contract_dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    if (mount("tmpfs", dir, "tmpfs", 0, "size=6m")) {
        print_message("no right to mount: the size limit case stands for this one\n");
        return;
    }
    make_ballast(dir, 3000);
    fill_in_one_transaction(dir);
    fill_and_free(dir, remove_ballast);
    assert_int_equal(umount(dir), 0);
}

static void lift_limit(const char *dir)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void a_size_limit_loses_nothing(void **state)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 2 << 20;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    fill_and_free(contract_dir, lift_limit);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
const struct CMUnitTest sqlite_cases[] = {
    CASE(the_file_is_private),
    CASE(old_urls_are_understood),
    CASE(what_is_not_there_is_unavailable),
    CASE(a_short_lock_is_waited_for),
    CASE(a_long_lock_is_unavailable_then_over),
    CASE(two_writers_take_turns),
    CASE(the_wal_stays_bounded),
        CASE(the_log_grows_ahead_and_is_read_back),
    CASE(a_reader_sees_each_commit_at_once),
    CASE(what_was_taken_back_is_not_in_the_log),
    CASE(a_full_disk_loses_nothing),
    CASE(a_size_limit_loses_nothing),
};
const size_t n_sqlite_cases = sizeof sqlite_cases / sizeof *sqlite_cases;
