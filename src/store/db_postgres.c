/* The PostgreSQL driver of the database port, over libpq in pipeline mode.

   Words that return nothing (BEGIN, SAVEPOINT, RELEASE, ROLLBACK TO) wait in `pending` and travel in front of the next statement, a statement's
   first use is prepared on the way: one round trip a statement, one for the commit.

   What always holds:
   - Every trip ends with a sync, and its answer is read to the end before anything else is sent.
   - Once the connection is lost nothing is sent until revive; an open transaction is broken then.
   - COMMIT is `unavailable` only if it was never sent or the server answered that it failed; else `uncertain`.
   - Values never reach the log: of the server's message only what static SQL can cause is logged (class 42), else the SQLSTATE.
   - An answer is awaited for at most ANSWER_TIMEOUT_MS (scripts: as long as they take). */
#include "store/db_driver.h"
#include "store/db_postgres_array.h"
#include "base/log.h"
#include <assert.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_TIMEOUT_MS 30000
#define PENDING_MAX 4
#define OPTIONS_MAX 64
#define INT_TEXT_BYTES 24

/* What the server must promise before anything is written, bounds on what it may hold up, and how it is to plan: every statement of ours goes by an
   index, but a plan is made once, often while the tables are still empty and a scan looks cheap (measured: a fifth of the speed). */
static const char on_connect[] =
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');"
    "SET client_encoding = 'UTF8'; SET client_min_messages = error;"
    "SET statement_timeout = '15s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s';"
    "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;"
    "SET jit = off";

struct postgres {
    struct db base;
    PGconn *conn;
    PQconninfoOption *url_options; /* holds the password: never logged */
    bool lost;
    bool begun; /* the server knows of the transaction */
    const char *pending[PENDING_MAX];
    size_t n_pending;
    bool prepared[stmt_count];
    struct buf arrays; /* scratch of bulk */
};

static const struct db_driver driver;

static struct postgres *postgres_of(struct db *db)
{
    return (struct postgres *)db;
}

/* ---- faults ---- */

static void lose(struct postgres *p, const char *why)
{
    if (!p->lost) LOG(warn, "database connection lost", log_str("why", why));
    p->lost = true;
    p->n_pending = 0;
    if (p->base.tx == db_tx_open) p->base.tx = db_tx_broken;
}

static bool is_class(const char *state, const char *prefix)
{
    return strncmp(state, prefix, strlen(prefix)) == 0;
}

static enum fault fault_of(const char *state)
{
    if (strcmp(state, "23505") == 0 || strcmp(state, "23503") == 0 || strcmp(state, "23P01") == 0 || strcmp(state, "23001") == 0)
        return fault_conflict;
    if (strcmp(state, "08P01") == 0) return fault_internal; /* a wrong number of parameters: our mistake */
    if (is_class(state, "08") || is_class(state, "53") || is_class(state, "57") || is_class(state, "58") || is_class(state, "40") ||
        strcmp(state, "55P03") == 0)
        return fault_unavailable;
    return fault_internal;
}

/* Reads an error result: fault, log line, and whether the server hung up. */
static enum fault judge(struct postgres *p, const PGresult *result, const char *statement)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!state || PQstatus(p->conn) == CONNECTION_BAD || (severity && strcmp(severity, "ERROR") != 0)) {
        lose(p, state ? state : "no answer");
        return fault_unavailable;
    }
    enum fault fault = fault_of(state);
    if (fault == fault_internal)
        LOG(error, "database error", log_str("statement", statement), log_str("sqlstate", state),
            log_str("message", message && is_class(state, "42") ? message : ""));
    else if (fault == fault_unavailable)
        LOG(warn, "database unavailable", log_str("statement", statement), log_str("sqlstate", state));
    return fault;
}

/* ---- one trip: send, sync, read all answers ---- */

static bool await(struct postgres *p, int timeout_ms)
{
    while (PQisBusy(p->conn)) {
        struct pollfd fd = { .fd = PQsocket(p->conn), .events = POLLIN };
        int n = poll(&fd, 1, timeout_ms);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) return lose(p, "time-out"), false;
        if (n < 0 || !PQconsumeInput(p->conn)) return lose(p, "closed"), false;
    }
    return true;
}

