/* The program's own statements and migrations on both engines: the schema is made, every statement prepares, and the engines agree about the number
   of parameters and columns. usage: statements_contract (DATABASE_URL) */
#include "store/db_driver.h"
#include "store/db_postgres_array.h"
#include "store/migrate.h"
#include <libpq-fe.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct shape {
    int n_params, n_columns;
};
static struct shape shapes[2][stmt_count];
static char dir[] = "/tmp/suhbat-statements.XXXXXX", path[64];

static void make_schema(const char *url)
{
    struct db *db;
    assert_string_equal(fault_word(db_open(url, db_writer, &db)), "ok");
    assert_string_equal(fault_word(migrate(db)), "ok");
    assert_string_equal(fault_word(migrate(db)), "ok");
    db_close(db);
}

/* With the file of the search index beside it, as readers have it. */
static sqlite3 *open_sqlite(const char *url)
{
    struct db *db;
    sqlite3 *handle;
    char attach[128];
    assert_string_equal(fault_word(db_open(url, db_indexer, &db)), "ok");
    db_close(db);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    snprintf(attach, sizeof attach, "ATTACH '%s-search' AS finder", path);
    assert_int_equal(sqlite3_exec(handle, attach, NULL, NULL, NULL), SQLITE_OK);
    return handle;
}

static void sqlite_prepares_everything(void **state)
{
    char url[80];
    snprintf(url, sizeof url, "sqlite:%s", path);
    make_schema(url);
    sqlite3 *handle = open_sqlite(url);
    int n_failed = 0;
    for (int s = 0; s < stmt_count; s++) {
        sqlite3_stmt *stmt = NULL;
        if (sqlite3_prepare_v2(handle, db_statements[s].sql[db_sqlite], -1, &stmt, NULL)) {
            print_error("%s: %s\n", db_statements[s].name, sqlite3_errmsg(handle));
            n_failed++;
            continue;
        }
        shapes[db_sqlite][s].n_columns = sqlite3_column_count(stmt);
        for (int i = 1; i <= sqlite3_bind_parameter_count(stmt); i++) {
            const char *name = sqlite3_bind_parameter_name(stmt, i);
            assert_true(name && name[0] == '$');
            int64_t k = 0;
        assert_true(span_to_i64(span_of(name + 1), &k));
            if (k > shapes[db_sqlite][s].n_params) shapes[db_sqlite][s].n_params = (int)k;
        }
        sqlite3_finalize(stmt);
    }
    sqlite3_close(handle);
    assert_int_equal(n_failed, 0);
}

static bool is_readable(Oid oid)
{
    int64_t v;
    const char zeros[8] = { 0 };
    return postgres_is_text(oid) || postgres_integer(oid, zeros, 8, &v) || postgres_integer(oid, zeros, 4, &v) ||
           postgres_integer(oid, zeros, 2, &v) || postgres_integer(oid, zeros, 1, &v);
}

/* Returns whether the statement prepares and every column has a type that the port reads. */
static bool describe(PGconn *conn, int s)
{
    PGresult *result = PQprepare(conn, "", db_statements[s].sql[db_postgres], 0, NULL);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) print_error("%s: %s", db_statements[s].name, PQerrorMessage(conn));
    PQclear(result);
    if (!ok) return false;
    result = PQdescribePrepared(conn, "");
    shapes[db_postgres][s] = (struct shape){ PQnparams(result), PQnfields(result) };
    for (int column = 0; column < PQnfields(result); column++) {
        if (is_readable(PQftype(result, column))) continue;
        print_error("%s: column %d has type oid %u, which the port does not read\n", db_statements[s].name, column, PQftype(result, column));
        ok = false;
    }
    PQclear(result);
    return ok;
}

static void postgres_prepares_everything(void **state)
{
    const char *url = getenv("DATABASE_URL");
    make_schema(url);
    PGconn *conn = PQconnectdb(url);
    assert_int_equal(PQstatus(conn), CONNECTION_OK);
    int n_failed = 0;
    for (int s = 0; s < stmt_count; s++) n_failed += !describe(conn, s);
    PQfinish(conn);
    assert_int_equal(n_failed, 0);
}

static void the_engines_agree(void **state)
{
    int n_failed = 0;
    for (int s = 0; s < stmt_count; s++) {
        struct shape sqlite = shapes[db_sqlite][s], postgres = shapes[db_postgres][s];
        int ordinal = db_statements[s].is_bulk && sqlite.n_params == postgres.n_params + 1;
        if (sqlite.n_params - ordinal == postgres.n_params && sqlite.n_columns == postgres.n_columns) continue;
        print_error("%s: sqlite %d parameters, %d columns; postgres %d parameters, %d columns\n", db_statements[s].name, sqlite.n_params,
                    sqlite.n_columns, postgres.n_params, postgres.n_columns);
        n_failed++;
    }
    assert_int_equal(n_failed, 0);
}

int main(void)
{
    if (!getenv("DATABASE_URL") || !mkdtemp(dir)) return fprintf(stderr, "statements_contract: needs DATABASE_URL\n"), 77;
    snprintf(path, sizeof path, "%s/s.db", dir);
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(sqlite_prepares_everything),
        cmocka_unit_test(postgres_prepares_everything),
        cmocka_unit_test(the_engines_agree),
    };
    int failed = cmocka_run_group_tests(cases, NULL, NULL);
    const char *const ends[] = { "", "-wal", "-shm", "-owner", "-search", "-search-wal", "-search-shm" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "%s/s.db%s", dir, ends[i]);
        unlink(path);
    }
    rmdir(dir);
    return failed;
}
