/* The wheel behind loop.h's coarse timers. Private to this room. */
#pragma once
#include "loop/loop.h"

#define WHEEL_SLOTS 256
#define WHEEL_TICK_MS 250

struct wheel {
    struct list slots[WHEEL_SLOTS];
    int64_t tick; /* the tick that was handled last */
};

void wheel_init(struct wheel *w, int64_t now_ms);
void wheel_set(struct wheel *w, struct timer *t, int64_t due_ms);
/* Fires everything due at now_ms. */
void wheel_advance(struct wheel *w, int64_t now_ms);
