/* What leaves the house: takes parcels from the outbox table, hands them to the courier (work/outbound.h), and settles how it went. One per
   process, on the first loop. Nothing here stands in the way of a message: it asks the lanes like any client, and when nothing waits it costs
   one small reading query a second.

   A parcel is taken under a lease; killed in between, the program finds it again when the lease is over. So everything is sent at least
   once, and twice only when the program ended between the answer of the other side and the commit that notes it. */
#pragma once
#include "gate/gate.h"
#include "hub/hub.h"
#include "wire/push.h"
#include "work/outbound.h"

struct dispatch;
struct json_writer;

struct dispatch_config {
    struct loop *loop;
    struct gate_client *gate; /* of that loop; borrows, like the rest */
    struct hub *hub;          /* of that loop: who is online */
    struct outbound_config outbound;
    const struct vapid_key *vapid;
    struct span contact;      /* how a push service reaches the operator: mailto: or https: */
    bool preview;             /* pushes show the beginning of the message */
    bool (*encode_event)(struct json_writer *w, const struct event *e); /* what outgoing hooks are told; false: nothing */
};

struct dispatch *dispatch_create(const struct dispatch_config *config); /* before the loop runs. Gives */
void dispatch_stop(struct dispatch *d);       /* on the loop: takes nothing new */
void dispatch_leave_loop(struct dispatch *d); /* loop_run has returned: gives back what only a living loop can take */
void dispatch_end(struct dispatch *d);        /* no loop runs any more: ends the courier; what was under way is sent again at the next start */
void dispatch_destroy(struct dispatch *d);    /* after the loop was destroyed: it opens the last letters. NULL is fine */

/* Since the start, by enum parcel_kind: taken by the other side; attempts that were not; given up (refused, too old, the subscription is over). */
struct dispatch_figures {
    uint64_t n_sent[PARCEL_KINDS], n_failed[PARCEL_KINDS], n_dropped[PARCEL_KINDS];
    size_t n_under_way, n_rooms; /* at the courier; rooms with news that were not looked at yet */
};
/* On the loop. */
void dispatch_figures(const struct dispatch *d, struct dispatch_figures *out);
