/* PostgreSQL's binary forms: what bulk sends and what columns come as. Pure. */
#pragma once
#include "base/buf.h"
#include "store/db.h"

/* Appends one column as bigint[] or text[] (empty text: NULL). A column of db_null is text[] of NULLs. */
void postgres_array(struct buf *out, const struct db_column *column, size_t n_rows);

/* bool, int2, int4, int8 by type oid; false for other types and lengths. */
bool postgres_integer(unsigned oid, const char *p, int n_bytes, int64_t *out);
bool postgres_is_text(unsigned oid); /* text, varchar, bpchar, name, unknown, json */
