/* When accounts were last here, in the database. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

struct looking {
    struct presence_view *people;
    size_t *n;
};

static void col_view(void *user, struct db_rows *row)
{
    struct looking *l = user;
    l->people[(*l->n)++] = (struct presence_view){ { db_col_i64(row, 1) }, db_col_i64(row, 2), db_col_i64(row, 3) };
}

enum fault store_presence_look(struct store *store, struct account_id asker, const struct account_id *accounts, size_t n,
                               struct presence_view *people_out, size_t *n_out)
{
    int64_t askers[n];
    for (size_t i = 0; i < n; i++) askers[i] = asker.v;
    struct db_column columns[] = { { .type = db_i64, .i64s = &accounts->v }, { .type = db_i64, .i64s = askers } };
    *n_out = 0;
    return db_bulk(store->db, stmt_presence_look, columns, 2, n, col_view, &(struct looking){ people_out, n_out });
}

enum fault store_presence_left(struct store *store, const struct account_id *accounts, const int64_t *at_us, size_t n)
{
    struct db_column columns[] = { { .type = db_i64, .i64s = &accounts->v }, { .type = db_i64, .i64s = at_us } };
    return db_bulk(store->db, stmt_presence_left, columns, 2, n, NULL, NULL);
}
