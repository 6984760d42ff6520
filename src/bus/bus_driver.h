/* The bus for those who implement one. A driver embeds struct bus first. */
#pragma once
#include "bus/bus.h"

#define BUS_LISTENERS_MAX 64

struct bus_listener {
    struct mailbox *mailbox;
    bus_listener_fn *fn;
    void *arg;
};

struct bus {
    void (*publish)(struct bus *bus, struct event *chain); /* takes the chain */
    void (*destroy)(struct bus *bus);
    struct bus_listener listeners[BUS_LISTENERS_MAX];
    int n_listeners;
};

/* Mails the chain to every listener of this process. Takes one reference of each event. */
void bus_mail(struct bus *bus, struct event *chain);
/* Drops one reference of each event of the chain. */
void bus_drop(struct event *chain);
