/* What happens, as the old desk's events (D-60 to D-73). One encoding serves all readers: what is told to whom follows from the room of the event, which is
   a chat, the agents' hall, or one person's address. Written into fixed buffers of the thread, so that fan-out allocates nothing here. */
#include "chat/event.h"
#include "dialect/desk/encode.h"
#include "dialect/desk/socket.h"

#define WORST_ESCAPE 6
#define ARGS_BYTES (WORST_ESCAPE * (MESSAGE_TEXT_MAX_BYTES + MESSAGE_LINK_MAX_BYTES + 8 * PERSON_NAME_MAX_BYTES + 4096) + 8192)
static _Thread_local char args_room[ARGS_BYTES], text_room[ARGS_BYTES + 64];
static struct token_key *file_key;

void desk_present_with(struct token_key *key)
{
    file_key = key;
}

struct said {
    struct presentation *p;
    struct buf args;
    struct json_writer w;
};

static void begin(struct said *s, struct presentation *p)
{
    s->p = p;
    s->args = (struct buf){ .p = args_room, .cap = sizeof args_room, .max = sizeof args_room };
    s->w = json_writer(&s->args);
    json_begin_object(&s->w);
}

static void end(struct said *s, const char *name)
{
    struct buf text = { .p = text_room, .cap = sizeof text_room, .max = sizeof text_room };
    json_end_object(&s->w);
    if (s->args.failed) return;
    socketio_append_event(&text, "/", name, buf_span(&s->args));
    if (!text.failed) presentation_text(s->p, buf_span(&text));
}

static void put_chat_id(struct said *s, struct room_id room) { desk_encode_hex(&s->w, "chatId", room.v); }

static void put_chat(struct said *s, const struct desk_view *v)
{
    json_key(&s->w, "chat");
    desk_encode_chat(&s->w, v);
}

static void put_message(struct said *s, const struct message *m, struct desk_marks marks)
{
    json_key(&s->w, "message");
    desk_encode_message(&s->w, m, marks, file_key);
}

static void put_name(struct said *s, const char *key, const struct person *p)
{
    json_put_string(&s->w, key, id_none(p->id) ? (struct span){ 0 } : desk_person_name(p));
}

/* ---- In the chat */

static void present_message(struct presentation *p, const struct message *m, const char *name)
{
    struct said s;
    if (m->deleted_us) return;
    begin(&s, p);
    put_message(&s, m, (struct desk_marks){ 0 });
    end(&s, name);
}

static void present_deleted(struct presentation *p, const struct event *e)
{
    struct said s;
    begin(&s, p);
    put_chat_id(&s, e->room);
    desk_encode_hex(&s.w, "messageId", e->message.id.v);
    end(&s, "message-deleted");
}

static void present_closed(struct presentation *p, struct room_id room)
{
    struct said s;
    begin(&s, p);
    put_chat_id(&s, room);
    end(&s, "chat-closed");
}

/* What other doors do: the old desk's own clients are told in their own words (say.c). */
static void present_read(struct presentation *p, const struct event *e)
{
    struct said s;
    if (e->on || p->replay) return;
    begin(&s, p);
    put_chat_id(&s, e->room);
    json_put_string(&s.w, "readerId", desk_person_id(&e->by));
    json_put_string(&s.w, "readerType", desk_is_customer(&e->by) ? SPAN("user") : SPAN("admin"));
    end(&s, "messages-read");
}

static void present_typing(struct presentation *p, const struct event *e)
{
    struct said s;
    if (e->emoji.n) return;
    begin(&s, p);
    put_chat_id(&s, e->room);
    json_put_string(&s.w, "userId", desk_person_id(&e->by));
    json_put_string(&s.w, "userName", desk_person_name(&e->by));
    json_put_bool(&s.w, "isTyping", e->on);
    end(&s, "typing");
}

/* ---- To the agents' hall */

static void tell_hall(struct presentation *p, const struct event *e)
{
    static const char *const names[desk_step_count] = {
        [desk_step_open] = "new-chat", [desk_step_assign] = "chat-taken", [desk_step_lock] = "chat-locked", [desk_step_unlock] = "chat-unlocked",
        [desk_step_return] = "chat-unlocked", /* transfer and close: agents are not told */
    };
    struct said s;
    if (!names[e->desk_step]) return;
    begin(&s, p);
    if (e->desk_step != desk_step_open) put_chat_id(&s, e->desk->room);
    if (e->desk_step == desk_step_assign) {
        json_put_string(&s.w, "adminId", desk_person_id(&e->desk->agent));
        put_name(&s, "adminName", &e->desk->agent);
    }
    if (e->desk_step == desk_step_lock) {
        json_put_string(&s.w, "lockedByAdminId", desk_person_id(&e->desk->locked_by));
        put_name(&s, "lockedByAdminName", &e->desk->locked_by);
    }
    if (e->desk_step != desk_step_assign) put_chat(&s, e->desk);
    end(&s, names[e->desk_step]);
}

