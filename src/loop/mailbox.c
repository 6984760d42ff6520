/* The mailbox: many writers, one reader, one lock held for a few instructions. The chain is kept in posting order, so the reader
   takes it whole with two assignments. Any thread posts; one thread takes. Owns the letters between post and take. */
#include "loop/mailbox.h"
#include <assert.h>
#include <stdlib.h>
#include <uv.h>

struct mailbox {
    uv_mutex_t lock;
    struct letter *first, **last;
    bool is_woken; /* since the last take */
    void (*wake)(void *arg);
    void *wake_arg;
};

struct mailbox *mailbox_create(void (*wake)(void *arg), void *arg)
{
    struct mailbox *m = calloc(1, sizeof *m);
    if (!m || uv_mutex_init(&m->lock) != 0) abort();
    m->last = &m->first;
    m->wake = wake, m->wake_arg = arg;
    return m;
}

void mailbox_destroy(struct mailbox *m)
{
    if (!m) return;
    assert(!m->first);
    uv_mutex_destroy(&m->lock);
    free(m);
}

static void put(struct mailbox *m, struct letter *l)
{
    l->next = NULL;
    *m->last = l;
    m->last = &l->next;
}

/* True once between two takes. */
static bool is_to_be_woken(struct mailbox *m)
{
    bool wakes = m->first && !m->is_woken;
    m->is_woken |= wakes;
    return wakes;
}

void mailbox_post(struct mailbox *m, struct letter *l)
{
    uv_mutex_lock(&m->lock);
    put(m, l);
    bool wakes = is_to_be_woken(m);
    uv_mutex_unlock(&m->lock);
    if (wakes) m->wake(m->wake_arg);
}

void mailbox_lay(struct mailbox *m, struct letter *l)
{
    uv_mutex_lock(&m->lock);
    put(m, l);
    uv_mutex_unlock(&m->lock);
}

void mailbox_wake(struct mailbox *m)
{
    uv_mutex_lock(&m->lock);
    bool wakes = is_to_be_woken(m);
    uv_mutex_unlock(&m->lock);
    if (wakes) m->wake(m->wake_arg);
}

struct letter *mailbox_take(struct mailbox *m)
{
    uv_mutex_lock(&m->lock);
    struct letter *all = m->first;
    m->first = NULL;
    m->last = &m->first;
    m->is_woken = false;
    uv_mutex_unlock(&m->lock);
    return all;
}
