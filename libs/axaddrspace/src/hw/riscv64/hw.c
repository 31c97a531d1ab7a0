/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and guest code made visible. Memory is coherent; instruction fetches need FENCE.I per hart. */
#include "../../internal.h"

void axaddrspace_hw_sync_tables(void)
{
	__asm__ volatile("fence rw, rw" ::: "memory");
}

void axaddrspace_hw_publish(const void *p, size_t bytes)
{
	(void)p;
	(void)bytes;
	__asm__ volatile("fence rw, rw\n\tfence.i" ::: "memory");
}
