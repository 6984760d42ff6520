/* The runner of migrations: one transaction, all missing steps or none. SQLite's write lock and an advisory lock of PostgreSQL make simultaneous
   starters wait for each other. */
#include "store/migrate.h"
#include "base/clock.h"
#include "base/log.h"

/* PostgreSQL: steps and the wait for another starter may take longer than a statement's time limit. The key is "suhbat" in ASCII. */
static const char postgres_lock[] = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(126948099645812)";

static const char own_table[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                                "number bigint PRIMARY KEY, name text NOT NULL, applied_us bigint NOT NULL)";

static enum fault newest_of(struct db *db, int64_t *out)
{
    struct db_rows rows;
    db_query(db, &rows, stmt_migration_newest, NULL, 0);
    *out = db_next(&rows) ? db_col_i64(&rows, 0) : 0;
    return db_end(&rows);
}

static enum fault run_step(struct db *db, const struct migration *step)
{
    enum fault fault = db_script(db, db_engine_of(db) == db_sqlite ? step->sqlite : step->postgres);
    if (!fault) fault = DB_EXEC(db, migration_add, DB_I64(step->number), DB_TEXT(span_of(step->name)), DB_I64(clock_wall_us()));
    if (fault)
        LOG(error, "migration failed", log_int("number", step->number), log_str("name", step->name), log_str("fault", fault_word(fault)));
    else
        LOG(info, "migration done", log_int("number", step->number), log_str("name", step->name));
    return fault;
}

static enum fault run_missing(struct db *db, const struct migration *steps, int n_steps)
{
    int64_t newest = 0;
    enum fault fault = db_engine_of(db) == db_postgres ? db_script(db, postgres_lock) : fault_none;
    if (!fault) fault = db_script(db, own_table);
    if (!fault) fault = newest_of(db, &newest);
    if (!fault && newest > n_steps) {
        LOG(error, "the database was made by a newer version of this program: refused", log_int("schema", newest), log_int("known", n_steps));
        fault = fault_conflict;
    }
    for (int i = (int)newest; !fault && i < n_steps; i++) fault = run_step(db, &steps[i]);
    return fault;
}

enum fault migrate_with(struct db *db, const struct migration *steps, int n_steps)
{
    enum fault fault = db_begin(db);
    if (fault) return fault;
    fault = run_missing(db, steps, n_steps);
    if (!fault) return db_commit(db);
    db_abort(db);
    return fault;
}

enum fault migrate(struct db *db)
{
    return migrate_with(db, migrations, n_migrations);
}
