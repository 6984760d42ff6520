/* Members in the database; the room's count of them is kept along, and the same
   members in all channels of a guild. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

static enum fault count(struct store *store, struct room_id room, int64_t more)
{
    return DB_EXEC(store->db, room_count_members, DB_I64(room.v), DB_I64(more));
}

enum fault store_member_insert(struct store *store, struct room_id room, struct account_id account, enum member_role role, int64_t now_us)
{
    enum fault fault = DB_EXEC(store->db, member_insert, DB_I64(room.v), DB_I64(account.v), DB_I64(role), DB_I64(now_us));
    return fault ? fault : count(store, room, 1);
}

enum fault store_member_delete(struct store *store, struct room_id room, struct account_id account)
{
    bool deleted;
    enum fault fault = DB_EXEC(store->db, reader_forget_all, DB_I64(room.v), DB_I64(account.v));
    if (!fault) fault = STORE_CHANGES(store, &deleted, member_delete, DB_I64(room.v), DB_I64(account.v));
    return fault || !deleted ? fault : count(store, room, -1);
}

enum fault store_member_role(struct store *store, struct room_id room, struct account_id account, enum member_role *role_out)
{
    int64_t role;
    enum fault fault = STORE_NUMBER(store, &role, member_role, DB_I64(room.v), DB_I64(account.v));
    *role_out = (enum member_role)role;
    return fault == fault_not_found ? fault_none : fault;
}

enum fault store_member_set_role(struct store *store, struct room_id room, struct account_id account, enum member_role role)
{
    return DB_EXEC(store->db, member_set_role, DB_I64(room.v), DB_I64(account.v), DB_I64(role));
}

enum fault store_member_muted(struct store *store, struct room_id room, struct account_id account, int64_t *until_us_out)
{
    enum fault fault = STORE_NUMBER(store, until_us_out, member_muted, DB_I64(room.v), DB_I64(account.v));
    return fault == fault_not_found ? fault_none : fault;
}

enum fault store_member_set_muted(struct store *store, struct room_id room, struct account_id account, int64_t until_us)
{
    return DB_EXEC(store->db, member_set_muted, DB_I64(room.v), DB_I64(account.v), DB_I64(until_us));
}

enum fault store_member_posted(struct store *store, const struct room_id *rooms, const struct account_id *accounts, const int64_t *at_us, size_t n)
{
    struct db_column columns[] = { { .type = db_i64, .i64s = &rooms->v }, { .type = db_i64, .i64s = &accounts->v }, { .type = db_i64, .i64s = at_us } };
    return db_bulk(store->db, stmt_member_posted, columns, 3, n, NULL, NULL);
}

enum fault store_member_set_read(struct store *store, struct room_id room, struct account_id account, int64_t read, int64_t read_change, int64_t seen)
{
    return DB_EXEC(store->db, member_set_read, DB_I64(room.v), DB_I64(account.v), DB_I64(read), DB_I64(read_change), DB_I64(seen));
}

enum fault store_member_heir(struct store *store, struct room_id room, struct arena *arena, struct person *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, member_heir, DB_I64(room.v));
    bool found = db_next(&rows);
    if (found) *out = col_person(&rows, 0, arena);
    return rows_end_one(&rows, found);
}

enum fault store_member_list(struct store *store, struct room_id room, struct account_id asker, struct account_id after, size_t max,
                             struct arena *arena, struct member_view **members_out, size_t *n_out)
{
    struct db_rows rows;
    struct member_view *members = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, member_list, DB_I64(room.v), DB_I64(after.v), DB_I64((int64_t)max), DB_I64(asker.v));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, members, *n_out) = (struct member_view){
            .person = col_person(&rows, 0, arena), .role = (enum member_role)db_col_i64(&rows, PERSON_N_COLUMNS),
            .joined_us = db_col_i64(&rows, PERSON_N_COLUMNS + 1), .read = db_col_i64(&rows, PERSON_N_COLUMNS + 2),
            .read_hidden = db_col_is_null(&rows, PERSON_N_COLUMNS + 2), .muted_until_us = db_col_i64(&rows, PERSON_N_COLUMNS + 3),
            .presence_hidden = db_col_i64(&rows, PERSON_N_COLUMNS + 4),
        };
    *members_out = members;
    return db_end(&rows);
}
