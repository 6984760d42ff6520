/* Reads the SQLite file of the room chat (Django): auth_user, and room, message and room member of its chat app. The app's tables carry its label, which is
   found by looking. One thread. */
#include "import/source_sql.h"
#include "import/text.h"
#include <stdlib.h>

struct reader {
    struct sql_reader sql;
    struct arena *arena;  /* of the queries */
    struct span label;    /* "chat" of chat_room */
};

static void rooms_close(struct reader *r)
{
    foreign_close(r->sql.db);
    arena_destroy(r->arena);
    free(r);
}

/* The label of the app: what stands before _roommember. */
static enum fault find_label(struct reader *r, struct span *why_out)
{
    foreign_query(r->sql.db, "SELECT substr(name, 1, length(name) - 11) FROM sqlite_schema WHERE type = 'table' AND name LIKE '%\\_roommember' ESCAPE '\\'");
    if (foreign_next(r->sql.db)) r->label = arena_copy(r->arena, foreign_text(r->sql.db, 0));
    enum fault fault = foreign_end(r->sql.db);
    for (size_t i = 0; i < r->label.n; i++)
        if (!((r->label.p[i] >= 'a' && r->label.p[i] <= 'z') || (r->label.p[i] >= '0' && r->label.p[i] <= '9') || r->label.p[i] == '_')) r->label.n = 0;
    if (fault || r->label.n) return fault;
    *why_out = SPAN("it has no tables of the chat app (chat_room, chat_message, chat_roommember)");
    return fault_invalid;
}

static enum fault rooms_open(const char *source, struct reader **out, struct span *why_out, struct arena *arena)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r || !(r->arena = arena_create(4096, 1 << 20))) abort();
    enum fault fault = foreign_open(arena_printf(arena, "sqlite:%s", source).p, &r->sql.db);
    if (!fault) fault = find_label(r, why_out);
    if (fault) rooms_close(r);
    else *out = r;
    return fault;
}

/* When the framework made its first table: once in the life of a database, to the microsecond. */
static enum fault rooms_print(struct reader *r, struct arena *arena, struct span *out)
{
    foreign_query(r->sql.db,
                  "SELECT coalesce((SELECT applied FROM django_migrations ORDER BY id LIMIT 1), (SELECT username || date_joined FROM auth_user ORDER BY id LIMIT 1), '')");
    *out = foreign_next(r->sql.db) ? arena_copy(arena, foreign_text(r->sql.db, 0)) : SPAN("");
    return foreign_end(r->sql.db);
}

/* The label stands where {} does. */
static const char *about(struct reader *r, const char *sql)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    for (const char *p = sql; *p; p++) {
        if (p[0] == '{' && p[1] == '}') buf_append_span(&b, r->label), p++;
        else buf_append_char(&b, *p);
    }
    struct span text = arena_copy(r->arena, buf_span(&b));
    buf_fini(&b);
    return text.p;
}

static enum fault rooms_begin(struct reader *r, enum old_noun noun, int64_t *n_out)
{
    switch (noun) {
    case old_person:
        return sql_begin(&r->sql, noun, "SELECT count(*) FROM auth_user",
                         "SELECT id, username, password, date_joined, email, is_active, is_superuser OR is_staff, trim(first_name || ' ' || last_name)"
                         " FROM auth_user ORDER BY id", n_out);
    case old_room:
        return sql_begin(&r->sql, noun, about(r, "SELECT count(*) FROM {}_room"), about(r, "SELECT id, name, created_by_id, created_at FROM {}_room ORDER BY id"), n_out);
    case old_member:
        return sql_begin(&r->sql, noun, about(r, "SELECT count(*) FROM {}_roommember"),
                         about(r, "SELECT id, room_id, user_id, is_admin, joined_at FROM {}_roommember ORDER BY id"), n_out);
    case old_message:
        return sql_begin(&r->sql, noun, about(r, "SELECT count(*) FROM {}_message"),
                         about(r, "SELECT id, room_id, user_id, content, timestamp, reply_to_id, file FROM {}_message ORDER BY timestamp IS NULL, timestamp, id"), n_out);
    case old_read:
    case old_file:
    case old_noun_count: break;
    }
    return sql_begin(&r->sql, noun, "SELECT 0", "SELECT 0 LIMIT 0", n_out);
}

static void take_person(struct reader *r, struct arena *arena, struct old_record *out)
{
    struct old_person *p = &out->person;
    *p = (struct old_person){ .username = sql_text(&r->sql, 1, arena, out), .hash = sql_text(&r->sql, 2, arena, out), .kind = old_account,
                              .email = sql_text(&r->sql, 4, arena, out), .is_closed = !foreign_i64(r->sql.db, 5), .was_superuser = foreign_i64(r->sql.db, 6) };
    p->name = sql_text(&r->sql, 7, arena, out);
    p->created_us = sql_time(&r->sql, 3, out);
    if (!p->email.n && p->username.n && memchr(p->username.p, '@', p->username.n)) p->email = p->username;
    out->shown = p->username;
}

static void take_place(struct reader *r, struct arena *arena, struct old_record *out)
{
    if (r->sql.noun == old_room) {
        out->room = (struct old_room){ .name = sql_text(&r->sql, 1, arena, out), .owner = sql_id(&r->sql, 2, arena), .kind = room_group, .public = true };
        out->room.created_us = sql_time(&r->sql, 3, out);
        return;
    }
    out->member = (struct old_member){ .room = sql_id(&r->sql, 1, arena), .person = sql_id(&r->sql, 2, arena),
                                       .role = foreign_i64(r->sql.db, 3) ? role_admin : role_member, .joined_us = sql_time(&r->sql, 4, out) };
}

/* With neither text nor file it is what deleting left behind: the old pages did not show it. */
static void take_message(struct reader *r, struct arena *arena, struct old_record *out)
{
    struct old_message *m = &out->message;
    *m = (struct old_message){ .room = sql_id(&r->sql, 1, arena), .author = sql_id(&r->sql, 2, arena), .text = sql_text(&r->sql, 3, arena, out),
                               .reply_to = sql_id(&r->sql, 5, arena), .file_path = sql_text(&r->sql, 6, arena, out) };
    m->created_us = sql_time(&r->sql, 4, out);
    m->is_deleted = !m->text.n && !m->file_path.n && !out->broken;
}

static bool rooms_next(struct reader *r, struct arena *arena, struct old_record *out)
{
    *out = (struct old_record){ 0 };
    if (!foreign_next(r->sql.db)) return false;
    out->id = out->key = out->shown = sql_id(&r->sql, 0, arena);
    if (r->sql.noun == old_person) take_person(r, arena, out);
    else if (r->sql.noun == old_message) take_message(r, arena, out);
    else take_place(r, arena, out);
    return true;
}

static enum fault rooms_end(struct reader *r) { return foreign_end(r->sql.db); }
static const char *rooms_error(const struct reader *r) { return foreign_error(r->sql.db); }

const struct reader_class reader_rooms = { .kind = "001", .open = rooms_open, .close = rooms_close, .print = rooms_print, .begin = rooms_begin,
                                           .next = rooms_next, .end = rooms_end, .error = rooms_error };
