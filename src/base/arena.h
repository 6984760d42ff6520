/* Memory of one unit of work: many small allocations, dropped whole. Not thread-safe; it may move between threads together with
   its work. The struct lives inside its own first chunk, so an empty arena costs one malloc. */
#pragma once
#include "base/span.h"

struct arena;

/* first_bytes is a hint for the first chunk, max_bytes the ceiling over all chunks. Gives; NULL when out of memory. */
struct arena *arena_create(size_t first_bytes, size_t max_bytes);
void arena_destroy(struct arena *a); /* NULL is fine */
/* Zeroed, 16-byte aligned. Never returns NULL: passing the ceiling or running out of memory aborts, because everything that sizes
   an arena has passed a ceiling of its own first. */
void *arena_alloc(struct arena *a, size_t n_bytes);
struct span arena_copy(struct arena *a, struct span s); /* copy is NUL-terminated one past its end */
struct span arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (count)))
