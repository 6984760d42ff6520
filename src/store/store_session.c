/* Sessions in the database. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

enum fault store_session_insert(struct store *store, const struct session_record *r, struct session_id *out)
{
    return STORE_NUMBER(store, &out->v, session_insert, DB_I64(r->account.v), DB_TEXT_OR_NULL(r->agent), DB_TEXT_OR_NULL(r->address),
                        DB_TEXT(r->family_hash), DB_TEXT(r->refresh_hash), DB_I64(r->created_us), DB_I64(r->expires_us));
}

static void col_session(struct db_rows *rows, struct arena *arena, struct session_record *out)
{
    *out = (struct session_record){
        .id = { db_col_i64(rows, 0) }, .account = { db_col_i64(rows, 1) },
        .agent = db_col_copy(rows, 2, arena), .address = db_col_copy(rows, 3, arena),
        .family_hash = db_col_copy(rows, 4, arena), .refresh_hash = db_col_copy(rows, 5, arena),
        .previous_hash = db_col_copy(rows, 6, arena), .salt = db_col_copy(rows, 7, arena),
        .created_us = db_col_i64(rows, 8), .used_us = db_col_i64(rows, 9), .rotated_us = db_col_i64(rows, 10), .expires_us = db_col_i64(rows, 11),
    };
}

enum fault store_session_by_id(struct store *store, struct session_id id, struct arena *arena, struct session_record *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, session_by_id, DB_I64(id.v));
    bool found = db_next(&rows);
    if (found) col_session(&rows, arena, out);
    return rows_end_one(&rows, found);
}

enum fault store_session_rotate(struct store *store, const struct session_record *r)
{
    return DB_EXEC(store->db, session_rotate, DB_I64(r->id.v), DB_TEXT(r->refresh_hash), DB_TEXT(r->previous_hash), DB_TEXT(r->salt),
                   DB_I64(r->rotated_us), DB_I64(r->expires_us));
}

enum fault store_session_delete(struct store *store, struct session_id id, struct account_id account)
{
    bool deleted;
    enum fault fault = STORE_CHANGES(store, &deleted, session_delete, DB_I64(id.v), DB_I64(account.v));
    return fault || deleted ? fault : fault_not_found;
}

enum fault store_session_delete_expired(struct store *store, struct account_id account, int64_t now_us)
{
    return DB_EXEC(store->db, session_delete_expired, DB_I64(account.v), DB_I64(now_us));
}

enum fault store_session_list(struct store *store, struct account_id account, int64_t now_us, size_t max, struct arena *arena,
                              struct session_view **views_out, size_t *n_out)
{
    struct db_rows rows;
    struct session_view *views = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, session_list, DB_I64(account.v), DB_I64(now_us), DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, views, *n_out) = (struct session_view){
            .id = { db_col_i64(&rows, 0) }, .created_us = db_col_i64(&rows, 1), .used_us = db_col_i64(&rows, 2),
            .agent = db_col_copy(&rows, 3, arena), .address = db_col_copy(&rows, 4, arena),
        };
    *views_out = views;
    return db_end(&rows);
}

enum fault store_session_delete_all(struct store *store, struct account_id account, struct session_id except, struct arena *arena,
                                    struct session_id **ended_out, size_t *n_out)
{
    struct db_rows rows;
    struct session_id *ended = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, session_delete_all, DB_I64(account.v), DB_I64(except.v));
    while (db_next(&rows)) *ARRAY_PUSH(arena, ended, *n_out) = (struct session_id){ db_col_i64(&rows, 0) };
    *ended_out = ended;
    return db_end(&rows);
}
