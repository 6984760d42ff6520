/* The database port for callers: one connection, prepared statements, bulk statements, transactions. The drivers (SQLite, PostgreSQL, and a
   failing one for tests) implement db_driver.h. A struct db belongs to one thread at a time.

   Statements are named in statements.def: every statement is prepared once per connection, at its first use.
   Text is UTF-8 without NUL. NULL columns read as 0 and as the empty span; a column read as what it is not (text as integer, or none such)
   makes the rows' fault internal, on both engines alike.
   Once the engine has dropped an open transaction (connection lost, disk full), everything answers unavailable until db_abort or db_commit. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/span.h"

struct db;

enum db_engine { db_sqlite, db_postgres };
/* An indexer reads everything and writes the search index alone. */
enum db_mode { db_writer, db_reader, db_indexer };

enum db_stmt {
#define STMT(name, ...) stmt_##name,
#define STMT2(name, ...) stmt_##name,
#define STMT_BULK(name, ...) stmt_##name,
#include "store/statements.def"
#undef STMT
#undef STMT2
#undef STMT_BULK
    stmt_count
};

/* url: "sqlite:PATH", "postgresql://…", also as SQLAlchemy writes them: "sqlite:///PATH" (four slashes for an absolute path), with or without a
   driver ("sqlite+aiosqlite", "postgresql+asyncpg"); "failing:N:URL" for tests (db_failing.h). A writer makes a SQLite file that is not there,
   mode 0600. A reader may not write (internal), and its transaction is one snapshot. Gives. Faults: unavailable, invalid (url, versions). */
must_use enum fault db_open(const char *url, enum db_mode mode, struct db **out);
void db_close(struct db *db); /* NULL is fine */
enum db_engine db_engine_of(const struct db *db);
/* After unavailable/uncertain the connection may be dead: true when it works (again). Tries at most once a call to reconnect. */
bool db_revive(struct db *db);

must_use enum fault db_begin(struct db *db);
/* unavailable: surely rolled back. uncertain: nobody knows (connection lost during COMMIT). */
must_use enum fault db_commit(struct db *db);
void db_abort(struct db *db);
must_use enum fault db_savepoint(struct db *db);          /* one level */
must_use enum fault db_savepoint_release(struct db *db);
must_use enum fault db_savepoint_abort(struct db *db);

/* Runs SQL text that is not worth a name: migrations, pragmas, tests. Several statements allowed, no parameters, no rows. */
must_use enum fault db_script(struct db *db, const char *sql);

/* One parameter. Texts are borrowed until the query ends. */
enum db_type { db_null, db_i64, db_text };
struct db_param { enum db_type type; int64_t i64; struct span text; };
#define DB_I64(v) ((struct db_param){ .type = db_i64, .i64 = (v) })
#define DB_TEXT(s) ((struct db_param){ .type = db_text, .text = (s) })
#define DB_TEXT_OR_NULL(s) ((s).n ? DB_TEXT(s) : (struct db_param){ .type = db_null })
#define DB_I64_OR_NULL(v) ((v) ? DB_I64(v) : (struct db_param){ .type = db_null })

/* A running query. Lives on the caller's stack; one at a time per statement name. Always ended by db_end, also after a fault. */
struct db_rows {
    struct db *db;
    enum db_stmt stmt;
    enum fault fault; /* sticky */
    void *cursor;     /* driver's */
    int64_t row;      /* driver's */
    int64_t n_changed; /* rows written, set by db_end for statements that do not return rows */
};

void db_query(struct db *db, struct db_rows *rows, enum db_stmt stmt, const struct db_param *params, size_t n_params);
#define DB_QUERY(db, rows, name, ...) \
    db_query((db), (rows), stmt_##name, (struct db_param[]){ __VA_ARGS__ }, \
             sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param))
bool db_next(struct db_rows *rows); /* false: no more, or fault */
int64_t db_col_i64(struct db_rows *rows, int column);
bool db_col_is_null(struct db_rows *rows, int column);
struct span db_col_text(struct db_rows *rows, int column);                            /* borrowed until the next db_next or db_end */
struct span db_col_copy(struct db_rows *rows, int column, struct arena *arena);
/* conflict when a UNIQUE or foreign key constraint refused, unavailable when the database is away, locked or full, internal otherwise.
   uncertain only outside a transaction, when the connection was lost over a write. After a fault inside a transaction its savepoint, or the
   whole, must be aborted. */
must_use enum fault db_end(struct db_rows *rows);

/* Runs a statement that returns nothing. n_changed may be NULL. */
must_use enum fault db_exec(struct db *db, enum db_stmt stmt, const struct db_param *params, size_t n_params, int64_t *n_changed);
#define DB_EXEC(db, name, ...) \
    db_exec((db), stmt_##name, (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param), NULL)

/* A bulk statement runs for n rows of parameters given column-wise. SQLite loops over its row-wise text; PostgreSQL sends each column as one
   array to its array-wise text (unnest). Rows come back through on_row with the zero-based ordinal of the parameter row in column 0
   (SQLite text is given the ordinal as its last parameter $n). on_row may be NULL, and must not query. At most 1,024 rows (too_large). After a
   fault some of the rows may stand (SQLite): abort the savepoint. */
struct db_column { enum db_type type; const int64_t *i64s; const struct span *texts; }; /* empty text in a texts column means NULL */
must_use enum fault db_bulk(struct db *db, enum db_stmt stmt, const struct db_column *columns, size_t n_columns, size_t n_rows,
                            void (*on_row)(void *user, struct db_rows *row), void *user);
