/* The SQLite driver of the database port. A connection belongs to the thread that uses it, so it is opened without SQLite's own mutexes.

   What always holds:
   - A commit is on disk when it returns: WAL with synchronous=FULL.
   - Only a writer writes and checkpoints; of several writers (a tool beside the server) only the one that holds PATH-owner checkpoints. Versions
     before 3.51.3 can damage a WAL when two connections write and checkpoint at the same time.
   - The WAL is copied back after every 8,000 pages without waiting for anybody, and past 131,072 pages (256 MiB) with waiting, which is its ceiling
     as long as no reader sleeps inside a transaction.
   - The search index lies in a file of its own, PATH-search: made anew from the messages whenever it is lost, so its commits wait for no disk, and
     an indexer, its only writer, never holds up the one writer of everything else. Readers attach it; without it they do all but search.
   - A new file has pages of 2 KiB: a commit changes a little on many pages, one a room, and writes each of them whole.
   - Text is bound without a copy: the caller's bytes stay until the query ends. */
#include "store/db_driver.h"
#include "base/log.h"
#include "store/wal_file.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <threads.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000
#define PAGE_BYTES "2048"
#define CHECKPOINT_EVERY_PAGES 8000
#define CHECKPOINT_WAITING_PAGES 131072
#define PATH_MAX_BYTES 4000

enum word { word_begin_writing, word_begin_reading, word_commit, word_rollback, word_savepoint, word_release, word_rollback_to, word_count };
static const char *const word_sql[word_count] = {
    "BEGIN IMMEDIATE", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s",
};

struct prepared {
    sqlite3_stmt *stmt;
    uint8_t n_indexes, index_of[DB_PARAMS_MAX]; /* SQLite numbers $k by first appearance: $k stands at index_of[k - 1], 0: not used */
    bool is_read;
};

struct sqlite {
    struct db base;
    sqlite3 *handle; /* NULL: lost, until revived */
    char *path;
    int owner_fd; /* -1: does not checkpoint */
    int checkpointed_pages;
    sqlite3_stmt *words[word_count];
    struct prepared prepared[stmt_count];
};

static const struct db_driver driver;

static struct sqlite *sqlite_of(struct db *db)
{
    return (struct sqlite *)db;
}

static enum fault fault_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return fault_none;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT: return fault_unavailable;
    case SQLITE_CONSTRAINT: break;
    default: return fault_internal;
    }
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
    case SQLITE_CONSTRAINT_TRIGGER: return fault_conflict; /* ON DELETE RESTRICT is a trigger to SQLite */
    default: return fault_internal;
    }
}

/* Turns a result code into a fault, logs what an operator or we should know, and notices that SQLite rolled back by itself. */
static enum fault judge(struct sqlite *s, int rc, const char *statement)
{
    enum fault fault = fault_of(rc);
    if (!fault) return fault;
    if (fault == fault_internal)
        LOG(error, "database error", log_str("statement", statement), log_int("sqlite", rc), log_str("message", sqlite3_errmsg(s->handle)));
    else if (fault == fault_unavailable)
        LOG(warn, "database unavailable", log_str("statement", statement), log_int("sqlite", rc), log_str("message", sqlite3_errstr(rc)));
    if (s->base.tx == db_tx_open && sqlite3_get_autocommit(s->handle)) s->base.tx = db_tx_broken;
    return fault;
}

/* ---- transactions ---- */

static int run_word(struct sqlite *s, enum word word)
{
    if (!s->handle) return SQLITE_CANTOPEN;
    if (!s->words[word]) {
        int rc = sqlite3_prepare_v3(s->handle, word_sql[word], -1, SQLITE_PREPARE_PERSISTENT, &s->words[word], NULL);
        if (rc) return rc;
    }
    sqlite3_step(s->words[word]);
    return sqlite3_reset(s->words[word]);
}

static enum fault begin(struct db *db)
{
    struct sqlite *s = sqlite_of(db);
    return judge(s, run_word(s, db->mode == db_writer ? word_begin_writing : word_begin_reading), "begin");
}

