/* The callers' side of the database port: picks the driver by URL, holds the statement table, keeps the order of calls and the sticky faults.

   What always holds: a transaction that the engine has dropped stays "broken" until the caller ends it, and nothing runs in between, so that a
   statement never slips out of its transaction and commits on its own. Runs on whichever thread owns the connection. */
#include "store/db_driver.h"
#include "base/log.h"
#include <assert.h>
#include <string.h>

const struct db_statement db_statements[stmt_count] = {
#define STMT(name_, sql_) { #name_, { sql_, sql_ }, false },
#define STMT2(name_, sqlite_, postgres_) { #name_, { sqlite_, postgres_ }, false },
#define STMT_BULK(name_, sqlite_, postgres_) { #name_, { sqlite_, postgres_ }, true },
#include "store/statements.def"
#undef STMT
#undef STMT2
#undef STMT_BULK
};

static bool starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

enum fault db_open(const char *url, enum db_mode mode, struct db **out)
{
    *out = NULL;
    if (starts(url, "sqlite:") || starts(url, "sqlite+")) return db_sqlite_open(url, mode, out);
    if (starts(url, "postgres:") || starts(url, "postgresql:") || starts(url, "postgres+") || starts(url, "postgresql+"))
        return db_postgres_open(url, mode, out);
    if (starts(url, "failing:")) return db_failing_open(url, mode, out);
    LOG(error, "database url not understood", log_str("expected", "sqlite:PATH or postgresql://..."));
    return fault_invalid;
}

void db_close(struct db *db)
{
    if (!db) return;
    db_abort(db);
    db->driver->close(db);
}

enum db_engine db_engine_of(const struct db *db)
{
    return db->engine;
}

bool db_revive(struct db *db)
{
    db_abort(db);
    return db->driver->revive(db);
}

enum fault db_begin(struct db *db)
{
    assert(db->tx == db_tx_none);
    enum fault fault = db->driver->begin(db);
    if (!fault) db->tx = db_tx_open;
    return fault;
}

enum fault db_commit(struct db *db)
{
    assert(db->tx != db_tx_none && !(db->tx == db_tx_open && db->in_savepoint));
    enum fault fault = fault_unavailable;
    if (db->tx == db_tx_open)
        fault = db->driver->commit(db);
    else
        db->driver->abort(db);
    db->tx = db_tx_none;
    db->in_savepoint = false;
    return fault;
}

void db_abort(struct db *db)
{
    if (db->tx != db_tx_none) db->driver->abort(db);
    db->tx = db_tx_none;
    db->in_savepoint = false;
}

static enum fault savepoint(struct db *db, enum db_control control)
{
    assert(db->tx != db_tx_none);
    if (db->tx == db_tx_broken) return fault_unavailable;
    assert(db->in_savepoint == (control != db_control_savepoint));
    enum fault fault = db->driver->savepoint(db, control);
    db->in_savepoint = control == db_control_savepoint && !fault;
    return fault;
}

enum fault db_savepoint(struct db *db)
{
    return savepoint(db, db_control_savepoint);
}

enum fault db_savepoint_release(struct db *db)
{
    return savepoint(db, db_control_release);
}

enum fault db_savepoint_abort(struct db *db)
{
    return savepoint(db, db_control_rollback_to);
}

enum fault db_script(struct db *db, const char *sql)
{
    if (db->tx == db_tx_broken) return fault_unavailable;
    return db->driver->script(db, sql);
}

void db_rows_bug(struct db_rows *rows, const char *what)
{
    LOG(error, "database statement misused", log_str("statement", db_statements[rows->stmt].name), log_str("what", what));
    db_rows_fail(rows, fault_internal);
}

void db_query(struct db *db, struct db_rows *rows, enum db_stmt stmt, const struct db_param *params, size_t n_params)
{
    assert((unsigned)stmt < stmt_count && n_params <= DB_PARAMS_MAX);
    *rows = (struct db_rows){ .db = db, .stmt = stmt };
    if (db_statements[stmt].is_bulk)
        db_rows_bug(rows, "a bulk statement runs by db_bulk");
    else if (db->tx == db_tx_broken)
        rows->fault = fault_unavailable;
    else
        db->driver->query(db, rows, params, n_params);
}

bool db_next(struct db_rows *rows)
{
    return !rows->fault && rows->db->driver->next(rows);
}

int64_t db_col_i64(struct db_rows *rows, int column)
{
    return rows->fault ? 0 : rows->db->driver->col_i64(rows, column);
}

bool db_col_is_null(struct db_rows *rows, int column)
{
    return rows->fault || rows->db->driver->col_is_null(rows, column);
}

struct span db_col_text(struct db_rows *rows, int column)
{
    return rows->fault ? (struct span){ 0 } : rows->db->driver->col_text(rows, column);
}

struct span db_col_copy(struct db_rows *rows, int column, struct arena *arena)
{
    struct span text = db_col_text(rows, column);
    return text.n ? arena_copy(arena, text) : (struct span){ 0 };
}

enum fault db_end(struct db_rows *rows)
{
    rows->db->driver->end(rows);
    return rows->fault;
}

enum fault db_exec(struct db *db, enum db_stmt stmt, const struct db_param *params, size_t n_params, int64_t *n_changed)
{
    struct db_rows rows;
    db_query(db, &rows, stmt, params, n_params);
    while (db_next(&rows)) continue;
    enum fault fault = db_end(&rows);
    if (n_changed) *n_changed = fault ? 0 : rows.n_changed;
    return fault;
}

enum fault db_bulk(struct db *db, enum db_stmt stmt, const struct db_column *columns, size_t n_columns, size_t n_rows,
                   void (*on_row)(void *user, struct db_rows *row), void *user)
{
    assert((unsigned)stmt < stmt_count && db_statements[stmt].is_bulk && n_columns < DB_PARAMS_MAX);
    if (db->tx == db_tx_broken) return fault_unavailable;
    if (n_rows > DB_BULK_ROWS_MAX) return fault_too_large;
    return n_rows ? db->driver->bulk(db, stmt, columns, n_columns, n_rows, on_row, user) : fault_none;
}
