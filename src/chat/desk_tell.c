/* Telling what happens at the desk. Runs on the writing lane. Every step is told twice: in the room's sequence (desk_moved: kept, replayed), and to the
   addresses of those who do not follow the room (desk_told: passing), in this order:

       open               hall
       assign, lock       hall, customer
       unlock, return     hall, former agent
       transfer           former agent, new agent, customer, hall
       close              customer, agent, hall */
#include "chat/desk_queue.h"

void desk_hide_words(struct desk_view *view)
{
    view->last_text = view->tags = (struct span){ 0 };
}

enum fault desk_tell(struct ask *ask, struct event *e, struct room_id address)
{
    e->room = address;
    return ask_happened(ask, e);
}

/* The addresses of a step, at most four. */
static size_t addresses(enum desk_step step, const struct desk_view *v, struct person former, struct room_id out[4])
{
    size_t n = 0;
    struct room_id customer = room_of_person(v->customer.id);
    switch (step) {
    case desk_step_open:
        out[n++] = DESK_HALL;
        break;
    case desk_step_assign:
    case desk_step_lock:
        out[n++] = DESK_HALL, out[n++] = customer;
        break;
    case desk_step_unlock:
    case desk_step_return:
        out[n++] = DESK_HALL;
        if (!id_none(former.id)) out[n++] = room_of_person(former.id);
        break;
    case desk_step_transfer:
        if (!id_none(former.id)) out[n++] = room_of_person(former.id);
        out[n++] = room_of_person(v->agent.id), out[n++] = customer, out[n++] = DESK_HALL;
        break;
    case desk_step_close:
        out[n++] = customer;
        if (!id_none(v->agent.id)) out[n++] = room_of_person(v->agent.id);
        out[n++] = DESK_HALL;
        break;
    case desk_step_count: break;
    }
    return n;
}

enum fault desk_tell_step(struct ask *ask, enum desk_step step, struct desk_view *view, struct person former)
{
    struct desk_view face = { .room = view->room, .state = view->state, .agent = view->agent };
    struct event moved = { .kind = event_desk_moved, .room = view->room, .desk = &face, .desk_step = step };
    struct room_id to[4];
    size_t n = addresses(step, view, former, to);
    enum fault fault = ask_happened(ask, &moved);
    if (!fault) view->head = moved.seq;
    for (size_t i = 0; i < n && !fault; i++) {
        struct desk_view shown = *view;
        if (id_eq(to[i], DESK_HALL) && (step == desk_step_transfer || step == desk_step_close)) desk_hide_words(&shown);
        struct event told = { .kind = event_desk_told, .desk = &shown, .desk_step = step, .subject = former };
        fault = desk_tell(ask, &told, to[i]);
    }
    return fault;
}
