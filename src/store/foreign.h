/* Databases of other programs, to be read and never written: what the import reads from. One query at a time, row by row, whatever its size; everything a
   connection reads is one snapshot. The texts of the queries belong to who knows that schema. A struct foreign belongs to one thread at a time. */
#pragma once
#include "base/fault.h"
#include "base/span.h"

#define FOREIGN_VALUE_MAX_BYTES (48u << 20) /* longer values are told as such (foreign_is_too_long) and not read */

struct foreign;

/* url: "sqlite:PATH" (the file must be there) or "postgresql://…". Gives. not_found: no such file; unavailable; invalid: not a database. */
must_use enum fault foreign_open(const char *url, struct foreign **out);
void foreign_close(struct foreign *f); /* NULL is fine */

/* Begins a query (one statement, no parameters); foreign_end ends it, also after a fault. */
void foreign_query(struct foreign *f, const char *sql);
bool foreign_next(struct foreign *f); /* false: no more, or fault */
bool foreign_is_null(struct foreign *f, int column);
bool foreign_is_too_long(struct foreign *f, int column);
int64_t foreign_i64(struct foreign *f, int column);      /* 0 for what is no integer */
struct span foreign_text(struct foreign *f, int column); /* the bytes as they are: neither UTF-8 nor the absence of NUL is promised. Borrowed until the next call */
must_use enum fault foreign_end(struct foreign *f);
/* A query of one number. */
must_use enum fault foreign_number(struct foreign *f, const char *sql, int64_t *out);
/* What the engine said about the last fault; empty: nothing. Lent. */
const char *foreign_error(const struct foreign *f);
