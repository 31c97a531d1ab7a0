/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host memory: a buddy system over all RAM that is not taken. Free blocks carry their own list node;
 * a bit per block and order says whether a block is free, which is all that giving back needs. Blocks
 * are known to be zero as long as nobody had them, where the board can promise that.
 */
#include <axbase/bitmap.h>
#include <axbase/list.h>
#include <axbase/lock.h>
#include <axbase/mem.h>
#include <axport/assert.h>
#include <axport/log.h>
#include "inline.h"

/*
 * True: RAM reads as zero after power-on, so a block nobody had needs no clearing. Holds for QEMU when
 * it starts this image itself; set it to false where other software runs before. A warm reset is told
 * from power-on by a word in RAM that survives it.
 */
#define BOARD_RAM_STARTS_ZEROED 1
#define WARM_MAGIC              UINT64_C(0x6178766d2d776172)

#define MAX_ORDER               18 /* 1 GiB */
#define ORDERS                  (MAX_ORDER + 1)
#define MAX_TAKEN               (AXFDT_HOST_MAX_RESERVED + 4)

struct block {
	struct ax_list node;
	uint64_t order;
	uint64_t clean; /* all zero in memory but for this header */
};

static uint64_t warm_marker __attribute__((section(".noinit")));

static struct ax_spinlock lock = AX_SPINLOCK_INIT;
static struct ax_list free_lists[ORDERS]; /* lock */
static uint64_t *free_bits[ORDERS];       /* lock; indexed from ram_base */
static uint64_t free_bytes;               /* lock */
static uint64_t ram_base;                 /* const after init; 1 GiB aligned */
static uint64_t ram_end;                  /* const after init */
static uint64_t own_bytes;                /* const after init */

static struct axfdt_range taken[MAX_TAKEN]; /* used by init only */
static uint32_t taken_count;

static uint64_t order_bytes(unsigned order)
{
	return AX_PAGE_SIZE << order;
}

/** Zero, for guests without caches too. */
static void clear(void *p, uint64_t bytes)
{
	memset(p, 0, (size_t)bytes);
	board_memory_clean(p, bytes);
}

static size_t bit_of(uint64_t base, unsigned order)
{
	return (size_t)((base - ram_base) >> (AX_PAGE_SHIFT + order));
}

static struct block *block_at(uint64_t base)
{
	return (struct block *)(uintptr_t)base;
}

static void put_locked(uint64_t base, unsigned order, bool clean) AX_REQUIRES(lock)
{
	struct block *b = block_at(base);

	b->order = order;
	b->clean = clean;
	ax_list_init(&b->node);
	ax_list_insert(&free_lists[order], &b->node);
	ax_bitmap_set(free_bits[order], bit_of(base, order));
}

static struct block *take_locked(struct block *b) AX_REQUIRES(lock)
{
	ax_list_remove(&b->node);
	ax_bitmap_clear(free_bits[b->order], bit_of((uint64_t)(uintptr_t)b, (unsigned)b->order));
	return b;
}

/** Put a block in, joined with its free neighbours as far as that goes. */
static void release_locked(uint64_t base, unsigned order, bool clean) AX_REQUIRES(lock)
{
	free_bytes += order_bytes(order);
	while (order < MAX_ORDER) {
		uint64_t buddy = base ^ order_bytes(order);

		if (buddy < ram_base || buddy >= ram_end ||
		    !ax_bitmap_test(free_bits[order], bit_of(buddy, order))) {
			break;
		}
		struct block *b = take_locked(block_at(buddy));

		clean = clean && b->clean != 0;
		clear(b, sizeof(*b));
		base = base < buddy ? base : buddy;
		order++;
	}
	put_locked(base, order, clean);
}

/** Out of the free block @b, the @bytes at @at; the rest goes back. Unlocks. */
static void cut(struct block *b, uint64_t at, uint64_t bytes) AX_RELEASES(lock)
{
	unsigned order = (unsigned)b->order;
	uint64_t base = (uint64_t)(uintptr_t)take_locked(b);
	bool clean = b->clean != 0;

	while (order_bytes(order) > bytes) {
		order--;
		uint64_t upper = base + order_bytes(order);

		put_locked(at < upper ? upper : base, order, clean);
		base = at < upper ? base : upper;
	}
	free_bytes -= bytes;
	ax_spin_unlock(&lock);
	clear(block_at(at), clean ? sizeof(*b) : bytes);
}

