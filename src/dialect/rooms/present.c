/* What rooms' sockets hear: events as the JSON of the old server, everything beyond ASCII escaped. One encoding serves all readers; it is
   written into fixed buffers that belong to the thread, so the hot path allocates nothing. */
#include "base/clock.h"
#include "chat/event.h"
#include "dialect/rooms/socket.h"
#include "wire/json.h"
#include <stdio.h>

#define WORST_ESCAPE 6 /* bytes of JSON for one byte of text, with either kind of escape */
#define FRAME_WORST_BYTES (WORST_ESCAPE * (MESSAGE_TEXT_MAX_BYTES + ACCOUNT_NAME_MAX_BYTES + FILES_PER_MESSAGE_MAX * (FILE_NAME_MAX_BYTES + 100)) + 4096)
static _Thread_local char plain[FRAME_WORST_BYTES], escaped[FRAME_WORST_BYTES];

struct speech { /* one frame being written */
    struct buf buf;
    struct json_writer w;
};

static void begin(struct speech *s, const char *type)
{
    s->buf = (struct buf){ .p = plain, .cap = sizeof plain, .max = sizeof plain };
    s->w = json_writer(&s->buf);
    json_begin_object(&s->w);
    json_put_string(&s->w, "type", span_of(type));
}

/* p == NULL when it did not fit. */
static struct span end(struct speech *s)
{
    struct buf out = { .p = escaped, .cap = sizeof escaped, .max = sizeof escaped };
    json_end_object(&s->w);
    json_append_ascii(&out, buf_span(&s->buf));
    return s->buf.failed || out.failed ? (struct span){ 0 } : buf_span(&out);
}

static void tell(struct presentation *p, struct speech *s)
{
    struct span frame = end(s);
    if (frame.n) presentation_text(p, frame);
}

static void put_files(struct json_writer *w, const struct message *m)
{
    char url[80];
    json_key(w, "files");
    json_begin_array(w);
    for (size_t i = 0; i < m->n_files; i++) {
        const struct file_view *f = &m->files[i];
        int n = snprintf(url, sizeof url, "/download/%lld/?file=%lld", (long long)m->id.v, (long long)f->id.v);
        json_begin_object(w);
        json_put_string(w, "name", f->name);
        json_put_int(w, "size", f->n_bytes);
        json_put_string(w, "type", f->type);
        json_put_string(w, "url", span_make(url, (size_t)n));
        json_end_object(w);
    }
    json_end_array(w);
}

/* user and user_id belong together: what a webhook says stands under its maker's name. */
static void put_message(struct speech *s, const struct message *m)
{
    char iso[32];
    clock_iso(m->created_us, "", iso);
    json_put_string(&s->w, "message", m->text);
    json_put_string(&s->w, "user", m->author.username);
    json_put_int(&s->w, "user_id", m->author.id.v);
    json_put_int(&s->w, "message_id", m->id.v);
    json_put_string(&s->w, "timestamp", span_make(iso + sizeof "2025-11-29T" - 1, sizeof "14:16" - 1)); /* UTC */
    json_put_id(&s->w, "reply_to", m->reply_to.v);
    if (m->n_files) put_files(&s->w, m);
}

static void present_message(struct presentation *p, const char *type, const struct message *m)
{
    struct speech s;
    if (m->deleted_us) return;
    begin(&s, type);
    put_message(&s, m);
    tell(p, &s);
}

static void present_deleted(struct presentation *p, struct message_id id, const char *part)
{
    struct speech s;
    begin(&s, "message_deleted");
    json_put_int(&s.w, "message_id", id.v);
    json_put_string(&s.w, "delete_type", span_of(part));
    tell(p, &s);
}

static void present_edited(struct presentation *p, const struct event *e)
{
    switch (e->part) {
    case message_part_text: present_deleted(p, e->message_id, "text"); break;
    case message_part_files: present_deleted(p, e->message_id, "file"); break;
    case message_part_all: present_message(p, "message_edited", &e->message); break; /* */
    }
}

static void put_person(struct speech *s, const char *type, struct span username)
{
    begin(s, type);
    json_put_string(&s->w, "user", username);
}

static void present_notice(struct presentation *p, const struct event *e)
{
    struct speech s;
    put_person(&s, e->on ? "user_join" : "user_leave", e->by.username);
    tell(p, &s);
}

static void present_typing(struct presentation *p, const struct event *e)
{
    struct speech s;
    put_person(&s, "user_typing", e->by.username);
    json_put_bool(&s.w, "is_typing", e->on);
    tell(p, &s);
}

static void present(struct presentation *p, const struct event *e)
{
    switch (e->kind) {
    case event_message_posted: present_message(p, "chat_message", &e->message); break;
    case event_message_edited: present_edited(p, e); break;
    case event_message_deleted: present_deleted(p, e->message_id, "all"); break;
    case event_typing: present_typing(p, e); break;
    case event_person_noticed: present_notice(p, e); break;
    case event_reaction_added: /* the old rooms know none of these */
    case event_reaction_removed:
    case event_room_read:
    case event_member_joined:
    case event_member_left:
    case event_member_changed:
    case event_room_changed:
    case event_channel_added:
    case event_channel_changed:
    case event_channel_removed:
    case event_room_removed: /* the hub ends the socket */
    case event_message_pinned:
    case event_message_unpinned:
    case event_read_by_all:
    case event_draft_changed:
    case event_block_changed:
    case event_session_revoked:
    case event_message_read:
    case event_message_repeated:
    case event_person_changed:
    case event_presence:
    case event_desk_moved:
    case event_desk_noted:
    case event_desk_told:
    case event_desk_message:
    case event_desk_said:
    case event_desk_status:
    case event_desk_agent_changed:
    case event_kind_count: break;
    }
}

void rooms_greet(struct conn *c, struct span username)
{
    struct speech s;
    put_person(&s, "user_join", username);
    ws_send_text(c, end(&s));
}

void rooms_complain(struct conn *c, const char *words)
{
    struct speech s;
    begin(&s, "error");
    json_put_string(&s.w, "message", span_of(words));
    ws_send_text(c, end(&s));
}

const struct presenter rooms_presenter = { .name = "rooms", .present = present, .of_one_room = true, .spares_author = true, .revoked_code = ROOMS_CLOSE_OVER };
