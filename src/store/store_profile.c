/* What becomes of accounts after they were made: their profile, password, address, closing; links that prove something. Behind the core's port; runs
   on the thread of its store. */
#include "store/store_private.h"

enum { bots_max = 1000 };

enum fault store_account_by_login(struct store *store, struct span folded, struct span email_folded, struct arena *arena, struct account *out,
                                  struct span *hash_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, account_by_login, DB_TEXT(folded), DB_TEXT_OR_NULL(email_folded));
    bool found = db_next(&rows);
    if (found) col_account(&rows, arena, out);
    if (found && hash_out) *hash_out = db_col_copy(&rows, ACCOUNT_N_COLUMNS, arena);
    return rows_end_one(&rows, found);
}

enum fault store_account_hash(struct store *store, struct account_id id, struct arena *arena, struct span *hash_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, account_hash, DB_I64(id.v));
    bool found = db_next(&rows);
    if (found) *hash_out = db_col_copy(&rows, 0, arena);
    return rows_end_one(&rows, found);
}

enum fault store_account_set_profile(struct store *store, const struct account *a)
{
    return DB_EXEC(store->db, account_set_profile, DB_I64(a->person.id.v), DB_TEXT_OR_NULL(a->person.name), DB_TEXT_OR_NULL(a->about),
                   DB_TEXT_OR_NULL(a->locale), DB_I64(a->hide_read), DB_I64(a->hide_last_seen));
}

enum fault store_account_set_password(struct store *store, struct account_id id, struct span hash)
{
    return DB_EXEC(store->db, account_set_password, DB_I64(id.v), DB_TEXT(hash));
}

enum fault store_account_set_email(struct store *store, struct account_id id, struct span email, struct span folded, int64_t verified_us)
{
    return DB_EXEC(store->db, account_set_email, DB_I64(id.v), DB_TEXT_OR_NULL(email), DB_TEXT_OR_NULL(folded), DB_I64(verified_us));
}

enum fault store_account_release_email(struct store *store, struct span folded)
{
    return DB_EXEC(store->db, account_release_email, DB_TEXT(folded));
}

enum fault store_account_set_closed(struct store *store, struct account_id id, int64_t deactivated_us)
{
    return DB_EXEC(store->db, account_set_closed, DB_I64(id.v), DB_I64(deactivated_us));
}

enum fault store_account_erase(struct store *store, struct account_id id, struct span username, int64_t now_us)
{
    enum fault fault = DB_EXEC(store->db, account_erase_drafts, DB_I64(id.v));
    if (!fault) fault = DB_EXEC(store->db, account_erase_blocks, DB_I64(id.v));
    if (!fault) fault = notify_forget_account(store, id);
    return fault ? fault : DB_EXEC(store->db, account_erase, DB_I64(id.v), DB_TEXT(username), DB_I64(now_us));
}

enum fault store_account_set_admin(struct store *store, struct account_id id, bool site_admin)
{
    return DB_EXEC(store->db, account_set_admin, DB_I64(id.v), DB_I64(site_admin));
}

enum fault store_account_set_quota(struct store *store, struct account_id id, int64_t quota_bytes)
{
    return DB_EXEC(store->db, account_set_quota, DB_I64(id.v), DB_I64(quota_bytes));
}

enum fault store_account_n_admins(struct store *store, int64_t *n_out)
{
    return store_number(store, stmt_account_n_admins, NULL, 0, n_out);
}

enum fault store_account_bots(struct store *store, struct account_id owner, struct arena *arena, struct person **bots_out, size_t *n_out)
{
    struct db_rows rows;
    struct person *bots = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, account_bots, DB_I64(owner.v), DB_I64(bots_max));
    while (db_next(&rows)) *ARRAY_PUSH(arena, bots, *n_out) = col_person(&rows, 0, arena);
    *bots_out = bots;
    return db_end(&rows);
}

enum fault store_account_is_bot_of(struct store *store, struct account_id bot, struct account_id owner, bool *is_out)
{
    int64_t n;
    enum fault fault = STORE_NUMBER(store, &n, account_is_bot_of, DB_I64(bot.v), DB_I64(owner.v));
    *is_out = n > 0;
    return fault;
}

enum fault store_account_rooms(struct store *store, struct account_id id, struct arena *arena, struct room_id **rooms_out,
                               enum member_role **roles_out, size_t *n_out)
{
    struct db_rows rows;
    struct room_id *rooms = NULL;
    enum member_role *roles = NULL;
    size_t n = 0;
    DB_QUERY(store->db, &rows, account_rooms, DB_I64(id.v));
    for (*n_out = 0; db_next(&rows);) {
        *ARRAY_PUSH(arena, rooms, *n_out) = (struct room_id){ db_col_i64(&rows, 0) };
        *ARRAY_PUSH(arena, roles, n) = (enum member_role)db_col_i64(&rows, 1);
    }
    *rooms_out = rooms, *roles_out = roles;
    return db_end(&rows);
}

/* ---- Links */

enum fault store_link_insert(struct store *store, struct span token_hash, struct account_id account, enum link_kind kind, struct span email,
                             int64_t now_us, int64_t expires_us)
{
    enum fault fault = DB_EXEC(store->db, link_expire, DB_I64(account.v), DB_I64(now_us));
    return fault ? fault : DB_EXEC(store->db, link_insert, DB_TEXT(token_hash), DB_I64(account.v), DB_I64(kind), DB_TEXT_OR_NULL(email), DB_I64(now_us),
                   DB_I64(expires_us));
}

enum fault store_link_take(struct store *store, struct span token_hash, enum link_kind kind, int64_t now_us, struct arena *arena,
                           struct account_id *account_out, struct span *email_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, link_take, DB_TEXT(token_hash), DB_I64(kind), DB_I64(now_us));
    bool found = db_next(&rows);
    if (found) account_out->v = db_col_i64(&rows, 0), *email_out = db_col_copy(&rows, 1, arena);
    enum fault fault = rows_end_one(&rows, found);
    return fault == fault_not_found ? fault_gone : fault;
}

enum fault store_link_delete(struct store *store, struct account_id account, enum link_kind kind)
{
    return DB_EXEC(store->db, link_delete, DB_I64(account.v), DB_I64(kind));
}

enum fault store_link_count(struct store *store, struct account_id account, int64_t since_us, int64_t *n_out)
{
    return STORE_NUMBER(store, n_out, link_count, DB_I64(account.v), DB_I64(since_us));
}
