/* The search index in the database: what it lacks, filing, finding. Behind the core's port; runs on the thread of its store.

   The index follows two marks, `posts` and `log`. SQLite commits messages and changes in the order of their ids: `posts` is the last message looked at, `log` the last
   change. With PostgreSQL a smaller id may be committed after a larger one. There changes are deleted as they are taken; `log` is the newest message
   looked at, `posts` the one up to which all are old enough to be settled, and what lies between is looked at again, a stretch at a time, when
   nothing is new. */
#include "store/store_private.h"

#define SETTLE_US (INT64_C(60) * 1000000)
#define STRETCH 20000

static bool is_postgres(const struct store *store)
{
    return db_engine_of(store->db) == db_postgres;
}

/* ---- What the index lacks */

static enum fault load_state(struct store *store, int64_t *version, struct search_portion *out)
{
    struct db_rows rows;
    db_query(store->db, &rows, stmt_search_state, NULL, 0);
    bool found = db_next(&rows);
    if (found) *version = db_col_i64(&rows, 0), out->posts = db_col_i64(&rows, 1), out->log = db_col_i64(&rows, 2);
    return rows_end_one(&rows, found);
}

/* An empty index has nothing to forget: what was changed before now is read as it is. */
static enum fault start_anew(struct store *store, struct search_portion *out)
{
    enum fault fault = db_exec(store->db, stmt_search_reset, NULL, 0, NULL);
    out->posts = out->log = 0;
    return fault || is_postgres(store) ? fault : store_number(store, stmt_search_log_end, NULL, 0, &out->log);
}

static struct search_entry col_entry(struct db_rows *rows, int c, struct arena *arena)
{
    return (struct search_entry){
        .id = { db_col_i64(rows, c) }, .room = { db_col_i64(rows, c + 1) }, .author = { db_col_i64(rows, c + 2) }, .at_us = db_col_i64(rows, c + 3),
        .text = db_col_copy(rows, c + 5, arena), .files = db_col_copy(rows, c + 6, arena), .has_picture = db_col_i64(rows, c + 7),
    };
}

/* Several changes of one message are one: from what is filed to what it is now. */
static void add_change(struct arena *arena, struct search_portion *out, struct message_id id, struct search_change change)
{
    for (size_t i = 0; i < out->n_logged; i++) {
        if (!id_eq(out->changes[i].id, id)) continue;
        out->changes[i].now = change.now;
        return;
    }
    change.id = id;
    *ARRAY_PUSH(arena, out->changes, out->n) = change;
}

/* A change of a message that was not filed yet is none: it will be filed as it is then. */
static enum fault add_log(struct store *store, size_t max, struct arena *arena, struct search_portion *out)
{
    struct db_rows rows;
    int64_t filed_up_to = out->posts;
    size_t n = 0;
    DB_QUERY(store->db, &rows, search_log_next, DB_I64(is_postgres(store) ? 0 : out->log), DB_I64((int64_t)max));
    for (; db_next(&rows); n++) {
        struct search_entry now = col_entry(&rows, 1, arena), was = now;
        struct message_id id = now.id;
        out->logged = db_col_i64(&rows, 0);
        if (!is_postgres(store) && now.id.v > filed_up_to) continue;
        was.text = db_col_copy(&rows, 9, arena), was.files = db_col_copy(&rows, 10, arena), was.has_picture = db_col_i64(&rows, 11);
        if (!db_col_is_null(&rows, 5)) now = (struct search_entry){ 0 };
        add_change(arena, out, id, (struct search_change){ .now = now, .was = was });
        out->n_logged = out->n;
    }
    if (n == max) out->more = true;
    if (!is_postgres(store) && n) out->n_forgettable = n, out->log = out->logged;
    return db_end(&rows);
}

