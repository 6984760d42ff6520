/* Who has blocked whom, in the database. The direct room of two of whom one has blocked the other carries a flag, so that posting need not look
   here. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

enum fault store_block_put(struct store *store, struct account_id by, struct account_id whom, int64_t now_us, bool *changed_out)
{
    return STORE_CHANGES(store, changed_out, block_put, DB_I64(by.v), DB_I64(whom.v), DB_I64(now_us));
}

enum fault store_block_remove(struct store *store, struct account_id by, struct account_id whom, bool *changed_out)
{
    return STORE_CHANGES(store, changed_out, block_remove, DB_I64(by.v), DB_I64(whom.v));
}

enum fault store_block_stands(struct store *store, struct account_id by, struct account_id whom, bool *out)
{
    int64_t stands = 0;
    enum fault fault = STORE_NUMBER(store, &stands, block_stands, DB_I64(by.v), DB_I64(whom.v));
    *out = stands;
    return fault;
}

enum fault store_block_count(struct store *store, struct account_id by, int64_t *n_out)
{
    return STORE_NUMBER(store, n_out, block_count, DB_I64(by.v));
}

enum fault store_block_list(struct store *store, struct account_id by, size_t max, struct arena *arena, struct block_view **blocks_out, size_t *n_out)
{
    struct db_rows rows;
    struct block_view *blocks = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, block_list, DB_I64(by.v), DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, blocks, *n_out) = (struct block_view){ .person = col_person(&rows, 0, arena), .at_us = db_col_i64(&rows, PERSON_N_COLUMNS) };
    *blocks_out = blocks;
    return db_end(&rows);
}

enum fault store_room_direct_of(struct store *store, struct account_id a, struct account_id b, struct room_id *out)
{
    int64_t low = a.v < b.v ? a.v : b.v, high = a.v < b.v ? b.v : a.v;
    *out = (struct room_id){ 0 };
    enum fault fault = STORE_NUMBER(store, &out->v, room_by_accounts, DB_I64(low), DB_I64(high));
    return fault == fault_not_found ? fault_none : fault;
}

enum fault store_room_set_blocked(struct store *store, struct room_id room, bool blocked)
{
    return DB_EXEC(store->db, block_close_room, DB_I64(room.v), DB_I64(blocked));
}
