/* Accounts: who exists. */
#pragma once
#include "base/arena.h"
#include "base/id.h"
#include "base/span.h"

#define ACCOUNT_NAME_MAX_BYTES 64      /* and 32 code points */
#define ACCOUNT_PASSWORD_MAX_BYTES 72  /* bcrypt cuts there, so more is refused */

#define PERSON_NAME_MAX_BYTES 256     /* and 64 code points */
#define PERSON_AVATAR_MAX_BYTES 64    /* the token of a picture */

/* An account as others see it. */
struct person {
    struct account_id id;
    struct span username;
    struct span name;   /* chosen for display; empty: none */
    struct span avatar; /* token of the picture; empty: none */
    bool bot;
};
/* Bytes of its texts. */
size_t person_bytes(const struct person *p);
/* Moves its texts to *at, which has room for person_bytes, and *at behind them. */
void person_move(struct person *p, char **at);

#define ACCOUNT_ABOUT_MAX_POINTS 500
#define ACCOUNT_LOCALE_MAX_BYTES 16

/* An account as its owner and the administrators see it. */
struct account {
    struct person person;
    bool site_admin;
    int64_t created_us;
    struct span email;  /* empty: none */
    bool email_verified;
    struct span about, locale; /* locale: the language of our letters to them; empty: English */
    bool hide_read, hide_last_seen;
    int64_t used_bytes, quota_bytes; /* of their files; quota_bytes -1: the setting counts (ask_account puts it in) */
};

#define ACCOUNT_ERASED_PREFIX "deleted-" /* user names that begin so belong to deleted accounts */

struct account_credentials {
    struct span username, password;
};

struct account_register_in {
    struct account_credentials who;
    struct span email;    /* empty: none */
    struct span locale;   /* may be empty */
    struct span invite;   /* empty: none */
    struct span agent, address; /* for the session; empty agent and no_session: do not log in */
    bool no_session;
    bool by_email;        /* the address is what they log in with, and taken when anybody has it; the user name is made of name or address */
    struct span name;     /* for display; empty: none */
    struct span hash;     /* filled by the prepare step */
    struct span folded;   /* filled by the prepare step, with the next two */
    struct span email_sent, email_folded;
};
struct account_setup_in {
    struct span token;
    struct account_register_in as;
};
struct account_provision_in {
    struct account_register_in as;
    bool site_admin;
};
/* Finds the account of that name, or makes one that no password opens (not when registration is closed: forbidden). */
struct account_guest_in { struct span username; };
struct account_get_in { struct account_id id; bool with_desk; }; /* none: the asker; with_desk: their role at the desk is asked too */
struct account_find_in { struct span prefix; };
struct setup_state_in { char unused; };
struct invite_create_in { int64_t n_uses, expires_in_s; };

/* The answer of everything that logs in: what a door needs to issue tokens. */
struct grant {
    struct account account;
    struct session_id session;
    struct span refresh_token;
};
struct account_register_out { struct grant grant; };
struct account_setup_out { struct grant grant; };
struct account_provision_out { struct account account; };
struct account_guest_out { struct account account; };
struct account_get_out { struct account account; int desk_role; }; /* enum desk_role */
struct account_find_out { struct person *people; size_t n; };
struct setup_state_out { bool needed, mail; }; /* mail: letters can be sent */
struct invite_create_out { struct span code; int64_t n_uses, expires_us; };
