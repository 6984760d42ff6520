/* Rooms in the database. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

enum { of_guild = 10 + PERSON_N_COLUMNS, of_talk = of_guild + 8, view_n_columns = of_talk + 8 }; /* of ROOM_COLUMNS, before those of the last message */

#define LISTED_TEXT_MAX_BYTES (16u << 20) /* of a list's last messages and drafts: the rooms after those come without */

/* ---- One writer a room */

/* SQLite has one writer for everything, so there is nothing to lock. */
enum fault store_room_lock(struct store *store, const struct room_id *rooms, size_t n, bool with_guilds)
{
    struct db_column column = { .type = db_i64, .i64s = &rooms->v };
    if (db_engine_of(store->db) == db_sqlite) return fault_none;
    return db_bulk(store->db, with_guilds ? stmt_room_lock_with_guild : stmt_room_lock, &column, 1, n, NULL, NULL);
}

enum fault store_room_place(struct store *store, struct room_id room, struct account_id account, struct place *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, room_place, DB_I64(room.v), DB_I64(account.v));
    bool found = db_next(&rows);
    if (found)
        *out = (struct place){
            .room = room, .kind = (enum room_kind)db_col_i64(&rows, 0), .public = db_col_i64(&rows, 1), .head = db_col_i64(&rows, 2),
            .last_post = db_col_i64(&rows, 3), .n_members = db_col_i64(&rows, 4), .role = (enum member_role)db_col_i64(&rows, 5),
            .read = db_col_i64(&rows, 6), .read_change = db_col_i64(&rows, 7), .guild = { db_col_i64(&rows, 8) },
            .read_only = db_col_i64(&rows, 9), .slow_s = db_col_i64(&rows, 10), .blocked = db_col_i64(&rows, 11),
            .muted_us = db_col_i64(&rows, 12), .seen = db_col_i64(&rows, 13), .read_by_all = db_col_i64(&rows, 14), .n_pins = db_col_i64(&rows, 15),
            .maker = db_col_i64(&rows, 16),
        };
    return rows_end_one(&rows, found);
}

/* ---- Making and changing */

enum fault store_room_insert_group(struct store *store, struct span name, bool public, struct account_id maker, int64_t now_us, struct room_id *out)
{
    return STORE_NUMBER(store, &out->v, room_insert_group, DB_I64(public), DB_TEXT(name), DB_I64(maker.v), DB_I64(now_us));
}

enum fault store_room_forget_maker(struct store *store, struct room_id room)
{
    return DB_EXEC(store->db, room_forget_maker, DB_I64(room.v));
}

enum fault store_room_insert_direct(struct store *store, struct account_id a, struct account_id b, int64_t now_us, struct room_id *out,
                                    bool *existed_out)
{
    int64_t low = a.v < b.v ? a.v : b.v, high = a.v < b.v ? b.v : a.v;
    enum fault fault = STORE_NUMBER(store, &out->v, room_insert_direct, DB_I64(low), DB_I64(high), DB_I64(now_us));
    *existed_out = fault == fault_not_found;
    return *existed_out ? STORE_NUMBER(store, &out->v, room_by_accounts, DB_I64(low), DB_I64(high)) : fault;
}

enum fault store_room_set(struct store *store, const struct room_face *face, struct span folded)
{
    return DB_EXEC(store->db, room_set, DB_I64(face->id.v), DB_TEXT(face->name), DB_TEXT_OR_NULL(folded), DB_TEXT_OR_NULL(face->topic),
                   DB_I64(face->public), DB_I64(face->read_only), DB_I64(face->slow_s), DB_TEXT_OR_NULL(face->icon));
}

enum fault store_room_posted(struct store *store, const struct room_id *rooms, const int64_t *heads, size_t n)
{
    struct db_column columns[] = { { .type = db_i64, .i64s = &rooms->v }, { .type = db_i64, .i64s = heads } };
    return db_bulk(store->db, stmt_room_posted, columns, 2, n, NULL, NULL);
}

/* ---- Views */