/* ---- To one person */

static void tell_customer(struct presentation *p, const struct event *e)
{
    struct said s;
    if (e->desk_step == desk_step_close) {
        present_closed(p, e->desk->room);
        return;
    }
    if (e->desk_step != desk_step_assign && e->desk_step != desk_step_lock && e->desk_step != desk_step_transfer) return;
    begin(&s, p);
    put_chat_id(&s, e->desk->room);
    put_name(&s, "adminName", &e->desk->agent);
    end(&s, e->desk_step == desk_step_transfer ? "admin-changed" : "admin-joined");
}

static void tell_agent(struct presentation *p, const struct event *e, bool has_it)
{
    struct said s;
    if (e->desk_step != desk_step_transfer) return;
    begin(&s, p);
    if (has_it) {
        put_chat(&s, e->desk);
    } else {
        put_chat_id(&s, e->desk->room);
        put_name(&s, "toAdminName", &e->desk->agent);
    }
    end(&s, has_it ? "chat-transferred-in" : "chat-transferred-out");
}

static void present_told(struct presentation *p, const struct event *e)
{
    if (id_eq(e->room, DESK_HALL)) tell_hall(p, e);
    else if (id_eq(e->room, room_of_person(e->desk->customer.id))) tell_customer(p, e);
    else tell_agent(p, e, id_eq(e->room, room_of_person(e->desk->agent.id)));
}

/* D-64 */
static void present_notification(struct presentation *p, const struct event *e)
{
    struct said s;
    begin(&s, p);
    put_chat_id(&s, e->desk->room);
    put_message(&s, &e->message, desk_marks_of(e->desk));
    if (!id_eq(e->room, room_of_person(e->desk->customer.id))) put_chat(&s, e->desk);
    end(&s, "message-notification");
}

static void present(struct presentation *p, const struct event *e)
{
    switch (e->kind) {
    case event_message_posted: present_message(p, &e->message, "new-message"); break;
    case event_message_edited: present_message(p, &e->message, "message-edited"); break;
    case event_message_deleted: present_deleted(p, e); break;
    case event_room_read: present_read(p, e); break;
    case event_typing: present_typing(p, e); break;
    case event_desk_moved:
        if (e->desk_step == desk_step_close) present_closed(p, e->room);
        break;
    case event_desk_told: present_told(p, e); break;
    case event_desk_message: present_notification(p, e); break;
    case event_desk_said: presentation_text(p, e->emoji); break;
    case event_desk_status: /* the old desk's own clients are told in their own words */
    case event_desk_noted:  /* private to agents in the console */
    case event_desk_agent_changed:
    case event_reaction_added:
    case event_reaction_removed:
    case event_member_joined:
    case event_member_left:
    case event_member_changed:
    case event_room_changed:
    case event_channel_added:
    case event_channel_changed:
    case event_channel_removed:
    case event_room_removed:
    case event_message_read: /* a single message, which this wire has no word for */
    case event_message_repeated:
    case event_message_pinned:
    case event_message_unpinned:
    case event_read_by_all:
    case event_draft_changed:
    case event_block_changed:
    case event_person_changed:
    case event_session_revoked:
    case event_presence:
    case event_person_noticed:
    case event_kind_count:
        break;
    }
}

/* D-84: of agents, whoever has the chat, supervisors, and all while it waits. */
static bool hears_still(struct conn *c, const struct event *e)
{
    struct socketio *s = socketio_of(c, "/");
    const struct desk_socket *d = s ? socketio_user(s) : NULL;
    if (!d || d->is_customer || d->role == desk_role_supervisor) return d != NULL;
    return d->role == desk_role_agent && (e->desk->state == desk_waiting || id_eq(e->desk->agent.id, desk_socket_account(d)));
}

const struct presenter desk_presenter = { .name = "desk", .present = present, .hears_still = hears_still, .spares_author = true, .revoked_code = 1008 };
