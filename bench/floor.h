/* What the database floors and the port's own measurement share: one workload, one table with one index, one JSON line. */
#pragma once
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FLOOR_TEXT_BYTES 128
#define FLOOR_ROOMS 64 /* as many as the case above the floor has senders, each in a room of their own */
#define FLOOR_ROWS_PER_COMMIT_MAX 1024

struct floor_run {
    const char *name;
    int64_t rows_per_commit, total;
    int64_t *commit_us;
    size_t n_commits;
    int64_t begun_us;
};

static inline int64_t floor_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline void floor_die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static inline int64_t floor_number(const char *text)
{
    char *end;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end) floor_die("not a number", text);
    return v;
}

static inline struct floor_run floor_begin(const char *name, int64_t rows_per_commit, int64_t total)
{
    if (rows_per_commit < 1 || rows_per_commit > FLOOR_ROWS_PER_COMMIT_MAX || total < rows_per_commit)
        floor_die(name, "rows per commit: 1 to 1024; total: at least as many");
    struct floor_run run = { .name = name, .rows_per_commit = rows_per_commit, .total = total / rows_per_commit * rows_per_commit };
    run.commit_us = calloc((size_t)(total / rows_per_commit), sizeof *run.commit_us);
    if (!run.commit_us) floor_die(name, "out of memory");
    run.begun_us = floor_now_us();
    return run;
}

/* A row's content: what differs is counted, the text is FLOOR_TEXT_BYTES long. */
static inline void floor_text(char out[FLOOR_TEXT_BYTES + 1], int64_t row)
{
    memset(out, 'a' + (int)(row % 26), FLOOR_TEXT_BYTES);
    int n = snprintf(out, FLOOR_TEXT_BYTES, "%" PRId64 " ", row);
    out[n] = 'x';
    out[FLOOR_TEXT_BYTES] = 0;
}

static inline void floor_committed(struct floor_run *run, int64_t since_us)
{
    run->commit_us[run->n_commits++] = floor_now_us() - since_us;
}

static inline int floor_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static inline void floor_end(struct floor_run *run)
{
    int64_t took_us = floor_now_us() - run->begun_us;
    qsort(run->commit_us, run->n_commits, sizeof *run->commit_us, floor_compare);
    printf("{\"case\":\"%s\",\"rows\":%" PRId64 ",\"rows_per_commit\":%" PRId64 ",\"rows_per_s\":%.0f,\"batch_p50_us\":%" PRId64
           ",\"batch_p99_us\":%" PRId64 "}\n",
           run->name, run->total, run->rows_per_commit, (double)run->total * 1e6 / (double)took_us, run->commit_us[run->n_commits / 2],
           run->commit_us[run->n_commits * 99 / 100]);
    free(run->commit_us);
}
