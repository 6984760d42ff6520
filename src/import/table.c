/* The table of names. */
#include "import/table.h"
#include <stdlib.h>

struct entry *table_find(const struct table *t, struct span key)
{
    struct entry *e;
    HASH_FIND(hh, t->entries, key.p ? key.p : "", key.n, e);
    return e;
}

struct entry *table_put(struct table *t, struct span key, int64_t id)
{
    struct entry *e = table_find(t, key);
    if (e) return e;
    e = calloc(1, sizeof *e + key.n + 1);
    if (!e) abort();
    e->id = id;
    if (key.n) memcpy(e->key, key.p, key.n);
    HASH_ADD_KEYPTR(hh, t->entries, e->key, key.n, e);
    return e;
}

void table_fini(struct table *t)
{
    struct entry *e, *next;
    HASH_ITER(hh, t->entries, e, next) {
        HASH_DEL(t->entries, e);
        free(e);
    }
}
