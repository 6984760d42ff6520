/* One event loop thread over libuv. A turn is: letters and ready descriptors (libuv drains up to a thousand of them per wait and waits again
   without sleeping while there are more), then the hooks in phase order, then sleep. The hooks run in libuv's prepare step, the last thing
   before it sleeps: so whatever armed them (descriptor, letter, timer, closing callback) is served in the same turn.

       poll ─► watch.ready, mailbox_take ─► timers ─► run_hooks: deliver ─► submit ─► flush ─► poll

   Everything here belongs to the loop's thread; only loop_mailbox() may be used from elsewhere. */
#include "loop/loop.h"
#include "loop/timer.h"
#include <assert.h>
#include <stdlib.h>
#include <uv.h>

#define SIGNALS_MAX 4

struct signal_slot {
    uv_signal_t handle;
    void (*fn)(void *arg, int signal);
    void *arg;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_sleep;
    uv_timer_t ticker;
    struct wheel wheel;
    struct list hooks[hook_phases];
    struct mailbox *mailbox;
    struct signal_slot signals[SIGNALS_MAX];
    int n_signals;
    int index;
};

struct watch_impl {
    uv_poll_t poll;
    union {
        watch_ready_fn *ready;
        watch_closed_fn *closed; /* once closing, the watch is never ready again */
    };
};
static_assert(sizeof(struct watch_impl) <= WATCH_BYTES, "WATCH_BYTES must hold the library's handle and one pointer");

static void open_letters(uv_async_t *wake)
{
    struct loop *loop = wake->data;
    struct letter *l = mailbox_take(loop->mailbox);
    while (l) {
        struct letter *next = l->next;
        l->open(l);
        l = next;
    }
}

/* The lowest armed phase always goes first, also when a later one armed it: a reader that drains in the flush may submit the next query,
   and it must not wait for the next wake-up. */
static void run_hooks(uv_prepare_t *handle)
{
    struct loop *loop = handle->data;
    int phase = 0;
    while (phase < hook_phases) {
        struct list *armed = &loop->hooks[phase];
        if (list_empty(armed)) {
            phase++;
            continue;
        }
        struct hook *h = container_of(armed->next, struct hook, node);
        list_remove(&h->node);
        h->run(h);
        phase = 0;
    }
}

static void tick(uv_timer_t *ticker)
{
    struct loop *loop = ticker->data;
    wheel_advance(&loop->wheel, (int64_t)uv_now(&loop->uv));
}

static void wake_loop(void *arg)
{
    struct loop *loop = arg;
    uv_async_send(&loop->wake);
}

struct loop *loop_create(int index)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop || uv_loop_init(&loop->uv) != 0) abort();
    loop->index = index;
    loop->mailbox = mailbox_create(wake_loop, loop);
    for (int i = 0; i < hook_phases; i++) list_init(&loop->hooks[i]);
    wheel_init(&loop->wheel, (int64_t)uv_now(&loop->uv));
    loop->wake.data = loop->before_sleep.data = loop->ticker.data = loop;
    if (uv_async_init(&loop->uv, &loop->wake, open_letters) != 0) abort();
    uv_prepare_init(&loop->uv, &loop->before_sleep);
    uv_prepare_start(&loop->before_sleep, run_hooks);
    uv_timer_init(&loop->uv, &loop->ticker);
    uv_timer_start(&loop->ticker, tick, WHEEL_TICK_MS, WHEEL_TICK_MS);
    return loop;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

/* Closes the loop's own handles and lets every closing callback run, so that nothing is freed under libuv's feet. */
void loop_destroy(struct loop *loop)
{
    if (!loop) return;
    open_letters(&loop->wake);
    run_hooks(&loop->before_sleep);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->before_sleep, NULL);
    uv_close((uv_handle_t *)&loop->ticker, NULL);
    for (int i = 0; i < loop->n_signals; i++) uv_close((uv_handle_t *)&loop->signals[i].handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int left = uv_loop_close(&loop->uv);
    assert(left == 0);
    (void)left;
    mailbox_destroy(loop->mailbox);
    free(loop);
}

int loop_index(const struct loop *loop) { return loop->index; }
int64_t loop_now_ms(const struct loop *loop) { return (int64_t)uv_now(&loop->uv); }
struct mailbox *loop_mailbox(struct loop *loop) { return loop->mailbox; }

