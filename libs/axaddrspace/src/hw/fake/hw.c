/* SPDX-License-Identifier: Apache-2.0 */
/* The host's stand-in: nothing to do, and a count of what was asked for. */
#include "../../internal.h"

uint64_t axaddrspace_fake_published_bytes;
uint64_t axaddrspace_fake_cleaned_bytes;

void axaddrspace_hw_sync_tables(void)
{
}

void axaddrspace_hw_clean(const void *p, size_t bytes)
{
	(void)p;
	axaddrspace_fake_cleaned_bytes += bytes;
}

void axaddrspace_hw_publish(const void *p, size_t bytes)
{
	(void)p;
	axaddrspace_fake_published_bytes += bytes;
}
