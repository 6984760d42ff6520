/* How often somebody may do something: token buckets in a table of fixed size, shared by all loops of the process. */
#pragma once
#include "base/id.h"
#include "base/span.h"
#include <stdbool.h>
#include <stdint.h>

/* LIMIT(name, burst, milliseconds until one more is allowed): the one list of what is limited and how. */
#define LIMIT_LIST(LIMIT)                                                             \
    LIMIT(login_account, 10, 6000)       /* log-ins: 10 a minute per account */       \
    LIMIT(login_address, 30, 2000)       /* log-ins: 30 a minute per address */       \
    LIMIT(register_address, 10, 360000)  /* new accounts: 10 an hour per address */   \
    LIMIT(letter_address, 5, 60000)      /* asking for letters per address */     \
    LIMIT(refresh_address, 60, 1000)     /* refreshed tokens per address */           \
    LIMIT(upload, 60, 1000)              /* files begun per account */                \
    LIMIT(send, 40, 200)                 /* messages per account */                   \
    LIMIT(change, 100, 50)               /* every other write per account */          \
    LIMIT(ask, 400, 10)                  /* reads per account */                      \
    LIMIT(signal, 60, 50)                /* typing per account */             \
    LIMIT(desk_address, 30, 20000)       /* visitors of the desk per address */       \
    LIMIT(hook, 30, 1000)                /* messages per incoming hook */

enum limit {
#define LIMIT(name, burst, period_ms) limit_##name,
    LIMIT_LIST(LIMIT)
#undef LIMIT
    limit_count
};

#define LIMIT_SOCKETS_PER_ACCOUNT 50

struct limits;

/* on false: limits_take always allows; sockets are counted all the same. Gives; aborts when out of memory (1.6 MiB, and never more). */
struct limits *limits_create(bool on);
void limits_destroy(struct limits *l);
bool limits_on(const struct limits *l);

/* True and one taken; or false and the whole seconds (at least 1) until it may be tried again. Any thread. now_ms: clock_mono_ms(). */
bool limits_take(struct limits *l, enum limit limit, struct span key, int64_t now_ms, int64_t *retry_after_s_out);
bool limits_take_account(struct limits *l, enum limit limit, struct account_id account, int64_t now_ms, int64_t *retry_after_s_out);
/* address: numeric text. An IPv6 address counts as its /64, which is what one household or one attacker has. */
bool limits_take_address(struct limits *l, enum limit limit, const char *address, int64_t now_ms, int64_t *retry_after_s_out);

/* Open sockets of an account over all loops. enter is false when there are LIMIT_SOCKETS_PER_ACCOUNT already; each true wants one leave. */
bool limits_socket_enter(struct limits *l, struct account_id account);
void limits_socket_leave(struct limits *l, struct account_id account);
