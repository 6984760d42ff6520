/* See deadline.h. The alarm is never set back when the first one is cleared: it then rings for nobody and is set for who is first now. */
#include "net/deadline.h"

static void arm(struct deadlines *all)
{
    all->armed = !list_empty(&all->waiting);
    if (!all->armed) return;
    const struct deadline *first = container_of(all->waiting.next, struct deadline, node);
    alarm_set(all->alarm, first->due_ms - loop_now_ms(all->loop));
}

static void ring(void *arg)
{
    struct deadlines *all = arg;
    int64_t now = loop_now_ms(all->loop);
    while (!list_empty(&all->waiting)) {
        struct deadline *d = container_of(all->waiting.next, struct deadline, node);
        if (d->due_ms > now) break;
        list_remove(&d->node);
        all->passed(all, d);
    }
    arm(all);
}

void deadlines_init(struct deadlines *all, struct loop *loop, void (*passed)(struct deadlines *all, struct deadline *d))
{
    *all = (struct deadlines){ .loop = loop, .passed = passed };
    list_init(&all->waiting);
    all->alarm = alarm_create(loop, ring, all);
}

void deadlines_fini(struct deadlines *all)
{
    alarm_destroy(all->alarm);
}

void deadline_init(struct deadline *d)
{
    list_init(&d->node);
    d->due_ms = 0;
}

void deadline_set(struct deadlines *all, struct deadline *d, int64_t due_ms)
{
    list_remove(&d->node);
    d->due_ms = due_ms;
    struct list *after = all->waiting.prev;
    while (after != &all->waiting && container_of(after, struct deadline, node)->due_ms > due_ms) after = after->prev;
    list_append(after->next, &d->node);
    if (!all->armed || all->waiting.next == &d->node) arm(all);
}

void deadline_clear(struct deadline *d)
{
    list_remove(&d->node);
}
