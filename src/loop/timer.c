/* A hashed timer wheel: a timer sits in the slot of its tick; one that is due in a later round is met on each pass and stays.
   Setting and cancelling are constant time, a tick costs the length of one slot. Runs on the loop's thread, owns no timer. */
#include "loop/timer.h"

void wheel_init(struct wheel *w, int64_t now_ms)
{
    for (int i = 0; i < WHEEL_SLOTS; i++) list_init(&w->slots[i]);
    w->tick = now_ms / WHEEL_TICK_MS;
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
    list_init(&t->node);
    t->due_ms = 0;
    t->fire = fire;
}

void timer_cancel(struct timer *t)
{
    list_remove(&t->node);
}

/* Rounded up to a tick that has not been handled yet: never early, and never lost behind the hand. */
void wheel_set(struct wheel *w, struct timer *t, int64_t due_ms)
{
    int64_t tick = (due_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
    if (tick <= w->tick) tick = w->tick + 1;
    list_remove(&t->node);
    t->due_ms = due_ms;
    list_append(&w->slots[tick % WHEEL_SLOTS], &t->node);
}

static void fire_slot(struct wheel *w, int64_t tick, int64_t now_ms)
{
    struct list due, *slot = &w->slots[tick % WHEEL_SLOTS];
    list_init(&due);
    list_splice(&due, slot);
    while (!list_empty(&due)) {
        struct timer *t = container_of(due.next, struct timer, node);
        list_remove(&t->node);
        if (t->due_ms <= now_ms)
            t->fire(t);
        else
            list_append(slot, &t->node);
    }
}

void wheel_advance(struct wheel *w, int64_t now_ms)
{
    int64_t target = now_ms / WHEEL_TICK_MS;
    if (target - w->tick > WHEEL_SLOTS) w->tick = target - WHEEL_SLOTS;
    while (w->tick < target) fire_slot(w, ++w->tick, now_ms);
}
