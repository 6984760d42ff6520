/* Reading other programs' databases over SQLite and libpq. Runs on the thread that opened the connection; owns it.
   Always: the connection is opened for reading only, and its one transaction, begun at the start, is never ended but by closing. PostgreSQL sends row by row,
   so no answer is held in memory. */
#include "store/foreign.h"
#include "base/log.h"
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct foreign {
    sqlite3 *lite; /* one of the two */
    sqlite3_stmt *stmt;
    PGconn *conn;
    PGresult *row;
    enum fault fault; /* of the running query; sticky */
    char error[512];
};

static void blame(struct foreign *f, enum fault fault, const char *what)
{
    if (f->fault) return;
    f->fault = fault;
    snprintf(f->error, sizeof f->error, "%s", what ? what : "");
    f->error[strcspn(f->error, "\n")] = '\0';
}

/* ---- Opening */

static enum fault open_lite(struct foreign *f, const char *path)
{
    if (access(path, F_OK) != 0) return fault_not_found;
    int rc = sqlite3_open_v2(path, &f->lite, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_busy_timeout(f->lite, 5000);
    if (!rc) rc = sqlite3_exec(f->lite, "PRAGMA query_only=ON; BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    if (rc) LOG(error, "source does not open", log_int("sqlite", rc), log_str("message", sqlite3_errstr(rc)));
    return !rc ? fault_none : rc == SQLITE_NOTADB ? fault_invalid : fault_unavailable;
}

static enum fault run(struct foreign *f, const char *sql)
{
    PGresult *result = PQexec(f->conn, sql);
    bool well = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return well ? fault_none : fault_unavailable;
}

static enum fault open_postgres(struct foreign *f, const char *url)
{
    f->conn = PQconnectdb(url);
    if (PQstatus(f->conn) == CONNECTION_OK && PQsetClientEncoding(f->conn, "UTF8") == 0)
        return run(f, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    LOG(error, "source does not open", log_str("database", "postgresql"));
    return fault_unavailable;
}

enum fault foreign_open(const char *url, struct foreign **out)
{
    struct foreign *f = calloc(1, sizeof *f);
    if (!f) abort();
    enum fault fault = strncmp(url, "sqlite:", 7) == 0 ? open_lite(f, url + 7) : open_postgres(f, url);
    if (fault) foreign_close(f);
    else *out = f;
    return fault;
}

void foreign_close(struct foreign *f)
{
    if (!f) return;
    PQclear(f->row);
    if (f->conn) PQfinish(f->conn);
    sqlite3_finalize(f->stmt);
    sqlite3_close(f->lite);
    free(f);
}

/* ---- Asking */

void foreign_query(struct foreign *f, const char *sql)
{
    f->fault = fault_none, f->error[0] = '\0';
    if (f->lite) {
        int rc = sqlite3_prepare_v2(f->lite, sql, -1, &f->stmt, NULL);
        if (rc) blame(f, fault_invalid, sqlite3_errmsg(f->lite));
    } else if (!PQsendQuery(f->conn, sql) || !PQsetSingleRowMode(f->conn)) {
        blame(f, fault_unavailable, PQerrorMessage(f->conn));
    }
}

static bool next_of_postgres(struct foreign *f)
{
    PQclear(f->row);
    f->row = PQgetResult(f->conn);
    if (!f->row) return false;
    ExecStatusType status = PQresultStatus(f->row);
    if (status == PGRES_SINGLE_TUPLE) return true;
    if (status != PGRES_TUPLES_OK) blame(f, PQstatus(f->conn) == CONNECTION_OK ? fault_invalid : fault_unavailable, PQresultErrorMessage(f->row));
    return false;
}

bool foreign_next(struct foreign *f)
{
    if (f->fault) return false;
    if (f->conn) return next_of_postgres(f);
    int rc = sqlite3_step(f->stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) blame(f, fault_unavailable, sqlite3_errmsg(f->lite));
    return rc == SQLITE_ROW;
}

bool foreign_is_null(struct foreign *f, int column)
{
    return f->lite ? sqlite3_column_type(f->stmt, column) == SQLITE_NULL : PQgetisnull(f->row, 0, column);
}

static size_t length_of(struct foreign *f, int column)
{
    return (size_t)(f->lite ? sqlite3_column_bytes(f->stmt, column) : PQgetlength(f->row, 0, column));
}

bool foreign_is_too_long(struct foreign *f, int column)
{
    return length_of(f, column) > FOREIGN_VALUE_MAX_BYTES;
}

struct span foreign_text(struct foreign *f, int column)
{
    const void *p = f->lite ? sqlite3_column_text(f->stmt, column) : (const unsigned char *)PQgetvalue(f->row, 0, column);
    size_t n = p ? length_of(f, column) : 0;
    return span_make(p, n <= FOREIGN_VALUE_MAX_BYTES ? n : 0);
}

int64_t foreign_i64(struct foreign *f, int column)
{
    int64_t value = 0;
    if (f->lite) return sqlite3_column_int64(f->stmt, column);
    (void)span_to_i64(foreign_text(f, column), &value);
    return value;
}

/* What PostgreSQL still has to say of the query must be heard before the next. */
enum fault foreign_end(struct foreign *f)
{
    if (f->lite) {
        sqlite3_finalize(f->stmt);
        f->stmt = NULL;
        return f->fault;
    }
    while (f->row) next_of_postgres(f);
    for (PGresult *rest; (rest = PQgetResult(f->conn));) PQclear(rest);
    return f->fault;
}

enum fault foreign_number(struct foreign *f, const char *sql, int64_t *out)
{
    foreign_query(f, sql);
    *out = foreign_next(f) ? foreign_i64(f, 0) : 0;
    return foreign_end(f);
}

const char *foreign_error(const struct foreign *f)
{
    return f->error;
}