static void col_room(struct db_rows *rows, struct arena *arena, struct room_view *out)
{
    int64_t unread = db_col_i64(rows, 9);
    *out = (struct room_view){
        .id = { db_col_i64(rows, 0) }, .kind = (enum room_kind)db_col_i64(rows, 1), .public = db_col_i64(rows, 2),
        .name = db_col_copy(rows, 3, arena), .head = db_col_i64(rows, 4), .n_members = db_col_i64(rows, 5), .created_us = db_col_i64(rows, 6),
        .role = (enum member_role)db_col_i64(rows, 7), .read = db_col_i64(rows, 8),
        .unread = unread < ROOM_UNREAD_MAX ? unread : ROOM_UNREAD_MAX, .peer = col_person(rows, 10, arena),
        .guild = { db_col_i64(rows, of_guild) }, .position = db_col_i64(rows, of_guild + 1), .topic = db_col_copy(rows, of_guild + 2, arena),
        .icon = db_col_copy(rows, of_guild + 3, arena), .read_only = db_col_i64(rows, of_guild + 4), .slow_s = db_col_i64(rows, of_guild + 5),
        .blocked = db_col_i64(rows, of_guild + 6), .muted_until_us = db_col_i64(rows, of_guild + 7),
        .mentions = db_col_i64(rows, of_talk), .read_by_all = db_col_i64(rows, of_talk + 1), .n_pins = db_col_i64(rows, of_talk + 2),
        .notify_level = db_col_i64(rows, of_talk + 6), .notify_until_us = db_col_i64(rows, of_talk + 7),
    };
}

/* The long texts of a view: the asker's draft, the last message. */
static size_t col_texts(struct db_rows *rows, struct arena *arena, struct room_view *out)
{
    out->draft = (struct draft){ db_col_copy(rows, of_talk + 3, arena), { db_col_i64(rows, of_talk + 4) }, db_col_i64(rows, of_talk + 5) };
    if (db_col_is_null(rows, view_n_columns)) return out->draft.text.n;
    out->last = arena_new(arena, struct message);
    col_message(rows, view_n_columns, arena, out->last);
    return out->draft.text.n + out->last->text.n;
}

static enum fault add_reactions(struct store *store, struct arena *arena, const struct room_view *views, size_t n)
{
    struct message **lasts = arena_array(arena, struct message *, n);
    size_t n_lasts = 0;
    for (size_t i = 0; i < n; i++)
        if (views[i].last) lasts[n_lasts++] = views[i].last;
    return message_add_reactions(store, arena, lasts, n_lasts);
}

enum fault room_end_views(struct store *store, struct db_rows *rows, struct arena *arena, struct room_view **views_out, size_t *n_out)
{
    struct room_view *views = NULL;
    size_t n = 0, n_bytes = 0;
    while (db_next(rows)) {
        struct room_view *view = ARRAY_PUSH(arena, views, n);
        col_room(rows, arena, view);
        if (n_bytes < LISTED_TEXT_MAX_BYTES) n_bytes += col_texts(rows, arena, view);
    }
    *views_out = views, *n_out = n;
    enum fault fault = db_end(rows);
    return fault ? fault : add_reactions(store, arena, views, n);
}

enum fault store_room_view(struct store *store, struct room_id room, struct account_id account, struct arena *arena, struct room_view *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, room_view, DB_I64(account.v), DB_I64(room.v));
    bool found = db_next(&rows);
    if (found) col_room(&rows, arena, out), col_texts(&rows, arena, out);
    enum fault fault = rows_end_one(&rows, found);
    return fault ? fault : add_reactions(store, arena, out, 1);
}

enum fault store_room_list(struct store *store, struct account_id account, size_t max, struct arena *arena, struct room_view **views_out,
                           size_t *n_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, room_list, DB_I64(account.v), DB_I64((int64_t)max));
    return room_end_views(store, &rows, arena, views_out, n_out);
}

enum fault store_room_list_public(struct store *store, struct account_id account, size_t max, struct arena *arena, struct room_view **views_out,
                                  size_t *n_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, room_list_public, DB_I64(account.v), DB_I64((int64_t)max));
    return room_end_views(store, &rows, arena, views_out, n_out);
}
