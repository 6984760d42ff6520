/* What the house still has to do, as the database knows it: how long the queues are that outlive the program. For operators. */
#pragma once
#include "chat/parcel.h"

struct queue_count_in { char unused; };
struct queue_count_out {
    int64_t n_parcels[PARCEL_KINDS]; /* in the outbox, by enum parcel_kind */
    int64_t oldest_parcel_us;        /* when the one was put in that waits longest; 0: none waits */
    int64_t n_trash;                 /* files nobody refers to any more, still to be unlinked */
    int64_t n_uploads;               /* begun and not finished */
    int64_t n_rooms_purging;         /* deleted rooms that are not swept out yet */
    int64_t index_behind;            /* messages and changes that the search index has not looked at; never less than there are */
};
