/* What is said in support chats, beside what every room does with it: who is told, who has read, whether the customer is there. Runs on the writing lane.
   The one who writes is in the room; the other side may not follow it, so word goes to their address: the customer's words to the agent, or to the hall while
   nobody has the chat; the agent's words to the customer. */
#include "chat/desk_queue.h"
#include "chat/receipt.h"

static enum fault note_work(struct ask *ask, const struct message *m, bool first)
{
    struct desk_work work = { .room = m->room, .agent = m->author.id, .messages = 1, .answers = first };
    struct desk_view view;
    enum fault fault = first ? store_desk_view(ask->store, m->room, ask->now_us, ask->arena, &view) : fault_none;
    if (first && !fault) work.answers_s = (ask->now_us - view.created_us) / 1000000;
    return fault ? fault : store_desk_work_add(ask->store, &work, ask->now_us);
}

/* The customer's address hears of words in their chat, and of nothing that the agents know: the chat need not be looked at. */
static enum fault tell_customer(struct ask *ask, const struct message *m, const struct desk_place *chat)
{
    struct desk_view view = { .room = m->room, .state = chat->state, .customer = { .id = chat->customer }, .agent = { .id = chat->agent } };
    struct event told = { .kind = event_desk_message, .desk = &view, .message = *m };
    return desk_tell(ask, &told, room_of_person(chat->customer));
}

static enum fault tell_agents(struct ask *ask, const struct message *m)
{
    struct desk_view view;
    enum fault fault = store_desk_view(ask->store, m->room, ask->now_us, ask->arena, &view);
    struct event told = { .kind = event_desk_message, .desk = &view, .message = *m };
    return fault ? fault : desk_tell(ask, &told, id_none(view.agent.id) ? DESK_HALL : room_of_person(view.agent.id));
}

enum fault desk_posted(struct ask *ask, const struct message *m)
{
    struct desk_place chat;
    bool first = false;
    enum fault fault = store_desk_place(ask->store, m->room, &chat);
    if (fault) return fault == fault_not_found ? fault_internal : fault;
    bool by_customer = id_eq(m->author.id, chat.customer);
    fault = store_desk_spoke(ask->store, m->room, !by_customer, ask->now_us, &first);
    if (!fault && !by_customer) fault = note_work(ask, m, first);
    if (fault) return fault;
    return by_customer ? tell_agents(ask, m) : tell_customer(ask, m, &chat);
}

/* A read mark like every other: receipt_mark keeps the chat's two marks along. */
enum fault desk_read(struct ask *ask)
{
    struct room_id room = ask->c->in.desk_read.room;
    struct receipt_mark_out marked;
    struct place place;
    enum fault fault = ask_place(ask, room, verb_message_mark_read, &place);
    if (fault) return fault;
    if (place.kind != room_desk) return ask_refuse(ask, fault_not_found, "room");
    fault = receipt_move(ask, &place, place.head, &marked);
    ask->c->out.desk_read.read = marked.read;
    return fault;
}

enum fault desk_online(struct ask *ask)
{
    struct desk_online_out *out = &ask->c->out.desk_online;
    struct desk_view view;
    bool is_customer, online = ask->c->in.desk_online.online;
    enum fault fault = store_desk_is_customer(ask->store, ask->account.person.id, &is_customer);
    if (!fault && !is_customer) return ask_refuse(ask, fault_forbidden, "role");
    if (!fault) fault = store_desk_customer_set_online(ask->store, ask->account.person.id, online);
    if (!fault) fault = store_desk_open_of(ask->store, ask->account.person.id, &out->room);
    if (fault || id_none(out->room)) return fault;
    fault = store_desk_view(ask->store, out->room, ask->now_us, ask->arena, &view);
    struct event status = { .kind = event_desk_status, .subject = ask->account.person, .on = online, .desk = &view };
    return fault ? fault : desk_tell(ask, &status, DESK_HALL);
}
