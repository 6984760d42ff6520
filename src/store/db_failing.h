/* The failing driver: wraps another one and fails on demand or at random. For tests; url "failing:N:URL".

   N > 0: each begin, statement and commit fails with probability 1/N, as does each attempt to revive. N = 0: only the hook decides.
   After a failure the connection is down until db_revive, as a lost one is, except after db_fail_conflict. */
#pragma once
#include "store/db.h"

enum db_fail_at { db_fail_at_begin, db_fail_at_statement, db_fail_at_commit, db_fail_at_revive };
enum db_fail_how {
    db_fail_not,
    db_fail_conflict,       /* this statement only, and it did not run */
    db_fail_unavailable,    /* nothing was done, the transaction is lost */
    db_fail_uncertain_done, /* commit only: done, but nobody tells */
    db_fail_uncertain_lost, /* commit only: not done, and nobody tells */
};
/* stmt is stmt_count where there is none. Called on the connection's thread. */
typedef enum db_fail_how (*db_fail_hook)(void *user, enum db_fail_at at, enum db_stmt stmt);

/* db must come from a "failing:" url. NULL removes the hook. Borrows user. */
void db_failing_hook(struct db *db, db_fail_hook hook, void *user);
