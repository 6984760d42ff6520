/* The outbox in the database. Behind the core's port; runs on the thread of its store. */
#include "chat/queue.h"
#include "store/store_private.h"

enum fault store_parcel_insert(struct store *store, const struct parcel *p)
{
    return DB_EXEC(store->db, parcel_insert, DB_I64((int64_t)p->kind), DB_I64(p->target), DB_I64_OR_NULL(p->room.v), DB_I64_OR_NULL(p->seq),
                   DB_TEXT_OR_NULL(p->address), DB_TEXT_OR_NULL(p->body), DB_I64(p->due_us), DB_I64(p->created_us), DB_I64(p->expires_us));
}

enum fault store_parcel_due(struct store *store, int64_t now_us, struct parcel_due_out *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, parcel_due, DB_I64(now_us));
    bool found = db_next(&rows);
    if (found) *out = (struct parcel_due_out){ .due = db_col_i64(&rows, 0), .pushes = db_col_i64(&rows, 1), .hooks = db_col_i64(&rows, 2) };
    return rows_end_one(&rows, found);
}

enum fault store_queue_count(struct store *store, struct queue_count_out *out)
{
    struct db_rows rows;
    db_query(store->db, &rows, stmt_queue_count, NULL, 0);
    bool found = db_next(&rows);
    if (found) {
        int64_t behind = db_col_i64(&rows, 7);
        *out = (struct queue_count_out){
            .n_parcels = { [parcel_mail] = db_col_i64(&rows, 0), [parcel_push] = db_col_i64(&rows, 1), [parcel_hook] = db_col_i64(&rows, 2) },
            .oldest_parcel_us = db_col_i64(&rows, 3), .n_trash = db_col_i64(&rows, 4), .n_uploads = db_col_i64(&rows, 5),
            .n_rooms_purging = db_col_i64(&rows, 6), .index_behind = behind > 0 ? behind : 0,
        };
    }
    return rows_end_one(&rows, found);
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

enum fault store_parcel_release(struct store *store, int64_t now_us)
{
    return DB_EXEC(store->db, parcel_release, DB_I64(now_us));
}

enum fault store_parcel_postpone(struct store *store, int64_t id, int64_t due_us, int64_t status)
{
    return DB_EXEC(store->db, parcel_postpone, DB_I64(id), DB_I64(due_us), DB_I64_OR_NULL(status));
}

enum fault store_parcel_delete(struct store *store, int64_t id)
{
    return DB_EXEC(store->db, parcel_delete, DB_I64(id));
}

enum fault store_parcel_push_done(struct store *store, int64_t id, int64_t seq, int64_t now_us)
{
    bool deleted;
    enum fault fault = STORE_CHANGES(store, &deleted, parcel_delete_push, DB_I64(id), DB_I64(seq));
    return fault || deleted ? fault : DB_EXEC(store->db, parcel_renew, DB_I64(id), DB_I64(now_us));
}

enum fault store_parcel_delete_of(struct store *store, enum parcel_kind kind, int64_t target)
{
    return DB_EXEC(store->db, parcel_delete_of, DB_I64((int64_t)kind), DB_I64(target));
}

#define PUSHES_AT_ONCE 1024 /* what one bulk statement takes */

static enum fault push_some(struct store *store, struct room_id room, const struct notice_push *pushes, size_t n, int64_t now_us)
{
    int64_t columns[6][PUSHES_AT_ONCE];
    struct db_column each[6];
    for (size_t i = 0; i < n; i++) {
        const int64_t row[] = { pushes[i].subscription, room.v, pushes[i].seq, pushes[i].due_us, now_us, now_us + PARCEL_PUSH_LIFE_S * INT64_C(1000000) };
        for (int k = 0; k < 6; k++) columns[k][i] = row[k];
    }
    for (int k = 0; k < 6; k++) each[k] = (struct db_column){ .type = db_i64, .i64s = columns[k] };
    return db_bulk(store->db, stmt_parcel_push, each, 6, n, NULL, NULL);
}

enum fault store_parcel_push(struct store *store, struct room_id room, const struct notice_push *pushes, size_t n, int64_t now_us)
{
    enum fault fault = fault_none;
    for (size_t at = 0; at < n && !fault; at += PUSHES_AT_ONCE)
        fault = push_some(store, room, pushes + at, n - at < PUSHES_AT_ONCE ? n - at : PUSHES_AT_ONCE, now_us);
    return fault;
}
