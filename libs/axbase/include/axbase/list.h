/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked ring. A node is in at most one list; an unlinked node points to itself. */
#pragma once
#include <axbase/types.h>

struct ax_list {
	struct ax_list *prev;
	struct ax_list *next;
};

/** Make @l an empty head, or an unlinked node. */
static inline void ax_list_init(struct ax_list *l)
{
	l->prev = l;
	l->next = l;
}

static inline bool ax_list_empty(const struct ax_list *l)
{
	return l->next == l;
}

/** Link the unlinked @node before @pos; with a head as @pos, at the tail. */
static inline void ax_list_insert(struct ax_list *pos, struct ax_list *node)
{
	node->prev = pos->prev;
	node->next = pos;
	pos->prev->next = node;
	pos->prev = node;
}

/** Unlink @node; harmless if it is not linked. */
static inline void ax_list_remove(struct ax_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	ax_list_init(node);
}

/** Visit each node; the body must not unlink @pos. */
#define ax_list_for_each(pos, head) \
	for (struct ax_list *pos = (head)->next; pos != (head); pos = pos->next)
