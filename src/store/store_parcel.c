/* The outbox in the database. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

enum fault store_parcel_insert(struct store *store, const struct parcel *p)
{
    return DB_EXEC(store->db, parcel_insert, DB_I64((int64_t)p->kind), DB_I64(p->target), DB_I64_OR_NULL(p->room.v), DB_I64_OR_NULL(p->seq),
                   DB_TEXT_OR_NULL(p->address), DB_TEXT_OR_NULL(p->body), DB_I64(p->due_us), DB_I64(p->created_us), DB_I64(p->expires_us));
}

enum fault store_parcel_due(struct store *store, int64_t now_us, bool *due_out)
{
    int64_t due = 0;
    enum fault fault = STORE_NUMBER(store, &due, parcel_due, DB_I64(now_us));
    *due_out = due != 0;
    return fault;
}

enum fault store_parcel_claim(struct store *store, int64_t now_us, int64_t lease_us, size_t max, struct arena *arena, struct parcel **parcels_out,
                              size_t *n_out)
{
    struct db_rows rows;
    struct parcel *parcels = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, parcel_claim, DB_I64(now_us), DB_I64(lease_us), DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, parcels, *n_out) = (struct parcel){
            .id = db_col_i64(&rows, 0), .kind = (enum parcel_kind)db_col_i64(&rows, 1), .target = db_col_i64(&rows, 2),
            .room = { db_col_i64(&rows, 3) }, .seq = db_col_i64(&rows, 4), .address = db_col_copy(&rows, 5, arena),
            .body = db_col_copy(&rows, 6, arena), .due_us = lease_us, .created_us = db_col_i64(&rows, 7), .expires_us = db_col_i64(&rows, 8),
            .attempts = db_col_i64(&rows, 9),
        };
    *parcels_out = parcels;
    return db_end(&rows);
}

enum fault store_parcel_postpone(struct store *store, int64_t id, int64_t due_us, int64_t status)
{
    return DB_EXEC(store->db, parcel_postpone, DB_I64(id), DB_I64(due_us), DB_I64_OR_NULL(status));
}

enum fault store_parcel_delete(struct store *store, int64_t id)
{
    return DB_EXEC(store->db, parcel_delete, DB_I64(id));
}