static ax_err_t frame_alloc(void *ctx, uint64_t bytes, hpa_t *out)
{
	(void)ctx;
	ax_assert(bytes >= AX_PAGE_SIZE && (bytes & (bytes - 1)) == 0);
	unsigned want = ax_ctz64(bytes) - AX_PAGE_SHIFT;
	unsigned order = want;

	if (want > MAX_ORDER) {
		return AX_ENOMEM;
	}
	ax_spin_lock(&lock);
	while (order <= MAX_ORDER && ax_list_empty(&free_lists[order])) {
		order++;
	}
	if (order > MAX_ORDER) {
		ax_spin_unlock(&lock);
		return AX_ENOMEM;
	}
	struct block *b = AX_CONTAINER_OF(free_lists[order].next, struct block, node);

	*out = hpa((uint64_t)(uintptr_t)b);
	cut(b, out->v, bytes);
	return AX_OK;
}

/* Free neighbours are always joined: what is free as a whole lies in one free block. */
static ax_err_t frame_take(void *ctx, hpa_t at, uint64_t bytes)
{
	(void)ctx;
	ax_assert(bytes >= AX_PAGE_SIZE && (bytes & (bytes - 1)) == 0);
	ax_assert(ax_is_aligned(at.v, bytes));
	if (at.v < ram_base || at.v >= ram_end || bytes > ram_end - at.v) {
		return AX_ENOENT;
	}
	ax_spin_lock(&lock);
	for (unsigned order = ax_ctz64(bytes) - AX_PAGE_SHIFT; order <= MAX_ORDER; order++) {
		uint64_t base = ax_align_down(at.v, order_bytes(order));

		if (ax_bitmap_test(free_bits[order], bit_of(base, order))) {
			cut(block_at(base), at.v, bytes);
			return AX_OK;
		}
	}
	ax_spin_unlock(&lock);
	return AX_EBUSY;
}

static void frame_free(void *ctx, hpa_t frame, uint64_t bytes)
{
	(void)ctx;
	ax_assert(bytes >= AX_PAGE_SIZE && (bytes & (bytes - 1)) == 0);
	ax_assert(bytes <= order_bytes(MAX_ORDER) && ax_is_aligned(frame.v, bytes));
	ax_assert(frame.v >= ram_base && frame.v < ram_end && bytes <= ram_end - frame.v);
	ax_spin_lock(&lock);
	bool free_already = false;

	for (unsigned order = 0; order <= MAX_ORDER; order++) {
		free_already |= ax_bitmap_test(free_bits[order], bit_of(frame.v, order));
	}
	if (!free_already) {
		release_locked(frame.v, ax_ctz64(bytes) - AX_PAGE_SHIFT, false);
	}
	ax_spin_unlock(&lock);
	ax_assert(!free_already);
}

static void *frame_to_virt(void *ctx, hpa_t frame)
{
	(void)ctx;
	return (void *)(uintptr_t)frame.v;
}

const struct ax_frame_ops board_frame_ops = {
	.alloc = frame_alloc,
	.free = frame_free,
	.to_virt = frame_to_virt,
	.take = frame_take,
};

uint64_t board_free_bytes(void)
{
	ax_spin_lock(&lock);
	uint64_t bytes = free_bytes;

	ax_spin_unlock(&lock);
	return bytes;
}

uint64_t board_own_bytes(void)
{
	return own_bytes;
}

/** Remember [@base, @base + @size), widened to pages, as not free. Kept sorted. */
static void take_range(uint64_t base, uint64_t size)
{
	uint64_t start = ax_align_down(base, AX_PAGE_SIZE);
	uint32_t i = taken_count;

	if (!ax_range_valid(base, size)) {
		return;
	}
	for (; i > 0 && taken[i - 1].base > start; i--) {
		taken[i] = taken[i - 1];
	}
	taken[i] = (struct axfdt_range){ start, ax_align_up(base + size, AX_PAGE_SIZE) - start };
	taken_count++;
}

/** The next piece of [*@at, @end) that is not taken; false if there is none. *@at moves behind it. */
static bool next_free(uint64_t *at, uint64_t end, struct axfdt_range *piece)
{
	for (uint32_t i = 0; i < taken_count && *at < end; i++) {
		uint64_t stop = taken[i].base + taken[i].size;

		if (stop <= *at) {
			continue;
		}
		if (taken[i].base > *at) {
			uint64_t top = ax_min_u64(taken[i].base, end);

			*piece = (struct axfdt_range){ *at, top - *at };
			*at = top;
			return true;
		}
		*at = stop;
	}
	if (*at >= end) {
		return false;
	}
	*piece = (struct axfdt_range){ *at, end - *at };
	*at = end;
	return true;
}

