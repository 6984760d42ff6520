/* Imports in the database: what came from where, messages many at a time. Behind store_import.h; runs on the thread of its store. */
#include "store/store_import.h"
#include "store/store_private.h"

/* ---- What came from where */

enum fault store_import_source_find(struct store *store, struct span name, int64_t *out)
{
    return STORE_NUMBER(store, out, import_source_find, DB_TEXT(name));
}

enum fault store_import_source_put(struct store *store, struct span name, int64_t now_us, int64_t *out)
{
    return STORE_NUMBER(store, out, import_source_put, DB_TEXT(name), DB_I64(now_us));
}

struct found {
    int64_t *ids, *parts;
};

static void col_found(void *user, struct db_rows *row)
{
    struct found *found = user;
    int64_t i = db_col_i64(row, 0);
    found->ids[i] = db_col_i64(row, 1);
    if (found->parts) found->parts[i] = db_col_i64(row, 2);
}

static void fill(int64_t *column, size_t n, int64_t value)
{
    for (size_t i = 0; i < n; i++) column[i] = value;
}

enum fault store_import_find(struct store *store, int64_t source, enum import_noun noun, const struct span *old, size_t n, int64_t *new_out,
                             int64_t *parts_out)
{
    int64_t sources[IMPORT_BULK_MAX], nouns[IMPORT_BULK_MAX];
    if (n > IMPORT_BULK_MAX) return fault_too_large;
    fill(sources, n, source), fill(nouns, n, noun), fill(new_out, n, 0);
    struct found found = { new_out, parts_out };
    struct db_column columns[] = { { .type = db_i64, .i64s = sources }, { .type = db_i64, .i64s = nouns }, { .type = db_text, .texts = old } };
    return n ? db_bulk(store->db, stmt_import_find, columns, 3, n, col_found, &found) : fault_none;
}

enum fault store_import_put(struct store *store, int64_t source, enum import_noun noun, const struct span *old, const int64_t *new_ids,
                            const int64_t *parts, size_t n)
{
    int64_t sources[IMPORT_BULK_MAX], nouns[IMPORT_BULK_MAX];
    if (n > IMPORT_BULK_MAX) return fault_too_large;
    fill(sources, n, source), fill(nouns, n, noun);
    struct db_column columns[] = { { .type = db_i64, .i64s = sources }, { .type = db_i64, .i64s = nouns }, { .type = db_text, .texts = old },
                                   { .type = db_i64, .i64s = new_ids }, { .type = db_i64, .i64s = parts } };
    return n ? db_bulk(store->db, stmt_import_put, columns, 5, n, NULL, NULL) : fault_none;
}

enum fault store_import_put_once(struct store *store, int64_t source, enum import_noun noun, struct span old, int64_t new_id)
{
    return DB_EXEC(store->db, import_put_once, DB_I64(source), DB_I64(noun), DB_TEXT(old), DB_I64(new_id));
}

enum fault store_import_forget(struct store *store, int64_t source, enum import_noun noun, struct span old)
{
    return DB_EXEC(store->db, import_forget, DB_I64(source), DB_I64(noun), DB_TEXT(old));
}

enum fault store_import_count(struct store *store, int64_t source, enum import_noun noun, int64_t *n_out)
{
    return STORE_NUMBER(store, n_out, import_count, DB_I64(source), DB_I64(noun));
}

enum fault store_import_list(struct store *store, int64_t source, enum import_noun noun, struct span after, size_t max, struct arena *arena,
                             struct import_pair **pairs_out, size_t *n_out)
{
    struct db_rows rows;
    struct import_pair *pairs = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, import_list, DB_I64(source), DB_I64(noun), DB_TEXT(after), DB_I64((int64_t)max));
    while (db_next(&rows)) *ARRAY_PUSH(arena, pairs, *n_out) = (struct import_pair){ db_col_copy(&rows, 0, arena), db_col_i64(&rows, 1) };
    *pairs_out = pairs;
    return db_end(&rows);
}

enum fault store_import_taken(struct store *store, struct span folded, struct span email_folded, struct account_id *name_out,
                              struct account_id *email_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, import_taken, DB_TEXT(folded), DB_TEXT(email_folded));
    bool found = db_next(&rows);
    name_out->v = found ? db_col_i64(&rows, 0) : 0;
    email_out->v = found ? db_col_i64(&rows, 1) : 0;
    return rows_end_one(&rows, found);
}

/* ---- Messages */

enum fault store_import_message_ids(struct store *store, size_t n, struct message_id *ids_out)
{
    struct db_rows rows;
    size_t i = 0;
    if (!n) return fault_none;
    DB_QUERY(store->db, &rows, import_message_ids, DB_I64((int64_t)n));
    while (i < n && db_next(&rows)) ids_out[i++].v = db_col_i64(&rows, 0);
    return rows_end_one(&rows, i == n);
}

