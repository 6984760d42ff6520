/* What every bus does: keep the listeners, and mail a chain of events to each loop in one letter. The events are shared, not copied: each
   letter holds one reference of each event and drops it when the listener has read it. Any thread publishes. */
#include "bus/bus_driver.h"
#include <assert.h>
#include "base/list.h"
#include <stdlib.h>

struct event_letter {
    struct letter letter;
    struct bus_listener to;
    struct event *chain;
};

void bus_drop(struct event *chain)
{
    while (chain) {
        struct event *next = chain->next;
        event_unref(chain);
        chain = next;
    }
}

static void read_letter(struct letter *l)
{
    struct event_letter *letter = container_of(l, struct event_letter, letter);
    letter->to.fn(letter->to.arg, letter->chain);
    bus_drop(letter->chain);
    free(letter);
}

void bus_mail(struct bus *bus, struct event *chain)
{
    for (int i = 0; i < bus->n_listeners; i++) {
        struct event_letter *letter = malloc(sizeof *letter);
        if (!letter) abort();
        for (struct event *e = chain; e; e = e->next) event_ref(e);
        *letter = (struct event_letter){ .letter.open = read_letter, .to = bus->listeners[i], .chain = chain };
        mailbox_post(bus->listeners[i].mailbox, &letter->letter);
    }
    bus_drop(chain);
}

void bus_listen(struct bus *bus, struct mailbox *mailbox, bus_listener_fn *fn, void *arg)
{
    assert(bus->n_listeners < BUS_LISTENERS_MAX);
    bus->listeners[bus->n_listeners++] = (struct bus_listener){ mailbox, fn, arg };
}

void bus_publish(struct bus *bus, struct event *chain)
{
    if (chain) bus->publish(bus, chain);
}

void bus_destroy(struct bus *bus)
{
    if (bus) bus->destroy(bus);
}
