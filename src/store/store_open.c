/* Opening, transactions, and the small helpers of the files beside. A store is one connection; its statements are prepared as they are first used.
   Owned by the thread that opened it. */
#include "store/store_open.h"
#include "store/migrate.h"
#include "store/store_private.h"
#include <stdlib.h>
#include <string.h>

enum fault store_open(const char *url, enum db_mode mode, struct store **out)
{
    struct store *store = calloc(1, sizeof *store);
    *out = NULL;
    if (!store) return fault_unavailable;
    enum fault fault = db_open(url, mode, &store->db);
    if (fault) free(store);
    else *out = store;
    return fault;
}

void store_close(struct store *store)
{
    if (!store) return;
    db_close(store->db);
    free(store);
}

enum fault store_migrate(const char *url)
{
    struct db *db;
    enum fault fault = db_open(url, db_writer, &db);
    if (fault) return fault;
    fault = migrate(db);
    bool has_finder = db_engine_of(db) == db_sqlite;
    db_close(db);
    if (fault || !has_finder) return fault;
    fault = db_open(url, db_indexer, &db); /* makes the file of the search index */
    db_close(db);
    return fault;
}

bool store_takes_many_writers(const char *url)
{
    return strncmp(url, "postgres", strlen("postgres")) == 0;
}

struct db *store_db(struct store *store)
{
    return store->db;
}

/* ---- Transactions */

enum fault store_begin(struct store *store)
{
    enum fault fault = db_begin(store->db);
    return fault && db_revive(store->db) ? db_begin(store->db) : fault;
}

enum fault store_commit(struct store *store)
{
    return db_commit(store->db);
}

void store_abort(struct store *store)
{
    db_abort(store->db);
}

enum fault store_savepoint(struct store *store)
{
    return db_savepoint(store->db);
}

enum fault store_savepoint_release(struct store *store)
{
    return db_savepoint_release(store->db);
}

enum fault store_savepoint_abort(struct store *store)
{
    return db_savepoint_abort(store->db);
}

/* ---- Helpers */

enum fault rows_end_one(struct db_rows *rows, bool found)
{
    enum fault fault = db_end(rows);
    return fault || found ? fault : fault_not_found;
}

enum fault store_number(struct store *store, enum db_stmt stmt, const struct db_param *params, size_t n_params, int64_t *out)
{
    struct db_rows rows;
    db_query(store->db, &rows, stmt, params, n_params);
    bool found = db_next(&rows);
    *out = found ? db_col_i64(&rows, 0) : 0;
    return rows_end_one(&rows, found);
}

enum fault store_changes(struct store *store, enum db_stmt stmt, const struct db_param *params, size_t n_params, bool *changed_out)
{
    int64_t n_changed = 0;
    enum fault fault = db_exec(store->db, stmt, params, n_params, &n_changed);
    *changed_out = n_changed > 0;
    return fault;
}

void *array_push(struct arena *arena, void **items, size_t *n, size_t item_bytes)
{
    enum { first = 8 };
    bool is_full = *n == 0 || (*n >= first && (*n & (*n - 1)) == 0);
    if (is_full) {
        void *wider = arena_alloc(arena, item_bytes * (*n ? 2 * *n : first));
        if (*n) memcpy(wider, *items, item_bytes * *n);
        *items = wider;
    }
    return (char *)*items + item_bytes * (*n)++;
}

struct person col_person(struct db_rows *rows, int column, struct arena *arena)
{
    return (struct person){
        .id = { db_col_i64(rows, column) }, .username = db_col_copy(rows, column + 1, arena), .name = db_col_copy(rows, column + 2, arena),
        .avatar = db_col_copy(rows, column + 3, arena), .bot = db_col_i64(rows, column + 4) == PERSON_KIND_BOT,
    };
}

/* ---- Facts for the command line */

enum fault store_tables(struct store *store, struct arena *arena, struct span **names_out, size_t *n_out)
{
    struct db_rows rows;
    struct span *names = NULL;
    *n_out = 0;
    db_query(store->db, &rows, stmt_table_list, NULL, 0);
    while (db_next(&rows)) *ARRAY_PUSH(arena, names, *n_out) = db_col_copy(&rows, 0, arena);
    *names_out = names;
    return db_end(&rows);
}

enum fault store_n_accounts(struct store *store, int64_t *n_out)
{
    return store_number(store, stmt_account_count, NULL, 0, n_out);
}

enum fault store_version_is_current(struct store *store, bool *current_out)
{
    int64_t newest = 0;
    enum fault fault = store_number(store, stmt_migration_newest, NULL, 0, &newest);
    *current_out = newest == n_migrations;
    return fault;
}
