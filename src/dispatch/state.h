/* The inside of dispatch. Private to this room. Everything belongs to the loop's thread, but for what a shipment's prepare step touches while the
   courier has it.

       tick ─► parcel_due ─► parcel_claim ─► batch of freights ─► courier ─► home ─► results ─► parcel_settle */
#pragma once
#include "base/list.h"
#include "dispatch/dispatch.h"

#define DISPATCH_TICK_MS 1000
#define DISPATCH_UNDER_WAY_MAX 256

/* The parcels of one claim: their texts live in the command until the last one is home. */
struct batch {
    struct command *command;
    size_t n_out;
    struct freight *freights;
};

struct freight {
    struct shipment shipment;
    struct dispatch *dispatch;
    struct batch *batch;
    struct parcel parcel;
};

struct dispatch {
    struct dispatch_config config;
    struct outbound *outbound;
    struct alarm_clock *tick;
    bool stopping;
    bool asking;   /* parcel_due or parcel_claim is under way */
    bool settling; /* parcel_settle is under way, with the first n_settling results */
    size_t n_under_way, n_settling, n_results;
    struct parcel_result results[2 * DISPATCH_UNDER_WAY_MAX];
    struct dispatch_figures figures;
};

void dispatch_look(struct dispatch *d);   /* is something due? Soon, not at the next tick */
void dispatch_settle(struct dispatch *d); /* results to the database, if any wait */

/* What an answer means for a parcel. Pure. */
enum parcel_verdict verdict_of(enum parcel_kind kind, enum fault fault, int status);
