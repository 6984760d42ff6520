/* Files, the bytes behind them, uploads and square pictures in the database. Behind the core's port; runs on the thread of its store.
   Always: n_refs of a blob is the number of file and avatar rows that name it; used_bytes of an account the sum of its files. */
#include "store/store_private.h"

enum { bulk_max = 512 };

/* ---- Bytes */

enum fault store_blob_take(struct store *store, const struct blob *b, int64_t *blob_out, bool *kept_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, blob_take, DB_TEXT(b->sha256), DB_TEXT(b->place), DB_I64(b->n_bytes), DB_TEXT(b->type), DB_I64(b->width),
             DB_I64(b->height), DB_TEXT_OR_NULL(b->blurhash), DB_I64(b->has_thumbnail));
    bool found = db_next(&rows);
    *blob_out = found ? db_col_i64(&rows, 0) : 0;
    *kept_out = found && span_eq(db_col_text(&rows, 1), b->place);
    return rows_end_one(&rows, found);
}

static enum fault drop(struct store *store, int64_t blob)
{
    int64_t n_refs;
    enum fault fault = STORE_NUMBER(store, &n_refs, blob_drop, DB_I64(blob));
    if (fault || n_refs > 0) return fault;
    fault = DB_EXEC(store->db, blob_trash, DB_I64(blob));
    return fault ? fault : DB_EXEC(store->db, blob_delete, DB_I64(blob));
}

/* ---- Files */

static enum fault charge(struct store *store, struct account_id account, int64_t n_bytes)
{
    return DB_EXEC(store->db, file_charge, DB_I64(account.v), DB_I64(n_bytes));
}

enum fault store_file_insert(struct store *store, struct account_id owner, int64_t blob, struct span name, int64_t n_bytes, int64_t now_us,
                             struct file_id *out)
{
    enum fault fault = STORE_NUMBER(store, &out->v, file_insert, DB_I64(owner.v), DB_I64(blob), DB_TEXT(name), DB_I64(now_us));
    return fault ? fault : charge(store, owner, n_bytes);
}

static struct file_view col_file(struct db_rows *rows, int c, struct arena *arena)
{
    return (struct file_view){
        .id = { db_col_i64(rows, c) }, .name = db_col_copy(rows, c + 1, arena), .sha256 = db_col_copy(rows, c + 2, arena),
        .n_bytes = db_col_i64(rows, c + 3), .type = db_col_copy(rows, c + 4, arena), .width = db_col_i64(rows, c + 5),
        .height = db_col_i64(rows, c + 6), .blurhash = db_col_copy(rows, c + 7, arena), .has_thumbnail = db_col_i64(rows, c + 8),
    };
}

enum fault store_file_by_id(struct store *store, struct file_id id, struct arena *arena, struct file_record *out)
{
    struct db_rows rows;
    *out = (struct file_record){ 0 };
    DB_QUERY(store->db, &rows, file_by_id, DB_I64(id.v));
    bool found = db_next(&rows);
    if (found)
        *out = (struct file_record){ .view = col_file(&rows, 0, arena), .place = db_col_copy(&rows, 9, arena), .owner = { db_col_i64(&rows, 10) },
                                     .room = { db_col_i64(&rows, 11) }, .message = { db_col_i64(&rows, 12) }, .blob = db_col_i64(&rows, 13) };
    return rows_end_one(&rows, found);
}

static enum fault release(struct store *store, struct file_id id, struct account_id owner, int64_t blob, int64_t n_bytes)
{
    enum fault fault = DB_EXEC(store->db, file_delete, DB_I64(id.v));
    if (!fault) fault = charge(store, owner, -n_bytes);
    return fault ? fault : drop(store, blob);
}

enum fault store_file_delete(struct store *store, const struct file_record *r)
{
    return release(store, r->view.id, r->owner, r->blob, r->view.n_bytes);
}

enum fault store_file_usage(struct store *store, struct account_id account, int64_t *used_out, int64_t *quota_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, file_usage, DB_I64(account.v));
    bool found = db_next(&rows);
    *used_out = found ? db_col_i64(&rows, 0) : 0;
    *quota_out = found ? db_col_i64(&rows, 1) : 0;
    return rows_end_one(&rows, found);
}

enum fault store_file_waiting(struct store *store, struct account_id owner, const struct file_id *ids, size_t n, struct arena *arena,
                              struct file_view *views, size_t *n_out)
{
    enum fault fault = fault_none;
    *n_out = 0;
    for (size_t i = 0; i < n && !fault; i++) {
        struct db_rows rows;
        for (size_t k = 0; k < i; k++)
            if (id_eq(ids[k], ids[i])) return fault_none;
        DB_QUERY(store->db, &rows, file_waiting, DB_I64(ids[i].v), DB_I64(owner.v));
        if (db_next(&rows)) views[(*n_out)++] = col_file(&rows, 0, arena);
        fault = db_end(&rows);
    }
    return fault;
}

