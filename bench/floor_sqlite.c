/* The floor under durable sends on SQLite: a bare program, prepared statements, one table with one index, WAL with synchronous=FULL.
   usage: floor_sqlite ROWS_PER_COMMIT TOTAL [PATH]   (PATH is removed first; default floor.db) */
#include "floor.h"
#include <sqlite3.h>
#include <unistd.h>

static sqlite3 *handle;

static void check(int rc)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) floor_die("floor_sqlite", sqlite3_errmsg(handle));
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    check(sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL));
    return stmt;
}

static void step(sqlite3_stmt *stmt)
{
    check(sqlite3_step(stmt));
    check(sqlite3_reset(stmt));
}

static void fresh(const char *path)
{
    char name[4096];
    const char *const ends[] = { "", "-wal", "-shm", "-owner" };
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) floor_die("usage", "floor_sqlite ROWS_PER_COMMIT TOTAL [PATH]");
    const char *path = argc > 3 ? argv[3] : "floor.db";
    fresh(path);
    check(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    check(sqlite3_exec(handle, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=4000;"
                               "CREATE TABLE row (id INTEGER PRIMARY KEY, room bigint NOT NULL, seq bigint NOT NULL, body text NOT NULL);"
                               "CREATE UNIQUE INDEX row_seq ON row (room, seq)", NULL, NULL, NULL));
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *insert = prepare("INSERT INTO row (room, seq, body) VALUES (?1, ?2, ?3)");
    char text[FLOOR_TEXT_BYTES + 1];
    struct floor_run run = floor_begin("floor_sqlite", floor_number(argv[1]), floor_number(argv[2]));
    for (int64_t row = 0; row < run.total;) {
        int64_t since_us = floor_now_us();
        step(begin);
        for (int64_t k = 0; k < run.rows_per_commit; k++, row++) {
            floor_text(text, row);
            sqlite3_bind_int64(insert, 1, row % FLOOR_ROOMS);
            sqlite3_bind_int64(insert, 2, row);
            sqlite3_bind_text(insert, 3, text, FLOOR_TEXT_BYTES, SQLITE_STATIC);
            step(insert);
        }
        step(commit);
        floor_committed(&run, since_us);
    }
    floor_end(&run);
    sqlite3_finalize(begin), sqlite3_finalize(commit), sqlite3_finalize(insert);
    sqlite3_close(handle);
    fresh(path);
    return 0;
}
