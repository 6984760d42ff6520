/* Reactions in the database. A message counts its own, so that those without (nearly all) cost no query. Behind the core's port; runs on the thread
   of its store. */
#include "store/store_private.h"

enum { bulk_max = 512 };

/* ---- Putting and removing */

static enum fault count(struct store *store, struct message_id message, bool changed, int64_t more)
{
    return changed ? DB_EXEC(store->db, message_count_reactions, DB_I64(message.v), DB_I64(more)) : fault_none;
}

enum fault store_reaction_put(struct store *store, struct message_id message, struct account_id account, struct span emoji, int64_t now_us,
                              bool *changed_out)
{
    enum fault fault = STORE_CHANGES(store, changed_out, reaction_put, DB_I64(message.v), DB_I64(account.v), DB_TEXT(emoji), DB_I64(now_us));
    return fault ? fault : count(store, message, *changed_out, 1);
}

enum fault store_reaction_remove(struct store *store, struct message_id message, struct account_id account, struct span emoji, bool *changed_out)
{
    enum fault fault = STORE_CHANGES(store, changed_out, reaction_remove, DB_I64(message.v), DB_I64(account.v), DB_TEXT(emoji));
    return fault ? fault : count(store, message, *changed_out, -1);
}

enum fault store_reaction_who(struct store *store, struct message_id message, struct span emoji, struct account_id after, size_t max,
                              struct arena *arena, struct reactor_view **people_out, size_t *n_out)
{
    struct db_rows rows;
    struct reactor_view *people = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, reaction_who, DB_I64(message.v), DB_TEXT(emoji), DB_I64(after.v), DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, people, *n_out) = (struct reactor_view){ .person = col_person(&rows, 0, arena), .at_us = db_col_i64(&rows, PERSON_N_COLUMNS) };
    *people_out = people;
    return db_end(&rows);
}

/* ---- Loading */

struct loading {
    struct arena *arena;
    struct message *messages[bulk_max];
    int64_t ids[bulk_max];
    size_t n;
};

/* One row a reacting account, grouped by emoji: ordinal, emoji, how many in all, account. */
static void col_reaction(void *user, struct db_rows *row)
{
    struct loading *l = user;
    struct message *m = l->messages[db_col_i64(row, 0)];
    struct span emoji = db_col_text(row, 1);
    struct reaction_view *view = m->n_reactions ? &m->reactions[m->n_reactions - 1] : NULL;
    if (!view || !span_eq(view->emoji, emoji)) {
        view = ARRAY_PUSH(l->arena, m->reactions, m->n_reactions);
        view->emoji = arena_copy(l->arena, emoji);
        view->count = db_col_i64(row, 2);
    }
    if (view->n_by < REACTION_BY_MAX) view->by[view->n_by++].v = db_col_i64(row, 3);
}

static enum fault load(struct store *store, struct loading *l)
{
    struct db_column column = { .type = db_i64, .i64s = l->ids };
    enum fault fault = l->n ? db_bulk(store->db, stmt_reaction_list, &column, 1, l->n, col_reaction, l) : fault_none;
    l->n = 0;
    return fault;
}

enum fault message_add_reactions(struct store *store, struct arena *arena, struct message *const *messages, size_t n)
{
    struct loading l;
    enum fault fault = fault_none;
    l.arena = arena, l.n = 0;
    for (size_t i = 0; i < n && !fault; i++) {
        if (!messages[i]->n_reactions) continue;
        l.ids[l.n] = messages[i]->id.v, l.messages[l.n++] = messages[i];
        messages[i]->n_reactions = 0;
        if (l.n == bulk_max) fault = load(store, &l);
    }
    if (!fault) fault = load(store, &l);
    return fault ? fault : message_add_files(store, arena, messages, n);
}