enum fault store_file_attach(struct store *store, const struct file_id *ids, size_t n, struct room_id room, struct message_id message)
{
    enum fault fault = fault_none;
    for (size_t i = 0; i < n && !fault; i++)
        fault = DB_EXEC(store->db, file_attach, DB_I64(ids[i].v), DB_I64(room.v), DB_I64(message.v), DB_I64((int64_t)i));
    return fault;
}

enum fault store_message_set_files(struct store *store, struct message_id message, size_t n_files)
{
    return DB_EXEC(store->db, message_set_files, DB_I64(message.v), DB_I64((int64_t)n_files));
}

/* ---- Releasing several */

struct doomed {
    struct file_id id;
    struct account_id owner;
    int64_t blob;
};
enum { doomed_max = 256 };

static enum fault release_rows(struct store *store, struct db_rows *rows, int64_t *n_out)
{
    struct doomed all[doomed_max];
    size_t n = 0;
    while (n < doomed_max && db_next(rows))
        all[n++] = (struct doomed){ { db_col_i64(rows, 0) }, { db_col_i64(rows, 1) }, db_col_i64(rows, 2) };
    enum fault fault = db_end(rows);
    for (size_t i = 0; i < n && !fault; i++) {
        int64_t n_bytes;
        fault = STORE_NUMBER(store, &n_bytes, blob_size, DB_I64(all[i].blob));
        if (!fault) fault = release(store, all[i].id, all[i].owner, all[i].blob, n_bytes);
    }
    *n_out = (int64_t)n;
    return fault;
}

static int64_t capped(size_t max)
{
    return max < doomed_max ? (int64_t)max : doomed_max;
}

enum fault store_file_release(struct store *store, struct message_id message, struct file_id file, int64_t *n_out)
{
    struct db_rows rows;
    enum fault fault = DB_EXEC(store->db, search_log_add, DB_I64(message.v));
    if (fault) return fault;
    DB_QUERY(store->db, &rows, file_of_message, DB_I64(message.v), DB_I64(file.v));
    return release_rows(store, &rows, n_out);
}

enum fault store_file_release_room(struct store *store, struct room_id room, size_t max, int64_t *n_out)
{
    struct db_rows rows;
    enum fault fault = DB_EXEC(store->db, search_log_files_of_room, DB_I64(room.v), DB_I64(capped(max)));
    if (fault) return fault;
    DB_QUERY(store->db, &rows, file_of_room, DB_I64(room.v), DB_I64(capped(max)));
    return release_rows(store, &rows, n_out);
}

enum fault store_file_release_waiting(struct store *store, int64_t before_us, size_t max, int64_t *n_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, file_overdue, DB_I64(before_us), DB_I64(capped(max)));
    return release_rows(store, &rows, n_out);
}

/* ---- Files of messages */

struct loading {
    struct arena *arena;
    struct message *messages[bulk_max];
    int64_t ids[bulk_max];
    size_t n;
};

static void col_of_message(void *user, struct db_rows *row)
{
    struct loading *l = user;
    struct message *m = l->messages[db_col_i64(row, 0)];
    *ARRAY_PUSH(l->arena, m->files, m->n_files) = col_file(row, 1, l->arena);
}

static enum fault load(struct store *store, struct loading *l)
{
    struct db_column column = { .type = db_i64, .i64s = l->ids };
    enum fault fault = l->n ? db_bulk(store->db, stmt_file_list, &column, 1, l->n, col_of_message, l) : fault_none;
    l->n = 0;
    return fault;
}

enum fault message_add_files(struct store *store, struct arena *arena, struct message *const *messages, size_t n)
{
    struct loading l;
    enum fault fault = fault_none;
    l.arena = arena, l.n = 0;
    for (size_t i = 0; i < n && !fault; i++) {
        if (!messages[i]->n_files) continue;
        l.ids[l.n] = messages[i]->id.v, l.messages[l.n++] = messages[i];
        messages[i]->n_files = 0;
        if (l.n == bulk_max) fault = load(store, &l);
    }
    return fault ? fault : load(store, &l);
}

/* ---- Uploads */

enum fault store_upload_insert(struct store *store, struct account_id owner, const struct upload_view *u, int64_t now_us)
{
    return DB_EXEC(store->db, upload_insert, DB_TEXT(u->token), DB_I64(owner.v), DB_TEXT(u->name), DB_I64(u->n_bytes), DB_I64(now_us),
                   DB_I64(u->expires_us));
}

enum fault store_upload_get(struct store *store, struct account_id owner, struct span token, struct arena *arena, struct upload_view *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, upload_get, DB_TEXT(token), DB_I64(owner.v));
    bool found = db_next(&rows);
    if (found)
        *out = (struct upload_view){ .token = db_col_copy(&rows, 0, arena), .name = db_col_copy(&rows, 1, arena), .n_bytes = db_col_i64(&rows, 2),
                                     .doubt_from = db_col_i64(&rows, 3), .expires_us = db_col_i64(&rows, 4), .file = col_file(&rows, 5, arena) };
    return rows_end_one(&rows, found);
}

