/* Levels, subscriptions, and how far notices have been made. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

/* ---- Levels */

enum fault store_notify_put(struct store *store, struct account_id account, const struct notify_view *view)
{
    if (view->level == notify_inherits) return DB_EXEC(store->db, notify_delete, DB_I64(account.v), DB_I64(view->room.v));
    return DB_EXEC(store->db, notify_put, DB_I64(account.v), DB_I64(view->room.v), DB_I64((int64_t)view->level), DB_I64_OR_NULL(view->until_us));
}

enum fault store_notify_list(struct store *store, struct account_id account, int64_t now_us, struct arena *arena, struct notify_view **views_out,
                             size_t *n_out)
{
    struct db_rows rows;
    struct notify_view *views = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, notify_list, DB_I64(account.v), DB_I64(now_us));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, views, *n_out) = (struct notify_view){
            .room = { db_col_i64(&rows, 0) }, .level = (enum notify_level)db_col_i64(&rows, 1), .until_us = db_col_i64(&rows, 2) };
    *views_out = views;
    return db_end(&rows);
}

/* ---- Subscriptions */

static enum fault trim(struct store *store, struct account_id account)
{
    return DB_EXEC(store->db, push_trim, DB_I64(account.v), DB_I64(PUSH_SUBSCRIPTIONS_MAX));
}

enum fault store_push_put(struct store *store, const struct push_record *r, int64_t now_us, int64_t *id_out, bool *existed_out)
{
    int64_t known;
    enum fault fault = STORE_NUMBER(store, &known, push_known, DB_TEXT(r->endpoint), DB_I64(r->account.v));
    *existed_out = fault == fault_none;
    if (fault && fault != fault_not_found) return fault;
    fault = STORE_NUMBER(store, id_out, push_put, DB_I64(r->account.v), DB_I64_OR_NULL(r->session.v), DB_TEXT(r->endpoint), DB_TEXT(r->p256dh),
                         DB_TEXT(r->auth), DB_TEXT_OR_NULL(r->agent), DB_I64(now_us));
    if (!fault) fault = trim(store, r->account);
    return fault ? fault : DB_EXEC(store->db, notice_mark_rooms, DB_I64(r->account.v));
}

enum fault store_push_list(struct store *store, struct account_id account, struct arena *arena, struct push_view **views_out, size_t *n_out)
{
    struct db_rows rows;
    struct push_view *views = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, push_list, DB_I64(account.v));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, views, *n_out) = (struct push_view){
            .id = db_col_i64(&rows, 0), .endpoint = db_col_copy(&rows, 1, arena), .agent = db_col_copy(&rows, 2, arena),
            .session = { db_col_i64(&rows, 3) }, .created_us = db_col_i64(&rows, 4) };
    *views_out = views;
    return db_end(&rows);
}

enum fault store_push_delete(struct store *store, int64_t id, struct account_id account)
{
    bool deleted;
    if (id_none(account)) return DB_EXEC(store->db, push_delete_dead, DB_I64(id));
    enum fault fault = STORE_CHANGES(store, &deleted, push_delete, DB_I64(id), DB_I64(account.v));
    return fault || deleted ? fault : fault_not_found;
}

/* ---- Marks */

enum fault store_notice_mark(struct store *store, struct room_id room, int64_t *seq_out)
{
    enum fault fault = STORE_NUMBER(store, seq_out, notice_mark_get, DB_I64(room.v));
    if (fault != fault_not_found) return fault;
    *seq_out = -1;
    return fault_none;
}

enum fault store_notice_mark_room(struct store *store, struct room_id room)
{
    return DB_EXEC(store->db, notice_mark_room, DB_I64(room.v));
}

enum fault store_notice_move(struct store *store, struct room_id room, int64_t from, int64_t to, bool *moved_out)
{
    if (from < 0) return STORE_CHANGES(store, moved_out, notice_mark_add, DB_I64(room.v), DB_I64(to));
    if (to < 0) return STORE_CHANGES(store, moved_out, notice_mark_delete, DB_I64(room.v), DB_I64(from));
    return STORE_CHANGES(store, moved_out, notice_mark_move, DB_I64(room.v), DB_I64(from), DB_I64(to));
}

enum fault store_notice_behind(struct store *store, size_t max, struct arena *arena, struct room_id **rooms_out, size_t *n_out)
{
    struct db_rows rows;
    struct room_id *rooms = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, notice_behind, DB_I64((int64_t)max));
    while (db_next(&rows)) *ARRAY_PUSH(arena, rooms, *n_out) = (struct room_id){ db_col_i64(&rows, 0) };
    *rooms_out = rooms;
    return db_end(&rows);
}