void timer_set(struct loop *loop, struct timer *t, int64_t after_ms)
{
    wheel_set(&loop->wheel, t, loop_now_ms(loop) + after_ms);
}

/* Hooks */

void hook_init(struct hook *h, void (*run)(struct hook *h))
{
    list_init(&h->node);
    h->run = run;
}

void hook_arm(struct loop *loop, enum hook_phase phase, struct hook *h)
{
    if (list_empty(&h->node)) list_append(&loop->hooks[phase], &h->node);
}

void hook_cancel(struct hook *h)
{
    list_remove(&h->node);
}

/* Watches */

static struct watch_impl *impl_of(struct watch *w) { return (struct watch_impl *)(void *)w; }

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch_impl *w = (struct watch_impl *)poll;
    int ready = status < 0 ? watch_hangup | watch_read : 0;
    if (events & UV_READABLE) ready |= watch_read;
    if (events & UV_WRITABLE) ready |= watch_write;
    if (events & UV_DISCONNECT) ready |= watch_hangup;
    w->ready((struct watch *)(void *)w, ready);
}

enum fault watch_open(struct loop *loop, struct watch *w, int fd, watch_ready_fn *ready)
{
    struct watch_impl *impl = impl_of(w);
    if (uv_poll_init(&loop->uv, &impl->poll, fd) != 0) return fault_unavailable;
    impl->ready = ready;
    impl->poll.data = NULL; /* what is wanted now, as a number */
    return fault_none;
}

void watch_want(struct watch *w, int events)
{
    struct watch_impl *impl = impl_of(w);
    intptr_t now = (intptr_t)impl->poll.data;
    if (now == events) return;
    impl->poll.data = (void *)(intptr_t)events;
    int mask = (events & watch_read ? UV_READABLE : 0) | (events & watch_write ? UV_WRITABLE : 0) |
               (events & watch_hangup ? UV_DISCONNECT : 0);
    if (mask)
        uv_poll_start(&impl->poll, mask, on_poll);
    else
        uv_poll_stop(&impl->poll);
}

static void on_closed(uv_handle_t *handle)
{
    struct watch_impl *w = (struct watch_impl *)handle;
    if (w->closed) w->closed((struct watch *)(void *)w);
}

void watch_close(struct watch *w, watch_closed_fn *closed)
{
    struct watch_impl *impl = impl_of(w);
    impl->closed = closed;
    uv_close((uv_handle_t *)&impl->poll, on_closed);
}

/* Exact timers */

struct alarm_clock {
    uv_timer_t timer;
    void (*fire)(void *arg);
    void *arg;
};

static void on_alarm(uv_timer_t *timer)
{
    struct alarm_clock *a = (struct alarm_clock *)timer;
    a->fire(a->arg);
}

struct alarm_clock *alarm_create(struct loop *loop, void (*fire)(void *arg), void *arg)
{
    struct alarm_clock *a = calloc(1, sizeof *a);
    if (!a) abort();
    uv_timer_init(&loop->uv, &a->timer);
    a->fire = fire, a->arg = arg;
    return a;
}

void alarm_set(struct alarm_clock *a, int64_t after_ms)
{
    uv_timer_start(&a->timer, on_alarm, (uint64_t)(after_ms < 0 ? 0 : after_ms), 0);
}

static void free_alarm(uv_handle_t *handle) { free(handle); }

void alarm_destroy(struct alarm_clock *a)
{
    if (a) uv_close((uv_handle_t *)&a->timer, free_alarm);
}

/* Signals */

static void on_signal(uv_signal_t *handle, int signal)
{
    struct signal_slot *slot = (struct signal_slot *)handle;
    slot->fn(slot->arg, signal);
}

void loop_on_signal(struct loop *loop, int signal, void (*fn)(void *arg, int signal), void *arg)
{
    assert(loop->n_signals < SIGNALS_MAX);
    struct signal_slot *slot = &loop->signals[loop->n_signals++];
    slot->fn = fn, slot->arg = arg;
    uv_signal_init(&loop->uv, &slot->handle);
    uv_signal_start(&slot->handle, on_signal, signal);
}
