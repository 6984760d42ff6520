/* The failing driver (see db_failing.h). It stands in front of a real connection and decides at each call whether that is reached; rows of a
   query that passes belong to the real driver from then on. */
#include "store/db_failing.h"
#include "store/db_driver.h"
#include "base/rand.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct failing {
    struct db base;
    struct db *real;
    uint64_t one_in; /* 0: never by itself */
    bool down;
    db_fail_hook hook;
    void *user;
};

static const struct db_driver driver;

static struct failing *failing_of(struct db *db)
{
    return (struct failing *)db;
}

void db_failing_hook(struct db *db, db_fail_hook hook, void *user)
{
    assert(db->driver == &driver);
    failing_of(db)->hook = hook;
    failing_of(db)->user = user;
}

static enum db_fail_how decide(struct failing *f, enum db_fail_at at, enum db_stmt stmt)
{
    if (f->hook) return f->hook(f->user, at, stmt);
    if (!f->one_in || rand_u64() % f->one_in) return db_fail_not;
    if (at != db_fail_at_commit) return db_fail_unavailable;
    const enum db_fail_how hows[] = { db_fail_unavailable, db_fail_uncertain_done, db_fail_uncertain_lost };
    return hows[rand_u64() % 3];
}

static void go_down(struct failing *f)
{
    f->down = true;
    db_abort(f->real);
    if (f->base.tx == db_tx_open) f->base.tx = db_tx_broken;
}

/* The fault for everything but commit. */
static enum fault gate(struct failing *f, enum db_fail_at at, enum db_stmt stmt)
{
    enum db_fail_how how = f->down ? db_fail_unavailable : decide(f, at, stmt);
    if (how == db_fail_not) return fault_none;
    if (how == db_fail_conflict) return fault_conflict;
    go_down(f);
    return fault_unavailable;
}

/* A fault of the real driver may have broken its transaction: ours is broken with it. */
static enum fault follow(struct failing *f, enum fault fault)
{
    if (f->base.tx == db_tx_open && f->real->tx == db_tx_broken) f->base.tx = db_tx_broken;
    return fault;
}

static void close_db(struct db *db)
{
    db_close(failing_of(db)->real);
    free(db);
}

static bool revive(struct db *db)
{
    struct failing *f = failing_of(db);
    if (decide(f, db_fail_at_revive, stmt_count) != db_fail_not) return false;
    f->down = !db_revive(f->real);
    return !f->down;
}

static enum fault begin(struct db *db)
{
    struct failing *f = failing_of(db);
    enum fault fault = gate(f, db_fail_at_begin, stmt_count);
    return fault ? fault : db_begin(f->real);
}

static enum fault commit(struct db *db)
{
    struct failing *f = failing_of(db);
    enum db_fail_how how = decide(f, db_fail_at_commit, stmt_count);
    if (how == db_fail_not) return db_commit(f->real);
    enum fault fault = how == db_fail_uncertain_done ? db_commit(f->real) : fault_none;
    go_down(f);
    if (fault) return fault;
    return how == db_fail_uncertain_done || how == db_fail_uncertain_lost ? fault_uncertain : fault_unavailable;
}

static void rollback(struct db *db)
{
    db_abort(failing_of(db)->real);
}

static enum fault savepoint(struct db *db, enum db_control control)
{
    struct failing *f = failing_of(db);
    switch (control) {
    case db_control_savepoint: return follow(f, db_savepoint(f->real));
    case db_control_release: return follow(f, db_savepoint_release(f->real));
    case db_control_rollback_to: break;
    }
    return follow(f, db_savepoint_abort(f->real));
}

static enum fault script(struct db *db, const char *sql)
{
    struct failing *f = failing_of(db);
    enum fault fault = gate(f, db_fail_at_statement, stmt_count);
    return fault ? fault : follow(f, db_script(f->real, sql));
}

static void query(struct db *db, struct db_rows *rows, const struct db_param *params, size_t n_params)
{
    struct failing *f = failing_of(db);
    rows->fault = gate(f, db_fail_at_statement, rows->stmt);
    if (rows->fault) return;
    db_query(f->real, rows, rows->stmt, params, n_params);
    (void)follow(f, rows->fault);
}

static enum fault bulk(struct db *db, enum db_stmt stmt, const struct db_column *columns, size_t n_columns, size_t n_rows,
                       void (*on_row)(void *user, struct db_rows *row), void *user)
{
    struct failing *f = failing_of(db);
    enum fault fault = gate(f, db_fail_at_statement, stmt);
    return fault ? fault : follow(f, db_bulk(f->real, stmt, columns, n_columns, n_rows, on_row, user));
}

/* Rows that stayed here carry a fault: there is nothing to read or to end. */
static bool next(struct db_rows *rows)
{
    return false;
}

static int64_t col_i64(struct db_rows *rows, int column)
{
    return 0;
}

static bool col_is_null(struct db_rows *rows, int column)
{
    return true;
}

static struct span col_text(struct db_rows *rows, int column)
{
    return (struct span){ 0 };
}

static void end(struct db_rows *rows)
{
}

static const struct db_driver driver = {
    .close = close_db, .revive = revive, .begin = begin, .commit = commit, .abort = rollback, .savepoint = savepoint, .script = script,
    .query = query, .next = next, .col_i64 = col_i64, .col_is_null = col_is_null, .col_text = col_text, .end = end, .bulk = bulk,
};

enum fault db_failing_open(const char *url, enum db_mode mode, struct db **out)
{
    char *rest;
    uint64_t one_in = strtoull(url + strlen("failing:"), &rest, 10);
    if (*rest != ':' || strncmp(rest + 1, "failing:", 8) == 0) return fault_invalid;
    struct db *real;
    enum fault fault = db_open(rest + 1, mode, &real);
    if (fault) return fault;
    struct failing *f = calloc(1, sizeof *f);
    if (!f) return db_close(real), fault_unavailable;
    f->base = (struct db){ .driver = &driver, .engine = db_engine_of(real), .mode = mode };
    f->real = real;
    f->one_in = one_in;
    *out = &f->base;
    return fault_none;
}
