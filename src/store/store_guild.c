/* Guilds, channels, invitations into rooms, bans, and the end of rooms in the database. Behind the core's port; runs on the thread of its store.

   Always: a removed room keeps its row, and so its number. */
#include "store/store_private.h"

void col_face(struct db_rows *rows, int c, struct arena *arena, struct room_face *out)
{
    *out = (struct room_face){
        .id = { db_col_i64(rows, c) }, .guild = { db_col_i64(rows, c + 1) }, .kind = (enum room_kind)db_col_i64(rows, c + 2),
        .name = db_col_copy(rows, c + 3, arena), .topic = db_col_copy(rows, c + 4, arena), .icon = db_col_copy(rows, c + 5, arena),
        .public = db_col_i64(rows, c + 6), .read_only = db_col_i64(rows, c + 7), .position = db_col_i64(rows, c + 8),
        .slow_s = db_col_i64(rows, c + 9), .head = db_col_i64(rows, c + 10), .n_members = db_col_i64(rows, c + 11),
        .created_us = db_col_i64(rows, c + 12),
    };
}

enum fault store_room_face(struct store *store, struct room_id room, struct arena *arena, struct room_face *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, room_face, DB_I64(room.v));
    bool found = db_next(&rows);
    if (found) col_face(&rows, 0, arena, out);
    return rows_end_one(&rows, found);
}

/* ---- Guilds and channels */

enum fault store_guild_insert(struct store *store, struct span name, struct span folded, bool public, int64_t now_us, struct room_id *out)
{
    return STORE_NUMBER(store, &out->v, room_insert_guild, DB_I64(public), DB_TEXT(name), DB_TEXT(folded), DB_I64(now_us));
}

enum fault store_guild_list_public(struct store *store, struct account_id account, struct span folded_part, size_t max, struct arena *arena,
                                   struct room_view **views_out, size_t *n_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, guild_list_public, DB_I64(account.v), DB_I64((int64_t)max), DB_TEXT(folded_part));
    return room_end_views(store, &rows, arena, views_out, n_out);
}

enum fault store_guild_count(struct store *store, struct account_id account, int64_t *n_out)
{
    return STORE_NUMBER(store, n_out, guild_count, DB_I64(account.v));
}

enum fault store_channel_insert(struct store *store, const struct room_face *face, int64_t now_us, struct room_id *out)
{
    enum fault fault = STORE_NUMBER(store, &out->v, room_insert_channel, DB_I64(face->guild.v), DB_TEXT(face->name), DB_TEXT_OR_NULL(face->topic),
                                    DB_I64(face->read_only), DB_I64(face->slow_s), DB_I64(now_us));
    return fault ? fault : DB_EXEC(store->db, member_fill_channel, DB_I64(face->guild.v), DB_I64(out->v), DB_I64(now_us));
}

enum fault store_channel_list(struct store *store, struct room_id guild, struct account_id account, struct arena *arena, struct room_view **views_out,
                              size_t *n_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, channel_list, DB_I64(account.v), DB_I64(guild.v), DB_I64(GUILD_CHANNELS_MAX));
    return room_end_views(store, &rows, arena, views_out, n_out);
}

enum fault store_channel_marks(struct store *store, struct room_id guild, struct arena *arena, struct channel_mark **marks_out, size_t *n_out)
{
    struct db_rows rows;
    struct channel_mark *marks = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, channel_marks, DB_I64(guild.v), DB_I64(GUILD_CHANNELS_MAX));
    while (db_next(&rows)) *ARRAY_PUSH(arena, marks, *n_out) = (struct channel_mark){ { db_col_i64(&rows, 0) }, db_col_i64(&rows, 1) };
    *marks_out = marks;
    return db_end(&rows);
}

enum fault store_channel_count(struct store *store, struct room_id guild, int64_t *n_out)
{
    return STORE_NUMBER(store, n_out, channel_count, DB_I64(guild.v));
}

enum fault store_channel_set_position(struct store *store, struct room_id channel, int64_t position)
{
    return DB_EXEC(store->db, room_set_position, DB_I64(channel.v), DB_I64(position));
}

