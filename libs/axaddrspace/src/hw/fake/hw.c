/* SPDX-License-Identifier: Apache-2.0 */
/* The host's stand-in: a count of what was asked for, and an access, as the instructions make one. */
#include "../../internal.h"

uint64_t axaddrspace_fake_published_bytes;
uint64_t axaddrspace_fake_cleaned_bytes;

static void touch(const void *p, size_t bytes)
{
	const volatile uint8_t *b = p;

	(void)b[0];
	(void)b[bytes - 1];
}

void axaddrspace_hw_sync_tables(void)
{
}

void axaddrspace_hw_clean(const void *p, size_t bytes)
{
	touch(p, bytes);
	axaddrspace_fake_cleaned_bytes += bytes;
}

void axaddrspace_hw_publish(const void *p, size_t bytes)
{
	touch(p, bytes);
	axaddrspace_fake_published_bytes += bytes;
}
