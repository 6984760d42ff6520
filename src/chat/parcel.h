/* Parcels: what waits in the outbox table to be sent to other hosts. Whoever wants something sent puts a parcel into the same transaction that makes
   it true (store_parcel_insert, mail_put), so that it is neither lost nor sent for nothing; the room dispatch takes, sends and settles them.
   A parcel is sent at least once: when the program is killed between sending and settling, it is sent again. */
#pragma once
#include "base/arena.h"
#include "base/id.h"
#include "base/span.h"

#define PARCEL_CLAIM_MAX 64        /* taken at once */
#define PARCEL_LEASE_S 150         /* whoever took it has so long to settle it */
#define PARCEL_MAIL_LIFE_S (2 * 86400)
#define PARCEL_PUSH_LIFE_S 86400
#define PARCEL_HOOK_LIFE_S (2 * 86400)

enum parcel_kind { parcel_mail = 1, parcel_push = 2, parcel_hook = 3 }; /* stored */
#define PARCEL_KINDS 4 /* of a table by kind */

struct parcel {
    int64_t id;
    enum parcel_kind kind;
    int64_t target;       /* the push subscription, the outgoing hook; 0: mail */
    struct room_id room;  /* none: mail */
    int64_t seq;          /* push: the message */
    struct span address;  /* mail: the recipient */
    struct span body;     /* mail: the message (RFC 5322); hook: JSON; push: empty */
    int64_t due_us, created_us, expires_us;
    int64_t attempts;     /* taken so often, this time included */
};

/* How it went, for parcel_settle. */
enum parcel_verdict {
    parcel_delivered, /* done */
    parcel_again,     /* later, unless it is too old by then */
    parcel_refused,   /* never: it is given up, the target stands */
    parcel_void,      /* nobody wanted it any more: it was not sent */
    parcel_gone,      /* the target itself is no more: a subscription is deleted with all that waits for it */
};
struct parcel_result {
    int64_t id, target, seq;
    enum parcel_kind kind;
    enum parcel_verdict verdict;
    int64_t status;        /* what the other side said; 0: nothing */
    int64_t retry_after_s; /* it asked for so long a pause; 0: it did not */
    int64_t attempts, expires_us; /* as claimed */
};

struct parcel_due_in { char unused; };
struct parcel_release_in { char unused; }; /* at the start of the only program: nobody is at anything */
struct parcel_claim_in { size_t max; }; /* at most PARCEL_CLAIM_MAX */
struct parcel_settle_in { struct parcel_result *results; size_t n; };
struct parcel_due_out { bool due, pushes, hooks; }; /* is there any subscription at all, any outgoing hook */
struct parcel_release_out { char unused; };
struct parcel_claim_out { struct parcel *parcels; size_t n; };
struct parcel_settle_out { size_t n_given_up[PARCEL_KINDS]; };

/* The pause before the next attempt, seconds: 5 s doubled with each attempt up to an hour, at least what the other side asked for (at most a day). */
int64_t parcel_pause_s(int64_t attempts, int64_t retry_after_s);