static void rollback(struct db *db)
{
    struct sqlite *s = sqlite_of(db);
    if (!s->handle || sqlite3_get_autocommit(s->handle)) return;
    if (run_word(s, word_rollback)) sqlite3_exec(s->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* An I/O error at COMMIT leaves the outcome open: this process rolls back, but if it dies before the WAL is overwritten, recovery may find the
   transaction whole. A full disk does not: the frame that commits was not written. */
static enum fault commit(struct db *db)
{
    struct sqlite *s = sqlite_of(db);
    int rc = run_word(s, word_commit);
    if (!rc) return fault_none;
    (void)judge(s, rc, "commit");
    rollback(db);
    return (rc & 0xff) == SQLITE_IOERR ? fault_uncertain : fault_unavailable;
}

static enum fault savepoint(struct db *db, enum db_control control)
{
    struct sqlite *s = sqlite_of(db);
    switch (control) {
    case db_control_savepoint: return judge(s, run_word(s, word_savepoint), "savepoint");
    case db_control_release: return judge(s, run_word(s, word_release), "release");
    case db_control_rollback_to: break;
    }
    int rc = run_word(s, word_rollback_to);
    return judge(s, rc ? rc : run_word(s, word_release), "rollback to savepoint");
}

static enum fault script(struct db *db, const char *sql)
{
    struct sqlite *s = sqlite_of(db);
    if (!s->handle) return fault_unavailable;
    return judge(s, sqlite3_exec(s->handle, sql, NULL, NULL, NULL), "script");
}

/* ---- statements ---- */

static bool map_parameters(struct prepared *p)
{
    int n = sqlite3_bind_parameter_count(p->stmt);
    for (int index = 1; index <= n; index++) {
        const char *name = sqlite3_bind_parameter_name(p->stmt, index);
        int64_t k = 0;
        if (!name || name[0] != '$' || !span_to_i64(span_of(name + 1), &k) || k < 1 || k > DB_PARAMS_MAX) return false;
        p->index_of[k - 1] = (uint8_t)index;
        if (k > p->n_indexes) p->n_indexes = (uint8_t)k;
    }
    return true;
}

static struct prepared *prepare(struct sqlite *s, enum db_stmt stmt, enum fault *fault)
{
    struct prepared *p = &s->prepared[stmt];
    *fault = s->handle ? fault_none : fault_unavailable;
    if (p->stmt || *fault) return p;
    *fault = judge(s, sqlite3_prepare_v3(s->handle, db_statements[stmt].sql[db_sqlite], -1, SQLITE_PREPARE_PERSISTENT, &p->stmt, NULL),
                   db_statements[stmt].name);
    if (*fault) return p;
    p->is_read = sqlite3_stmt_readonly(p->stmt);
    if (map_parameters(p)) return p;
    LOG(error, "database statement misused", log_str("statement", db_statements[stmt].name), log_str("what", "parameters are $1 to $32"));
    sqlite3_finalize(p->stmt);
    *p = (struct prepared){ 0 };
    *fault = fault_internal;
    return p;
}

static void bind_i64(struct prepared *p, size_t k, int64_t v)
{
    if (p->index_of[k]) sqlite3_bind_int64(p->stmt, p->index_of[k], v);
}

static void bind_text(struct prepared *p, size_t k, struct span text)
{
    if (p->index_of[k]) sqlite3_bind_text64(p->stmt, p->index_of[k], text.p ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_null(struct prepared *p, size_t k)
{
    if (p->index_of[k]) sqlite3_bind_null(p->stmt, p->index_of[k]);
}

static void bind(struct prepared *p, const struct db_param *params, size_t n_params)
{
    for (size_t k = 0; k < n_params; k++) {
        switch (params[k].type) {
        case db_null: bind_null(p, k); break;
        case db_i64: bind_i64(p, k, params[k].i64); break;
        case db_text: bind_text(p, k, params[k].text); break;
        }
    }
}

/* The first step is made here: SQLite does all writing of a statement in it. rows->row: 1 a row stands ready, 2 it was handed out, 0 no more. */
static void query(struct db *db, struct db_rows *rows, const struct db_param *params, size_t n_params)
{
    struct sqlite *s = sqlite_of(db);
    struct prepared *p = prepare(s, rows->stmt, &rows->fault);
    if (rows->fault) return;
    if (n_params < p->n_indexes) return db_rows_bug(rows, "too few parameters");
    if (sqlite3_stmt_busy(p->stmt)) return db_rows_bug(rows, "still running");
    bind(p, params, n_params);
    rows->cursor = p;
    int rc = sqlite3_step(p->stmt);
    rows->row = rc == SQLITE_ROW;
    rows->fault = judge(s, rc, db_statements[rows->stmt].name);
    if (!p->is_read && !rows->fault) rows->n_changed = sqlite3_changes64(s->handle);
}

static bool next(struct db_rows *rows)
{
    if (rows->row == 2) {
        int rc = sqlite3_step(((struct prepared *)rows->cursor)->stmt);
        rows->row = rc == SQLITE_ROW;
        rows->fault = judge(sqlite_of(rows->db), rc, db_statements[rows->stmt].name);
    }
    if (rows->row == 1) return rows->row = 2, true;
    return false;
}

/* The type of a column of the current row; the port has integers, text and NULL. */
static int column_type(struct db_rows *rows, int column)
{
    sqlite3_stmt *stmt = ((struct prepared *)rows->cursor)->stmt;
    if (rows->row != 2 || column < 0 || column >= sqlite3_data_count(stmt)) return db_rows_bug(rows, "no such column"), SQLITE_NULL;
    return sqlite3_column_type(stmt, column);
}

static int64_t col_i64(struct db_rows *rows, int column)
{
    int type = column_type(rows, column);
    if (type == SQLITE_INTEGER) return sqlite3_column_int64(((struct prepared *)rows->cursor)->stmt, column);
    if (type != SQLITE_NULL) db_rows_bug(rows, "column is not an integer");
    return 0;
}

static bool col_is_null(struct db_rows *rows, int column)
{
    return column_type(rows, column) == SQLITE_NULL;
}

static struct span col_text(struct db_rows *rows, int column)
{
    int type = column_type(rows, column);
    if (type != SQLITE_TEXT) {
        if (type != SQLITE_NULL) db_rows_bug(rows, "column is not text");
        return (struct span){ 0 };
    }
    sqlite3_stmt *stmt = ((struct prepared *)rows->cursor)->stmt;
    const void *p = sqlite3_column_text(stmt, column);
    return span_make(p, (size_t)sqlite3_column_bytes(stmt, column));
}

static void end(struct db_rows *rows)
{
    struct prepared *p = rows->cursor;
    rows->cursor = NULL;
    rows->row = 0;
    if (p) sqlite3_reset(p->stmt);
}

/* ---- bulk ---- */

static void bind_row(struct prepared *p, const struct db_column *columns, size_t n_columns, size_t row)
{
    for (size_t k = 0; k < n_columns; k++) {
        if (columns[k].type == db_i64)
            bind_i64(p, k, columns[k].i64s[row]);
        else if (columns[k].type == db_text && columns[k].texts[row].n)
            bind_text(p, k, columns[k].texts[row]);
        else
            bind_null(p, k);
    }
    bind_i64(p, n_columns, (int64_t)row);
}

static enum fault bulk(struct db *db, enum db_stmt stmt, const struct db_column *columns, size_t n_columns, size_t n_rows,
                       void (*on_row)(void *user, struct db_rows *row), void *user)
{
    struct sqlite *s = sqlite_of(db);
    struct db_rows rows = { .db = db, .stmt = stmt };
    struct prepared *p = prepare(s, stmt, &rows.fault);
    if (rows.fault) return rows.fault;
    if (p->n_indexes > n_columns + 1) return db_rows_bug(&rows, "too few columns"), rows.fault;
    if (sqlite3_stmt_busy(p->stmt)) return db_rows_bug(&rows, "still running"), rows.fault;
    rows.cursor = p;
    for (size_t row = 0; row < n_rows && !rows.fault; row++) {
        bind_row(p, columns, n_columns, row);
        int rc;
        rows.row = 2;
        while ((rc = sqlite3_step(p->stmt)) == SQLITE_ROW && !rows.fault)
            if (on_row) on_row(user, &rows);
        db_rows_fail(&rows, judge(s, rc, db_statements[stmt].name));
        sqlite3_reset(p->stmt);
    }
    return rows.fault;
}

/* ---- the connection ---- */

/* Copies the WAL back. A failure here is not the commit's: that is on disk already. */
static int on_commit(void *user, sqlite3 *handle, const char *schema, int n_pages)
{
    struct sqlite *s = user;
    if (n_pages < s->checkpointed_pages) s->checkpointed_pages = 0;
    if (n_pages - s->checkpointed_pages < CHECKPOINT_EVERY_PAGES) return SQLITE_OK;
    bool waiting = n_pages >= CHECKPOINT_WAITING_PAGES;
    int rc = sqlite3_wal_checkpoint_v2(handle, schema, waiting ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    s->checkpointed_pages = n_pages;
    if (rc) LOG(warn, "database checkpoint failed", log_int("sqlite", rc), log_int("wal_pages", n_pages));
    return SQLITE_OK;
}

/* The right to checkpoint, held by one connection at a time: a lock on a file of its own, since closing any other descriptor of the database
   file would drop SQLite's locks on it. */
static void take_ownership(struct sqlite *s)
{
    char path[PATH_MAX_BYTES + 16];
    snprintf(path, sizeof path, "%s-owner", s->path);
    s->owner_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->owner_fd >= 0 && flock(s->owner_fd, LOCK_EX | LOCK_NB) == 0) return;
    if (s->owner_fd >= 0) close(s->owner_fd);
    s->owner_fd = -1;
}

/* An empty file of mode 0600, which SQLite then gives to its WAL too. Only a file that was not there is touched. */
static void create_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
}

static const char *writers_vfs;

/* Without its memory statistics SQLite takes no global lock at each allocation. Must come before its first use in the process. */
static void prepare_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    writers_vfs = wal_file_vfs();
}

static bool pragma_is(sqlite3 *handle, const char *sql, const char *expected)
{
    sqlite3_stmt *stmt = NULL;
    bool is = sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW &&
              strcmp((const char *)sqlite3_column_text(stmt, 0), expected) == 0;
    sqlite3_finalize(stmt);
    return is;
}

/* One list a term: without positions the index is a third as large, and the text itself tells the rest. */
static const char finder_schema[] =
    "PRAGMA finder.journal_mode=WAL; PRAGMA finder.synchronous=NORMAL; PRAGMA finder.cache_size=-32768;"
    "CREATE VIRTUAL TABLE IF NOT EXISTS finder.search_terms USING fts5(terms, content='', detail=none, tokenize='ascii');"
    "CREATE TABLE IF NOT EXISTS finder.search_state (version INTEGER NOT NULL, posts INTEGER NOT NULL, log INTEGER NOT NULL);"
    "INSERT INTO finder.search_state (version, posts, log) SELECT 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM finder.search_state)";

static int attach(struct sqlite *s, const char *path)
{
    char *sql = sqlite3_mprintf("ATTACH %Q AS finder", path);
    if (!sql) return SQLITE_NOMEM;
    int rc = sqlite3_exec(s->handle, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    if (!rc && s->base.mode == db_indexer) rc = sqlite3_exec(s->handle, finder_schema, NULL, NULL, NULL);
    return rc;
}

static void remove_finder(struct sqlite *s, const char *path)
{
    char beside[PATH_MAX_BYTES + 32];
    LOG(warn, "search index is damaged and made anew", log_str("path", path));
    sqlite3_exec(s->handle, "DETACH finder", NULL, NULL, NULL);
    static const char *const endings[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(beside, sizeof beside, "%s%s", path, endings[i]);
        unlink(beside);
    }
}

static int attach_finder(struct sqlite *s)
{
    char path[PATH_MAX_BYTES + 16];
    snprintf(path, sizeof path, "%s-search", s->path);
    if (s->base.mode == db_reader) return attach(s, path), SQLITE_OK;
    create_file(path);
    int rc = attach(s, path);
    if ((rc & 0xff) != SQLITE_CORRUPT && (rc & 0xff) != SQLITE_NOTADB) return rc;
    remove_finder(s, path);
    create_file(path);
    return attach(s, path);
}

static const char *const pragmas[] = {
    [db_writer] = "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA journal_size_limit=67108864",
    [db_reader] = "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; SELECT count(*) FROM sqlite_schema",
    [db_indexer] = "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; SELECT count(*) FROM sqlite_schema",
};

static int configure(struct sqlite *s)
{
    sqlite3_busy_timeout(s->handle, BUSY_TIMEOUT_MS);
    sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_wal_autocheckpoint(s->handle, 0);
    if (s->owner_fd >= 0 || s->base.mode == db_indexer) sqlite3_wal_hook(s->handle, on_commit, s);
    if (s->owner_fd < 0) sqlite3_db_config(s->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (s->base.mode == db_writer) sqlite3_exec(s->handle, "PRAGMA page_size=" PAGE_BYTES, NULL, NULL, NULL); /* of a file that is still empty */
    if (s->base.mode == db_writer && !pragma_is(s->handle, "PRAGMA journal_mode=WAL", "wal")) {
        int rc = sqlite3_extended_errcode(s->handle);
        return rc && rc != SQLITE_ROW ? rc : SQLITE_CANTOPEN;
    }
    if (s->base.mode != db_writer) {
        int rc = attach_finder(s);
        if (rc) return rc;
    }
    return sqlite3_exec(s->handle, pragmas[s->base.mode], NULL, NULL, NULL);
}

static void disconnect(struct sqlite *s)
{
    for (int i = 0; i < word_count; i++) sqlite3_finalize(s->words[i]);
    for (int i = 0; i < stmt_count; i++) sqlite3_finalize(s->prepared[i].stmt);
    memset(s->words, 0, sizeof s->words);
    memset(s->prepared, 0, sizeof s->prepared);
    sqlite3_close_v2(s->handle);
    s->handle = NULL;
}

static enum fault connect(struct sqlite *s, int extra_flags)
{
    static once_flag once = ONCE_FLAG_INIT;
    call_once(&once, prepare_library);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | extra_flags;
    int rc = sqlite3_open_v2(s->path, &s->handle, flags, s->base.mode == db_writer ? writers_vfs : NULL);
    if (!rc) rc = configure(s);
    if (!rc) return fault_none;
    LOG(error, "database does not open", log_str("path", s->path), log_int("sqlite", rc), log_str("message", sqlite3_errstr(rc)));
    disconnect(s);
    return fault_unavailable;
}

static void close_db(struct db *db)
{
    struct sqlite *s = sqlite_of(db);
    disconnect(s);
    if (s->owner_fd >= 0) close(s->owner_fd);
    free(s->path);
    free(s);
}

/* A connection that can begin is well. One that cannot is opened again, but never made anew: an empty database is not the one that was lost. */
static bool revive(struct db *db)
{
    struct sqlite *s = sqlite_of(db);
    if (s->handle) {
        int rc = run_word(s, db->mode == db_writer ? word_begin_writing : word_begin_reading);
        if (!rc) rc = sqlite3_exec(s->handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
        rollback(db);
        if (!rc) return true;
        if ((rc & 0xff) == SQLITE_BUSY) return false;
        disconnect(s);
    }
    return !connect(s, 0);
}

static const struct db_driver driver = {
    .close = close_db, .revive = revive, .begin = begin, .commit = commit, .abort = rollback, .savepoint = savepoint, .script = script,
    .query = query, .next = next, .col_i64 = col_i64, .col_is_null = col_is_null, .col_text = col_text, .end = end, .bulk = bulk,
};

/* "sqlite:PATH", or as SQLAlchemy writes it, with three slashes before PATH and perhaps a driver's name: "sqlite+aiosqlite:///PATH". */
static const char *path_of(const char *url)
{
    const char *path = strchr(url, ':') + 1;
    if (strncmp(path, "//", 2) == 0) path = path[2] == '/' ? path + 3 : "";
    return *path && strlen(path) <= PATH_MAX_BYTES && strcmp(path, ":memory:") != 0 && strncmp(path, "file:", 5) != 0 ? path : NULL;
}

enum fault db_sqlite_open(const char *url, enum db_mode mode, struct db **out)
{
    const char *path = strchr(url, ':') ? path_of(url) : NULL;
    if (!path) {
        LOG(error, "database url not understood", log_str("expected", "sqlite:PATH, a file"));
        return fault_invalid;
    }
    if (sqlite3_libversion_number() < 3040000 || !sqlite3_threadsafe()) {
        LOG(error, "sqlite too old", log_str("needed", "3.40 with threads"), log_str("found", sqlite3_libversion()));
        return fault_invalid;
    }
    struct sqlite *s = calloc(1, sizeof *s);
    if (!s || !(s->path = strdup(path))) return free(s), fault_unavailable;
    s->base = (struct db){ .driver = &driver, .engine = db_sqlite, .mode = mode };
    s->owner_fd = -1;
    if (mode == db_writer) create_file(path), take_ownership(s);
    enum fault fault = connect(s, mode == db_writer ? SQLITE_OPEN_CREATE : 0);
    if (fault)
        close_db(&s->base);
    else
        *out = &s->base;
    return fault;
}
