/* What administrators see: users, rooms, figures, reports, the audit log. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

/* ---- Users */

static void col_user(struct db_rows *rows, struct arena *arena, struct user_view *out)
{
    int at = ACCOUNT_N_COLUMNS;
    *out = (struct user_view){
        .n_rooms = db_col_i64(rows, at), .n_sessions = db_col_i64(rows, at + 1), .last_seen_us = db_col_i64(rows, at + 2),
        .deactivated_us = db_col_i64(rows, at + 3), .erased_us = db_col_i64(rows, at + 4), .owner = col_person(rows, at + 5, arena),
    };
    col_account(rows, arena, &out->account);
}

enum fault store_user_view(struct store *store, struct account_id id, int64_t now_us, struct arena *arena, struct user_view *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, user_view, DB_I64(id.v), DB_I64(now_us));
    bool found = db_next(&rows);
    if (found) col_user(&rows, arena, out);
    return rows_end_one(&rows, found);
}

enum fault store_user_list(struct store *store, struct span folded_query, struct account_id after, size_t max, int64_t now_us, struct arena *arena,
                           struct user_view **users_out, size_t *n_out)
{
    struct db_rows rows;
    struct user_view *users = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, user_list, DB_TEXT(folded_query.n ? folded_query : SPAN("")), DB_I64(after.v), DB_I64((int64_t)max), DB_I64(now_us));
    while (db_next(&rows)) col_user(&rows, arena, ARRAY_PUSH(arena, users, *n_out));
    *users_out = users;
    return db_end(&rows);
}

/* ---- Rooms and figures */

static void col_admin_room(struct db_rows *rows, struct arena *arena, struct admin_room_view *out)
{
    *out = (struct admin_room_view){
        .id = { db_col_i64(rows, 0) }, .kind = (enum room_kind)db_col_i64(rows, 1), .name = db_col_copy(rows, 2, arena),
        .public = db_col_i64(rows, 3), .n_members = db_col_i64(rows, 4), .created_us = db_col_i64(rows, 5), .guild = { db_col_i64(rows, 6) },
        .n_messages = db_col_i64(rows, 7), .last_us = db_col_i64(rows, 8), .last_deleted = !db_col_is_null(rows, 9),
        .last_text = db_col_copy(rows, 10, arena), .last_has_file = db_col_i64(rows, 11), .last_author = col_person(rows, 12, arena),
    };
}

enum fault store_admin_rooms(struct store *store, struct span query, struct room_id after, size_t max, struct arena *arena,
                             struct admin_room_view **rooms_out, size_t *n_out)
{
    struct db_rows rows;
    struct admin_room_view *rooms = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, admin_rooms, DB_TEXT(query.n ? query : SPAN("")), DB_I64(after.v), DB_I64((int64_t)max));
    while (db_next(&rows)) col_admin_room(&rows, arena, ARRAY_PUSH(arena, rooms, *n_out));
    *rooms_out = rooms;
    return db_end(&rows);
}

enum fault store_admin_figures(struct store *store, int64_t now_us, struct admin_figures_out *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, admin_figures, DB_I64(now_us));
    bool found = db_next(&rows);
    if (found)
        *out = (struct admin_figures_out){
            .n_accounts = db_col_i64(&rows, 0), .n_rooms = db_col_i64(&rows, 1), .n_messages = db_col_i64(&rows, 2),
            .n_sessions = db_col_i64(&rows, 3), .n_reports = db_col_i64(&rows, 4), .database_bytes = db_col_i64(&rows, 5),
        };
    return rows_end_one(&rows, found);
}

/* ---- Reports */

