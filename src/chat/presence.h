/* What is kept of presence: when an account's last device went. Who is here now is known to the hub alone. */
#pragma once
#include "chat/account.h"

#define PRESENCE_LOOK_MAX 500
#define PRESENCE_LEFT_MAX 1024

struct presence_view {
    struct account_id id;
    int64_t last_seen_us; /* 0: never, or hidden */
    bool hidden;          /* the asker is blocked by them: may not learn whether they are here */
};

struct presence_look_in { const struct account_id *accounts; size_t n; };
/* Accounts and when they were last here; the newer time stands. Ids that are no account any more are nothing. */
struct presence_left_in { const struct account_id *accounts; const int64_t *at_us; size_t n; };
struct presence_look_out { struct presence_view *people; size_t n; }; /* as asked, without those who do not exist */
struct presence_left_out { char unused; };
