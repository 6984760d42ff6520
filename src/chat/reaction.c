/* Reactions: an emoji of an account on a message, put or removed, each at most once. Runs on a lane. */
#include "base/utf8.h"
#include "chat/ask.h"

enum { listed_max = 200 };

/* Any short text without control characters and spaces: what counts as an emoji changes with every year. */
static bool is_emoji(struct span s)
{
    if (!s.n || s.n > REACTION_MAX_BYTES || !utf8_valid(s)) return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7F) return false;
    return true;
}

static enum fault find(struct ask *ask, struct room_id room, struct message_id id, struct span emoji, struct message *out)
{
    struct place place;
    enum fault fault = ask_place(ask, room, verb_message_react, &place);
    if (fault) return fault;
    if (!is_emoji(emoji)) return ask_refuse(ask, fault_invalid, "emoji");
    fault = store_message_by_id(ask->store, room, id, ask->arena, out, NULL);
    return fault == fault_not_found ? ask_refuse(ask, fault, "message") : fault;
}

static bool has_emoji(const struct message *m, struct span emoji)
{
    for (size_t i = 0; i < m->n_reactions; i++)
        if (span_eq(m->reactions[i].emoji, emoji)) return true;
    return false;
}

enum fault reaction_put(struct ask *ask)
{
    const struct reaction_put_in *in = &ask->c->in.reaction_put;
    struct event added = { .kind = event_reaction_added, .room = in->room, .message_id = in->id, .emoji = in->emoji };
    struct message message;
    bool changed;
    enum fault fault = find(ask, in->room, in->id, in->emoji, &message);
    if (fault) return fault;
    if (message.deleted_us) return ask_refuse(ask, fault_gone, "message");
    if (message.n_reactions >= REACTION_KINDS_MAX && !has_emoji(&message, in->emoji)) return ask_refuse(ask, fault_too_large, "emoji");
    fault = store_reaction_put(ask->store, in->id, ask->account.person.id, in->emoji, ask->now_us, &changed);
    return fault || !changed ? fault : ask_happened(ask, &added);
}

enum fault reaction_remove(struct ask *ask)
{
    const struct reaction_remove_in *in = &ask->c->in.reaction_remove;
    struct event removed = { .kind = event_reaction_removed, .room = in->room, .message_id = in->id, .emoji = in->emoji };
    struct message message;
    bool changed;
    enum fault fault = find(ask, in->room, in->id, in->emoji, &message);
    if (!fault) fault = store_reaction_remove(ask->store, in->id, ask->account.person.id, in->emoji, &changed);
    return fault || !changed ? fault : ask_happened(ask, &removed);
}

enum fault reaction_who(struct ask *ask)
{
    const struct reaction_who_in *in = &ask->c->in.reaction_who;
    struct reaction_who_out *out = &ask->c->out.reaction_who;
    struct message message;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    if (!is_emoji(in->emoji)) return ask_refuse(ask, fault_invalid, "emoji");
    if (in->limit < 1 || in->limit > listed_max) return ask_refuse(ask, fault_invalid, "limit");
    fault = store_message_by_id(ask->store, in->room, in->id, ask->arena, &message, NULL);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "message");
    if (!fault) fault = store_reaction_who(ask->store, in->id, in->emoji, in->after, in->limit + 1, ask->arena, &out->people, &out->n);
    out->more = out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault;
}
