/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags in generations. The idea of keeping the tags in use over a rollover is that of Linux's arm64
 * ASID allocator; here a guest registers per CPU when it becomes live, so a rollover knows them all.
 */
#include <axaddrspace/tag.h>
#include <axbase/mem.h>
#include <axport/assert.h>

#define GENERATION_STEP UINT64_C(0x10000)

void axaddrspace_tags_init(struct axaddrspace_tags *t, const struct axaddrspace_tags_cfg *cfg)
{
	ax_assert(cfg->cpu_count >= 1 && cfg->cpu_count <= AX_PORT_MAX_CPUS);
	ax_assert(cfg->count >= cfg->cpu_count + 2 && cfg->count <= GENERATION_STEP);
	*t = (struct axaddrspace_tags){ .cfg = *cfg, .next = 1 };
	atomic_init(&t->generation, GENERATION_STEP);
	memset(cfg->map, 0, AX_BITMAP_WORDS(cfg->count) * sizeof(uint64_t));
	ax_bitmap_set(cfg->map, 0);
}

/** First number not in use at or after @from; cfg.count if there is none. */
static uint32_t next_free(const struct axaddrspace_tags *t, uint32_t from)
{
	while (from < t->cfg.count && ax_bitmap_test(t->cfg.map, from)) {
		from++;
	}
	return from;
}

/** Start a generation in which only the guests live on a CPU have a tag: the one they had. */
static void roll_over(struct axaddrspace_tags *t)
{
	uint64_t generation = atomic_load_explicit(&t->generation, memory_order_relaxed);

	memset(t->cfg.map, 0, AX_BITMAP_WORDS(t->cfg.count) * sizeof(uint64_t));
	ax_bitmap_set(t->cfg.map, 0);
	for (uint32_t cpu = 0; cpu < t->cfg.cpu_count; cpu++) {
		struct axaddrspace_tag *tag = t->active[cpu];

		if (tag != NULL) {
			uint32_t number = axaddrspace_tag_number(tag);

			ax_bitmap_set(t->cfg.map, number);
			atomic_store_explicit(&tag->v, (generation + GENERATION_STEP) | number,
					      memory_order_relaxed);
		}
	}
	atomic_store_explicit(&t->generation, generation + GENERATION_STEP, memory_order_relaxed);
	t->next = 1;
	if (t->cfg.flush_all != NULL) {
		t->cfg.flush_all(t->cfg.ctx);
	} else {
		t->flush_pending = ~UINT64_C(0);
	}
}

static void assign(struct axaddrspace_tags *t, struct axaddrspace_tag *tag)
{
	uint32_t number = next_free(t, t->next);

	if (number == t->cfg.count) {
		roll_over(t);
		number = next_free(t, t->next);
	}
	ax_bitmap_set(t->cfg.map, number);
	t->next = number + 1;
	/* Whoever changes this guest's tables from now on must see the tag; see the invalidation. */
	atomic_store_explicit(&tag->v,
			      atomic_load_explicit(&t->generation, memory_order_relaxed) | number,
			      memory_order_seq_cst);
	atomic_thread_fence(memory_order_seq_cst);
}

uint32_t axaddrspace_tag_get(struct axaddrspace_tags *t, struct axaddrspace_tag *tag, uint32_t cpu)
{
	uint32_t todo = 0;

	ax_assert(cpu < t->cfg.cpu_count);
	ax_spin_lock(&t->lock);
	t->active[cpu] = NULL;
	if (!axaddrspace_tag_valid(t, tag)) {
		assign(t, tag);
		todo |= AXADDRSPACE_TAG_CHANGED;
	}
	t->active[cpu] = tag;
	if ((t->flush_pending & AX_BIT64(cpu)) != 0) {
		t->flush_pending &= ~AX_BIT64(cpu);
		todo |= AXADDRSPACE_TAG_FLUSH_LOCAL;
	}
	ax_spin_unlock(&t->lock);
	return todo;
}

void axaddrspace_tag_put(struct axaddrspace_tags *t, uint32_t cpu)
{
	ax_assert(cpu < t->cfg.cpu_count);
	ax_spin_lock(&t->lock);
	t->active[cpu] = NULL;
	ax_spin_unlock(&t->lock);
}
