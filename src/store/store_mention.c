/* Mentions in the database: looking up who is meant, and one row for each that is, so that they can be counted. Behind the core's port; runs on the
   thread of its store. */
#include "store/store_private.h"

static void col_named(void *user, struct db_rows *row)
{
    struct account_id *accounts = user;
    accounts[db_col_i64(row, 0)].v = db_col_i64(row, 1);
}

enum fault store_mention_named(struct store *store, struct room_id room, const struct span *folded, size_t n, struct account_id *accounts_out)
{
    int64_t rooms[n];
    for (size_t i = 0; i < n; i++) rooms[i] = room.v;
    struct db_column columns[] = { { .type = db_i64, .i64s = rooms }, { .type = db_text, .texts = folded } };
    return db_bulk(store->db, stmt_mention_named, columns, 2, n, col_named, accounts_out);
}

static enum fault run(struct store *store, enum db_stmt stmt, size_t n_columns, const struct message *m, const struct account_id *accounts, size_t n)
{
    int64_t room[n], seq[n], author[n];
    for (size_t i = 0; i < n; i++) room[i] = m->room.v, seq[i] = m->seq, author[i] = m->author.id.v;
    struct db_column columns[] = { { .type = db_i64, .i64s = room }, { .type = db_i64, .i64s = &accounts->v }, { .type = db_i64, .i64s = seq },
                                   { .type = db_i64, .i64s = author } };
    return db_bulk(store->db, stmt, columns, n_columns, n, NULL, NULL);
}

enum fault store_mention_put(struct store *store, const struct message *m, const struct account_id *accounts, size_t n)
{
    return n ? run(store, stmt_mention_put, 4, m, accounts, n) : fault_none;
}

enum fault store_mention_remove(struct store *store, const struct message *m, const struct account_id *accounts, size_t n)
{
    return n ? run(store, stmt_mention_remove, 3, m, accounts, n) : fault_none;
}

enum fault store_message_set_mentions(struct store *store, const struct message *m)
{
    return DB_EXEC(store->db, message_set_mentions, DB_I64(m->id.v), DB_TEXT_OR_NULL(m->mentions));
}

enum fault store_mention_count(struct store *store, struct room_id room, struct account_id account, int64_t read, int64_t *n_out)
{
    return STORE_NUMBER(store, n_out, mention_count, DB_I64(room.v), DB_I64(account.v), DB_I64(read));
}