static void add_range(struct axfdt_range r, bool clean)
{
	uint64_t end = r.base + r.size;

	ax_spin_lock(&lock);
	for (uint64_t at = r.base; at < end;) {
		unsigned order = 0;

		while (order < MAX_ORDER && ax_is_aligned(at, order_bytes(order + 1)) &&
		       order_bytes(order + 1) <= end - at) {
			order++;
		}
		release_locked(at, order, clean);
		at += order_bytes(order);
	}
	ax_spin_unlock(&lock);
}

static void ram_bounds(const struct axfdt_range *r, uint64_t *base, uint64_t *end)
{
	*base = ax_align_up(r->base, AX_PAGE_SIZE);
	*end = ax_align_down(r->base + r->size, AX_PAGE_SIZE);
}

/** Lay out the bitmaps at @mem, or with NULL only count; returns their bytes. */
static uint64_t place_bitmaps(uint8_t *mem)
{
	uint64_t bytes = 0;

	for (unsigned order = 0; order <= MAX_ORDER; order++) {
		uint64_t blocks = ((ram_end - ram_base) >> (AX_PAGE_SHIFT + order)) + 1;

		if (mem != NULL) {
			free_bits[order] = (uint64_t *)(void *)(mem + bytes);
		}
		bytes += AX_BITMAP_WORDS(blocks) * sizeof(uint64_t);
	}
	return ax_align_up(bytes, AX_PAGE_SIZE);
}

/** Find room for the bitmaps where it breaks up least, the smallest piece that does; clear and take it. */
static ax_err_t make_bitmaps(const struct axfdt_host *host)
{
	uint64_t need = place_bitmaps(NULL);
	struct axfdt_range best = { 0, UINT64_MAX };

	for (uint32_t i = 0; i < host->mem_count; i++) {
		struct axfdt_range piece;
		uint64_t at;
		uint64_t end;

		ram_bounds(&host->mem[i], &at, &end);
		while (next_free(&at, end, &piece)) {
			if (piece.size >= need && piece.size < best.size) {
				best = piece;
			}
		}
	}
	if (best.size == UINT64_MAX) {
		return AX_ENOMEM;
	}
	place_bitmaps((uint8_t *)(uintptr_t)best.base);
	memset((void *)(uintptr_t)best.base, 0, (size_t)need);
	take_range(best.base, need);
	own_bytes += need;
	return AX_OK;
}

static void take_all(const struct axfdt_host *host, uint64_t dtb)
{
	uint64_t image = (uint64_t)(uintptr_t)board_image_start;

	own_bytes = (uint64_t)(uintptr_t)board_image_end - image;
	take_range(image, own_bytes);
	take_range(dtb, host->size);
	take_range(host->initrd.base, host->initrd.size);
	for (uint32_t i = 0; i < host->reserved_count; i++) {
		take_range(host->reserved[i].base, host->reserved[i].size);
	}
}

ax_err_t board_mm_init(const struct axfdt_host *host, uint64_t dtb)
{
	bool zeroed = BOARD_RAM_STARTS_ZEROED != 0 && warm_marker != WARM_MAGIC;

	warm_marker = WARM_MAGIC;
	for (unsigned order = 0; order <= MAX_ORDER; order++) {
		ax_list_init(&free_lists[order]);
	}
	ram_base = UINT64_MAX;
	for (uint32_t i = 0; i < host->mem_count; i++) {
		ram_base = ax_min_u64(ram_base, host->mem[i].base);
		ram_end = ax_max_u64(ram_end, host->mem[i].base + host->mem[i].size);
	}
	ram_base = ax_align_down(ram_base, order_bytes(MAX_ORDER));
	take_all(host, dtb);
	ax_err_t err = make_bitmaps(host);

	if (err != AX_OK) {
		return err;
	}
	for (uint32_t i = 0; i < host->mem_count; i++) {
		struct axfdt_range piece;
		uint64_t at;
		uint64_t end;

		ram_bounds(&host->mem[i], &at, &end);
		while (next_free(&at, end, &piece)) {
			/* Below the image lies what QEMU starts CPUs with. */
			add_range(piece, zeroed && piece.base > BOARD_RAM_BASE);
		}
	}
	return AX_OK;
}
