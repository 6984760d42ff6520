/* The figures of all loops, summed without stopping any of them: each loop writes its own row of plain atomics, anybody reads all rows. */
#pragma once
#include "door/door.h"

/* Process-wide. Gives; aborts when out of memory. */
struct doors *doors_create(int n_loops);
void doors_destroy(struct doors *all); /* after every loop has left */
/* On the loop's own thread (or before it runs): the row of loop_index() is kept fresh once a second from now on. door->all must be set. */
void doors_join(struct door *door);
void doors_leave(struct door *door);

/* The process as it is now, summed over its loops. */
struct figures_now {
    int64_t uptime_s, n_connections, n_websockets, n_online, memory_bytes;
};
void figures_now(struct door *door, struct figures_now *out);

/* What the house as a whole knows. */
enum house_figure {
#define HOUSE(name, metric, label, type, help) house_##name,
#include "door/house.def"
#undef HOUSE
    house_figure_count
};
/* Any thread: from now on /metrics shows these. */
void figures_of_house(struct doors *all, const int64_t values[house_figure_count]);

/* GET /health (wire fact of the old desk): {"status":"OK","timestamp":ISO,"uptime":seconds,"websocket":"active","connections":WebSockets}. */
void figures_health(struct request *r);
/* GET /metrics: Prometheus text format 0.0.4. Figures of other loops are at most a second old. */
void figures_metrics(struct request *r);