enum fault store_channels_set_public(struct store *store, struct room_id guild, bool public)
{
    return DB_EXEC(store->db, room_set_channels_public, DB_I64(guild.v), DB_I64(public));
}

enum fault store_change_forget_channel(struct store *store, struct room_id guild, struct room_id channel)
{
    return DB_EXEC(store->db, change_forget_channel, DB_I64(guild.v), DB_I64(channel.v));
}

/* ---- The end of a room */

enum fault store_room_remove(struct store *store, struct room_id room)
{
    enum fault fault = DB_EXEC(store->db, room_remove_readers, DB_I64(room.v));
    if (!fault) fault = DB_EXEC(store->db, room_remove_members, DB_I64(room.v));
    if (!fault) fault = DB_EXEC(store->db, room_remove_invites, DB_I64(room.v));
    if (!fault) fault = DB_EXEC(store->db, room_remove_bans, DB_I64(room.v));
    if (!fault) fault = DB_EXEC(store->db, room_remove_drafts, DB_I64(room.v));
    if (!fault) fault = notify_forget_room(store, room);
    return fault ? fault : DB_EXEC(store->db, room_remove, DB_I64(room.v));
}

static enum fault empty_messages(struct store *store, struct room_id room, int64_t n_rows, int64_t now_us, bool *emptied_out)
{
    enum fault fault = DB_EXEC(store->db, search_log_purged, DB_I64(room.v), DB_I64(n_rows));
    if (!fault) fault = DB_EXEC(store->db, purge_reactions, DB_I64(room.v), DB_I64(n_rows));
    if (!fault) fault = DB_EXEC(store->db, purge_versions, DB_I64(room.v), DB_I64(n_rows));
    return fault ? fault : STORE_CHANGES(store, emptied_out, purge_texts, DB_I64(room.v), DB_I64(n_rows), DB_I64(now_us));
}

static enum fault drop_rows(struct store *store, struct room_id room, int64_t n_rows, bool *dropped_out)
{
    bool messages = false, changes = false, mentions = false;
    enum fault fault = STORE_CHANGES(store, &messages, purge_messages, DB_I64(room.v), DB_I64(n_rows));
    if (!fault) fault = STORE_CHANGES(store, &changes, purge_changes, DB_I64(room.v), DB_I64(n_rows));
    if (!fault) fault = STORE_CHANGES(store, &mentions, purge_mentions, DB_I64(room.v), DB_I64(n_rows));
    *dropped_out = messages || changes || mentions;
    return fault;
}

/* Messages that the search index has still to forget are left for a later step. */
enum fault store_room_sweep(struct store *store, int64_t n_rows, int64_t now_us, bool *more_out, bool *waits_out)
{
    struct room_id room;
    int64_t rest = 0, n_files = 0;
    *more_out = *waits_out = false;
    enum fault fault = STORE_NUMBER(store, &room.v, room_purging);
    if (fault) return fault == fault_not_found ? fault_none : fault;
    fault = drop_rows(store, room, n_rows, more_out);
    if (fault || *more_out) return fault;
    fault = empty_messages(store, room, n_rows, now_us, more_out);
    if (fault || *more_out) return fault;
    fault = STORE_NUMBER(store, &rest, purge_rest, DB_I64(room.v));
    if (!fault && !rest) fault = store_file_release_room(store, room, (size_t)n_rows, &n_files);
    *waits_out = rest > 0;
    *more_out = !fault && !rest; /* more files, or another room */
    return fault || rest || n_files ? fault : DB_EXEC(store->db, room_purged, DB_I64(room.v));
}

/* ---- Invitations into rooms */

enum fault store_room_invite_insert(struct store *store, struct room_id room, const struct room_invite *invite)
{
    return DB_EXEC(store->db, room_invite_insert, DB_TEXT(invite->code), DB_I64(room.v), DB_I64(invite->by.id.v), DB_I64(invite->n_uses),
                   DB_I64(invite->expires_us), DB_I64(invite->created_us));
}