static bool send_word(struct postgres *p, const char *sql)
{
    return PQsendQueryParams(p->conn, sql, 0, NULL, NULL, NULL, NULL, 1);
}

static bool send_pending(struct postgres *p)
{
    for (size_t i = 0; i < p->n_pending; i++)
        if (!send_word(p, p->pending[i])) return false;
    return true;
}

static bool succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Reads the answers of a trip up to its sync. *last is the result of the last command, NULL after a fault; n_done how many commands succeeded. */
static enum fault receive(struct postgres *p, const char *statement, PGresult **last, size_t *n_done)
{
    enum fault fault = fault_none;
    *last = NULL, *n_done = 0;
    for (;;) {
        if (!await(p, ANSWER_TIMEOUT_MS)) break;
        PGresult *result = PQgetResult(p->conn);
        if (!result) {
            if (PQstatus(p->conn) != CONNECTION_BAD) continue;
            lose(p, "closed");
            break;
        }
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return fault;
        }
        PQclear(*last);
        *last = result;
        if (succeeded(result))
            ++*n_done;
        else if (!fault)
            fault = judge(p, result, statement);
        if (fault) PQclear(result), *last = NULL;
        if (p->lost) break;
    }
    PQclear(*last);
    *last = NULL;
    return fault_unavailable;
}

/* After a trip: the words in front were done, or the transaction is not what we believe it is. */
static void settle_pending(struct postgres *p, size_t n_done)
{
    if (n_done < p->n_pending && p->base.tx == db_tx_open) p->base.tx = db_tx_broken;
    if (p->n_pending && n_done) p->begun = true;
    p->n_pending = 0;
}

struct values {
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX]; /* format: 0 text, 1 binary */
    char ints[DB_PARAMS_MAX][INT_TEXT_BYTES];
};

/* Sends pending words, the preparation where it is due, and the statement; reads everything. A write outside a transaction whose answer never
   came is uncertain. */
static enum fault trip(struct postgres *p, enum db_stmt stmt, const struct values *v, size_t n, PGresult **result)
{
    *result = NULL;
    if (p->lost) return fault_unavailable;
    char name[16];
    snprintf(name, sizeof name, "s%d", (int)stmt);
    bool prepares = !p->prepared[stmt];
    bool sent = send_pending(p) && (!prepares || PQsendPrepare(p->conn, name, db_statements[stmt].sql[db_postgres], 0, NULL)) &&
                PQsendQueryPrepared(p->conn, name, (int)n, v->values, v->lengths, v->formats, 1) && PQpipelineSync(p->conn);
    enum fault fault = fault_unavailable;
    if (sent) {
        size_t n_done;
        fault = receive(p, db_statements[stmt].name, result, &n_done);
        if (prepares && n_done > p->n_pending) p->prepared[stmt] = true;
        settle_pending(p, n_done);
    } else {
        lose(p, "cannot send");
    }
    if (p->lost && p->base.tx == db_tx_none && p->base.mode != db_reader) return fault_uncertain;
    return fault;
}

/* ---- transactions ---- */

/* Notices a connection that died while nobody looked, without waiting. The first read may bring the server's farewell, the second its end. */
static bool is_alive(struct postgres *p)
{
    struct pollfd fd = { .fd = PQsocket(p->conn), .events = POLLIN };
    if (p->lost || poll(&fd, 1, 0) <= 0) return !p->lost;
    if (!PQconsumeInput(p->conn) || !PQconsumeInput(p->conn) || PQstatus(p->conn) == CONNECTION_BAD) lose(p, "closed");
    return !p->lost;
}

static void hold(struct postgres *p, const char *word)
{
    assert(p->n_pending < PENDING_MAX);
    p->pending[p->n_pending++] = word;
}

static const char *const begin_words[] = {
    [db_writer] = "BEGIN",
    [db_reader] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [db_indexer] = "BEGIN ISOLATION LEVEL REPEATABLE READ",
};

static enum fault begin(struct db *db)
{
    struct postgres *p = postgres_of(db);
    if (!is_alive(p)) return fault_unavailable;
    p->begun = false;
    hold(p, begin_words[db->mode]);
    return fault_none;
}

