/* What sockets of this dialect hear: lines of text. A message is encoded twice, for the others and for its author's own sockets, however many they are;
   into a fixed buffer that belongs to the thread, so the hot path allocates nothing. */
#include "dialect/receipts/socket.h"

static _Thread_local char fixed[MESSAGE_TEXT_MAX_BYTES + 256];

static struct buf fixed_buf(void)
{
    return (struct buf){ .p = fixed, .cap = sizeof fixed, .max = sizeof fixed };
}

/* C-22, C-23 */
static void present_message(struct presentation *p, const struct message *m)
{
    struct buf out = fixed_buf();
    if (m->deleted_us) return;
    if (p->own) {
        buf_append_cstr(&out, "✅ Сообщение '");
        buf_append_span(&out, m->text);
        buf_append_cstr(&out, "' отправлено!");
    } else {
        buf_append_cstr(&out, "📩 Новое сообщение от ");
        buf_append_i64(&out, m->author.id.v);
        buf_append_cstr(&out, ": ");
        buf_append_span(&out, m->text);
    }
    if (!out.failed) presentation_text(p, buf_span(&out));
}

/* C-19 */
static void present_read(struct presentation *p, struct message_id id)
{
    struct buf out = fixed_buf();
    buf_append_cstr(&out, "✅ Ваше сообщение ");
    buf_append_i64(&out, id.v);
    buf_append_cstr(&out, " прочитано!");
    presentation_text(p, buf_span(&out));
}

static void present(struct presentation *p, const struct event *e)
{
    switch (e->kind) {
    case event_message_posted: present_message(p, &e->message); break;
    case event_message_read: present_read(p, e->message_id); break;
    case event_message_repeated: presentation_text(p, SPAN("⚠️ Сообщение уже отправлено")); break; /* C-24 */
    case event_message_edited: /* the old lines cannot be taken back */
    case event_message_deleted:
    case event_reaction_added:
    case event_reaction_removed:
    case event_room_read:
    case event_member_joined:
    case event_member_left:
    case event_member_changed:
    case event_room_changed:
    case event_channel_added:
    case event_channel_changed:
    case event_channel_removed:
    case event_room_removed:
    case event_message_pinned:
    case event_message_unpinned:
    case event_read_by_all:
    case event_draft_changed:
    case event_block_changed:
    case event_session_revoked:
    case event_person_changed:
    case event_presence:
    case event_typing:
    case event_person_noticed:
    case event_desk_moved:
    case event_desk_noted:
    case event_desk_told:
    case event_desk_message:
    case event_desk_status:
    case event_desk_said:
    case event_desk_agent_changed:
    case event_kind_count:
        break;
    }
}

const struct presenter receipts_presenter = {
    .name = "receipts", .present = present, .follows_membership = true, .follows_kinds = 1u << room_group | 1u << room_direct, .author_apart = true,
    .revoked_code = 1008,
};
