/* What surrounds support chats in the database: agents, notes, tags, ratings, canned answers, figures. Behind the core's port; runs on the thread
   of its store. */
#include "store/store_private.h"

#define DAY_US (INT64_C(86400) * 1000000)

/* ---- Agents */

static struct desk_agent_view col_agent(struct db_rows *rows, struct arena *arena)
{
    return (struct desk_agent_view){ .role = (enum desk_role)db_col_i64(rows, 0), .capacity = db_col_i64(rows, 1), .person = col_person(rows, 2, arena) };
}

enum fault store_desk_agent(struct store *store, struct account_id account, struct arena *arena, struct desk_agent_view *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, desk_role, DB_I64(account.v));
    bool found = db_next(&rows);
    if (found) *out = col_agent(&rows, arena);
    return rows_end_one(&rows, found);
}

enum fault store_desk_agent_list(struct store *store, size_t max, struct arena *arena, struct desk_agent_view **agents_out, size_t *n_out)
{
    struct db_rows rows;
    struct desk_agent_view *agents = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, desk_agent_list, DB_I64((int64_t)max));
    while (db_next(&rows)) {
        struct desk_agent_view *agent = ARRAY_PUSH(arena, agents, *n_out);
        *agent = col_agent(&rows, arena);
        agent->n_chats = db_col_i64(&rows, 2 + PERSON_N_COLUMNS);
    }
    *agents_out = agents;
    return db_end(&rows);
}

enum fault store_desk_agent_put(struct store *store, struct account_id account, enum desk_role role, int64_t capacity)
{
    if (role == desk_role_none) return DB_EXEC(store->db, desk_agent_remove, DB_I64(account.v));
    return DB_EXEC(store->db, desk_agent_put, DB_I64(account.v), DB_I64((int64_t)role), DB_I64(capacity));
}

/* SQLite has one writer for everything, so there is nothing to lock. */
enum fault store_desk_agent_lock(struct store *store, const struct account_id *agents, size_t n)
{
    struct db_column column = { .type = db_i64, .i64s = &agents->v };
    return n && db_engine_of(store->db) != db_sqlite ? db_bulk(store->db, stmt_desk_agent_lock, &column, 1, n, NULL, NULL) : fault_none;
}

/* ---- Tags, rating, notes */

enum fault store_desk_set_tags(struct store *store, struct room_id room, struct span tags, int64_t now_us)
{
    return DB_EXEC(store->db, desk_set_tags, DB_I64(room.v), DB_TEXT_OR_NULL(tags), DB_I64(now_us));
}

enum fault store_desk_set_rating(struct store *store, struct room_id room, int64_t rating, int64_t now_us, bool *set_out)
{
    return STORE_CHANGES(store, set_out, desk_set_rating, DB_I64(room.v), DB_I64(rating), DB_I64(now_us));
}

enum fault store_desk_note_insert(struct store *store, struct room_id room, struct desk_note *note)
{
    return STORE_NUMBER(store, &note->id, desk_note_insert, DB_I64(room.v), DB_I64(note->author.id.v), DB_TEXT(note->text), DB_I64(note->at_us));
}

enum fault store_desk_note_list(struct store *store, struct room_id room, size_t max, struct arena *arena, struct desk_note **notes_out, size_t *n_out)
{
    struct db_rows rows;
    struct desk_note *notes = NULL;
    size_t n = 0;
    DB_QUERY(store->db, &rows, desk_note_list, DB_I64(room.v), DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, notes, n) = (struct desk_note){ .id = db_col_i64(&rows, 0), .text = db_col_copy(&rows, 1, arena), .at_us = db_col_i64(&rows, 2),
                                                           .author = col_person(&rows, 3, arena) };
    for (size_t i = 0; i < n / 2; i++) {
        struct desk_note swapped = notes[i];
        notes[i] = notes[n - 1 - i], notes[n - 1 - i] = swapped;
    }
    *notes_out = notes, *n_out = n;
    return db_end(&rows);
}

/* ---- Canned answers */

enum fault store_desk_canned_list(struct store *store, size_t max, struct arena *arena, struct desk_canned **out, size_t *n_out)
{
    struct db_rows rows;
    struct desk_canned *canned = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, desk_canned_list, DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, canned, *n_out) = (struct desk_canned){ .id = db_col_i64(&rows, 0), .title = db_col_copy(&rows, 1, arena),
            .shortcut = db_col_copy(&rows, 2, arena), .text = db_col_copy(&rows, 3, arena), .updated_us = db_col_i64(&rows, 4) };
    *out = canned;
    return db_end(&rows);
}

enum fault store_desk_canned_put(struct store *store, struct desk_canned *c)
{
    bool changed;
    if (!c->id)
        return STORE_NUMBER(store, &c->id, desk_canned_insert, DB_TEXT(c->title), DB_TEXT_OR_NULL(c->shortcut), DB_TEXT(c->text), DB_I64(c->updated_us));
    enum fault fault = STORE_CHANGES(store, &changed, desk_canned_update, DB_I64(c->id), DB_TEXT(c->title), DB_TEXT_OR_NULL(c->shortcut), DB_TEXT(c->text),
                                     DB_I64(c->updated_us));
    return !fault && !changed ? fault_not_found : fault;
}

enum fault store_desk_canned_delete(struct store *store, int64_t id)
{
    bool changed;
    enum fault fault = STORE_CHANGES(store, &changed, desk_canned_delete, DB_I64(id));
    return !fault && !changed ? fault_not_found : fault;
}

enum fault store_desk_canned_count(struct store *store, int64_t *n_out)
{
    return store_number(store, stmt_desk_canned_count, NULL, 0, n_out);
}

/* ---- Figures */

enum fault store_desk_work_add(struct store *store, const struct desk_work *w, int64_t now_us)
{
    return DB_EXEC(store->db, desk_work_add, DB_I64(w->room.v), DB_I64(w->agent.v), DB_I64(now_us / DAY_US), DB_I64(w->taken), DB_I64(w->closed),
                   DB_I64(w->messages), DB_I64(w->answers), DB_I64(w->answers_s), DB_I64(w->ratings), DB_I64(w->stars));
}

enum fault store_desk_work_sums(struct store *store, int64_t from_day, int64_t to_day, struct account_id agent, struct arena *arena,
                                struct desk_figure **figures_out, size_t *n_out)
{
    struct db_rows rows;
    struct desk_figure *figures = NULL;
    enum { of_sums = 1 + PERSON_N_COLUMNS };
    *n_out = 0;
    DB_QUERY(store->db, &rows, desk_work_sums, DB_I64(from_day), DB_I64(to_day), DB_I64(agent.v));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, figures, *n_out) = (struct desk_figure){
            .day = db_col_i64(&rows, 0), .agent = col_person(&rows, 1, arena), .taken = db_col_i64(&rows, of_sums),
            .closed = db_col_i64(&rows, of_sums + 1), .messages = db_col_i64(&rows, of_sums + 2), .n_answers = db_col_i64(&rows, of_sums + 3),
            .answers_s = db_col_i64(&rows, of_sums + 4), .n_ratings = db_col_i64(&rows, of_sums + 5), .ratings = db_col_i64(&rows, of_sums + 6),
        };
    *figures_out = figures;
    return db_end(&rows);
}
