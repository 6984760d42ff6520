/* Where connections lie: slabs of 64, so that an idle one costs its 320 bytes and no allocator's, and a reference is a place and a generation. A
   slab lives as long as its network: after a storm its memory serves the next one. The loop's thread only.
   Always: slot says where a connection lies for ever; generation grows when the place is taken again, so old references find nothing. */
#include "net/conn.h"
#include <stdlib.h>

static_assert(sizeof(struct conn) == 320, "a connection is five cache lines");
static_assert(offsetof(struct conn, net) % 64 == 0, "what a flush touches is one cache line");

static bool slab_add(struct net *net)
{
    struct conn **slabs = realloc(net->slabs, (net->n_slabs + 1) * sizeof *slabs);
    if (!slabs) return false;
    net->slabs = slabs;
    struct conn *slab = aligned_alloc(64, SLAB_CONNS * sizeof *slab);
    if (!slab) return false;
    for (uint32_t i = SLAB_CONNS; i-- > 0;) {
        slab[i] = (struct conn){ .net = net, .next_dirty = net->free_conns, .slot = net->n_slabs * SLAB_CONNS + i };
        net->free_conns = &slab[i];
    }
    slabs[net->n_slabs++] = slab;
    return true;
}

struct conn *slab_take(struct net *net)
{
    if (!net->free_conns && !slab_add(net)) return NULL;
    struct conn *c = net->free_conns;
    net->free_conns = c->next_dirty;
    uint32_t slot = c->slot, generation = c->generation;
    *c = (struct conn){ .net = net, .slot = slot, .generation = generation + 1 };
    return c;
}

void slab_give(struct conn *c)
{
    c->stage = stage_free;
    c->flags = 0;
    c->next_dirty = c->net->free_conns;
    c->net->free_conns = c;
}

/* References */

struct conn_ref conn_ref(const struct conn *c)
{
    return (struct conn_ref){ c->slot, c->generation };
}

struct conn *net_find(struct net *net, struct conn_ref ref)
{
    if (ref.slot / SLAB_CONNS >= net->n_slabs) return NULL;
    struct conn *c = &net->slabs[ref.slot / SLAB_CONNS][ref.slot % SLAB_CONNS];
    return c->generation == ref.generation && c->stage != stage_free && c->stage != stage_dead ? c : NULL;
}