static enum fault send_alone(struct postgres *p, const char *word, PGresult **result, size_t *n_done)
{
    *result = NULL, *n_done = 0;
    if (!send_pending(p) || !send_word(p, word) || !PQpipelineSync(p->conn)) return lose(p, "cannot send"), fault_unavailable;
    return receive(p, word, result, n_done);
}

static void rollback(struct db *db)
{
    struct postgres *p = postgres_of(db);
    p->n_pending = 0;
    if (p->lost || !p->begun) return;
    PGresult *result;
    size_t n_done;
    enum fault fault = send_alone(p, "ROLLBACK", &result, &n_done);
    PQclear(result);
    if (fault) lose(p, "rollback failed");
    p->begun = false;
}

/* A transaction that an error has spoiled answers COMMIT with "ROLLBACK" and calls it success: the tag is looked at. */
static enum fault commit(struct db *db)
{
    struct postgres *p = postgres_of(db);
    if (!p->begun && p->n_pending) return p->n_pending = 0, fault_none;
    if (!is_alive(p)) return fault_unavailable;
    PGresult *result;
    size_t n_done;
    enum fault fault = send_alone(p, "COMMIT", &result, &n_done);
    bool committed = !fault && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    p->n_pending = 0;
    if (p->lost) return fault_uncertain;
    if (!committed && PQtransactionStatus(p->conn) != PQTRANS_IDLE) rollback(db);
    p->begun = false;
    return committed ? fault_none : fault_unavailable;
}

static enum fault savepoint(struct db *db, enum db_control control)
{
    struct postgres *p = postgres_of(db);
    bool unsent = p->n_pending && strcmp(p->pending[p->n_pending - 1], "SAVEPOINT s") == 0;
    if (control == db_control_savepoint) return hold(p, "SAVEPOINT s"), fault_none;
    if (unsent) return p->n_pending--, fault_none;
    if (control == db_control_rollback_to) hold(p, "ROLLBACK TO SAVEPOINT s");
    hold(p, "RELEASE SAVEPOINT s");
    return fault_none;
}

static enum fault script(struct db *db, const char *sql)
{
    struct postgres *p = postgres_of(db);
    if (!is_alive(p)) return fault_unavailable;
    enum fault fault = fault_none;
    if (p->n_pending) {
        PGresult *result;
        size_t n_done, n_pending = p->n_pending;
        const char *last = p->pending[--p->n_pending];
        fault = send_alone(p, last, &result, &n_done);
        PQclear(result);
        p->n_pending = n_pending;
        settle_pending(p, n_done);
        if (fault) return fault;
    }
    PQexitPipelineMode(p->conn);
    if (!PQsendQuery(p->conn, sql)) return lose(p, "cannot send"), fault_unavailable;
    for (PGresult *result; await(p, -1) && (result = PQgetResult(p->conn)); PQclear(result))
        if (!succeeded(result) && !fault) fault = judge(p, result, "script");
    if (!p->lost && !PQenterPipelineMode(p->conn)) lose(p, "no pipeline");
    return p->lost ? fault_unavailable : fault;
}

/* ---- statements ---- */

static void put_param(struct values *v, size_t k, const struct db_param *param)
{
    v->values[k] = NULL, v->lengths[k] = 0, v->formats[k] = 1;
    switch (param->type) {
    case db_null: break;
    case db_text:
        v->values[k] = param->text.p ? param->text.p : "";
        v->lengths[k] = (int)param->text.n;
        break;
    case db_i64: /* as text, which every integer type of the server reads */
        snprintf(v->ints[k], INT_TEXT_BYTES, "%lld", (long long)param->i64);
        v->values[k] = v->ints[k];
        v->formats[k] = 0;
        break;
    }
}

/* The whole answer is in memory then. rows->cursor is the PGresult, rows->row the next row. */
static void query(struct db *db, struct db_rows *rows, const struct db_param *params, size_t n_params)
{
    struct values v;
    for (size_t k = 0; k < n_params; k++) put_param(&v, k, &params[k]);
    PGresult *result;
    rows->fault = trip(postgres_of(db), rows->stmt, &v, n_params, &result);
    rows->cursor = result;
    if (!rows->fault && PQresultStatus(result) == PGRES_COMMAND_OK) span_to_i64(span_of(PQcmdTuples(result)), &rows->n_changed);
}

