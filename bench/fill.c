/* Fills a room with messages as fast as SQLite takes them: what years of talk leave behind, in a minute. Writes the message table directly,
   because a server's own way (a commit for every few messages, durable) would take hours; nothing else may have the database open.
   usage: fill DATABASE ROOM ACCOUNT N   (the room and its author exist; prints the room's head) */
#include "floor.h"
#include <sqlite3.h>

static sqlite3 *handle;

static void check(int rc)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) floor_die("fill", sqlite3_errmsg(handle));
}

static void run(const char *sql)
{
    check(sqlite3_exec(handle, sql, NULL, NULL, NULL));
}

static int64_t number(const char *sql, int64_t parameter)
{
    sqlite3_stmt *stmt;
    check(sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL));
    sqlite3_bind_int64(stmt, 1, parameter);
    if (sqlite3_step(stmt) != SQLITE_ROW) floor_die("fill: no answer", sql);
    int64_t v = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return v;
}

static void insert(int64_t room, int64_t author, int64_t first, int64_t n)
{
    sqlite3_stmt *stmt;
    char text[FLOOR_TEXT_BYTES + 1], key[32];
    int64_t begun_us = 1700000000000000;
    check(sqlite3_prepare_v2(handle, "INSERT INTO message (room_id, seq, author_id, text, key, created_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", -1, &stmt, NULL));
    sqlite3_bind_int64(stmt, 1, room);
    sqlite3_bind_int64(stmt, 3, author);
    for (int64_t seq = first; seq < first + n; seq++) {
        floor_text(text, seq);
        int n_key = snprintf(key, sizeof key, "%014" PRId64, seq);
        sqlite3_bind_int64(stmt, 2, seq);
        sqlite3_bind_text(stmt, 4, text, FLOOR_TEXT_BYTES, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 5, key, n_key, SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 6, begun_us + seq);
        check(sqlite3_step(stmt));
        check(sqlite3_reset(stmt));
    }
    sqlite3_finalize(stmt);
    check(sqlite3_prepare_v2(handle, "UPDATE room SET head = ?2, last_post = ?2 WHERE id = ?1", -1, &stmt, NULL));
    sqlite3_bind_int64(stmt, 1, room);
    sqlite3_bind_int64(stmt, 2, first + n - 1);
    check(sqlite3_step(stmt));
    sqlite3_finalize(stmt);
}

/* The two indexes are made anew afterwards: sorting five million rows once is quicker than finding a place for each. */
static void without_indexes(void (*fill)(int64_t, int64_t, int64_t, int64_t), int64_t room, int64_t author, int64_t first, int64_t n)
{
    static const char *const names[] = { "message_by_seq", "message_by_key" };
    char *made[2], drop[64];
    for (int i = 0; i < 2; i++) {
        sqlite3_stmt *stmt;
        check(sqlite3_prepare_v2(handle, "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1", -1, &stmt, NULL));
        sqlite3_bind_text(stmt, 1, names[i], -1, SQLITE_STATIC);
        if (sqlite3_step(stmt) != SQLITE_ROW) floor_die("fill: no index", names[i]);
        made[i] = strdup((const char *)sqlite3_column_text(stmt, 0));
        sqlite3_finalize(stmt);
        snprintf(drop, sizeof drop, "DROP INDEX %s", names[i]);
        run(drop);
    }
    fill(room, author, first, n);
    for (int i = 0; i < 2; i++) run(made[i]), free(made[i]);
}

int main(int argc, char **argv)
{
    if (argc != 5) floor_die("usage", "fill DATABASE ROOM ACCOUNT N");
    check(sqlite3_open_v2(argv[1], &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144; BEGIN");
    int64_t room = floor_number(argv[2]), n = floor_number(argv[4]);
    int64_t first = 1 + number("SELECT head FROM room WHERE id = ?1", room);
    without_indexes(insert, room, floor_number(argv[3]), first, n);
    run("COMMIT");
    printf("{\"room\":%" PRId64 ",\"head\":%" PRId64 "}\n", room, first + n - 1);
    check(sqlite3_close(handle));
    return 0;
}
