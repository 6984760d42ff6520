/* Token buckets, kept as one time stamp each (GCRA): the moment at which the bucket is full again. Any thread.

   The table never grows: 65,536 slots in sets of 8. A key lives in the set that its keyed hash chooses, so nobody can aim at another's set. When
   a set is full the slot that is (nearest to being) full of tokens gives way: it is the one whose loss forgives least. Each set has a spin
   lock held for some tens of instructions; loops meet there only by chance.

   Sockets are counted in four rows of counters, each chosen by other bits of a keyed hash (a count-min sketch): an account is judged by the smallest
   of its four, so it is refused early only when it shares all of them with busy others, and never late. */
#include "door/limits.h"
#include "base/hash.h"
#include <arpa/inet.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define N_SETS 8192
#define N_WAYS 8
#define N_ROWS 4
#define N_COUNTERS 65536

struct bucket {
    uint64_t key;     /* 0: never used */
    int64_t full_at_ms;
};
struct bucket_set {
    atomic_flag lock;
    struct bucket ways[N_WAYS];
};
struct limits {
    bool on;
    struct bucket_set sets[N_SETS];
    atomic_ushort sockets[N_ROWS][N_COUNTERS];
};

struct limit_rule {
    int64_t burst, period_ms;
};
static const struct limit_rule rules[limit_count] = {
#define LIMIT(name, n, ms) [limit_##name] = { n, ms },
    LIMIT_LIST(LIMIT)
#undef LIMIT
};

struct limits *limits_create(bool on)
{
    struct limits *l = calloc(1, sizeof *l);
    if (!l) abort();
    l->on = on;
    for (size_t i = 0; i < N_SETS; i++) atomic_flag_clear(&l->sets[i].lock);
    return l;
}

void limits_destroy(struct limits *l)
{
    free(l);
}

bool limits_on(const struct limits *l)
{
    return l->on;
}

static void set_lock(struct bucket_set *set)
{
    for (int spins = 0; atomic_flag_test_and_set_explicit(&set->lock, memory_order_acquire); spins++)
        if (spins > 100) sched_yield();
}

static struct bucket *bucket_find(struct bucket_set *set, uint64_t key)
{
    struct bucket *fullest = &set->ways[0];
    for (int i = 0; i < N_WAYS; i++) {
        if (set->ways[i].key == key) return &set->ways[i];
        if (set->ways[i].full_at_ms < fullest->full_at_ms) fullest = &set->ways[i];
    }
    *fullest = (struct bucket){ .key = key };
    return fullest;
}

static bool bucket_take(struct bucket *b, const struct limit_rule *rule, int64_t now_ms, int64_t *retry_after_s_out)
{
    int64_t from = b->full_at_ms > now_ms ? b->full_at_ms : now_ms;
    int64_t over_ms = from + rule->period_ms - now_ms - rule->burst * rule->period_ms;
    if (over_ms > 0) {
        *retry_after_s_out = (over_ms + 999) / 1000;
        return false;
    }
    b->full_at_ms = from + rule->period_ms;
    return true;
}

bool limits_take(struct limits *l, enum limit limit, struct span key, int64_t now_ms, int64_t *retry_after_s_out)
{
    if (!l->on) return true;
    uint64_t hash = hash_u64(hash_bytes(key.p, key.n) + (uint64_t)limit) | 1;
    struct bucket_set *set = &l->sets[(hash >> 32) % N_SETS];
    set_lock(set);
    bool taken = bucket_take(bucket_find(set, hash), &rules[limit], now_ms, retry_after_s_out);
    atomic_flag_clear_explicit(&set->lock, memory_order_release);
    return taken;
}

bool limits_take_account(struct limits *l, enum limit limit, struct account_id account, int64_t now_ms, int64_t *retry_after_s_out)
{
    return limits_take(l, limit, span_make(&account.v, sizeof account.v), now_ms, retry_after_s_out);
}

bool limits_take_address(struct limits *l, enum limit limit, const char *address, int64_t now_ms, int64_t *retry_after_s_out)
{
    struct in6_addr six;
    bool is_six = inet_pton(AF_INET6, address, &six) == 1 && !IN6_IS_ADDR_V4MAPPED(&six);
    return limits_take(l, limit, is_six ? span_make(&six, 8) : span_of(address), now_ms, retry_after_s_out);
}

static atomic_ushort *counter_of(struct limits *l, struct account_id account, int row)
{
    return &l->sockets[row][hash_u64((uint64_t)account.v) >> (16 * row) & (N_COUNTERS - 1)];
}

bool limits_socket_enter(struct limits *l, struct account_id account)
{
    unsigned least = LIMIT_SOCKETS_PER_ACCOUNT;
    for (int row = 0; row < N_ROWS; row++) {
        unsigned n = atomic_fetch_add_explicit(counter_of(l, account, row), 1, memory_order_relaxed);
        if (n < least) least = n;
    }
    if (least < LIMIT_SOCKETS_PER_ACCOUNT) return true;
    limits_socket_leave(l, account);
    return false;
}

void limits_socket_leave(struct limits *l, struct account_id account)
{
    for (int row = 0; row < N_ROWS; row++) atomic_fetch_sub_explicit(counter_of(l, account, row), 1, memory_order_relaxed);
}
