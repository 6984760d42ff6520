/* Lanes and pools: worker threads that may block, fed from one queue. A batch is whatever waits when a thread comes back for more, up to
   batch_max: under load batches grow by themselves, when idle a single job runs at once. Any thread posts. The queue owns its jobs
   until a worker takes them. */
#include "work/lane.h"
#include "loop/loop.h"
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define LANE_THREADS_MAX 16

struct lane {
    struct lane_config config;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct list queue;
    size_t n_waiting;
    bool closing;
    struct thread *threads[LANE_THREADS_MAX];
};

/* Blocks until there is work; 0 means that the lane is closing and the queue is empty. */
static size_t take_batch(struct lane *lane, struct job **batch)
{
    size_t n = 0;
    pthread_mutex_lock(&lane->lock);
    while (list_empty(&lane->queue) && !lane->closing) pthread_cond_wait(&lane->filled, &lane->lock);
    while (n < lane->config.batch_max && !list_empty(&lane->queue)) {
        struct list *node = lane->queue.next;
        list_remove(node);
        batch[n++] = container_of(node, struct job, node);
    }
    lane->n_waiting -= n;
    pthread_mutex_unlock(&lane->lock);
    return n;
}

static void work(void *arg)
{
    struct lane *lane = arg;
    struct job **batch = calloc(lane->config.batch_max, sizeof *batch);
    if (!batch) abort();
    void *state = lane->config.start ? lane->config.start(lane->config.arg) : lane->config.arg;
    for (size_t n; (n = take_batch(lane, batch)) > 0;) lane->config.run(state, batch, n);
    if (lane->config.stop) lane->config.stop(state);
    free(batch);
}

struct lane *lane_create(const struct lane_config *config)
{
    assert(config->n_threads >= 1 && config->n_threads <= LANE_THREADS_MAX && config->batch_max >= 1);
    struct lane *lane = calloc(1, sizeof *lane);
    if (!lane) abort();
    lane->config = *config;
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->filled, NULL);
    list_init(&lane->queue);
    for (int i = 0; i < config->n_threads; i++) lane->threads[i] = thread_start(config->name, work, lane);
    return lane;
}

/* No more threads than there are jobs: the others would only meet at the lock and lie down again. */
static void wake(struct lane *lane, size_t n_jobs)
{
    if (n_jobs >= (size_t)lane->config.n_threads)
        pthread_cond_broadcast(&lane->filled);
    else
        for (size_t i = 0; i < n_jobs; i++) pthread_cond_signal(&lane->filled);
}

enum fault lane_post(struct lane *lane, struct list *jobs, size_t n)
{
    pthread_mutex_lock(&lane->lock);
    size_t room = lane->config.queue_max - lane->n_waiting, taken = 0;
    if (n <= room) {
        list_splice(&lane->queue, jobs);
        taken = n;
    }
    for (; taken < room && !list_empty(jobs); taken++) {
        struct list *node = jobs->next;
        list_remove(node);
        list_append(&lane->queue, node);
    }
    lane->n_waiting += taken;
    wake(lane, taken);
    pthread_mutex_unlock(&lane->lock);
    return list_empty(jobs) ? fault_none : fault_busy;
}

size_t lane_waiting(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    size_t n = lane->n_waiting;
    pthread_mutex_unlock(&lane->lock);
    return n;
}

void lane_destroy(struct lane *lane)
{
    if (!lane) return;
    pthread_mutex_lock(&lane->lock);
    lane->closing = true;
    pthread_cond_broadcast(&lane->filled);
    pthread_mutex_unlock(&lane->lock);
    for (int i = 0; i < lane->config.n_threads; i++) thread_join(lane->threads[i]);
    pthread_cond_destroy(&lane->filled);
    pthread_mutex_destroy(&lane->lock);
    free(lane);
}
