/* Intrusive doubly linked ring. A node that is in no list points at itself (list_init). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *prev, *next;
};

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define list_each(node, head) for (struct list *node = (head)->next; node != (head); node = node->next)
/* Safe against removal of the current node. */
#define list_each_safe(node, tmp, head) \
    for (struct list *node = (head)->next, *tmp = node->next; node != (head); node = tmp, tmp = node->next)

static inline void list_init(struct list *l) { l->prev = l->next = l; }
static inline bool list_empty(const struct list *l) { return l->next == l; }
static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev, node->next = head;
    head->prev->next = node, head->prev = node;
}
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next, node->next->prev = node->prev;
    list_init(node);
}
/* Moves all of src to the end of dst; src becomes empty. */
static inline void list_splice(struct list *dst, struct list *src)
{
    if (list_empty(src)) return;
    src->next->prev = dst->prev, dst->prev->next = src->next;
    src->prev->next = dst, dst->prev = src->prev;
    list_init(src);
}
