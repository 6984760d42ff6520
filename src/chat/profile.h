/* What people do with their own account after it was made: how they look to others, password, address, leaving. */
#pragma once
#include "chat/account.h"

#define LINK_VERIFY_TTL_S (7 * INT64_C(86400))
#define LINK_RESET_TTL_S INT64_C(3600)      /* sent by mail */
#define LINK_HANDED_TTL_S (3 * INT64_C(86400)) /* handed over by an administrator */
#define LINKS_PER_HOUR_MAX 3                /* letters with a link to one account */

/* Only what is named changes. name and about: empty takes it away. */
struct profile_change_in {
    bool has_name, has_about, has_hide_read, has_hide_last_seen, has_locale;
    struct span name, about, locale;
    bool hide_read, hide_last_seen;
};
struct profile_get_in { struct account_id id; };
struct password_change_in {
    struct span old, new;
    struct span hash_seen, hash; /* filled by the prepare step */
};
struct password_forgot_in { struct span who; }; /* a user name or an address */
struct password_reset_in { struct span token, password; struct span hash; /* filled by the prepare step */ };
struct email_change_in {
    struct span email; /* empty: none any more */
    struct span password;
    struct span hash_seen; /* filled by the prepare step */
};
struct email_verify_in { struct span token; };
struct account_deactivate_in { struct span password; struct span hash_seen; /* filled by the prepare step */ };
/* Oneself (account none; the password proves it) or a bot of one's own. */
struct account_erase_in {
    struct account_id account;
    struct span password;
    struct span hash_seen;      /* filled by the prepare step, with the rooms that will move */
    struct room_id *rooms;
    size_t n_rooms;
};

struct profile_change_out { struct account account; };
/* last_seen_us 0: never, or not shown. presence_hidden: they have blocked the asker. */
struct profile_get_out { struct account account; int64_t last_seen_us; bool presence_hidden; };
struct password_change_out { char unused; };
struct password_forgot_out { char unused; };
struct password_reset_out { char unused; };
struct email_change_out { struct account account; };
struct email_verify_out { char unused; };
struct account_deactivate_out { char unused; };
struct account_erase_out { char unused; };
