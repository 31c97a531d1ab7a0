/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and guest code made visible. Arm ARM DDI 0487: B2.3.12 (DSB), D7.5.9 (cache maintenance). */
#include "../../internal.h"

#define CTR_EL0_DminLine AX_MASK64(19, 16) /* log2 of words */

void axaddrspace_hw_sync_tables(void)
{
	__asm__ volatile("dsb ishst" ::: "memory");
}

static void clean(const void *p, size_t bytes)
{
	uint64_t ctr;

	__asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
	uint64_t line = UINT64_C(4) << AX_FIELD_GET(CTR_EL0_DminLine, ctr);
	uintptr_t end = (uintptr_t)p + bytes;

	/* To the point of coherency, which a guest with its caches off reads from. */
	for (uintptr_t at = (uintptr_t)ax_align_down((uintptr_t)p, line); at < end; at += line) {
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	}
	__asm__ volatile("dsb sy" ::: "memory");
}

void axaddrspace_hw_publish(const void *p, size_t bytes)
{
	clean(p, bytes);
	/* All of the instruction cache: the guest's alias of the address is not known. */
	__asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}