static bool next(struct db_rows *rows)
{
    if (rows->row >= PQntuples(rows->cursor)) return false;
    rows->row++;
    return true;
}

/* True when the cell exists and is not NULL. */
static bool has_value(struct db_rows *rows, int column)
{
    if (rows->row < 1 || column < 0 || column >= PQnfields(rows->cursor)) return db_rows_bug(rows, "no such column"), false;
    return !PQgetisnull(rows->cursor, (int)rows->row - 1, column);
}

static int64_t col_i64(struct db_rows *rows, int column)
{
    if (!has_value(rows, column)) return 0;
    const char *p = PQgetvalue(rows->cursor, (int)rows->row - 1, column);
    int64_t v;
    if (postgres_integer(PQftype(rows->cursor, column), p, PQgetlength(rows->cursor, (int)rows->row - 1, column), &v)) return v;
    db_rows_bug(rows, "column is not an integer");
    return 0;
}

static bool col_is_null(struct db_rows *rows, int column)
{
    return !has_value(rows, column);
}

static struct span col_text(struct db_rows *rows, int column)
{
    if (!has_value(rows, column)) return (struct span){ 0 };
    if (postgres_is_text(PQftype(rows->cursor, column)))
        return span_make(PQgetvalue(rows->cursor, (int)rows->row - 1, column), (size_t)PQgetlength(rows->cursor, (int)rows->row - 1, column));
    db_rows_bug(rows, "column is not text");
    return (struct span){ 0 };
}

static void end(struct db_rows *rows)
{
    PQclear(rows->cursor);
    rows->cursor = NULL;
}

static enum fault bulk(struct db *db, enum db_stmt stmt, const struct db_column *columns, size_t n_columns, size_t n_rows,
                       void (*on_row)(void *user, struct db_rows *row), void *user)
{
    struct postgres *p = postgres_of(db);
    size_t ends[DB_PARAMS_MAX];
    buf_clear(&p->arrays);
    for (size_t k = 0; k < n_columns; k++) {
        postgres_array(&p->arrays, &columns[k], n_rows);
        ends[k] = p->arrays.n;
    }
    if (p->arrays.failed) return fault_too_large;
    struct values v;
    for (size_t k = 0, from = 0; k < n_columns; from = ends[k++]) {
        v.values[k] = p->arrays.p + from;
        v.lengths[k] = (int)(ends[k] - from);
        v.formats[k] = 1;
    }
    struct db_rows rows = { .db = db, .stmt = stmt };
    PGresult *result;
    rows.fault = trip(p, stmt, &v, n_columns, &result);
    rows.cursor = result;
    while (on_row && db_next(&rows)) on_row(user, &rows);
    return db_end(&rows);
}

/* ---- the connection ---- */

static void be_silent(void *user, const PGresult *result)
{
}

static const char *option(const struct postgres *p, const char *keyword)
{
    for (PQconninfoOption *o = p->url_options; o->keyword; o++)
        if (strcmp(o->keyword, keyword) == 0) return o->val;
    return NULL;
}

/* The url's options, and ours where the url is silent: dead peers are found within 20 s, and a writer wants a server that can write. */
static PGconn *dial(struct postgres *p)
{
    const char *keywords[OPTIONS_MAX + 8] = { 0 }, *values[OPTIONS_MAX + 8] = { 0 };
    const char *const defaults[][2] = {
        { "connect_timeout", "5" }, { "tcp_user_timeout", "20000" }, { "keepalives_idle", "10" }, { "keepalives_interval", "5" },
        { "keepalives_count", "2" }, { "application_name", "suhbat" },
        { "target_session_attrs", p->base.mode != db_reader ? "read-write" : "any" },
    };
    size_t n = 0;
    for (PQconninfoOption *o = p->url_options; o->keyword && n < OPTIONS_MAX; o++)
        if (o->val) keywords[n] = o->keyword, values[n++] = o->val;
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (!option(p, defaults[i][0])) keywords[n] = defaults[i][0], values[n++] = defaults[i][1];
    return PQconnectdbParams(keywords, values, 0);
}

