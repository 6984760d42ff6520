/* The database port for implementers: what a driver (db_sqlite.c, db_postgres.c, db_failing.c) provides. db.c calls it.

   db.c keeps the order of calls, so a driver may rely on it: no begin inside a transaction, one savepoint at a time, nothing but abort once the
   transaction is broken, and every query is ended. A driver sets db->tx to broken as soon as it knows that the engine has dropped the open
   transaction (connection lost, SQLite rolled back by itself): nothing more may then be written by it under the caller's belief that it
   still stands in a transaction. */
#pragma once
#include "store/db.h"

#define DB_PARAMS_MAX 32      /* parameters of one statement, columns of a bulk */
#define DB_BULK_ROWS_MAX 1024 /* rows of one bulk call */

/* One row of statements.def. */
struct db_statement {
    const char *name;
    const char *sql[2]; /* by enum db_engine */
    bool is_bulk;
};
extern const struct db_statement db_statements[stmt_count];

/*             begin               engine rolled back, connection lost
     none ------------> open ---------------------------------------> broken
       ^   commit, abort |                                              |
       +-----------------+----------------------------------------------+  */
enum db_tx { db_tx_none, db_tx_open, db_tx_broken };

struct db_driver;

/* The head of every driver's own connection struct. */
struct db {
    const struct db_driver *driver;
    enum db_engine engine;
    enum db_mode mode;
    enum db_tx tx;     /* db.c sets it, the driver only breaks it */
    bool in_savepoint; /* db.c's */
};

enum db_control { db_control_savepoint, db_control_release, db_control_rollback_to };

struct db_driver {
    void (*close)(struct db *db);
    bool (*revive)(struct db *db); /* never inside a transaction */
    enum fault (*begin)(struct db *db);
    enum fault (*commit)(struct db *db); /* whatever comes back, the transaction is over */
    void (*abort)(struct db *db);        /* likewise; also called when broken */
    enum fault (*savepoint)(struct db *db, enum db_control control);
    enum fault (*script)(struct db *db, const char *sql);
    /* Runs the statement so far that a write is done and its fault known; rows->fault tells. rows is set up by db.c. */
    void (*query)(struct db *db, struct db_rows *rows, const struct db_param *params, size_t n_params);
    bool (*next)(struct db_rows *rows);
    int64_t (*col_i64)(struct db_rows *rows, int column);
    bool (*col_is_null)(struct db_rows *rows, int column);
    struct span (*col_text)(struct db_rows *rows, int column);
    void (*end)(struct db_rows *rows); /* sets n_changed; also after a fault */
    enum fault (*bulk)(struct db *db, enum db_stmt stmt, const struct db_column *columns, size_t n_columns, size_t n_rows,
                       void (*on_row)(void *user, struct db_rows *row), void *user);
};

/* Each driver's way in; url as db_open got it, known to be the driver's. Gives. */
must_use enum fault db_sqlite_open(const char *url, enum db_mode mode, struct db **out);
must_use enum fault db_postgres_open(const char *url, enum db_mode mode, struct db **out);
must_use enum fault db_failing_open(const char *url, enum db_mode mode, struct db **out);

/* The sticky fault of rows: the first one stays. */
static inline void db_rows_fail(struct db_rows *rows, enum fault fault)
{
    if (!rows->fault) rows->fault = fault;
}
/* A fault that only a mistake of ours can cause: logged with the statement's name, never with values. */
void db_rows_bug(struct db_rows *rows, const char *what);
