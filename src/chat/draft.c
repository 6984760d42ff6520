/* Drafts: what a member was about to say, kept for all their devices, told to nobody else. Runs on a lane. */
#include "chat/ask.h"
#include "chat/content.h"

static enum fault announce(struct ask *ask, struct room_id room, const struct draft *draft)
{
    struct event e = { .kind = event_draft_changed, .room = room,
                       .message = { .text = draft->text, .reply_to = draft->reply_to, .edited_us = draft->updated_us } };
    return ask_happened(ask, &e);
}

static enum fault forget(struct ask *ask, struct room_id room)
{
    bool changed;
    enum fault fault = store_draft_remove(ask->store, ask->account.person.id, room, &changed);
    return fault || !changed ? fault : announce(ask, room, &ask->c->out.draft_put.draft);
}

enum fault draft_put(struct ask *ask)
{
    const struct draft_put_in *in = &ask->c->in.draft_put;
    struct draft *draft = &ask->c->out.draft_put.draft;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_draft_keep, &place);
    if (fault) return fault;
    if (!in->text.n && id_none(in->reply_to)) return forget(ask, in->room);
    fault = in->text.n ? content_check(in->text) : fault_none;
    if (fault) return ask_refuse(ask, fault, "text");
    *draft = (struct draft){ in->text, in->reply_to, ask->now_us };
    fault = store_draft_put(ask->store, ask->account.person.id, in->room, draft);
    return fault ? fault : announce(ask, in->room, draft);
}
