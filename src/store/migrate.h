/* Brings the schema to the version this program knows, at start. The steps are the .sql files of migrations/, embedded by the build. */
#pragma once
#include "store/db.h"

struct migration {
    int number; /* from 1, without gaps */
    const char *name, *sqlite, *postgres;
};
extern const struct migration migrations[];
extern const int n_migrations;

/* Needs a writer outside a transaction. Runs the missing steps in one transaction, or nothing at all. Several starters at once are safe: one
   works, the others wait for it. conflict: the database was made by a newer program (logged). Other faults as db_commit and db_script. */
must_use enum fault migrate(struct db *db);
/* The same with a given table (tests). */
must_use enum fault migrate_with(struct db *db, const struct migration *steps, int n_steps);
