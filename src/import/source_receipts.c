/* Reads the PostgreSQL database of the chats with receipts: users known by their address, private chats, messages and who has read them. One thread. */
#include "import/source_sql.h"
#include <stdlib.h>

struct reader {
    struct sql_reader sql;
};

static void receipts_close(struct reader *r)
{
    foreign_close(r->sql.db);
    free(r);
}

static enum fault receipts_open(const char *source, struct reader **out, struct span *why_out, struct arena *arena)
{
    struct reader *r = calloc(1, sizeof *r);
    int64_t n = 0;
    (void)arena;
    if (!r) abort();
    enum fault fault = foreign_open(source, &r->sql.db);
    if (!fault)
        fault = foreign_number(r->sql.db, "SELECT count(*) FROM unnest(ARRAY['users', 'chats', 'chat_members', 'messages', 'message_readers']) AS t (name)"
                                          " WHERE to_regclass(t.name) IS NOT NULL", &n);
    if (!fault && n != 5) fault = fault_invalid, *why_out = SPAN("it has no tables users, chats, chat_members, messages and message_readers");
    if (fault) receipts_close(r);
    else *out = r;
    return fault;
}

static enum fault receipts_print(struct reader *r, struct arena *arena, struct span *out)
{
    foreign_query(r->sql.db, "SELECT id || '|' || email FROM users ORDER BY id LIMIT 1");
    *out = foreign_next(r->sql.db) ? arena_copy(arena, foreign_text(r->sql.db, 0)) : SPAN("");
    return foreign_end(r->sql.db);
}

#define MICROSECONDS(t) "CAST(round(extract(epoch FROM " t ") * 1000000) AS bigint)"

static enum fault receipts_begin(struct reader *r, enum old_noun noun, int64_t *n_out)
{
    switch (noun) {
    case old_person: return sql_begin(&r->sql, noun, "SELECT count(*) FROM users", "SELECT id, name, email, password FROM users ORDER BY id", n_out);
    case old_room: return sql_begin(&r->sql, noun, "SELECT count(*) FROM chats", "SELECT id, name FROM chats ORDER BY id", n_out);
    case old_member: /* nobody is said to have made a chat: the first in it shall keep it */
        return sql_begin(&r->sql, noun, "SELECT count(*) FROM chat_members",
                         "SELECT chat_id, user_id, row_number() OVER (PARTITION BY chat_id ORDER BY user_id) FROM chat_members ORDER BY chat_id, user_id", n_out);
    case old_message:
        return sql_begin(&r->sql, noun, "SELECT count(*) FROM messages",
                         "SELECT id, chat_id, sender_id, text, " MICROSECONDS("\"timestamp\"") " FROM messages ORDER BY \"timestamp\", id", n_out);
    case old_read:
        return sql_begin(&r->sql, noun, "SELECT count(*) FROM message_readers", "SELECT message_id, user_id FROM message_readers ORDER BY message_id, user_id", n_out);
    case old_file:
    case old_noun_count: break;
    }
    return sql_begin(&r->sql, noun, "SELECT 0", "SELECT 0 LIMIT 0", n_out);
}

static void take_message(struct reader *r, struct arena *arena, struct old_record *out)
{
    out->message = (struct old_message){ .room = sql_id(&r->sql, 1, arena), .author = sql_id(&r->sql, 2, arena), .text = sql_text(&r->sql, 3, arena, out),
                                         .created_us = foreign_i64(r->sql.db, 4) };
}

static bool receipts_next(struct reader *r, struct arena *arena, struct old_record *out)
{
    *out = (struct old_record){ 0 };
    if (!foreign_next(r->sql.db)) return false;
    struct span first = sql_id(&r->sql, 0, arena);
    out->id = out->key = out->shown = first;
    if (r->sql.noun == old_person) {
        out->person = (struct old_person){ .username = sql_text(&r->sql, 1, arena, out), .email = sql_text(&r->sql, 2, arena, out),
                                           .hash = sql_text(&r->sql, 3, arena, out), .kind = old_account };
        out->person.name = out->person.username;
        out->shown = out->person.email;
    } else if (r->sql.noun == old_room) {
        out->room = (struct old_room){ .name = sql_text(&r->sql, 1, arena, out), .kind = room_group };
    } else if (r->sql.noun == old_member) {
        out->member = (struct old_member){ .room = first, .person = sql_id(&r->sql, 1, arena), .role = foreign_i64(r->sql.db, 2) == 1 ? role_owner : role_member };
        out->id = out->shown = arena_printf(arena, SPAN_FMT "/" SPAN_FMT, SPAN_ARG(first), SPAN_ARG(out->member.person));
    } else if (r->sql.noun == old_message) {
        take_message(r, arena, out);
    } else {
        out->read = (struct old_read){ .message = first, .person = sql_id(&r->sql, 1, arena) };
        out->id = out->shown = arena_printf(arena, SPAN_FMT "/" SPAN_FMT, SPAN_ARG(first), SPAN_ARG(out->read.person));
    }
    return true;
}

static enum fault receipts_end(struct reader *r) { return foreign_end(r->sql.db); }
static const char *receipts_error(const struct reader *r) { return foreign_error(r->sql.db); }

const struct reader_class reader_receipts = { .kind = "003", .open = receipts_open, .close = receipts_close, .print = receipts_print, .begin = receipts_begin,
                                              .next = receipts_next, .end = receipts_end, .error = receipts_error };
