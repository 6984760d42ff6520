/* Accounts and invites in the database. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

void col_account(struct db_rows *rows, struct arena *arena, struct account *out)
{
    int at = PERSON_N_COLUMNS;
    *out = (struct account){
        .person = col_person(rows, 0, arena), .site_admin = db_col_i64(rows, at), .created_us = db_col_i64(rows, at + 1),
        .email = db_col_copy(rows, at + 2, arena), .email_verified = !db_col_is_null(rows, at + 3), .about = db_col_copy(rows, at + 4, arena),
        .locale = db_col_copy(rows, at + 5, arena), .hide_read = db_col_i64(rows, at + 6), .hide_last_seen = db_col_i64(rows, at + 7),
        .used_bytes = db_col_i64(rows, at + 8), .quota_bytes = db_col_i64(rows, at + 9),
    };
}

static enum fault end_account(struct db_rows *rows, struct arena *arena, struct account *out)
{
    bool found = db_next(rows);
    if (found) col_account(rows, arena, out);
    return rows_end_one(rows, found);
}

enum fault store_account_insert(struct store *store, const struct account_record *r, struct account_id *out)
{
    return STORE_NUMBER(store, &out->v, account_insert, DB_TEXT(r->username), DB_TEXT(r->folded), DB_TEXT(r->password_hash),
                        DB_I64(r->site_admin), DB_I64(r->created_us), DB_TEXT_OR_NULL(r->email), DB_TEXT_OR_NULL(r->email_folded),
                        DB_TEXT_OR_NULL(r->locale), DB_TEXT_OR_NULL(r->name), DB_I64(r->owner.v));
}

enum fault store_account_by_id(struct store *store, struct account_id id, struct arena *arena, struct account *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, account_by_id, DB_I64(id.v));
    return end_account(&rows, arena, out);
}

enum fault store_account_by_folded(struct store *store, struct span folded, struct arena *arena, struct account *out, struct span *hash_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, account_by_folded, DB_TEXT(folded));
    bool found = db_next(&rows);
    if (found) col_account(&rows, arena, out);
    if (found && hash_out) *hash_out = db_col_copy(&rows, ACCOUNT_N_COLUMNS, arena);
    return rows_end_one(&rows, found);
}

enum fault store_account_asking(struct store *store, struct account_id id, struct session_id session, int64_t now_us, struct arena *arena,
                                struct account *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, account_asking, DB_I64(id.v), DB_I64(session.v), DB_I64(now_us));
    return end_account(&rows, arena, out);
}

/* Everything that begins with the prefix sorts below the prefix followed by the last code point. */
enum fault store_account_find(struct store *store, struct span folded_prefix, size_t max, struct arena *arena, struct person **people_out,
                              size_t *n_out)
{
    struct db_rows rows;
    struct person *people = NULL;
    struct span end = arena_printf(arena, SPAN_FMT "\xF4\x8F\xBF\xBF", SPAN_ARG(folded_prefix));
    *n_out = 0;
    DB_QUERY(store->db, &rows, account_find, DB_TEXT(folded_prefix), DB_TEXT(end), DB_I64((int64_t)max));
    while (db_next(&rows)) *ARRAY_PUSH(arena, people, *n_out) = col_person(&rows, 0, arena);
    *people_out = people;
    return db_end(&rows);
}

enum fault store_account_is_named(struct store *store, struct span folded, bool *is_out)
{
    int64_t n = 0;
    enum fault fault = STORE_NUMBER(store, &n, account_is_named, DB_TEXT(folded));
    *is_out = n > 0;
    return fault;
}

enum fault store_account_any(struct store *store, bool *any_out)
{
    int64_t any;
    enum fault fault = store_number(store, stmt_account_any, NULL, 0, &any);
    *any_out = any;
    return fault;
}

/* ---- Invites */

enum fault store_invite_insert(struct store *store, struct span code_hash, int64_t n_uses, int64_t expires_us, struct account_id by, int64_t now_us)
{
    return DB_EXEC(store->db, invite_insert, DB_TEXT(code_hash), DB_I64(n_uses), DB_I64(expires_us), DB_I64(by.v), DB_I64(now_us));
}

enum fault store_invite_use(struct store *store, struct span code_hash, int64_t now_us)
{
    bool used;
    enum fault fault = STORE_CHANGES(store, &used, invite_use, DB_TEXT(code_hash), DB_I64(now_us));
    return fault || used ? fault : fault_gone;
}
