/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory as a library asks for it: page-table frames and the memory behind guest RAM. */
#pragma once
#include <axbase/types.h>

/**
 * One provider per address space or VM; given at init with its @ctx. No call may come back into the
 * library that made it; all may be made with that library's lock held.
 */
struct ax_frame_ops {
	/**
	 * @bytes of zeroed memory, contiguous and aligned to their size: 4 KiB, or a larger power of
	 * two. Zero for a reader past the caches too, as a guest is at its start: who clears memory with
	 * its caches on writes it back. AX_ENOMEM: none of that size; a smaller one may still be had.
	 */
	ax_err_t (*alloc)(void *ctx, uint64_t bytes, hpa_t *out);
	/** Give back what alloc() or take() gave, with the same @bytes. */
	void (*free)(void *ctx, hpa_t frame, uint64_t bytes);
	/** The hypervisor's pointer to @frame, good until it is freed. Never NULL. */
	void *(*to_virt)(void *ctx, hpa_t frame);
	/**
	 * As alloc(), but the block at @at, which is aligned to @bytes. AX_EBUSY: part of it is in use, or
	 * no block is that large; AX_ENOENT: not memory of this host. May be NULL: no place can be chosen.
	 */
	ax_err_t (*take)(void *ctx, hpa_t at, uint64_t bytes);
};
