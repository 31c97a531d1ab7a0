/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor's own translation: 4 KiB granule, identity. Nothing is both writable and executable, and
 * neither page 0 nor the guard pages are there. Entries are only ever added, so no invalidation is
 * needed. What an entry looks like stands in the board's inline.h.
 */
#include "inline.h"

#define ENTRIES 512
/* The root, one for each 512 GiB and each GiB not mapped whole, one for each ragged 2 MiB. */
#define TABLES 16

static uint64_t tables[TABLES][ENTRIES] AX_ALIGNED(4096);
static uint32_t tables_used;

static unsigned level_shift(unsigned level)
{
	return 12 + 9 * (BOARD_MMU_LEVELS - 1 - level);
}

/** The table behind @entry, made if it is empty; NULL if there is a leaf (@leaf set), or no room. */
static uint64_t *descend(uint64_t *entry, bool *leaf)
{
	*leaf = false;
	if (board_pte_is_valid(*entry)) {
		*leaf = !board_pte_is_table(*entry);
		return *leaf ? NULL : (uint64_t *)(uintptr_t)board_pte_address(*entry);
	}
	if (tables_used == TABLES) {
		return NULL;
	}
	uint64_t *table = tables[tables_used++];

	board_tables_sync();
	*entry = board_pte_table((uint64_t)(uintptr_t)table);
	return table;
}

/** Map the largest piece that may start at @at and ends by @end; @next is where it stops. */
static ax_err_t map_piece(uint64_t at, uint64_t end, uint64_t bits, uint64_t *next)
{
	uint64_t *table = tables[0];

	for (unsigned level = 0;; level++) {
		bool last = level == BOARD_MMU_LEVELS - 1;
		uint64_t size = AX_BIT64(level_shift(level));
		uint64_t *entry = &table[(at >> level_shift(level)) % ENTRIES];
		bool fits =
			BOARD_MMU_BLOCKS_AT(level) && ax_is_aligned(at, size) && end - at >= size;
		bool leaf;

		if (last || (fits && !board_pte_is_valid(*entry))) {
			if (!board_pte_is_valid(*entry)) {
				*entry = board_pte_leaf(at, bits, last);
			}
			*next = at + size;
			return AX_OK;
		}
		table = descend(entry, &leaf);
		if (leaf) {
			*next = ax_align_down(at, size) + size;
			return AX_OK;
		}
		if (table == NULL) {
			return AX_ENOMEM;
		}
	}
}

ax_err_t board_mmu_map(uint64_t base, uint64_t size, enum board_map kind)
{
	uint64_t at = ax_align_down(base, AX_PAGE_SIZE);
	uint64_t end = ax_align_up(base + size, AX_PAGE_SIZE);
	ax_err_t err = AX_OK;

	if (!ax_range_valid(base, size) || end > AX_BIT64(BOARD_MMU_BITS) || end == 0) {
		return AX_EINVAL;
	}
	while (err == AX_OK && at < end) {
		err = map_piece(at, end, board_pte_bits(kind), &at);
	}
	board_tables_sync();
	return err;
}

static void map_between(const void *start, const void *end, enum board_map kind)
{
	uint64_t base = (uint64_t)(uintptr_t)start;

	/* A fresh pool holds all of the image; there is no one to report to yet. */
	(void)!board_mmu_map(base, (uint64_t)(uintptr_t)end - base, kind);
}

uint64_t board_guard_page(uint32_t cpu)
{
	return (uint64_t)(uintptr_t)board_stacks +
	       (uint64_t)cpu * (BOARD_GUARD_SIZE + BOARD_STACK_SIZE);
}

uint64_t board_mmu_root(void)
{
	return (uint64_t)(uintptr_t)tables[0];
}

/* Caches and MMU are off. */
void board_mmu_map_boot(uint64_t dtb, uint64_t dtb_size)
{
	tables_used = 1;
	map_between(board_image_start, board_text_end, BOARD_MAP_TEXT);
	map_between(board_text_end, board_rodata_end, BOARD_MAP_RODATA);
	map_between(board_rodata_end, board_stacks, BOARD_MAP_DATA);
	for (uint32_t i = 0; i < BOARD_MAX_CPUS; i++) {
		(void)!board_mmu_map(board_guard_page(i) + BOARD_GUARD_SIZE, BOARD_STACK_SIZE,
				     BOARD_MAP_DATA);
	}
	(void)!board_mmu_map(dtb, dtb_size, BOARD_MAP_DATA);
}

void board_mmu_map_device(const char *what, struct axfdt_range at)
{
	ax_err_t err = board_mmu_map(at.base, at.size, BOARD_MAP_DEVICE);

	if (err != AX_OK) {
		board_fail("%s at 0x%llx: %s", what, (unsigned long long)at.base, ax_err_name(err));
	}
}

/** Map what of [@base, @end) is outside the image. */
static ax_err_t map_around_image(uint64_t base, uint64_t end)
{
	uint64_t start = (uint64_t)(uintptr_t)board_image_start;
	uint64_t stop = (uint64_t)(uintptr_t)board_image_end;
	ax_err_t err = AX_OK;

	if (base < start) {
		err = board_mmu_map(base, ax_min_u64(end, start) - base, BOARD_MAP_DATA);
	}
	if (err == AX_OK && end > stop) {
		base = ax_max_u64(base, stop);
		err = board_mmu_map(base, end - base, BOARD_MAP_DATA);
	}
	return err;
}

ax_err_t board_mmu_map_ram(const struct axfdt_host *host)
{
	for (uint32_t i = 0; i < host->mem_count; i++) {
		/* Only whole pages are memory to anyone. */
		uint64_t base = ax_align_up(host->mem[i].base, AX_PAGE_SIZE);
		uint64_t end = ax_align_down(host->mem[i].base + host->mem[i].size, AX_PAGE_SIZE);
		ax_err_t err = base < end ? map_around_image(base, end) : AX_OK;

		if (err != AX_OK) {
			return err;
		}
	}
	return AX_OK;
}
