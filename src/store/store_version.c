/* Earlier texts of messages in the database. Behind the core's port; runs on the thread of its store.
   Always: at most MESSAGE_VERSIONS_MAX of a message; beyond that the oldest goes. */
#include "store/store_private.h"

enum fault store_version_keep(struct store *store, const struct message *m)
{
    enum fault fault = DB_EXEC(store->db, version_add, DB_I64(m->id.v));
    if (fault || m->n_versions < MESSAGE_VERSIONS_MAX) return fault;
    return DB_EXEC(store->db, version_trim, DB_I64(m->id.v));
}

enum fault store_version_forget(struct store *store, const struct message *m)
{
    return m->n_versions ? DB_EXEC(store->db, version_forget, DB_I64(m->id.v)) : fault_none;
}

enum fault store_version_list(struct store *store, struct message_id id, struct arena *arena, struct message_version **versions_out, size_t *n_out)
{
    struct db_rows rows;
    struct message_version *versions = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, version_list, DB_I64(id.v));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, versions, *n_out) = (struct message_version){ .text = db_col_copy(&rows, 0, arena), .at_us = db_col_i64(&rows, 1) };
    *versions_out = versions;
    return db_end(&rows);
}
