/* The bus that fails, for tests of catching up by sequence: it loses every second chain and doubles every third. Listeners must end with
   every event exactly once all the same. */
#include "bus/bus_driver.h"
#include <stdatomic.h>
#include <stdlib.h>

struct failing_bus {
    struct bus bus;
    atomic_uint n_published;
};

static void publish(struct bus *bus, struct event *chain)
{
    unsigned n = ++((struct failing_bus *)bus)->n_published;
    if (n % 2 == 0) {
        bus_drop(chain);
        return;
    }
    if (n % 3 == 0) {
        for (struct event *e = chain; e; e = e->next) event_ref(e);
        bus_mail(bus, chain);
    }
    bus_mail(bus, chain);
}

static void destroy(struct bus *bus) { free(bus); }

struct bus *bus_create_failing(void)
{
    struct failing_bus *failing = calloc(1, sizeof *failing);
    if (!failing) abort();
    failing->bus.publish = publish;
    failing->bus.destroy = destroy;
    return &failing->bus;
}
