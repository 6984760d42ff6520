/* What the contract suite stands on: a database of the engine under test with two fresh tables, and short words for what tests do often. */
#pragma once
#include "store/db.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

extern const char *contract_url;    /* of the engine under test, writable */
extern const char *contract_engine; /* "sqlite", "postgres", "failing" */
extern char contract_dir[64];       /* temporary, removed at the end */

struct fixture {
    struct db *writer, *reader;
};

bool contract_open(const char *engine); /* false: no such engine here */
void contract_close(void);
int fixture_up(void **state); /* fresh tables, a writer and a reader */
int fixture_down(void **state);

#define assert_ok(fault_) assert_string_equal(fault_word(fault_), "ok")
#define assert_fault(fault_, name) assert_string_equal(fault_word(fault_), #name)

struct db *open_or_die(const char *url, enum db_mode mode);
enum fault put(struct db *db, int64_t owner, const char *name); /* item_put without a note */
int64_t number(struct db *db, enum db_stmt stmt);               /* the one integer of a statement without parameters; -1: a fault */
bool has(struct db *db, const char *name);

/* Runs one of the works below in another process, which is this program again: SQLite's connections do not survive a fork. finish waits and
   returns its exit code, or the negative
   number of the signal that ended it. A work calls child_ready when the parent may go on. */
struct child { int pid, ready_fd; };
struct child child_start(const char *work, int64_t argument);
void child_ready(void);
void child_wait_ready(struct child *child);
int child_finish(struct child *child);
int child_main(char **argv); /* "--child" WORK URL ARGUMENT READY_FD */

int work_migrate(int64_t unused);
int work_hold_lock(int64_t hold_ms);  /* SQLite's write lock */
int work_kill_later(int64_t backend); /* a backend of PostgreSQL, in half a second */
int work_hold_rows(int64_t hold_s);

extern const struct CMUnitTest sqlite_cases[], postgres_cases[], failing_cases[], common_cases[], migrate_cases[];
extern const size_t n_sqlite_cases, n_postgres_cases, n_failing_cases, n_common_cases, n_migrate_cases;
