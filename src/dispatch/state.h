/* The inside of dispatch. Private to this room. Everything belongs to the loop's thread, but for what a shipment's prepare step touches while the
   courier has it: its own freight.

       tick ─► parcel_due ─► parcel_claim ─► parcel_load ─► batch of freights ─► courier ─► home ─► results ─► parcel_settle
       hub's events ─► notices: rooms with news ─► notice_look ─► notice_write ─► outbox */
#pragma once
#include "base/hash.h"
#include "base/list.h"
#include "dispatch/dispatch.h"

#define DISPATCH_TICK_MS 1000
#define DISPATCH_SWEEP_TICKS 60         /* so often all marks are compared with their rooms */
#define DISPATCH_UNDER_WAY_MAX 256
#define DISPATCH_ONLINE_DELAY_S 15      /* who has a device online is pushed when nothing was read on it for so long */
#define DISPATCH_ROOMS_MAX 20000        /* rooms with news waiting to be looked at; beyond it the sweep finds them */
#define DISPATCH_PREVIEW_POINTS 120

/* The parcels of one claim: their texts live in the commands until the last one is home. */
struct batch {
    struct command *claim, *load;
    size_t n, n_out;
    struct freight *freights;
};

struct freight {
    struct shipment shipment;
    struct dispatch *dispatch;
    struct batch *batch;
    struct parcel parcel;
    const struct parcel_content *content;
    struct arena *arena; /* headers and body made on the way; NULL: none */
};

struct newsy { /* a room with news */
    UT_hash_handle hh;
    struct room_id id;
    int64_t heard; /* the first number heard of; 0: it was found behind */
};

struct notices {
    struct newsy *rooms;
    size_t n_rooms;
    bool looking, sweeping, pushes, hooks; /* a query is under way; there are subscriptions, outgoing hooks */
    int ticks_to_sweep;
};

struct dispatch {
    struct dispatch_config config;
    struct outbound *outbound;
    struct alarm_clock *tick;
    bool stopping, releasing, ready; /* ready: the leases of the program before are released */
    bool asking;   /* parcel_due, parcel_claim or parcel_load is under way */
    bool settling; /* parcel_settle is under way, with the first n_settling results */
    size_t n_under_way, n_settling, n_results;
    struct parcel_result results[2 * DISPATCH_UNDER_WAY_MAX];
    struct dispatch_figures figures;
    struct notices notices;
};

extern const struct actor dispatch_house; /* asks without being anybody */

void dispatch_look(struct dispatch *d);   /* is something due? Soon, not at the next tick */
void dispatch_settle(struct dispatch *d); /* results to the database, if any wait */

/* notices.c */
void notices_begin(struct dispatch *d);
void notices_end(struct dispatch *d);
void notices_tick(struct dispatch *d);
/* Whether there is anybody to be told at all, as the database says. */
void notices_wanted(struct dispatch *d, bool pushes, bool hooks);

/* freight.c: how a parcel becomes a shipment. Fills in all but the way home. */
void freight_load(struct freight *f);
void freight_unload(struct freight *f);

/* What an answer means for a parcel. Pure. */
enum parcel_verdict verdict_of(enum parcel_kind kind, enum fault fault, int status);
/* The first n code points, with an ellipsis when there were more. Control characters become spaces. In the arena. Pure. */
struct span preview_of(struct arena *arena, struct span text, size_t n_points);
/* "https://host:port" of a URL. Borrows. Pure. */
struct span origin_of(struct span url);
