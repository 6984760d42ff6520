/* Webhooks in the database, both ways. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

/* ---- Incoming */

enum { after_author = 3 + PERSON_N_COLUMNS };

static struct hook_view col_hook(struct db_rows *rows, struct arena *arena)
{
    return (struct hook_view){ .id = db_col_i64(rows, 0), .room = { db_col_i64(rows, 1) }, .name = db_col_copy(rows, 2, arena),
                               .author = col_person(rows, 3, arena), .created_us = db_col_i64(rows, after_author),
                               .used_us = db_col_i64(rows, after_author + 1) };
}

enum fault store_hook_insert(struct store *store, const struct hook_view *hook, struct span token_hash, int64_t *id_out)
{
    return STORE_NUMBER(store, id_out, hook_insert, DB_I64(hook->room.v), DB_TEXT(hook->name), DB_TEXT(token_hash), DB_I64(hook->author.id.v),
                        DB_I64(hook->created_us));
}

enum fault store_hook_list(struct store *store, struct room_id room, struct arena *arena, struct hook_view **hooks_out, size_t *n_out)
{
    struct db_rows rows;
    struct hook_view *hooks = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, hook_list, DB_I64(room.v));
    while (db_next(&rows)) *ARRAY_PUSH(arena, hooks, *n_out) = col_hook(&rows, arena);
    *hooks_out = hooks;
    return db_end(&rows);
}

enum fault store_hook_delete(struct store *store, struct room_id room, int64_t id)
{
    bool deleted;
    enum fault fault = STORE_CHANGES(store, &deleted, hook_delete, DB_I64(id), DB_I64(room.v));
    return fault || deleted ? fault : fault_not_found;
}

enum fault store_hook_by_id(struct store *store, int64_t id, struct arena *arena, struct hook_view *out, struct span *token_hash_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, hook_by_id, DB_I64(id));
    bool found = db_next(&rows);
    if (found) *out = col_hook(&rows, arena), *token_hash_out = db_col_copy(&rows, after_author + 2, arena);
    return rows_end_one(&rows, found);
}

enum fault store_hook_used(struct store *store, int64_t id, int64_t now_us)
{
    return DB_EXEC(store->db, hook_used, DB_I64(id), DB_I64(now_us));
}

enum fault store_message_set_hook_name(struct store *store, struct message_id id, struct span name)
{
    return DB_EXEC(store->db, message_set_hook_name, DB_I64(id.v), DB_TEXT(name));
}

/* ---- Outgoing */

enum { outgoing_author = 4, after_outgoing_author = outgoing_author + PERSON_N_COLUMNS };

static struct outgoing_view col_outgoing(struct db_rows *rows, struct arena *arena)
{
    int c = after_outgoing_author;
    return (struct outgoing_view){
        .id = db_col_i64(rows, 0), .room = { db_col_i64(rows, 1) }, .url = db_col_copy(rows, 2, arena), .events = db_col_i64(rows, 3),
        .author = col_person(rows, outgoing_author, arena), .created_us = db_col_i64(rows, c), .last_status = db_col_i64(rows, c + 1),
        .last_us = db_col_i64(rows, c + 2), .failing_since_us = db_col_i64(rows, c + 3), .disabled_us = db_col_i64(rows, c + 4),
        .n_waiting = db_col_i64(rows, c + 5) };
}

enum fault store_outgoing_insert(struct store *store, const struct outgoing_view *hook, struct span secret, int64_t *id_out)
{
    enum fault fault = STORE_NUMBER(store, id_out, outgoing_insert, DB_I64(hook->room.v), DB_TEXT(hook->url), DB_I64(hook->events), DB_TEXT(secret),
                                    DB_I64(hook->author.id.v), DB_I64(hook->created_us));
    return fault ? fault : store_notice_mark_room(store, hook->room);
}

enum fault store_outgoing_list(struct store *store, struct room_id room, struct arena *arena, struct outgoing_view **hooks_out, size_t *n_out)
{
    struct db_rows rows;
    struct outgoing_view *hooks = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, outgoing_list, DB_I64(room.v));
    while (db_next(&rows)) *ARRAY_PUSH(arena, hooks, *n_out) = col_outgoing(&rows, arena);
    *hooks_out = hooks;
    return db_end(&rows);
}

enum fault store_outgoing_delete(struct store *store, struct room_id room, int64_t id)
{
    bool deleted;
    enum fault fault = STORE_CHANGES(store, &deleted, outgoing_delete, DB_I64(id), DB_I64(room.v));
    if (fault) return fault;
    return deleted ? store_parcel_delete_of(store, parcel_hook, id) : fault_not_found;
}

enum fault store_outgoing_of_room(struct store *store, struct room_id room, struct arena *arena, struct notice_hook **hooks_out, size_t *n_out)
{
    struct db_rows rows;
    struct notice_hook *hooks = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, outgoing_of_room, DB_I64(room.v), DB_I64(OUTGOING_WAITING_MAX));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, hooks, *n_out) = (struct notice_hook){ db_col_i64(&rows, 0), db_col_i64(&rows, 1), db_col_i64(&rows, 2) };
    *hooks_out = hooks;
    return db_end(&rows);
}

/* A test (it names no room) goes out to a hook that is switched off, too: it can switch it on again. */
enum fault store_outgoing_content(struct store *store, const struct parcel *p, struct arena *arena, struct parcel_content *out)
{
    struct db_rows rows;
    *out = (struct parcel_content){ 0 };
    DB_QUERY(store->db, &rows, outgoing_content, DB_I64(p->target));
    if (db_next(&rows))
        *out = (struct parcel_content){ .stands = db_col_is_null(&rows, 2) || id_none(p->room), .url = db_col_copy(&rows, 0, arena),
                                        .secret = db_col_copy(&rows, 1, arena) };
    return db_end(&rows);
}

enum fault store_outgoing_note(struct store *store, int64_t id, bool well, int64_t status, int64_t now_us)
{
    if (well) return DB_EXEC(store->db, outgoing_well, DB_I64(id), DB_I64(status), DB_I64(now_us));
    return DB_EXEC(store->db, outgoing_ill, DB_I64(id), DB_I64(status), DB_I64(now_us), DB_I64(now_us - OUTGOING_PATIENCE_S * INT64_C(1000000)));
}
