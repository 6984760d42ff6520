/* Lanes: order, batches that grow by themselves, the ceiling of the queue, nothing lost at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "work/lane.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct numbered { struct job job; int number; };

struct log {
    pthread_mutex_t lock;
    pthread_cond_t open;
    bool closed_gate;
    int seen[4096];
    int n_seen, n_batches, largest;
};

static void run(void *state, struct job **jobs, size_t n)
{
    struct log *log = state;
    pthread_mutex_lock(&log->lock);
    while (log->closed_gate) pthread_cond_wait(&log->open, &log->lock);
    log->n_batches++;
    if ((int)n > log->largest) log->largest = (int)n;
    for (size_t i = 0; i < n; i++) {
        struct numbered *job = container_of(jobs[i], struct numbered, job);
        log->seen[log->n_seen++] = job->number;
        free(job);
    }
    pthread_mutex_unlock(&log->lock);
}

static void set_gate(struct log *log, bool closed)
{
    pthread_mutex_lock(&log->lock);
    log->closed_gate = closed;
    pthread_cond_broadcast(&log->open);
    pthread_mutex_unlock(&log->lock);
}

static enum fault post(struct lane *lane, int from, int n, int *left_out)
{
    struct list jobs;
    list_init(&jobs);
    for (int i = 0; i < n; i++) {
        struct numbered *job = calloc(1, sizeof *job);
        job->number = from + i;
        list_append(&jobs, &job->job.node);
    }
    enum fault f = lane_post(lane, &jobs, (size_t)n);
    *left_out = 0;
    while (!list_empty(&jobs)) {
        struct list *node = jobs.next;
        list_remove(node);
        free(container_of(container_of(node, struct job, node), struct numbered, job));
        (*left_out)++;
    }
    return f;
}

static void what_waits_is_one_batch_in_order(void **state)
{
    (void)state;
    struct log log = { .lock = PTHREAD_MUTEX_INITIALIZER, .open = PTHREAD_COND_INITIALIZER };
    struct lane *lane = lane_create(&(struct lane_config){ .name = "test", .n_threads = 1, .batch_max = 100, .queue_max = 1000, .run = run, .arg = &log });
    int left;
    set_gate(&log, true);
    assert_int_equal(post(lane, 0, 1, &left), fault_none);
    for (int i = 0; i < 25; i++) assert_int_equal(post(lane, 1 + i * 10, 10, &left), fault_none);
    set_gate(&log, false);
    lane_destroy(lane);
    assert_int_equal(log.n_seen, 251);
    for (int i = 0; i < 251; i++) assert_int_equal(log.seen[i], i);
    assert_true(log.largest > 50 && log.largest <= 100);
}

static void a_full_queue_refuses_the_rest(void **state)
{
    (void)state;
    struct log log = { .lock = PTHREAD_MUTEX_INITIALIZER, .open = PTHREAD_COND_INITIALIZER };
    struct lane *lane = lane_create(&(struct lane_config){ .name = "test", .n_threads = 1, .batch_max = 1, .queue_max = 10, .run = run, .arg = &log });
    int left, accepted = 0;
    set_gate(&log, true);
    for (int i = 0; i < 30; i++) accepted += post(lane, i, 1, &left) == fault_none;
    assert_true(accepted >= 10 && accepted <= 11);
    assert_int_equal(post(lane, 100, 5, &left), fault_busy);
    assert_int_equal(left, 5);
    set_gate(&log, false);
    lane_destroy(lane);
    assert_int_equal(log.n_seen, accepted);
}

static void a_pool_of_four_runs_every_job_once(void **state)
{
    (void)state;
    struct log log = { .lock = PTHREAD_MUTEX_INITIALIZER, .open = PTHREAD_COND_INITIALIZER };
    struct lane *lane = lane_create(&(struct lane_config){ .name = "pool", .n_threads = 4, .batch_max = 1, .queue_max = 5000, .run = run, .arg = &log });
    int left;
    for (int i = 0; i < 20; i++) assert_int_equal(post(lane, i * 100, 100, &left), fault_none);
    lane_destroy(lane);
    static bool seen[2000];
    memset(seen, 0, sizeof seen);
    assert_int_equal(log.n_seen, 2000);
    for (int i = 0; i < 2000; i++) {
        assert_false(seen[log.seen[i]]);
        seen[log.seen[i]] = true;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_is_one_batch_in_order),
        cmocka_unit_test(a_full_queue_refuses_the_rest),
        cmocka_unit_test(a_pool_of_four_runs_every_job_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
