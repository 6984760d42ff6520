/* Fills a database with the talk of a town: rooms of very different size, words as unevenly used as in a language. Writes the tables directly, as
   fill.c does and for the same reason; the asker is a member of every 16th of the new rooms.
   usage: talk DATABASE ASKER N ROOMS   (adds N messages; prints the words of some ranks, for asking) */
#include "floor.h"
#include <math.h>
#include <sqlite3.h>

enum { n_words = 40000, word_max = 24, asker_every = 16, words_asked = 64 };

static sqlite3 *handle;
static char words[n_words][word_max];

static void check(int rc)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) floor_die("talk", sqlite3_errmsg(handle));
}

static void run(const char *sql)
{
    check(sqlite3_exec(handle, sql, NULL, NULL, NULL));
}

static uint64_t chance(void)
{
    static uint64_t x = 0x2545f4914f6cdd1d;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x;
}

/* A rank below n, the first ones by far the likeliest (Zipf's law with exponent 1). */
static int64_t rank_below(int64_t n)
{
    double u = (double)(chance() >> 11) / 9007199254740992.0;
    int64_t rank = (int64_t)exp(u * log((double)n + 1)) - 1;
    return rank < 0 ? 0 : rank < n ? rank : n - 1;
}

static void make_words(void)
{
    static const char *const heads[] = { "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "q", "r", "s", "t", "v", "x", "y", "z", "sh", "ch", "" };
    static const char *const vowels[] = { "a", "e", "i", "o", "u", "oʻ" };
    static const char *const tails[] = { "", "", "", "n", "r", "l", "m", "sh", "q", "b" };
    for (int i = 0; i < n_words; i++) {
        int n = 0, syllables = 1 + (i > 20) + (i > 300) + (i > 3000 && chance() % 2);
        for (int s = 0; s < syllables; s++)
            n += snprintf(words[i] + n, (size_t)(word_max - n), "%s%s%s", heads[chance() % 22], vowels[chance() % 6], s + 1 < syllables ? "" : tails[chance() % 10]);
    }
}

static int make_text(char *text, size_t size)
{
    int n = 0, count = 4 + (int)(chance() % 20);
    for (int i = 0; i < count && (size_t)n + word_max + 2 < size; i++) n += snprintf(text + n, size - (size_t)n, "%s%s", i ? " " : "", words[rank_below(n_words)]);
    return n;
}

static int64_t number(const char *sql)
{
    sqlite3_stmt *stmt;
    check(sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL));
    if (sqlite3_step(stmt) != SQLITE_ROW) floor_die("talk: no answer", sql);
    int64_t v = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return v;
}

static int64_t make_rooms(int64_t asker, int64_t n_rooms)
{
    char sql[512];
    int64_t first = number("SELECT max(id) + 1 FROM room");
    for (int64_t i = 0; i < n_rooms; i++) {
        snprintf(sql, sizeof sql, "INSERT INTO room (id, kind, public, name, created_us) VALUES (%" PRId64 ", 2, 0, 'talk %" PRId64 "', 1700000000000000)", first + i, i);
        run(sql);
        if (i % asker_every != asker_every / 2) continue;
        snprintf(sql, sizeof sql, "INSERT INTO member (room_id, account_id, role, joined_us, read_mark) VALUES (%" PRId64 ", %" PRId64 ", 1, 1700000000000000, 0)", first + i, asker);
        run(sql);
    }
    return first;
}

static void talk(int64_t first, int64_t n_rooms, int64_t asker, int64_t n)
{
    sqlite3_stmt *stmt;
    int64_t *heads = calloc((size_t)n_rooms, sizeof *heads), at_us = 1700000000000000;
    char text[1024];
    check(sqlite3_prepare_v2(handle, "INSERT INTO message (room_id, seq, author_id, text, created_us) VALUES (?1, ?2, ?3, ?4, ?5)", -1, &stmt, NULL));
    for (int64_t i = 0; i < n; i++) {
        int64_t room = rank_below(n_rooms);
        sqlite3_bind_int64(stmt, 1, first + room);
        sqlite3_bind_int64(stmt, 2, ++heads[room]);
        sqlite3_bind_int64(stmt, 3, asker);
        sqlite3_bind_text(stmt, 4, text, make_text(text, sizeof text), SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 5, at_us += 10000000);
        check(sqlite3_step(stmt));
        check(sqlite3_reset(stmt));
    }
    sqlite3_finalize(stmt);
    for (int64_t i = 0; i < n_rooms; i++) {
        char sql[160];
        snprintf(sql, sizeof sql, "UPDATE room SET head = %" PRId64 ", last_post = %" PRId64 " WHERE id = %" PRId64, heads[i], heads[i], first + i);
        run(sql);
    }
    free(heads);
}

int main(int argc, char **argv)
{
    if (argc != 5) floor_die("usage", "talk DATABASE ASKER N ROOMS");
    check(sqlite3_open_v2(argv[1], &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144; BEGIN");
    int64_t asker = floor_number(argv[2]), n = floor_number(argv[3]), n_rooms = floor_number(argv[4]);
    make_words();
    int64_t first = make_rooms(asker, n_rooms);
    talk(first, n_rooms, asker, n);
    run("COMMIT");
    printf("{\"rooms\":[%" PRId64 ",%" PRId64 "],\"words\":[", first, first + n_rooms - 1);
    for (int i = 0; i < words_asked; i++) printf("%s\"%s\"", i ? "," : "", words[(int64_t)(pow(n_words - 1, (double)i / words_asked))]);
    printf("]}\n");
    check(sqlite3_close(handle));
    return 0;
}