enum fault store_room_invite_count(struct store *store, struct room_id room, int64_t now_us, int64_t *n_out)
{
    enum fault fault = DB_EXEC(store->db, room_invite_delete_spent, DB_I64(room.v), DB_I64(now_us));
    return fault ? fault : STORE_NUMBER(store, n_out, room_invite_count, DB_I64(room.v), DB_I64(now_us));
}

enum { of_uses = 1 + PERSON_N_COLUMNS, of_face = of_uses + 4 };

static struct room_invite col_invite(struct db_rows *rows, struct arena *arena)
{
    return (struct room_invite){
        .code = db_col_copy(rows, 0, arena), .by = col_person(rows, 1, arena), .n_uses = db_col_i64(rows, of_uses),
        .n_used = db_col_i64(rows, of_uses + 1), .expires_us = db_col_i64(rows, of_uses + 2), .created_us = db_col_i64(rows, of_uses + 3),
    };
}

enum fault store_room_invite_list(struct store *store, struct room_id room, int64_t now_us, struct arena *arena, struct room_invite **invites_out,
                                  size_t *n_out)
{
    struct db_rows rows;
    struct room_invite *invites = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, room_invite_list, DB_I64(room.v), DB_I64(now_us), DB_I64(ROOM_INVITES_MAX));
    while (db_next(&rows)) *ARRAY_PUSH(arena, invites, *n_out) = col_invite(&rows, arena);
    *invites_out = invites;
    return db_end(&rows);
}

enum fault store_room_invite_delete(struct store *store, struct room_id room, struct span code)
{
    return DB_EXEC(store->db, room_invite_delete, DB_TEXT(code), DB_I64(room.v));
}

enum fault store_room_invite_find(struct store *store, struct span code, int64_t now_us, struct arena *arena, struct room_invite *invite_out,
                                  struct room_face *room_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, room_invite_find, DB_TEXT(code), DB_I64(now_us));
    bool found = db_next(&rows);
    if (found) *invite_out = col_invite(&rows, arena), col_face(&rows, of_face, arena, room_out);
    enum fault fault = rows_end_one(&rows, found);
    return fault == fault_not_found ? fault_gone : fault;
}

enum fault store_room_invite_use(struct store *store, struct room_id room, struct span code, int64_t now_us)
{
    bool used;
    enum fault fault = STORE_CHANGES(store, &used, room_invite_use, DB_TEXT(code), DB_I64(room.v), DB_I64(now_us));
    return fault || used ? fault : fault_gone;
}

/* ---- Bans */

enum fault store_ban_put(struct store *store, struct room_id room, const struct ban *ban)
{
    return DB_EXEC(store->db, ban_put, DB_I64(room.v), DB_I64(ban->person.id.v), DB_I64(ban->by.id.v), DB_TEXT_OR_NULL(ban->reason),
                   DB_I64(ban->at_us));
}

enum fault store_ban_remove(struct store *store, struct room_id room, struct account_id account)
{
    return DB_EXEC(store->db, ban_remove, DB_I64(room.v), DB_I64(account.v));
}

enum fault store_ban_find(struct store *store, struct room_id room, struct account_id account, bool *banned_out)
{
    int64_t n;
    enum fault fault = STORE_NUMBER(store, &n, ban_find, DB_I64(room.v), DB_I64(account.v));
    *banned_out = n > 0;
    return fault;
}

enum fault store_ban_list(struct store *store, struct room_id room, struct account_id after, size_t max, struct arena *arena, struct ban **bans_out,
                          size_t *n_out)
{
    struct db_rows rows;
    struct ban *bans = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, ban_list, DB_I64(room.v), DB_I64(after.v), DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, bans, *n_out) = (struct ban){
            .person = col_person(&rows, 0, arena), .by = col_person(&rows, PERSON_N_COLUMNS, arena),
            .reason = db_col_copy(&rows, 2 * PERSON_N_COLUMNS, arena), .at_us = db_col_i64(&rows, 2 * PERSON_N_COLUMNS + 1),
        };
    *bans_out = bans;
    return db_end(&rows);
}