/* Setting by setting; the server's own promises are looked at, and a broken one is said aloud. */
static bool configure(struct postgres *p)
{
    PGresult *result = PQexec(p->conn, on_connect);
    bool ok = succeeded(result);
    PQclear(result);
    if (ok && p->base.mode == db_reader) {
        result = PQexec(p->conn, "SET default_transaction_read_only = on");
        ok = succeeded(result);
        PQclear(result);
    }
    if (!ok) return false;
    result = PQexec(p->conn, "SELECT 1 WHERE current_setting('fsync') = 'off' OR current_setting('full_page_writes') = 'off'");
    if (p->base.mode == db_writer && PQntuples(result) > 0)
        LOG(warn, "database server may lose acknowledged changes", log_str("why", "fsync or full_page_writes is off"));
    ok = succeeded(result);
    PQclear(result);
    return ok && PQenterPipelineMode(p->conn);
}

static enum fault connect(struct postgres *p)
{
    PQfinish(p->conn);
    memset(p->prepared, 0, sizeof p->prepared);
    p->n_pending = 0, p->begun = false, p->lost = true;
    p->conn = dial(p);
    if (PQstatus(p->conn) != CONNECTION_OK) {
        LOG(error, "database does not answer", log_str("message", PQerrorMessage(p->conn)));
        return fault_unavailable;
    }
    if (PQserverVersion(p->conn) < 130000) {
        LOG(error, "database server too old", log_str("needed", "PostgreSQL 13"), log_int("found", PQserverVersion(p->conn)));
        return fault_invalid;
    }
    PQsetNoticeReceiver(p->conn, be_silent, NULL);
    p->lost = !configure(p);
    return p->lost ? fault_unavailable : fault_none;
}

static bool revive(struct db *db)
{
    struct postgres *p = postgres_of(db);
    if (is_alive(p)) {
        PGresult *result;
        size_t n_done;
        enum fault fault = send_alone(p, "SELECT 1", &result, &n_done);
        PQclear(result);
        if (!fault) return true;
    }
    if (connect(p)) return false;
    LOG(info, "database connection restored");
    return true;
}

static void close_db(struct db *db)
{
    struct postgres *p = postgres_of(db);
    PQfinish(p->conn);
    PQconninfoFree(p->url_options);
    buf_fini(&p->arrays);
    free(p);
}

static const struct db_driver driver = {
    .close = close_db, .revive = revive, .begin = begin, .commit = commit, .abort = rollback, .savepoint = savepoint, .script = script,
    .query = query, .next = next, .col_i64 = col_i64, .col_is_null = col_is_null, .col_text = col_text, .end = end, .bulk = bulk,
};

/* libpq's own form; a driver's name as SQLAlchemy writes it ("postgresql+asyncpg://") is dropped. */
static PQconninfoOption *parse_url(const char *url)
{
    const char *rest = strstr(url, "://");
    size_t n = rest ? strlen(rest) : 0;
    char *plain = rest ? malloc(n + sizeof "postgresql") : NULL;
    if (!plain) return NULL;
    memcpy(plain, "postgresql", sizeof "postgresql" - 1);
    memcpy(plain + sizeof "postgresql" - 1, rest, n + 1);
    PQconninfoOption *options = PQconninfoParse(plain, NULL);
    free(plain);
    return options;
}

enum fault db_postgres_open(const char *url, enum db_mode mode, struct db **out)
{
    PQconninfoOption *options = parse_url(url);
    if (!options) {
        LOG(error, "database url not understood", log_str("expected", "postgresql://USER:PASSWORD@HOST:PORT/NAME?OPTIONS"));
        return fault_invalid;
    }
    struct postgres *p = calloc(1, sizeof *p);
    if (!p) return PQconninfoFree(options), fault_unavailable;
    p->base = (struct db){ .driver = &driver, .engine = db_postgres, .mode = mode };
    p->url_options = options;
    buf_init(&p->arrays, 64u << 20);
    enum fault fault = connect(p);
    if (fault)
        close_db(&p->base);
    else
        *out = &p->base;
    return fault;
}
