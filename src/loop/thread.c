/* Named threads. The caller owns the handle until it joins. */
#include "loop/loop.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct thread {
    pthread_t id;
    char name[16];
    void (*run)(void *);
    void *arg;
};

static void *enter(void *p)
{
    struct thread *t = p;
    pthread_setname_np(pthread_self(), t->name);
    t->run(t->arg);
    return NULL;
}

/* Threads start with all signals blocked: signals belong to the first loop, which asks for them by name. */
struct thread *thread_start(const char *name, void (*run)(void *), void *arg)
{
    struct thread *t = calloc(1, sizeof *t);
    if (!t) abort();
    snprintf(t->name, sizeof t->name, "%s", name);
    t->run = run, t->arg = arg;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&t->id, NULL, enter, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) abort();
    return t;
}

void thread_join(struct thread *t)
{
    if (!t) return;
    pthread_join(t->id, NULL);
    free(t);
}