enum fault store_import_messages(struct store *store, const struct message *messages, size_t n)
{
    int64_t id[IMPORT_BULK_MAX], room[IMPORT_BULK_MAX], seq[IMPORT_BULK_MAX], author[IMPORT_BULK_MAX], reply_to[IMPORT_BULK_MAX];
    int64_t created_us[IMPORT_BULK_MAX], deleted_us[IMPORT_BULK_MAX], n_files[IMPORT_BULK_MAX];
    struct span text[IMPORT_BULK_MAX];
    if (n > IMPORT_BULK_MAX) return fault_too_large;
    for (size_t i = 0; i < n; i++) {
        const struct message *m = &messages[i];
        id[i] = m->id.v, room[i] = m->room.v, seq[i] = m->seq, author[i] = m->author.id.v, text[i] = m->text, reply_to[i] = m->reply_to.v;
        created_us[i] = m->created_us, deleted_us[i] = m->deleted_us, n_files[i] = (int64_t)m->n_files;
    }
    struct db_column columns[] = {
        { .type = db_i64, .i64s = id },       { .type = db_i64, .i64s = room },       { .type = db_i64, .i64s = seq },
        { .type = db_i64, .i64s = author },   { .type = db_text, .texts = text },     { .type = db_i64, .i64s = reply_to },
        { .type = db_i64, .i64s = created_us }, { .type = db_i64, .i64s = deleted_us }, { .type = db_i64, .i64s = n_files },
    };
    return n ? db_bulk(store->db, stmt_import_message, columns, sizeof columns / sizeof *columns, n, NULL, NULL) : fault_none;
}

enum fault store_import_rooms_of(struct store *store, const int64_t *messages, size_t n, int64_t *rooms_out)
{
    struct found found = { rooms_out, NULL };
    struct db_column column = { .type = db_i64, .i64s = messages };
    fill(rooms_out, n, 0);
    return n ? db_bulk(store->db, stmt_import_message_room, &column, 1, n, col_found, &found) : fault_none;
}

enum fault store_import_reply(struct store *store, struct message_id id, struct message_id reply_to)
{
    return DB_EXEC(store->db, import_reply_set, DB_I64(id.v), DB_I64(reply_to.v));
}

/* ---- Who has read what */

static void col_read(void *user, struct db_rows *row)
{
    enum import_read *became = user;
    became[db_col_i64(row, 0)] = (enum import_read)db_col_i64(row, 1);
}

enum fault store_import_reads(struct store *store, const int64_t *messages, const int64_t *parts, const int64_t *accounts, size_t n,
                              enum import_read *became_out)
{
    struct db_column columns[] = { { .type = db_i64, .i64s = messages }, { .type = db_i64, .i64s = accounts }, { .type = db_i64, .i64s = parts } };
    for (size_t i = 0; i < n; i++) became_out[i] = import_read_stranger;
    enum fault fault = n ? db_bulk(store->db, stmt_import_read_facts, columns, 2, n, col_read, became_out) : fault_none;
    return fault || !n ? fault : db_bulk(store->db, stmt_import_read, columns, 3, n, NULL, NULL);
}

/* ---- Support chats */

/* The agent has some time before the chat goes back to the queue, and the first answer is no measure any more. */
enum fault store_import_desk(struct store *store, struct span name, const struct desk_record *r, struct room_id *out)
{
    bool closed = r->state == desk_closed, waits = r->state == desk_waiting;
    enum fault fault = STORE_NUMBER(store, &out->v, desk_room_insert, DB_TEXT(name), DB_I64(r->created_us));
    if (!fault)
        fault = DB_EXEC(store->db, import_desk, DB_I64(out->v), DB_I64(r->customer.v), DB_I64(r->state), DB_I64_OR_NULL(r->agent.v), DB_I64(r->created_us),
                        DB_I64(r->last_us), DB_I64(r->now_us), DB_I64_OR_NULL(waits ? 0 : r->last_us), DB_I64(r->updated_us),
                        DB_I64_OR_NULL(closed ? r->updated_us : 0));
    return fault || !closed ? fault : DB_EXEC(store->db, desk_close_room, DB_I64(out->v));
}

/* ---- Marks */

static enum fault count_by_all(struct store *store, struct room_id room, int64_t last_post)
{
    int64_t was, now;
    enum fault fault = store_receipt_by_all(store, room, last_post, &was, &now);
    return fault || now <= was ? fault : store_receipt_set_by_all(store, room, now);
}

static enum fault move_marks(struct store *store, struct room_id room, int64_t old_head, int64_t head, enum import_marks marks)
{
    if (marks == import_marks_stay) return fault_none;
    enum fault fault = marks == import_marks_follow ? DB_EXEC(store->db, import_advance, DB_I64(room.v), DB_I64(old_head), DB_I64(head))
                                                    : DB_EXEC(store->db, import_advance_by_reads, DB_I64(room.v), DB_I64(head));
    if (!fault) fault = DB_EXEC(store->db, import_advance_seen, DB_I64(room.v));
    return fault || marks != import_marks_by_reads ? fault : DB_EXEC(store->db, import_forget_reads, DB_I64(room.v));
}

enum fault store_import_settle(struct store *store, struct room_id room, int64_t old_head, enum import_marks marks)
{
    struct place place;
    enum fault fault = store_room_place(store, room, (struct account_id){ 0 }, &place);
    if (!fault) fault = move_marks(store, room, old_head, place.head, marks);
    if (!fault) fault = DB_EXEC(store->db, import_notices, DB_I64(room.v));
    return fault ? fault : count_by_all(store, room, place.last_post);
}
