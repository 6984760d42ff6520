/* What lobby clients hear: events as lines of text (A) and as JSON frames (B). One encoding serves all readers of a generation; it is written
   into a fixed buffer that belongs to the thread, so the hot path allocates nothing. */
#include "base/clock.h"
#include "dialect/lobby/frame.h"
#include "dialect/lobby/picture.h"
#include "wire/json.h"
#include <stdio.h>

#define WORST_ESCAPE 6 /* bytes of JSON for one byte of text */
static _Thread_local char fixed[WORST_ESCAPE * (MESSAGE_TEXT_MAX_BYTES + ACCOUNT_NAME_MAX_BYTES) + 1024];

static struct buf fixed_buf(void)
{
    return (struct buf){ .p = fixed, .cap = sizeof fixed, .max = sizeof fixed };
}

static void line(struct presentation *p, const char *sign, struct span name, const char *between, struct span text)
{
    struct buf out = fixed_buf();
    buf_append_cstr(&out, sign);
    buf_append_span(&out, name);
    buf_append_cstr(&out, between);
    buf_append_span(&out, text);
    if (!out.failed) presentation_text(p, buf_span(&out));
}

static void present_notice(struct presentation *p, const struct event *e)
{
    if (e->on)
        line(p, "🔵 ", e->by.username, " chatga qo'shildi", (struct span){ 0 }); /* L-20 */
    else
        line(p, "🔴 ", e->by.username, " chatdan chiqdi", (struct span){ 0 }); /* L-26 */
}

/* L-39: a file for readers who cannot be shown one. Thread's own buffer, until the next call. */
static struct span file_names(const struct message *m)
{
    static _Thread_local char names[FILES_PER_MESSAGE_MAX * (FILE_NAME_MAX_BYTES + sizeof "📎 , ")];
    struct buf out = { .p = names, .cap = sizeof names, .max = sizeof names };
    for (size_t i = 0; i < m->n_files; i++) {
        buf_append_cstr(&out, i ? ", 📎 " : "📎 ");
        buf_append_span(&out, m->files[i].name);
    }
    return buf_span(&out);
}

/* Generation A: L-21, L-22. A message that was deleted since is not part of the history. */
static void plain_message(struct presentation *p, const struct message *m)
{
    struct span text = m->text.n ? m->text : file_names(m);
    if (!m->deleted_us) line(p, p->replay ? "📜 " : "💬 ", m->author.username, ": ", text);
}

static void plain_present(struct presentation *p, const struct event *e)
{
    switch (e->kind) {
    case event_message_posted: plain_message(p, &e->message); break;
    case event_person_noticed: present_notice(p, e); break;
    case event_message_edited: /* the old lines cannot be taken back */
    case event_message_deleted:
    case event_reaction_added:
    case event_reaction_removed:
    case event_room_read:
    case event_member_joined: /* everybody is in the lobby: accounts come by registering */
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
    case event_message_read:
    case event_message_repeated:
    case event_draft_changed:
    case event_block_changed:
    case event_person_changed:
    case event_session_revoked:
    case event_presence:
    case event_typing: /* A knows no typing */
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

/* Generation B */

static void put_timestamp(struct json_writer *w, int64_t created_us)
{
    char iso[32];
    size_t n = clock_iso(created_us, "", iso);
    if (created_us % 1000000 == 0) n -= sizeof ".000000" - 1; /* L-29 */
    json_key(w, "timestamp");
    json_string(w, span_make(iso, n));
}

static const struct file_view *picture_of(const struct message *m)
{
    for (size_t i = 0; i < m->n_files; i++)
        if (m->files[i].width && span_starts(m->files[i].type, SPAN("image/"))) return &m->files[i];
    return NULL;
}

/* L-39: B shows one picture a message; other files it knows by name. */
static void put_content(struct json_writer *w, const struct message *m)
{
    const struct file_view *picture = picture_of(m);
    char address[64];
    if (m->text.n)
        json_put_string(w, "message", m->text);
    else if (m->n_files && !picture)
        json_put_string(w, "message", file_names(m));
    if (!picture) return;
    snprintf(address, sizeof address, LOBBY_PICTURE_PATH "%lld", (long long)picture->id.v);
    json_put_string(w, "image", span_of(address));
}

static struct span message_frame(struct buf *out, const struct message *m, bool replay)
{
    struct json_writer w = json_writer(out);
    json_begin_object(&w);
    json_put_string(&w, "type", SPAN("message"));
    json_put_string(&w, "username", m->author.username);
    put_timestamp(&w, m->created_us);
    put_content(&w, m);
    if (replay ? lobby_is_sticker(m->text) : span_starts(m->key, SPAN(LOBBY_STICKER_KEY))) json_put_bool(&w, "isSticker", true); /* L-35 */
    json_end_object(&w);
    return buf_span(out);
}

static struct span typing_frame(struct buf *out, struct span username, bool on)
{
    struct json_writer w = json_writer(out);
    json_begin_object(&w);
    json_put_string(&w, "type", SPAN("typing"));
    json_put_string(&w, "username", username);
    json_put_bool(&w, "is_typing", on);
    json_end_object(&w);
    return buf_span(out);
}

static void present_typing(struct presentation *p, struct span username, bool on)
{
    struct buf out = fixed_buf();
    presentation_text(p, typing_frame(&out, username, on));
}

/* L-25: whoever has spoken no longer types. */
static void json_message(struct presentation *p, const struct message *m)
{
    if (m->deleted_us) return;
    if (!p->replay) present_typing(p, m->author.username, false);
    struct buf out = fixed_buf();
    struct span frame = message_frame(&out, m, p->replay);
    if (!out.failed) presentation_text(p, frame);
}

static void json_present(struct presentation *p, const struct event *e)
{
    switch (e->kind) {
    case event_message_posted: json_message(p, &e->message); break;
    case event_typing: present_typing(p, e->by.username, e->on); break; /* L-24 */
    case event_person_noticed: present_notice(p, e); break;
    case event_message_edited: /* B knows neither edits nor deletes: what was shown stays shown */
    case event_message_deleted:
    case event_reaction_added:
    case event_reaction_removed:
    case event_room_read:
    case event_member_joined: /* everybody is in the lobby: accounts come by registering */
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
    case event_message_read:
    case event_message_repeated:
    case event_draft_changed:
    case event_block_changed:
    case event_person_changed:
    case event_session_revoked:
    case event_presence:
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

/* L-23: the newest LOBBY_HISTORY_SHOWN that are still there, oldest first, as far as they fit into the queue of a new socket. */
void lobby_send_history(struct conn *c, const struct message_history_out *history)
{
    size_t from = history->n, n = 0, n_bytes = 0;
    while (from > 0 && n < LOBBY_HISTORY_SHOWN) {
        const struct message *m = &history->messages[from - 1];
        struct buf out = fixed_buf();
        if (!m->deleted_us) n++, n_bytes += message_frame(&out, m, true).n;
        if (n_bytes > LOBBY_HISTORY_MAX_BYTES) break;
        from--;
    }
    for (; from < history->n; from++) {
        struct buf out = fixed_buf();
        if (!history->messages[from].deleted_us) ws_send_text(c, message_frame(&out, &history->messages[from], true));
    }
}

const struct presenter lobby_plain_presenter = { .name = "lobby-plain", .present = plain_present, .revoked_code = 1008 };
const struct presenter lobby_json_presenter = { .name = "lobby-json", .present = json_present, .spares_author = true, .revoked_code = 1008 };
