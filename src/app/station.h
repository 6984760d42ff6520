/* One loop and everything that lives on it: the network, the hub, the way to the lanes. A server is a row of equal stations. */
#pragma once
#include "app/config.h"
#include "door/door.h"
#include "door/figures.h"
#include "door/limits.h"

#define STATION_DRAIN_MS 10000 /* what was accepted has this long to be committed and answered */
#define STATION_CLOSE_MS 2000  /* and the closing hand-shakes this long on top */

struct station_shared {        /* borrowed by every station */
    const struct config *config;
    const struct door_settings *door_settings;
    const struct router *router;
    struct tls *tls;
    const struct net_proxies *proxies;
    struct gate *gate;
    struct files *files;
    struct bus *bus;
    struct limits *limits;
    struct doors *doors;
    struct nets *nets;
};

struct station;

/* port: the configured one, or the one that the first station got. Prints why it failed. Gives. */
must_use enum fault station_create(const struct station_shared *shared, int index, int port, struct station **out);
int station_port(const struct station *s);
struct loop *station_loop(struct station *s);
const struct door *station_door(const struct station *s);
struct indexing *station_indexing(const struct station *s); /* of the first one; NULL: it has none */
/* Runs on the calling thread until stopped. */
void station_run(struct station *s);
/* After station_run: everybody was answered and every socket is closed. Otherwise the station must be abandoned to the end of the process. */
bool station_is_clean(const struct station *s);
/* Asks for a graceful stop: no new work; what was accepted is answered; sockets closed with 1001. Any thread, once. */
void station_stop(struct station *s);
void station_destroy(struct station *s); /* after station_run has returned */
