/* What the readers of SQL databases share. */
#pragma once
#include "import/record.h"
#include "store/foreign.h"

/* The head of such a reader. */
struct sql_reader {
    struct foreign *db;
    enum old_noun noun; /* that is being read */
};
enum fault sql_begin(struct sql_reader *r, enum old_noun noun, const char *count, const char *rows, int64_t *n_out);
/* A column as clean text; a value beyond all measure makes the record broken, a repaired one is noted. */
struct span sql_text(struct sql_reader *r, int column, struct arena *arena, struct old_record *record);
/* A column as a time; one that cannot be read is noted, and 0. */
int64_t sql_time(struct sql_reader *r, int column, struct old_record *record);
/* "17", from an integer column; empty: NULL. */
struct span sql_id(struct sql_reader *r, int column, struct arena *arena);
