/* Reads the SQLite file of the one-room chat (SQLAlchemy): users and messages, joined by name alone. Later versions have pictures as data URLs in the
   messages. Whoever wrote without having an account becomes an author whom no password opens. One thread. */
#include "import/source_sql.h"
#include "import/text.h"
#include "chat/secret.h"
#include <stdlib.h>

struct reader {
    struct sql_reader sql;
    bool has_pictures;
};

static void lobby_close(struct reader *r)
{
    foreign_close(r->sql.db);
    free(r);
}

static enum fault lobby_open(const char *source, struct reader **out, struct span *why_out, struct arena *arena)
{
    struct reader *r = calloc(1, sizeof *r);
    int64_t n_tables = 0, n_pictures = 0;
    if (!r) abort();
    enum fault fault = foreign_open(arena_printf(arena, "sqlite:%s", source).p, &r->sql.db);
    if (!fault) fault = foreign_number(r->sql.db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('users', 'messages')", &n_tables);
    if (!fault && n_tables != 2) fault = fault_invalid, *why_out = SPAN("it has no tables users and messages");
    if (!fault) fault = foreign_number(r->sql.db, "SELECT count(*) FROM pragma_table_info('messages') WHERE name = 'image'", &n_pictures);
    r->has_pictures = n_pictures > 0;
    if (fault) lobby_close(r);
    else *out = r;
    return fault;
}

static enum fault lobby_print(struct reader *r, struct arena *arena, struct span *out)
{
    foreign_query(r->sql.db,
                  "SELECT 'u', id, username, created_at FROM users WHERE id = (SELECT min(id) FROM users)"
                  " UNION ALL SELECT 'm', id, username, created_at FROM messages WHERE id = (SELECT min(id) FROM messages) LIMIT 1");
    *out = SPAN("");
    if (foreign_next(r->sql.db)) {
        struct span kind = arena_copy(arena, foreign_text(r->sql.db, 0)), id = arena_copy(arena, foreign_text(r->sql.db, 1));
        struct span name = arena_copy(arena, foreign_text(r->sql.db, 2)), at = arena_copy(arena, foreign_text(r->sql.db, 3));
        *out = arena_printf(arena, SPAN_FMT "|" SPAN_FMT "|" SPAN_FMT "|" SPAN_FMT, SPAN_ARG(kind), SPAN_ARG(id), SPAN_ARG(name), SPAN_ARG(at));
    }
    return foreign_end(r->sql.db);
}

#define AUTHORS " FROM (SELECT username, min(created_at) AS created_at FROM messages WHERE username IS NOT NULL GROUP BY username) a" \
    " WHERE a.username NOT IN (SELECT username FROM users WHERE username IS NOT NULL)"
#define MESSAGES(picture) "SELECT id, username, content, created_at, " picture " FROM messages ORDER BY created_at IS NULL, created_at, id"

static enum fault lobby_begin(struct reader *r, enum old_noun noun, int64_t *n_out)
{
    switch (noun) {
    case old_person:
        return sql_begin(&r->sql, noun, "SELECT (SELECT count(*) FROM users) + (SELECT count(*)" AUTHORS ")",
                         "SELECT id, username, hashed_password, created_at FROM (SELECT id, username, hashed_password, created_at FROM users ORDER BY id)"
                         " UNION ALL SELECT NULL, username, NULL, created_at" AUTHORS, n_out);
    case old_room: return sql_begin(&r->sql, noun, "SELECT 1", "SELECT 1", n_out);
    case old_message:
        return sql_begin(&r->sql, noun, "SELECT count(*) FROM messages", r->has_pictures ? MESSAGES("image") : MESSAGES("NULL"), n_out);
    case old_member:
    case old_read:
    case old_file:
    case old_noun_count: break;
    }
    return sql_begin(&r->sql, noun, "SELECT 0", "SELECT 0 LIMIT 0", n_out);
}

/* Messages name their author, so names must be the same byte for byte to be the same person. */
static void take_person(struct reader *r, struct arena *arena, struct old_record *out)
{
    struct foreign *db = r->sql.db;
    bool has_account = !foreign_is_null(db, 0);
    out->key = arena_copy(arena, foreign_text(db, 1));
    out->person = (struct old_person){ .username = sql_text(&r->sql, 1, arena, out), .hash = sql_text(&r->sql, 2, arena, out),
                                       .kind = has_account ? old_account : old_author };
    out->repaired = NULL;
    out->person.created_us = sql_time(&r->sql, 3, out);
    out->shown = out->person.username;
    out->id = has_account ? sql_id(&r->sql, 0, arena) : arena_printf(arena, "name-%llx", (unsigned long long)secret_print(out->key, 0));
}

/* A picture is data, or else an address: that is said in the text. */
static void take_picture(struct reader *r, struct arena *arena, struct old_record *out)
{
    struct old_message *m = &out->message;
    struct span picture = sql_text(&r->sql, 4, arena, out);
    if (!picture.n) return;
    if (span_starts(picture, SPAN("data:"))) m->file_url = picture;
    else m->text = m->text.n ? arena_printf(arena, SPAN_FMT "\n" SPAN_FMT, SPAN_ARG(m->text), SPAN_ARG(picture)) : picture;
}

static void take_message(struct reader *r, struct arena *arena, struct old_record *out)
{
    out->id = out->key = out->shown = sql_id(&r->sql, 0, arena);
    out->message = (struct old_message){ .room = SPAN("lobby"), .author = arena_copy(arena, foreign_text(r->sql.db, 1)), .text = sql_text(&r->sql, 2, arena, out) };
    out->message.created_us = sql_time(&r->sql, 3, out);
    take_picture(r, arena, out);
}

static bool lobby_next(struct reader *r, struct arena *arena, struct old_record *out)
{
    *out = (struct old_record){ 0 };
    if (!foreign_next(r->sql.db)) return false;
    if (r->sql.noun == old_person) {
        take_person(r, arena, out);
    } else if (r->sql.noun == old_message) {
        take_message(r, arena, out);
    } else {
        out->id = out->key = out->shown = SPAN("lobby");
        out->room = (struct old_room){ .kind = room_lobby, .public = true };
    }
    return true;
}

static enum fault lobby_end(struct reader *r) { return foreign_end(r->sql.db); }
static const char *lobby_error(const struct reader *r) { return foreign_error(r->sql.db); }

const struct reader_class reader_lobby = { .kind = "000", .open = lobby_open, .close = lobby_close, .print = lobby_print, .begin = lobby_begin,
                                           .next = lobby_next, .end = lobby_end, .error = lobby_error };
