/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags of cached translations (VMID, VPID, ASID), handed out in generations. When they run out, a new
 * generation starts: whoever is on a CPU keeps his tag, everyone else gets one when he next runs.
 */
#pragma once
#include <axbase/bitmap.h>
#include <axbase/lock.h>
#include <axport/port.h>

/** The tag of one guest: generation << 16 | number. Zeroed storage is a guest that never had one. */
struct axaddrspace_tag {
	_Atomic uint64_t v;
};

struct axaddrspace_tags_cfg {
	uint32_t count;     /* tags the machine has, the reserved tag 0 included; at most 65536 */
	uint64_t *map;      /* AX_BITMAP_WORDS(count) words, the allocator's own from now on */
	uint32_t cpu_count; /* pCPUs that run guests; @count must be at least cpu_count + 2 */
	/**
	 * Drop every guest's cached translations on all CPUs, done on return. Called with the
	 * allocator's lock held. NULL: axaddrspace_tag_get() tells each CPU to do it for itself.
	 */
	void (*flush_all)(void *ctx);
	void *ctx;
};

struct axaddrspace_tags {
	struct ax_spinlock lock;
	_Atomic uint64_t generation; /* in place, that is << 16; never 0 after init */
	struct axaddrspace_tags_cfg cfg;
	uint32_t next;          /* lock: where the search for a free tag goes on */
	uint64_t flush_pending; /* lock: a bit per CPU */
	struct axaddrspace_tag *active[AX_PORT_MAX_CPUS]; /* lock */
};

/** What the caller has to do after axaddrspace_tag_get(). */
#define AXADDRSPACE_TAG_CHANGED     UINT32_C(0x1) /* the number is a new one: program it again */
#define AXADDRSPACE_TAG_FLUSH_LOCAL UINT32_C(0x2) /* drop all guests' translations on this CPU */

/** Panics if @cfg breaks its limits. */
void axaddrspace_tags_init(struct axaddrspace_tags *t, const struct axaddrspace_tags_cfg *cfg);

/**
 * Make @tag valid and keep it so until @cpu calls this for another guest or axaddrspace_tag_put().
 * Call when a guest becomes the one whose state is live on @cpu; returns AXADDRSPACE_TAG_ bits. A
 * guest may be live on several CPUs. Takes the allocator's lock. @tag must outlive its turn on @cpu.
 */
uint32_t axaddrspace_tag_get(struct axaddrspace_tags *t, struct axaddrspace_tag *tag, uint32_t cpu);

/** No guest is live on @cpu any more. Takes the allocator's lock. */
void axaddrspace_tag_put(struct axaddrspace_tags *t, uint32_t cpu);

/** True if @tag is of the current generation. It stays so only between get and put. Any CPU. */
static inline bool axaddrspace_tag_valid(const struct axaddrspace_tags *t,
					 const struct axaddrspace_tag *tag)
{
	return ((atomic_load_explicit(&tag->v, memory_order_relaxed) ^
		 atomic_load_explicit(&t->generation, memory_order_relaxed)) >>
		16) == 0;
}

/** The number for hardware; 0 if @tag never had one. */
static inline uint32_t axaddrspace_tag_number(const struct axaddrspace_tag *tag)
{
	return (uint32_t)(atomic_load_explicit(&tag->v, memory_order_relaxed) & 0xffff);
}