/* The messages above `from` and up to `to` that are not filed yet; last_out: the last one looked at. */
static enum fault add_unfiled(struct store *store, enum db_stmt stmt, int64_t from, int64_t to, size_t max, struct arena *arena, struct search_portion *out, int64_t *last_out,
                              size_t *n_out)
{
    struct db_rows rows;
    *last_out = from, *n_out = 0;
    struct db_param range[] = { DB_I64(from), DB_I64((int64_t)max), DB_I64(to) };
    db_query(store->db, &rows, stmt, range, 3);
    for (; db_next(&rows); ++*n_out) {
        struct search_entry now = col_entry(&rows, 0, arena);
        *last_out = now.id.v;
        if (db_col_is_null(&rows, 4)) add_change(arena, out, now.id, (struct search_change){ .now = now });
    }
    if (*n_out == max) out->more = true;
    return db_end(&rows);
}

static enum fault look_back(struct store *store, size_t max, int64_t now_us, struct arena *arena, struct search_portion *out)
{
    int64_t end = out->log < out->posts + STRETCH ? out->log : out->posts + STRETCH, last;
    size_t n;
    enum fault fault = add_unfiled(store, stmt_search_unfiled, out->posts, end, max, arena, out, &last, &n);
    if (fault || n == max) return fault;
    fault = STORE_NUMBER(store, &out->posts, search_settled, DB_I64(out->posts), DB_I64(end), DB_I64(now_us - SETTLE_US));
    if (out->posts == end && end < out->log) out->more = true;
    return fault;
}

static enum fault add_posts(struct store *store, size_t max, int64_t now_us, struct arena *arena, struct search_portion *out)
{
    size_t n;
    int64_t *newest = is_postgres(store) ? &out->log : &out->posts;
    enum fault fault = add_unfiled(store, stmt_search_newest, *newest, INT64_MAX, max, arena, out, newest, &n);
    return fault || n || !is_postgres(store) ? fault : look_back(store, max, now_us, arena, out);
}

enum fault store_search_next(struct store *store, int64_t version, size_t max, int64_t now_us, struct arena *arena, struct search_portion *out)
{
    int64_t found = 0;
    *out = (struct search_portion){ 0 };
    enum fault fault = load_state(store, &found, out);
    if (fault == fault_not_found && is_postgres(store)) return out->is_elsewhere = true, fault_none;
    if (!fault && found != version) fault = start_anew(store, out);
    if (!fault) fault = add_log(store, max, arena, out);
    if (!fault && out->n < max) fault = add_posts(store, max - out->n, now_us, arena, out);
    return fault;
}

enum fault store_search_done(struct store *store, int64_t version, const struct search_portion *portion)
{
    if (portion->is_elsewhere) return fault_none;
    enum fault fault = DB_EXEC(store->db, search_state_set, DB_I64(version), DB_I64(portion->posts), DB_I64(portion->log));
    return fault || !is_postgres(store) ? fault : store_search_forget(store, portion->logged);
}

enum fault store_search_forget(struct store *store, int64_t log)
{
    return DB_EXEC(store->db, search_log_forget, DB_I64(log));
}

/* ---- Filing */

static enum fault each(struct store *store, enum db_stmt stmt, const struct search_filing *filings, size_t n)
{
    int64_t id[n + 1];
    struct span terms[n + 1];
    for (size_t i = 0; i < n; i++) id[i] = filings[i].id.v, terms[i] = filings[i].terms;
    struct db_column columns[] = { { .type = db_i64, .i64s = id }, { .type = db_text, .texts = terms } };
    return n ? db_bulk(store->db, stmt, columns, 2, n, NULL, NULL) : fault_none;
}

enum fault store_search_unfile(struct store *store, const struct search_filing *filings, size_t n)
{
    return each(store, stmt_search_unfile, filings, n);
}

enum fault store_search_file(struct store *store, const struct search_filing *filings, size_t n)
{
    return each(store, stmt_search_file, filings, n);
}

/* ---- Finding */

