/* What the readers of SQL databases share. One thread. */
#include "import/source_sql.h"
#include "import/text.h"

enum fault sql_begin(struct sql_reader *r, enum old_noun noun, const char *count, const char *rows, int64_t *n_out)
{
    enum fault fault = foreign_number(r->db, count, n_out);
    r->noun = noun;
    if (!fault) foreign_query(r->db, rows);
    return fault;
}

struct span sql_text(struct sql_reader *r, int column, struct arena *arena, struct old_record *record)
{
    bool changed = false;
    if (foreign_is_null(r->db, column)) return SPAN("");
    if (foreign_is_too_long(r->db, column)) {
        record->broken = "it is larger than 48 MiB";
        return SPAN("");
    }
    struct span text = text_clean(arena, foreign_text(r->db, column), &changed);
    if (changed) record->repaired = "bytes that are no UTF-8 were replaced by U+FFFD";
    return text;
}

int64_t sql_time(struct sql_reader *r, int column, struct old_record *record)
{
    int64_t us = 0;
    if (!foreign_is_null(r->db, column) && text_time(foreign_text(r->db, column), &us) && us > 0) return us;
    record->repaired = "its time cannot be read: it has that of the record before it";
    return 0;
}

struct span sql_id(struct sql_reader *r, int column, struct arena *arena)
{
    if (foreign_is_null(r->db, column)) return SPAN("");
    return arena_printf(arena, "%lld", (long long)foreign_i64(r->db, column));
}
