/* Single messages read, in the database: rows above the reader's mark, and what follows from rows and marks together. Behind the core's port; runs on the
   thread of its store.
   Always: a member has read a message when their mark has reached its number or they have a row of it. */
#include "store/store_private.h"

enum fault store_reader_put(struct store *store, struct room_id room, struct account_id account, int64_t seq, bool *added_out)
{
    return STORE_CHANGES(store, added_out, reader_put, DB_I64(room.v), DB_I64(account.v), DB_I64(seq));
}

enum fault store_reader_count(struct store *store, struct room_id room, struct account_id account, int64_t *n_out)
{
    return STORE_NUMBER(store, n_out, reader_count, DB_I64(room.v), DB_I64(account.v));
}

enum fault store_reader_forget(struct store *store, struct room_id room, struct account_id account, int64_t read)
{
    return DB_EXEC(store->db, reader_forget, DB_I64(room.v), DB_I64(account.v), DB_I64(read));
}

enum fault store_reader_reach(struct store *store, struct room_id room, struct account_id account, int64_t read, int64_t *out)
{
    return STORE_NUMBER(store, out, reader_reach, DB_I64(room.v), DB_I64(account.v), DB_I64(read));
}

enum fault store_reader_lasts(struct store *store, struct room_id room, struct account_id account, int64_t from, int64_t to, bool departs,
                              struct arena *arena, struct read_message **messages_out, size_t *n_out)
{
    struct db_rows rows;
    struct read_message *messages = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, reader_lasts, DB_I64(room.v), DB_I64(account.v), DB_I64(from), DB_I64(to), DB_I64(departs));
    while (db_next(&rows)) *ARRAY_PUSH(arena, messages, *n_out) = (struct read_message){ { db_col_i64(&rows, 0) }, { db_col_i64(&rows, 1) } };
    *messages_out = messages;
    return db_end(&rows);
}

enum fault store_reader_read(struct store *store, struct room_id room, int64_t from, int64_t to, struct arena *arena, int64_t **seqs_out, size_t *n_out)
{
    struct db_rows rows;
    int64_t *seqs = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, reader_read, DB_I64(room.v), DB_I64(from), DB_I64(to));
    while (db_next(&rows)) *ARRAY_PUSH(arena, seqs, *n_out) = db_col_i64(&rows, 0);
    *seqs_out = seqs;
    return db_end(&rows);
}
