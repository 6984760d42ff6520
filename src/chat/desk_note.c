/* What surrounds a support chat: private notes and tags of the agents, the customer's rating, answers kept ready. Runs on a lane.
   A note is numbered in the room's sequence like everything else there; doors that customers use never show it. */
#include "base/utf8.h"
#include "chat/desk_queue.h"

enum { notes_max = 500, rating_max = 5 };

static bool text_fits(struct span text, size_t max_points)
{
    return text.n && text.n <= 4 * max_points && utf8_valid(text) && !memchr(text.p, 0, text.n) && utf8_count(text) <= max_points;
}

/* A chat that the asker sees as an agent. */
static enum fault agents_chat(struct ask *ask, struct room_id room, struct desk_view *out)
{
    struct place place;
    enum desk_role role;
    enum fault fault = desk_chat_of(ask, room, &place, out);
    return fault ? fault : desk_need(ask, desk_role_agent, &role);
}

static enum fault act(struct ask *ask, const struct desk_view *chat)
{
    bool is_own = id_eq(chat->agent.id, ask->account.person.id);
    return is_own ? store_desk_acted(ask->store, chat->room, ask->now_us) : fault_none;
}

/* ---- Notes */

enum fault desk_note_add(struct ask *ask)
{
    const struct desk_note_add_in *in = &ask->c->in.desk_note_add;
    struct desk_note *note = &ask->c->out.desk_note_add.note;
    struct event noted = { .kind = event_desk_noted, .room = in->room, .emoji = in->text };
    struct desk_view chat;
    enum fault fault = agents_chat(ask, in->room, &chat);
    if (fault) return fault;
    if (!text_fits(in->text, DESK_NOTE_MAX_POINTS)) return ask_refuse(ask, fault_invalid, "text");
    *note = (struct desk_note){ .author = ask->account.person, .text = in->text, .at_us = ask->now_us };
    fault = store_desk_note_insert(ask->store, in->room, note);
    if (!fault) fault = act(ask, &chat);
    noted.message_id.v = note->id;
    return fault ? fault : ask_happened(ask, &noted);
}

enum fault desk_note_list(struct ask *ask)
{
    struct desk_note_list_out *out = &ask->c->out.desk_note_list;
    struct desk_view chat;
    enum fault fault = agents_chat(ask, ask->c->in.desk_note_list.room, &chat);
    return fault ? fault : store_desk_note_list(ask->store, chat.room, notes_max, ask->arena, &out->notes, &out->n);
}

/* ---- Tags */

static bool tag_fits(struct span tag)
{
    return text_fits(tag, DESK_TAG_MAX_POINTS) && !memchr(tag.p, ',', tag.n) && !utf8_has_unprintable(tag) && span_trim(tag).n == tag.n;
}

static bool is_double(const struct desk_tags_set_in *in, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (span_eq(in->tags[k], in->tags[i])) return true;
    return false;
}

static struct span join_tags(struct ask *ask, const struct desk_tags_set_in *in)
{
    struct span joined = { 0 };
    for (size_t i = 0; i < in->n; i++) {
        if (is_double(in, i)) continue;
        joined = joined.n ? arena_printf(ask->arena, SPAN_FMT "," SPAN_FMT, SPAN_ARG(joined), SPAN_ARG(in->tags[i])) : in->tags[i];
    }
    return joined;
}

enum fault desk_tags_set(struct ask *ask)
{
    const struct desk_tags_set_in *in = &ask->c->in.desk_tags_set;
    struct desk_view *chat = &ask->c->out.desk_tags_set.chat;
    enum fault fault = agents_chat(ask, in->room, chat);
    if (fault) return fault;
    if (in->n > DESK_TAGS_MAX) return ask_refuse(ask, fault_too_large, "tags");
    for (size_t i = 0; i < in->n; i++)
        if (!tag_fits(in->tags[i])) return ask_refuse(ask, fault_invalid, "tags");
    chat->tags = join_tags(ask, in), chat->updated_us = ask->now_us;
    fault = store_desk_set_tags(ask->store, in->room, chat->tags, ask->now_us);
    return fault ? fault : act(ask, chat);
}

/* ---- Rating */

enum fault desk_rate(struct ask *ask)
{
    const struct desk_rate_in *in = &ask->c->in.desk_rate;
    struct desk_view *chat = &ask->c->out.desk_rate.chat;
    struct place place;
    bool set;
    enum fault fault = desk_chat_of(ask, in->room, &place, chat);
    if (fault) return fault;
    if (!id_eq(chat->customer.id, ask->account.person.id)) return ask_refuse(ask, fault_forbidden, "role");
    if (in->rating < 1 || in->rating > rating_max) return ask_refuse(ask, fault_invalid, "rating");
    if (chat->state != desk_closed) return ask_refuse(ask, fault_conflict, "open");
    fault = store_desk_set_rating(ask->store, in->room, in->rating, ask->now_us, &set);
    if (fault) return fault;
    if (!set) return ask_refuse(ask, fault_conflict, "rating");
    chat->rating = in->rating, chat->updated_us = ask->now_us;
    struct desk_work work = { .room = in->room, .agent = chat->agent.id, .ratings = 1, .stars = in->rating };
    return id_none(work.agent) ? fault_none : store_desk_work_add(ask->store, &work, ask->now_us);
}

/* ---- Answers kept ready, for the whole house */

enum fault desk_canned_list(struct ask *ask)
{
    struct desk_canned_list_out *out = &ask->c->out.desk_canned_list;
    enum desk_role role;
    enum fault fault = desk_need(ask, desk_role_agent, &role);
    return fault ? fault : store_desk_canned_list(ask->store, DESK_CANNED_MAX, ask->arena, &out->canned, &out->n);
}

static const char *misfit(const struct desk_canned *c)
{
    if (!text_fits(c->title, DESK_CANNED_TITLE_MAX_POINTS) || utf8_has_unprintable(c->title)) return "title";
    if (c->shortcut.n && (!text_fits(c->shortcut, DESK_CANNED_SHORTCUT_MAX_POINTS) || utf8_has_unprintable(c->shortcut))) return "shortcut";
    return text_fits(c->text, MESSAGE_TEXT_MAX_POINTS) ? NULL : "text";
}

enum fault desk_canned_put(struct ask *ask)
{
    struct desk_canned *canned = &ask->c->out.desk_canned_put.canned;
    enum desk_role role;
    int64_t n = 0;
    enum fault fault = desk_need(ask, desk_role_agent, &role);
    if (fault) return fault;
    *canned = ask->c->in.desk_canned_put.canned;
    const char *bad = misfit(canned);
    if (bad) return ask_refuse(ask, fault_invalid, bad);
    if (!canned->id) fault = store_desk_canned_count(ask->store, &n);
    if (fault) return fault;
    if (n >= DESK_CANNED_MAX) return ask_refuse(ask, fault_too_large, "canned");
    canned->updated_us = ask->now_us;
    fault = store_desk_canned_put(ask->store, canned);
    if (fault == fault_conflict) return ask_refuse(ask, fault, "shortcut");
    return fault == fault_not_found ? ask_refuse(ask, fault, "canned") : fault;
}

enum fault desk_canned_delete(struct ask *ask)
{
    enum desk_role role;
    enum fault fault = desk_need(ask, desk_role_agent, &role);
    if (!fault) fault = store_desk_canned_delete(ask->store, ask->c->in.desk_canned_delete.id);
    return fault == fault_not_found ? ask_refuse(ask, fault, "canned") : fault;
}
