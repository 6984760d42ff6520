/* The loop: phases of a turn, letters, watches, coarse and exact timers. Real threads, real descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/clock.h"
#include "loop/loop.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char order[16];

static void note(char c) { order[strlen(order)] = c; }

struct phase_hook { struct hook hook; struct loop *loop; char name; struct hook *arms; enum hook_phase arms_phase; };

static void run_phase(struct hook *h)
{
    struct phase_hook *p = container_of(h, struct phase_hook, hook);
    note(p->name);
    if (p->arms) {
        hook_arm(p->loop, p->arms_phase, p->arms);
        p->arms = NULL;
    }
    if (p->name == 'F' && strlen(order) >= 4) loop_stop(p->loop);
}

static void phases_run_in_order_and_none_is_left_over(void **state)
{
    (void)state;
    memset(order, 0, sizeof order);
    struct loop *loop = loop_create(0);
    struct phase_hook deliver = { .loop = loop, .name = 'D' }, submit = { .loop = loop, .name = 'S' };
    struct phase_hook flush = { .loop = loop, .name = 'F', .arms = &submit.hook, .arms_phase = hook_submit };
    hook_init(&deliver.hook, run_phase), hook_init(&submit.hook, run_phase), hook_init(&flush.hook, run_phase);
    struct phase_hook last = { .loop = loop, .name = 'F' };
    hook_init(&last.hook, run_phase);
    submit.arms = &last.hook, submit.arms_phase = hook_flush;
    hook_arm(loop, hook_flush, &flush.hook);
    hook_arm(loop, hook_flush, &flush.hook);
    hook_arm(loop, hook_deliver, &deliver.hook);
    loop_run(loop);
    assert_string_equal(order, "DFSF");
    loop_destroy(loop);
}

struct counted_letter { struct letter letter; struct loop *loop; int *sum; int value, stop_at; };

static void count_letter(struct letter *l)
{
    struct counted_letter *c = container_of(l, struct counted_letter, letter);
    *c->sum += c->value;
    if (*c->sum == c->stop_at) loop_stop(c->loop);
    free(c);
}

struct poster { struct loop *loop; int *sum; int stop_at; };

static void post_thousand(void *arg)
{
    struct poster *p = arg;
    for (int i = 0; i < 1000; i++) {
        struct counted_letter *c = calloc(1, sizeof *c);
        *c = (struct counted_letter){ .letter.open = count_letter, .loop = p->loop, .sum = p->sum, .value = 1, .stop_at = p->stop_at };
        mailbox_post(loop_mailbox(p->loop), &c->letter);
    }
}

static void letters_of_many_threads_all_arrive(void **state)
{
    (void)state;
    int sum = 0;
    struct loop *loop = loop_create(0);
    struct poster poster = { loop, &sum, 4000 };
    struct thread *threads[4];
    for (int i = 0; i < 4; i++) threads[i] = thread_start("poster", post_thousand, &poster);
    loop_run(loop);
    for (int i = 0; i < 4; i++) thread_join(threads[i]);
    assert_int_equal(sum, 4000);
    loop_destroy(loop);
}

static void count_wake(void *arg) { ++*(int *)arg; }

static void what_is_laid_waits_for_the_wake_and_a_reader_is_woken_once(void **state)
{
    (void)state;
    int n_wakes = 0;
    struct letter letters[4];
    struct mailbox *box = mailbox_create(count_wake, &n_wakes);
    mailbox_wake(box);
    assert_int_equal(n_wakes, 0);
    mailbox_lay(box, &letters[0]);
    assert_int_equal(n_wakes, 0);
    mailbox_post(box, &letters[1]);
    mailbox_lay(box, &letters[2]);
    mailbox_wake(box);
    assert_int_equal(n_wakes, 1);
    struct letter *l = mailbox_take(box);
    for (int i = 0; i < 3; i++, l = l->next) assert_ptr_equal(l, &letters[i]);
    assert_null(l);
    mailbox_wake(box);
    assert_int_equal(n_wakes, 1);
    mailbox_lay(box, &letters[3]);
    mailbox_wake(box);
    assert_int_equal(n_wakes, 2);
    assert_ptr_equal(mailbox_take(box), &letters[3]);
    mailbox_destroy(box);
}

struct ear { struct watch watch; struct loop *loop; int fd, heard, closed; };

static void ear_closed(struct watch *w)
{
    struct ear *ear = container_of(w, struct ear, watch);
    ear->closed = 1;
    loop_stop(ear->loop);
}

static void ear_ready(struct watch *w, int events)
{
    struct ear *ear = container_of(w, struct ear, watch);
    char c;
    assert_true(events & watch_read);
    assert_int_equal(read(ear->fd, &c, 1), 1);
    if (++ear->heard == 3) watch_close(w, ear_closed);
}

static void a_watch_hears_until_it_is_closed(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    struct loop *loop = loop_create(0);
    struct ear ear = { .loop = loop, .fd = pair[0] };
    assert_int_equal(watch_open(loop, &ear.watch, pair[0], ear_ready), fault_none);
    watch_want(&ear.watch, watch_read);
    assert_int_equal(write(pair[1], "abcd", 4), 4);
    loop_run(loop);
    assert_int_equal(ear.heard, 3);
    assert_int_equal(ear.closed, 1);
    loop_destroy(loop);
    close(pair[0]), close(pair[1]);
}

struct late { struct timer timer; struct loop *loop; int64_t set_ms, fired_ms; };

static void late_fires(struct timer *t)
{
    struct late *late = container_of(t, struct late, timer);
    late->fired_ms = clock_mono_ms();
    loop_stop(late->loop);
}

static void a_coarse_timer_is_never_early_and_a_cancelled_one_never_fires(void **state)
{
    (void)state;
    struct loop *loop = loop_create(0);
    struct late late = { .loop = loop, .set_ms = clock_mono_ms() }, never = { .loop = loop };
    timer_init(&late.timer, late_fires), timer_init(&never.timer, late_fires);
    timer_set(loop, &never.timer, 100);
    timer_set(loop, &late.timer, 700);
    timer_cancel(&never.timer);
    loop_run(loop);
    assert_true(late.fired_ms - late.set_ms >= 699);
    assert_int_equal(never.fired_ms, 0);
    loop_destroy(loop);
}

static void stop_now(void *arg) { loop_stop(arg); }

static void an_alarm_is_exact_enough_for_a_handshake(void **state)
{
    (void)state;
    struct loop *loop = loop_create(0);
    struct alarm_clock *alarm = alarm_create(loop, stop_now, loop);
    int64_t begin = clock_mono_ms();
    alarm_set(alarm, 50);
    loop_run(loop);
    assert_true(clock_mono_ms() - begin >= 49);
    alarm_destroy(alarm);
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phases_run_in_order_and_none_is_left_over),
        cmocka_unit_test(letters_of_many_threads_all_arrive),
        cmocka_unit_test(what_is_laid_waits_for_the_wake_and_a_reader_is_woken_once),
        cmocka_unit_test(a_watch_hears_until_it_is_closed),
        cmocka_unit_test(a_coarse_timer_is_never_early_and_a_cancelled_one_never_fires),
        cmocka_unit_test(an_alarm_is_exact_enough_for_a_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
