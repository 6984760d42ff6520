/* Read marks in the database: how far everybody has read, found by an index on the marks so that it costs the same in rooms of any size, and who has
   read so far. Behind the core's port; runs on the thread of its store.

   A member bounds "read by all" by the last message before the first that somebody else said after their mark: nobody waits for an author to read
   their own words. Members are looked at from the one who lags behind most; the search ends at a mark that is no lower than the bound found. */
#include "store/store_private.h"

enum { laggards_max = 16 };

enum fault store_receipt_by_all(struct store *store, struct room_id room, int64_t last_post, int64_t *was_out, int64_t *now_out)
{
    struct db_rows rows;
    int64_t bound = last_post;
    enum fault fault = STORE_NUMBER(store, was_out, receipt_by_all, DB_I64(room.v));
    if (fault) return fault;
    DB_QUERY(store->db, &rows, receipt_laggards, DB_I64(room.v), DB_I64(laggards_max));
    for (int n = 1; db_next(&rows); n++) {
        int64_t mark = db_col_i64(&rows, 0), other = db_col_i64(&rows, 1), heard = db_col_i64(&rows, 2), own_bound = last_post;
        if (mark >= bound) break;
        if (!db_col_is_null(&rows, 1)) own_bound = other - 1;
        else if (!db_col_is_null(&rows, 2)) own_bound = heard;
        if (n == laggards_max && own_bound > mark) own_bound = mark;
        if (own_bound < bound) bound = own_bound;
    }
    *now_out = bound;
    return db_end(&rows);
}

enum fault store_receipt_set_by_all(struct store *store, struct room_id room, int64_t read)
{
    return DB_EXEC(store->db, receipt_set_by_all, DB_I64(room.v), DB_I64(read));
}

enum fault store_receipt_held_up(struct store *store, struct room_id room, struct account_id account, struct arena *arena,
                                 struct held_up **rooms_out, size_t *n_out)
{
    struct db_rows rows;
    struct held_up *held = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, receipt_held_up, DB_I64(room.v), DB_I64(account.v), DB_I64(laggards_max));
    while (db_next(&rows)) *ARRAY_PUSH(arena, held, *n_out) = (struct held_up){ { db_col_i64(&rows, 0) }, db_col_i64(&rows, 1), db_col_i64(&rows, 2) };
    *rooms_out = held;
    return db_end(&rows);
}

enum fault store_receipt_readers(struct store *store, struct room_id room, int64_t seq, struct account_id after, size_t max, struct arena *arena,
                                 struct reader_view **readers_out, size_t *n_out)
{
    struct db_rows rows;
    struct reader_view *readers = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, receipt_readers, DB_I64(room.v), DB_I64(seq), DB_I64(after.v), DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, readers, *n_out) = (struct reader_view){ .person = col_person(&rows, 0, arena), .read = db_col_i64(&rows, PERSON_N_COLUMNS) };
    *readers_out = readers;
    return db_end(&rows);
}