static void col_report(struct db_rows *rows, struct arena *arena, struct report_view *out)
{
    int of_subject = 2 + PERSON_N_COLUMNS, of_closed_by = of_subject + PERSON_N_COLUMNS, rest = of_closed_by + PERSON_N_COLUMNS;
    *out = (struct report_view){
        .id = db_col_i64(rows, 0), .state = (enum report_state)db_col_i64(rows, 1), .by = col_person(rows, 2, arena),
        .subject = col_person(rows, of_subject, arena), .closed_by = col_person(rows, of_closed_by, arena),
        .room = { db_col_i64(rows, rest) }, .room_name = db_col_copy(rows, rest + 1, arena), .text = db_col_copy(rows, rest + 2, arena),
        .reason = db_col_copy(rows, rest + 3, arena), .note = db_col_copy(rows, rest + 4, arena), .message = db_col_i64(rows, rest + 5),
        .seq = db_col_i64(rows, rest + 6), .created_us = db_col_i64(rows, rest + 7), .closed_us = db_col_i64(rows, rest + 8),
    };
}

enum fault store_report_insert(struct store *store, struct account_id by, const struct message *m, struct span reason, int64_t now_us, int64_t *id_out)
{
    return STORE_NUMBER(store, id_out, report_insert, DB_I64(by.v), DB_I64(m->room.v), DB_I64(m->id.v), DB_I64(m->author.id.v),
                        DB_TEXT_OR_NULL(m->text), DB_TEXT_OR_NULL(reason), DB_I64(now_us));
}

enum fault store_report_settle(struct store *store, int64_t id, enum report_state state, struct span note, struct account_id by, int64_t now_us)
{
    bool found, open = state == report_open;
    enum fault fault = STORE_CHANGES(store, &found, report_settle, DB_I64(id), DB_I64(state), DB_TEXT_OR_NULL(note),
                                     DB_I64_OR_NULL(open ? 0 : by.v), DB_I64_OR_NULL(open ? 0 : now_us));
    return fault || found ? fault : fault_not_found;
}

enum fault store_report_view(struct store *store, int64_t id, struct arena *arena, struct report_view *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, report_view, DB_I64(id));
    bool found = db_next(&rows);
    if (found) col_report(&rows, arena, out);
    return rows_end_one(&rows, found);
}

enum fault store_report_list(struct store *store, enum report_state state, int64_t below, size_t max, struct arena *arena,
                             struct report_view **reports_out, size_t *n_out)
{
    struct db_rows rows;
    struct report_view *reports = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, report_list, DB_I64(state), DB_I64(below), DB_I64((int64_t)max));
    while (db_next(&rows)) col_report(&rows, arena, ARRAY_PUSH(arena, reports, *n_out));
    *reports_out = reports;
    return db_end(&rows);
}

/* ---- Audit */

enum fault store_audit_insert(struct store *store, const struct audit_view *e)
{
    return DB_EXEC(store->db, audit_insert, DB_I64(e->at_us), DB_I64(e->by.id.v), DB_TEXT(e->action), DB_I64_OR_NULL(e->account.id.v),
                   DB_I64_OR_NULL(e->room.v), DB_TEXT_OR_NULL(e->detail), DB_I64(e->source), DB_TEXT_OR_NULL(e->address));
}

static void col_audit(struct db_rows *rows, struct arena *arena, struct audit_view *out)
{
    *out = (struct audit_view){
        .id = db_col_i64(rows, 0), .at_us = db_col_i64(rows, 1), .action = db_col_copy(rows, 2, arena), .detail = db_col_copy(rows, 3, arena),
        .address = db_col_copy(rows, 4, arena), .source = (enum audit_source)db_col_i64(rows, 5), .room = { db_col_i64(rows, 6) },
        .room_name = db_col_copy(rows, 7, arena), .by = col_person(rows, 8, arena), .account = col_person(rows, 8 + PERSON_N_COLUMNS, arena),
    };
}

enum fault store_audit_list(struct store *store, int64_t below, size_t max, struct arena *arena, struct audit_view **entries_out, size_t *n_out)
{
    struct db_rows rows;
    struct audit_view *entries = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, audit_list, DB_I64(below), DB_I64((int64_t)max));
    while (db_next(&rows)) col_audit(&rows, arena, ARRAY_PUSH(arena, entries, *n_out));
    *entries_out = entries;
    return db_end(&rows);
}
