/* Frames: one allocation holds the count and the bytes. The loop's thread only; whoever holds a reference keeps it alive. */
#include "net/frame.h"
#include <stdlib.h>

struct frame *frame_create_room(size_t n, char **room_out)
{
    struct frame *f = malloc(sizeof *f + n);
    if (!f) return NULL;
    *room_out = (char *)(f + 1);
    *f = (struct frame){ .refs = 1, .n = n, .bytes = *room_out };
    return f;
}

/* Out of memory for a frame is out of memory for the conversation: there is nobody left to tell. */
struct frame *frame_create(struct span bytes, bool droppable)
{
    char *room;
    struct frame *f = frame_create_room(bytes.n, &room);
    if (!f) abort();
    if (bytes.n) memcpy(room, bytes.p, bytes.n);
    f->droppable = droppable;
    return f;
}

struct frame *frame_create_static(struct span bytes)
{
    struct frame *f = malloc(sizeof *f);
    if (!f) abort();
    *f = (struct frame){ .refs = 1, .n = bytes.n, .bytes = bytes.p };
    return f;
}

void frame_unref(struct frame *f)
{
    if (f && --f->refs == 0) free(f);
}