/* Terms have no quotes and no spaces, so quoting them is enough for both syntaxes. */
static struct span render(const struct store *store, const struct search_groups *groups, struct arena *arena)
{
    bool postgres = is_postgres(store);
    char quote = postgres ? '\'' : '"';
    struct buf b;
    buf_init(&b, 1u << 16);
    for (size_t g = 0; g < groups->n; g++) {
        buf_append_cstr(&b, g == 0 ? "(" : postgres ? " & (" : " AND (");
        for (size_t i = 0; i < groups->groups[g].n; i++) {
            if (i) buf_append_cstr(&b, postgres ? " | " : " OR ");
            buf_append_char(&b, quote);
            buf_append_span(&b, groups->groups[g].any[i]);
            buf_append_char(&b, quote);
        }
        buf_append_char(&b, ')');
    }
    struct span out = arena_copy(arena, buf_span(&b));
    buf_fini(&b);
    return out;
}

enum fault store_search_find(struct store *store, const struct search_groups *groups, struct message_id below, size_t max, struct arena *arena,
                             struct message_id **ids_out, size_t *n_out)
{
    struct db_rows rows;
    struct message_id *ids = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, search_find, DB_TEXT(render(store, groups, arena)), DB_I64(below.v), DB_I64((int64_t)max));
    while (db_next(&rows)) *ARRAY_PUSH(arena, ids, *n_out) = (struct message_id){ db_col_i64(&rows, 0) };
    *ids_out = ids;
    return db_end(&rows);
}

struct hits {
    struct arena *arena;
    struct search_hit *hits;
    struct span *files;
    size_t n;
};

static void col_hit(void *user, struct db_rows *row)
{
    struct hits *h = user;
    struct search_hit *hit = &h->hits[h->n];
    col_message(row, 1, h->arena, &hit->message);
    h->files[h->n] = db_col_copy(row, 1 + MESSAGE_N_COLUMNS, h->arena);
    hit->room_name = db_col_copy(row, 2 + MESSAGE_N_COLUMNS, h->arena);
    hit->room_kind = (enum room_kind)db_col_i64(row, 3 + MESSAGE_N_COLUMNS);
    hit->guild.v = db_col_i64(row, 4 + MESSAGE_N_COLUMNS);
    h->n++;
}

enum fault store_search_hits(struct store *store, const struct message_id *ids, size_t n, struct account_id account, struct arena *arena,
                             struct search_hit **hits_out, struct span **files_out, size_t *n_out)
{
    struct hits h = { .arena = arena, .hits = arena_array(arena, struct search_hit, n + 1), .files = arena_array(arena, struct span, n + 1) };
    int64_t id[n + 1], who[n + 1];
    for (size_t i = 0; i < n; i++) id[i] = ids[i].v, who[i] = account.v;
    struct db_column columns[] = { { .type = db_i64, .i64s = id }, { .type = db_i64, .i64s = who } };
    enum fault fault = n ? db_bulk(store->db, stmt_search_hits, columns, 2, n, col_hit, &h) : fault_none;
    *hits_out = h.hits, *files_out = h.files, *n_out = h.n;
    if (fault) return fault;
    struct message **each_message = arena_array(arena, struct message *, h.n + 1);
    for (size_t i = 0; i < h.n; i++) each_message[i] = &h.hits[i].message;
    return message_add_reactions(store, arena, each_message, h.n);
}

enum fault store_search_rooms(struct store *store, struct account_id account, struct room_id guild, size_t max, struct arena *arena,
                              struct room_id **rooms_out, size_t *n_out)
{
    struct db_rows rows;
    struct room_id *rooms = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, search_rooms, DB_I64(account.v), DB_I64(guild.v), DB_I64((int64_t)max));
    while (db_next(&rows)) *ARRAY_PUSH(arena, rooms, *n_out) = (struct room_id){ db_col_i64(&rows, 0) };
    *rooms_out = rooms;
    return db_end(&rows);
}

enum fault store_search_people(struct store *store, struct span folded, size_t max, struct arena *arena, struct person **people_out, size_t *n_out)
{
    struct db_rows rows;
    struct person *people = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, search_people, DB_TEXT(folded), DB_I64((int64_t)max));
    while (db_next(&rows)) *ARRAY_PUSH(arena, people, *n_out) = col_person(&rows, 0, arena);
    *people_out = people;
    return db_end(&rows);
}
