/* Sessions: one per log-in. The refresh token is random, stored hashed, rotated at each use; using an old one again revokes the session. */
#pragma once
#include "chat/account.h"

struct session_view {
    struct session_id id;
    int64_t created_us, used_us;
    struct span agent, address;
};

struct session_open_in {
    struct account_credentials who;
    struct span agent, address;
    struct account_id verified; /* filled by the prepare step */
    struct span hash_seen;      /* filled by the prepare step: the session opens only if it still stands */
    struct span hash_new;       /* too: what replaces it, when it is of an old kind or too cheap; empty: nothing does */
};
struct session_refresh_in { struct span refresh_token; };
struct session_list_in { char unused; };
struct session_revoke_in { struct session_id id; }; /* none: the asker's own */

struct session_open_out { struct grant grant; };
struct session_refresh_out { struct grant grant; };
struct session_list_out { struct session_view *sessions; size_t n; };
struct session_revoke_out { struct session_id id; };
