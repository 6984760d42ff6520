/* Times that all lie equally far ahead when they are set (a ping interval, a time-out), exact to the loop's millisecond: a queue and one
   alarm for all of them, 24 bytes each. Setting at the end and clearing are constant time. The loop's thread only. */
#pragma once
#include "loop/loop.h"

struct deadline {
    struct list node;
    int64_t due_ms; /* of loop_now_ms */
};

struct deadlines {
    struct list waiting; /* the next one first */
    struct loop *loop;
    struct alarm_clock *alarm;
    bool armed;
    void (*passed)(struct deadlines *all, struct deadline *d); /* taken out already; may set it again, and set or clear others */
};

void deadlines_init(struct deadlines *all, struct loop *loop, void (*passed)(struct deadlines *all, struct deadline *d));
void deadlines_fini(struct deadlines *all); /* nothing may wait */
void deadline_init(struct deadline *d);
void deadline_set(struct deadlines *all, struct deadline *d, int64_t due_ms); /* in whichever queue it was before */
void deadline_clear(struct deadline *d); /* also when it is not set */
