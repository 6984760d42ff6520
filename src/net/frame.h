/* A frame: bytes ready for the kernel, immutable once shared, counted per loop (never crosses threads, so the count is plain).
   Encoded once, hung on any number of connections. */
#pragma once
#include "base/buf.h"
#include <stdbool.h>

struct frame {
    unsigned refs;
    bool droppable;    /* typing, presence: the first to go when a reader is slow */
    size_t n;          /* bytes */
    const char *bytes; /* behind this struct, or immutable memory that outlives everything (frame_create_static) */
};

struct frame *frame_create(struct span bytes, bool droppable); /* copies; refs 1. Gives */
/* refs 1, n bytes to be written at *room_out before the frame is shared. Gives; NULL when out of memory. */
struct frame *frame_create_room(size_t n, char **room_out);
struct frame *frame_create_static(struct span bytes); /* borrows the bytes for ever; refs 1. Gives */
static inline void frame_ref(struct frame *f) { f->refs++; }
void frame_unref(struct frame *f); /* NULL is fine */
