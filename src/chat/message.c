/* Messages after they were posted (post.c): edited, deleted, read back page by page. Runs on a lane. What is already so is no change and no event. */
#include "chat/ask.h"
#include "chat/content.h"

enum { page_max = 1000 };

/* ---- Changing */

/* A message of a room that the asker may read. */
static enum fault find(struct ask *ask, struct room_id room, struct message_id id, struct place *place, struct message *out, int64_t *original_out)
{
    enum fault fault = ask_place(ask, room, verb_room_read, place);
    if (fault) return fault;
    fault = store_message_by_id(ask->store, room, id, ask->arena, out, original_out);
    return fault == fault_not_found ? ask_refuse(ask, fault, "message") : fault;
}

static bool is_own(const struct ask *ask, const struct message *m)
{
    return id_eq(m->author.id, ask->account.person.id);
}

/* Tells everybody how the message is now. */
static enum fault announce(struct ask *ask, enum event_kind kind, struct room_id room, struct message_id id, struct message *out)
{
    struct event e = { .kind = kind, .room = room, .message_id = id };
    enum fault fault = store_message_by_id(ask->store, room, id, ask->arena, out, NULL);
    if (fault) return fault;
    e.message = *out;
    return ask_happened(ask, &e);
}

enum fault message_edit(struct ask *ask)
{
    const struct message_edit_in *in = &ask->c->in.message_edit;
    struct message *message = &ask->c->out.message_edit.message;
    struct place place;
    int64_t original;
    enum fault fault = find(ask, in->room, in->id, &place, message, &original);
    if (!fault) fault = ask_may(ask, verb_message_edit, &place, is_own(ask, message));
    if (fault) return fault;
    if (message->deleted_us) return ask_refuse(ask, fault_gone, "message");
    fault = content_check(in->text);
    if (fault) return ask_refuse(ask, fault, "text");
    if (span_eq(message->text, in->text)) return fault_none;
    if (!original) original = content_print(message);
    fault = store_message_edit(ask->store, in->id, in->text, original, ask->now_us);
    return fault ? fault : announce(ask, event_message_edited, in->room, in->id, message);
}

enum fault message_delete(struct ask *ask)
{
    const struct message_delete_in *in = &ask->c->in.message_delete;
    struct message message;
    struct place place;
    int64_t original;
    enum fault fault = find(ask, in->room, in->id, &place, &message, &original);
    if (!fault) fault = ask_may(ask, verb_message_delete, &place, is_own(ask, &message));
    if (fault || message.deleted_us) return fault;
    if (!original) original = content_print(&message);
    fault = store_message_delete(ask->store, in->id, original, ask->now_us);
    return fault ? fault : announce(ask, event_message_deleted, in->room, in->id, &message);
}

/* ---- Reading back */

enum fault message_history(struct ask *ask)
{
    const struct message_history_in *in = &ask->c->in.message_history;
    struct message_history_out *out = &ask->c->out.message_history;
    struct message_page page;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    if (in->limit < 1 || in->limit > page_max) return ask_refuse(ask, fault_invalid, "limit");
    if (in->before < 0) return ask_refuse(ask, fault_invalid, "before");
    if (in->after < HISTORY_FROM_START || (in->after && in->before)) return ask_refuse(ask, fault_invalid, "after");
    int64_t before = in->before ? in->before : INT64_MAX;
    int64_t after = in->after == HISTORY_FROM_START ? 0 : in->after;
    if (in->after) fault = store_message_after(ask->store, in->room, after, in->limit, SIZE_MAX, ask->arena, &page);
    else fault = store_message_before(ask->store, in->room, before, in->limit, ask->arena, &page);
    if (fault) return fault;
    *out = (struct message_history_out){ .messages = page.messages, .n = page.n, .more = page.more, .head = place.head };
    return fault_none;
}