/* ---- Whom it concerns */

enum fault store_notice_room(struct store *store, struct room_id room, int64_t *head_out, int64_t *n_members_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, notice_room, DB_I64(room.v));
    bool found = db_next(&rows);
    if (found) *head_out = db_col_i64(&rows, 0), *n_members_out = db_col_i64(&rows, 1);
    return rows_end_one(&rows, found);
}

static struct notice_target col_target(struct db_rows *rows, struct room_id room, int64_t n_members, int64_t now_us)
{
    struct notify_view own = { .room = room, .level = (enum notify_level)db_col_i64(rows, 2), .until_us = db_col_i64(rows, 3) };
    struct notify_view guild = { .level = (enum notify_level)db_col_i64(rows, 7), .until_us = db_col_i64(rows, 8) };
    int64_t subscribed_us = db_col_i64(rows, 4), joined_us = db_col_i64(rows, 5);
    return (struct notice_target){ .subscription = db_col_i64(rows, 0), .account = { db_col_i64(rows, 1) },
                                   .level = notify_effective(own, guild, n_members, now_us),
                                   .since_us = subscribed_us > joined_us ? subscribed_us : joined_us, .read = db_col_i64(rows, 6) };
}

/* From which side to begin is decided here: no statistics of the engines are needed. */
enum fault store_notice_targets(struct store *store, struct room_id room, int64_t n_members, int64_t now_us, struct arena *arena,
                                struct notice_target **targets_out, size_t *n_out)
{
    struct db_rows rows;
    struct notice_target *targets = NULL;
    *n_out = 0;
    if (n_members > NOTIFY_LARGE_ROOM)
        DB_QUERY(store->db, &rows, notice_targets_large, DB_I64(room.v), DB_I64(NOTICE_TARGETS_MAX));
    else
        DB_QUERY(store->db, &rows, notice_targets, DB_I64(room.v), DB_I64(NOTICE_TARGETS_MAX));
    while (db_next(&rows)) *ARRAY_PUSH(arena, targets, *n_out) = col_target(&rows, room, n_members, now_us);
    *targets_out = targets;
    return db_end(&rows);
}

/* Deleted or read meanwhile: nothing to tell any more. */
enum fault store_push_content(struct store *store, const struct parcel *p, struct arena *arena, struct parcel_content *out)
{
    enum { person = 3, room = person + PERSON_N_COLUMNS, message = room + 2, read = message + 6 };
    struct db_rows rows;
    *out = (struct parcel_content){ 0 };
    DB_QUERY(store->db, &rows, push_content, DB_I64(p->target), DB_I64(p->room.v), DB_I64(p->seq));
    if (db_next(&rows)) {
        *out = (struct parcel_content){
            .stands = !db_col_i64(&rows, message + 4) && db_col_i64(&rows, read) < p->seq,
            .endpoint = db_col_copy(&rows, 0, arena), .p256dh = db_col_copy(&rows, 1, arena), .auth = db_col_copy(&rows, 2, arena),
            .author = col_person(&rows, person, arena), .room_name = db_col_copy(&rows, room, arena),
            .room_kind = (enum room_kind)db_col_i64(&rows, room + 1), .message = { db_col_i64(&rows, message) },
            .text = db_col_copy(&rows, message + 1, arena), .at_us = db_col_i64(&rows, message + 2),
            .author_shown = db_col_copy(&rows, message + 3, arena), .n_files = db_col_i64(&rows, message + 5), .unread = db_col_i64(&rows, read + 1),
        };
    }
    return db_end(&rows);
}

/* ---- Forgetting */

/* What waits in the outbox for such a room or account finds nobody when it is about to leave. */
enum fault notify_forget_room(struct store *store, struct room_id room)
{
    enum fault fault = DB_EXEC(store->db, room_remove_hooks, DB_I64(room.v));
    if (!fault) fault = DB_EXEC(store->db, room_remove_outgoing, DB_I64(room.v));
    if (!fault) fault = DB_EXEC(store->db, room_remove_levels, DB_I64(room.v));
    return fault ? fault : DB_EXEC(store->db, room_remove_marks, DB_I64(room.v));
}

enum fault notify_forget_account(struct store *store, struct account_id account)
{
    enum fault fault = DB_EXEC(store->db, account_erase_levels, DB_I64(account.v));
    if (!fault) fault = DB_EXEC(store->db, account_erase_pushes, DB_I64(account.v));
    return fault ? fault : DB_EXEC(store->db, account_erase_hooks, DB_I64(account.v));
}
