/* The store as the composition root sees it: opening the core's port (chat/store.h) on a database, and facts for the command line. */
#pragma once
#include "base/arena.h"
#include "chat/store.h"
#include "store/db.h"

/* url as db_open. Gives. Does not look at the schema: store_migrate first. Faults as db_open. */
must_use enum fault store_open(const char *url, enum db_mode mode, struct store **out);
void store_close(struct store *store); /* NULL is fine */
/* Brings the schema of the database to what this program knows. conflict: the database was made by a newer program. */
must_use enum fault store_migrate(const char *url);
/* Does it pay to write through several stores at once? (PostgreSQL: yes. SQLite has one writer.) */
bool store_takes_many_writers(const char *url);

must_use enum fault store_tables(struct store *store, struct arena *arena, struct span **names_out, size_t *n_out); /* by name */
must_use enum fault store_version_is_current(struct store *store, bool *current_out); /* is the schema what this program knows? */
must_use enum fault store_n_accounts(struct store *store, int64_t *n_out);

/* The connection below, for tests that make it fail. Lent. */
struct db *store_db(struct store *store);
