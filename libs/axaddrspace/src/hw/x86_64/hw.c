/* SPDX-License-Identifier: Apache-2.0 */
/* Caches and table walks are coherent, stores are seen in order; only the compiler must not reorder. */
#include "../../internal.h"

void axaddrspace_hw_sync_tables(void)
{
	__asm__ volatile("" ::: "memory");
}

void axaddrspace_hw_publish(const void *p, size_t bytes)
{
	(void)p;
	(void)bytes;
	__asm__ volatile("" ::: "memory");
}
