/* list.h - a doubly linked list whose links live in its members
 *
 * A list is a `struct link` pointing at itself when empty. Removing needs no list.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/own.h"

struct link {
	struct link *prev, *next;
};

static inline void list_init(struct link *l)
{
	l->prev = l->next = l;
}

static inline bool list_is_empty(const struct link *l)
{
	return l->next == l;
}

static inline void list_push(struct link *list, struct link *item)
{
	item->prev = list->prev;
	item->next = list;
	list->prev->next = item;
	list->prev = item;
}

/* list_remove - safe on an initialised item that is in no list. */
static inline void list_remove(struct link *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

static inline struct link *list_first(struct link *list)
{
	return list_is_empty(list) ? NULL : list->next;
}

/* Walk; the current item may be removed and freed by the body. */
#define list_each(item, list)                                                             \
	for (struct link *item = (list)->next, *next_##item = item->next; item != (list); \
	     item = next_##item, next_##item = item->next)
