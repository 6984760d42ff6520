/* Changes in the database: every lasting event that is not a post, under its number. Behind the core's port; runs on the thread of its store.
   Always: a change takes its number from the room in the same transaction that keeps it. */
#include "store/store_private.h"
#include <assert.h>

/* As stored: never renumber. statements.def knows 2, 3 and 10. 0: not kept. */
static int64_t code_of(enum event_kind kind)
{
    switch (kind) {
    case event_message_edited: return 2;
    case event_message_deleted: return 3;
    case event_reaction_added: return 4;
    case event_reaction_removed: return 5;
    case event_room_read: return 6;
    case event_member_joined: return 7;
    case event_member_left: return 8;
    case event_member_changed: return 9;
    case event_room_changed: return 10;
    case event_channel_added: return 11;
    case event_channel_changed: return 12;
    case event_channel_removed: return 13;
    case event_message_pinned: return 20;
    case event_message_unpinned: return 21;
    case event_desk_moved: return 30;
    case event_desk_noted: return 31;
    case event_message_posted: /* kept as the message itself */
    case event_read_by_all:
    case event_message_read:
    case event_message_repeated:
    case event_draft_changed:
    case event_block_changed:
    case event_session_revoked:
    case event_person_changed:
    case event_presence:
    case event_typing:
    case event_person_noticed:
    case event_room_removed:
    case event_desk_told:
    case event_desk_message:
    case event_desk_status:
    case event_desk_said:
    case event_desk_agent_changed:
    case event_kind_count: break;
    }
    return 0;
}

static enum event_kind kind_of(int64_t code)
{
    enum event_kind kind = 0;
    while (kind < event_kind_count && code_of(kind) != code) kind++;
    return kind;
}

enum fault store_change_append(struct store *store, const struct event *e, int64_t *seq_out)
{
    int64_t code = code_of(e->kind);
    bool is_of_channel = e->face && !id_eq(e->face->id, e->room), is_step = e->kind == event_desk_moved;
    int64_t subject = is_step ? e->desk->agent.id.v : e->subject.id.v;
    int64_t role = is_step ? (int64_t)e->desk->state : (int64_t)e->role, read = is_step ? (int64_t)e->desk_step : e->read;
    assert(code);
    enum fault fault = STORE_NUMBER(store, seq_out, room_next, DB_I64(e->room.v));
    if (fault) return fault;
    return DB_EXEC(store->db, change_insert, DB_I64(e->room.v), DB_I64(*seq_out), DB_I64(code), DB_I64(e->at_us), DB_I64(e->by.id.v),
                   DB_I64_OR_NULL(subject), DB_I64_OR_NULL(e->message_id.v), DB_I64_OR_NULL(role), DB_I64_OR_NULL(read),
                   DB_TEXT_OR_NULL(e->emoji), DB_I64_OR_NULL(is_of_channel ? e->face->id.v : 0), DB_I64_OR_NULL(e->until_us));
}

enum fault store_change_forget(struct store *store, struct room_id room, int64_t seq)
{
    return DB_EXEC(store->db, change_delete, DB_I64(room.v), DB_I64(seq));
}

/* ---- Reading back */

enum { of_by = 3, of_subject = of_by + PERSON_N_COLUMNS, of_rest = of_subject + PERSON_N_COLUMNS, of_face = of_rest + 5, of_message = of_face + FACE_N_COLUMNS };

/* Kept where other changes keep a role, a mark and a subject. */
static void take_step(struct event *e, struct arena *arena)
{
    e->desk = arena_new(arena, struct desk_view);
    e->desk->room = e->room, e->desk->state = (enum desk_state)e->role, e->desk->agent = e->subject;
    e->desk_step = (enum desk_step)e->read;
    e->role = role_none, e->read = 0, e->subject = (struct person){ 0 };
}

static void col_change(struct db_rows *rows, struct room_id room, struct arena *arena, struct event *e)
{
    e->kind = kind_of(db_col_i64(rows, 1));
    assert(e->kind < event_kind_count);
    e->room = room, e->seq = db_col_i64(rows, 0), e->at_us = db_col_i64(rows, 2);
    e->by = col_person(rows, of_by, arena), e->subject = col_person(rows, of_subject, arena);
    e->message_id.v = db_col_i64(rows, of_rest), e->role = (enum member_role)db_col_i64(rows, of_rest + 1), e->read = db_col_i64(rows, of_rest + 2);
    e->emoji = db_col_copy(rows, of_rest + 3, arena), e->until_us = db_col_i64(rows, of_rest + 4);
    if (!db_col_is_null(rows, of_face)) col_face(rows, of_face, arena, e->face = arena_new(arena, struct room_face));
    if (e->kind == event_desk_moved) take_step(e, arena);
    if (!db_col_is_null(rows, of_message)) col_message(rows, of_message, arena, &e->message);
}

static enum fault add_reactions(struct store *store, struct arena *arena, const struct change_page *page)
{
    struct message **each = arena_array(arena, struct message *, page->n);
    for (size_t i = 0; i < page->n; i++) each[i] = &page->events[i].message;
    return message_add_reactions(store, arena, each, page->n);
}

enum fault store_change_after(struct store *store, struct room_id room, int64_t after, size_t max, size_t max_bytes, struct arena *arena,
                              struct change_page *out)
{
    struct db_rows rows;
    size_t n_bytes = 0;
    *out = (struct change_page){ 0 };
    DB_QUERY(store->db, &rows, change_after, DB_I64(room.v), DB_I64(after), DB_I64((int64_t)max + 1));
    while (db_next(&rows)) {
        out->more = out->n == max || n_bytes > max_bytes;
        if (out->more) break;
        struct event *e = ARRAY_PUSH(arena, out->events, out->n);
        col_change(&rows, room, arena, e);
        n_bytes += e->message.text.n;
    }
    enum fault fault = db_end(&rows);
    return fault ? fault : add_reactions(store, arena, out);
}