static enum fault found(enum fault fault, bool changed)
{
    return fault || changed ? fault : fault_not_found;
}

enum fault store_upload_doubt(struct store *store, struct account_id owner, struct span token, int64_t from)
{
    bool changed;
    enum fault fault = STORE_CHANGES(store, &changed, upload_doubt, DB_TEXT(token), DB_I64(owner.v), DB_I64(from));
    return found(fault, changed);
}

enum fault store_upload_done(struct store *store, struct account_id owner, struct span token, struct file_id file)
{
    bool changed;
    enum fault fault = STORE_CHANGES(store, &changed, upload_done, DB_TEXT(token), DB_I64(owner.v), DB_I64(file.v));
    return found(fault, changed);
}

enum fault store_upload_delete(struct store *store, struct account_id owner, struct span token)
{
    bool changed;
    enum fault fault = STORE_CHANGES(store, &changed, upload_delete, DB_TEXT(token), DB_I64(owner.v));
    return found(fault, changed);
}

enum fault store_upload_sum(struct store *store, struct account_id owner, int64_t *n_out, int64_t *n_bytes_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, upload_sum, DB_I64(owner.v));
    bool has = db_next(&rows);
    *n_out = has ? db_col_i64(&rows, 0) : 0;
    *n_bytes_out = has ? db_col_i64(&rows, 1) : 0;
    return db_end(&rows);
}

static enum fault end_names(struct db_rows *rows, struct arena *arena, struct span **names_out, size_t *n_out)
{
    struct span *names = NULL;
    *n_out = 0;
    while (db_next(rows)) *ARRAY_PUSH(arena, names, *n_out) = db_col_copy(rows, 0, arena);
    *names_out = names;
    return db_end(rows);
}

enum fault store_upload_expire(struct store *store, int64_t now_us, size_t max, struct arena *arena, struct span **tokens_out, size_t *n_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, upload_overdue, DB_I64(now_us), DB_I64((int64_t)max));
    enum fault fault = end_names(&rows, arena, tokens_out, n_out);
    for (size_t i = 0; i < *n_out && !fault; i++) fault = DB_EXEC(store->db, upload_forget, DB_TEXT((*tokens_out)[i]));
    return fault;
}

/* ---- Trash and orphans */

enum fault store_trash_list(struct store *store, size_t max, struct arena *arena, struct span **names_out, size_t *n_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, trash_list, DB_I64((int64_t)max));
    return end_names(&rows, arena, names_out, n_out);
}

enum fault store_trash_forget(struct store *store, const struct span *names, size_t n)
{
    enum fault fault = fault_none;
    for (size_t i = 0; i < n && !fault; i++) fault = DB_EXEC(store->db, trash_forget, DB_TEXT(names[i]));
    return fault;
}

static enum fault known(enum fault fault, int64_t n, bool *out)
{
    *out = n != 0;
    return fault;
}

enum fault store_blob_known(struct store *store, struct span place, bool *known_out)
{
    int64_t n = 0;
    enum fault fault = STORE_NUMBER(store, &n, blob_known, DB_TEXT(place));
    return known(fault, n, known_out);
}

enum fault store_upload_known(struct store *store, struct span token, bool *known_out)
{
    int64_t n = 0;
    enum fault fault = STORE_NUMBER(store, &n, upload_known, DB_TEXT(token));
    return known(fault, n, known_out);
}

/* ---- Square pictures: the reference goes over from the file. */

enum fault store_avatar_from_file(struct store *store, const struct file_record *r, struct span token)
{
    enum fault fault = DB_EXEC(store->db, avatar_insert, DB_TEXT(token), DB_I64(r->blob));
    if (!fault) fault = DB_EXEC(store->db, file_delete, DB_I64(r->view.id.v));
    return fault ? fault : charge(store, r->owner, -r->view.n_bytes);
}

enum fault store_avatar_place(struct store *store, struct span token, struct arena *arena, struct span *place_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, avatar_place, DB_TEXT(token));
    bool has = db_next(&rows);
    if (has) *place_out = db_col_copy(&rows, 0, arena);
    return rows_end_one(&rows, has);
}

enum fault store_account_set_avatar(struct store *store, struct account_id account, struct span token)
{
    return DB_EXEC(store->db, account_set_avatar, DB_I64(account.v), DB_TEXT_OR_NULL(token));
}

enum fault store_avatar_release(struct store *store, struct span token)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, avatar_delete, DB_TEXT(token));
    bool has = db_next(&rows);
    int64_t blob = has ? db_col_i64(&rows, 0) : 0;
    enum fault fault = db_end(&rows);
    return fault || !has ? fault : drop(store, blob);
}
