/* An event loop thread over libuv, and what lives on it: watched descriptors, a coarse timer wheel, a mailbox, and the hooks that
   run once a turn. Everything here belongs to the loop's own thread except loop_mailbox posting. No libuv type leaves this room. */
#pragma once
#include "base/fault.h"
#include "base/list.h"
#include "loop/mailbox.h"
#include <stdbool.h>
#include <stdint.h>

struct loop;

/* index: 0 … n_loops-1, for logs and for addressing. Gives. */
struct loop *loop_create(int index);
void loop_destroy(struct loop *loop); /* after loop_run has returned */
void loop_run(struct loop *loop);     /* until loop_stop; drains closing watches before it returns */
void loop_stop(struct loop *loop);    /* own thread only; from elsewhere post a letter */
int loop_index(const struct loop *loop);
int64_t loop_now_ms(const struct loop *loop); /* monotonic, read once a turn */
struct mailbox *loop_mailbox(struct loop *loop); /* anyone may post */

/* Threads that run loops; thin over uv_thread so that pthread_ appears in few rooms. */
struct thread;
struct thread *thread_start(const char *name, void (*run)(void *), void *arg);
void thread_join(struct thread *t); /* frees it */

/* A watched descriptor, embedded in its owner. sizeof is what the loop library needs plus a pointer.
   ready is called with the events that hold; it may change or close the watch. */
enum { watch_read = 1, watch_write = 2, watch_hangup = 4 };
#define WATCH_BYTES 168
struct watch {
    _Alignas(8) unsigned char opaque[WATCH_BYTES];
};
typedef void watch_ready_fn(struct watch *w, int events);
typedef void watch_closed_fn(struct watch *w);
must_use enum fault watch_open(struct loop *loop, struct watch *w, int fd, watch_ready_fn *ready);
void watch_want(struct watch *w, int events); /* 0: pause. Cheap when nothing changes */
/* Stops at once; closed is called later on the same loop, and only then may the memory (and the fd) go. */
void watch_close(struct watch *w, watch_closed_fn *closed);

/* A coarse timer (wheel of 256 slots of 250 ms; fires within 250 ms after its time, never before), 32 bytes, thousands are cheap. */
struct timer {
    struct list node;
    int64_t due_ms;
    void (*fire)(struct timer *t); /* may re-arm or free its owner */
};
void timer_init(struct timer *t, void (*fire)(struct timer *t));
void timer_set(struct loop *loop, struct timer *t, int64_t after_ms); /* re-arms */
void timer_cancel(struct timer *t);

/* An exact timer (milliseconds), for the few things that need it. */
struct alarm_clock;
struct alarm_clock *alarm_create(struct loop *loop, void (*fire)(void *arg), void *arg);
void alarm_set(struct alarm_clock *a, int64_t after_ms); /* one shot, re-arms */
void alarm_destroy(struct alarm_clock *a);               /* NULL is fine */

/* Hooks run after all ready descriptors and letters of a turn were handled, in the order: deliver (events to sockets' queues), submit
   (commands to lanes), flush (queues to the kernel). A hook node may be armed many times a turn and runs once. */
enum hook_phase { hook_deliver, hook_submit, hook_flush, hook_phases };
struct hook {
    struct list node;
    void (*run)(struct hook *h);
};
void hook_init(struct hook *h, void (*run)(struct hook *h));
void hook_arm(struct loop *loop, enum hook_phase phase, struct hook *h); /* no-op when armed */
void hook_cancel(struct hook *h);

/* SIGTERM, SIGINT, SIGHUP to a function on this loop. */
void loop_on_signal(struct loop *loop, int signal, void (*fn)(void *arg, int signal), void *arg);
