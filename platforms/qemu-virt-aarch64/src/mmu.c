/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor's own translation: EL2 stage 1, 4 KiB granule, identity. Nothing is both writable
 * and executable (WXN holds that too), and neither page 0 nor the guard pages are there. Entries are
 * only ever added, so no invalidation is needed. Arm ARM DDI0487, D8.
 */
#include "internal.h"
#include "sysreg.h"

#define PTE_VALID   AX_BIT64(0)
#define PTE_TABLE   AX_BIT64(1) /* at level 3: page */
#define PTE_ATTR    AX_MASK64(4, 2)
#define PTE_AP1     AX_BIT64(6) /* RES1 in a regime without EL0 */
#define PTE_RO      AX_BIT64(7)
#define PTE_SH      AX_MASK64(9, 8)
#define PTE_AF      AX_BIT64(10)
#define PTE_ADDRESS AX_MASK64(47, 12)
#define PTE_XN      AX_BIT64(54)

#define ATTR_NORMAL UINT64_C(0) /* index into MAIR_EL2 */
#define ATTR_DEVICE UINT64_C(1)
#define MAIR_VALUE  (UINT64_C(0xff) | UINT64_C(0x04) << 8) /* write-back; Device-nGnRE */
#define SH_INNER    UINT64_C(3)

#define TCR_RES1    (AX_BIT64(31) | AX_BIT64(23))
#define TCR_PS      AX_MASK64(18, 16)
#define TCR_SH0     AX_MASK64(13, 12)
#define TCR_ORGN0   AX_MASK64(11, 10)
#define TCR_IRGN0   AX_MASK64(9, 8)
#define TCR_T0SZ    AX_MASK64(5, 0)

#define SCTLR_M     AX_BIT64(0)
#define SCTLR_C     AX_BIT64(2)
#define SCTLR_SA    AX_BIT64(3)
#define SCTLR_I     AX_BIT64(12)
#define SCTLR_WXN   AX_BIT64(19)

#define ENTRIES     512
/* The root, one for each 512 GiB and each GiB not mapped whole, one for each ragged 2 MiB. */
#define TABLES 16

static uint64_t tables[TABLES][ENTRIES] AX_ALIGNED(4096);
static uint32_t tables_used;
struct board_mmu_regs board_mmu_regs;

static unsigned level_shift(unsigned level)
{
	return 39 - 9 * level;
}

static uint64_t leaf_bits(enum board_map kind)
{
	uint64_t normal = PTE_VALID | PTE_AF | PTE_AP1 | AX_FIELD_PREP(PTE_SH, SH_INNER) |
			  AX_FIELD_PREP(PTE_ATTR, ATTR_NORMAL);

	switch (kind) {
	case BOARD_MAP_TEXT:
		return normal | PTE_RO;
	case BOARD_MAP_RODATA:
		return normal | PTE_RO | PTE_XN;
	case BOARD_MAP_DATA:
		return normal | PTE_XN;
	case BOARD_MAP_DEVICE:
		break;
	}
	return PTE_VALID | PTE_AF | PTE_AP1 | PTE_XN | AX_FIELD_PREP(PTE_ATTR, ATTR_DEVICE);
}

/** The table behind @entry, made if it is empty; NULL if there is a leaf (@leaf set), or no room. */
static uint64_t *descend(uint64_t *entry, bool *leaf)
{
	*leaf = false;
	if ((*entry & PTE_VALID) != 0) {
		*leaf = (*entry & PTE_TABLE) == 0;
		return *leaf ? NULL : (uint64_t *)(uintptr_t)(*entry & PTE_ADDRESS);
	}
	if (tables_used == TABLES) {
		return NULL;
	}
	uint64_t *table = tables[tables_used++];

	dsb_ishst();
	*entry = (uint64_t)(uintptr_t)table | PTE_TABLE | PTE_VALID;
	return table;
}

/** Map the largest piece that may start at @at and ends by @end; @next is where it stops. */
static ax_err_t map_piece(uint64_t at, uint64_t end, uint64_t bits, uint64_t *next)
{
	uint64_t *table = tables[0];

	for (unsigned level = 0;; level++) {
		uint64_t size = AX_BIT64(level_shift(level));
		uint64_t *entry = &table[(at >> level_shift(level)) % ENTRIES];
		bool fits = level > 0 && ax_is_aligned(at, size) && end - at >= size;
		bool leaf;

		if (level == 3 || (fits && (*entry & PTE_VALID) == 0)) {
			if ((*entry & PTE_VALID) == 0) {
				*entry = at | bits | (level == 3 ? PTE_TABLE : 0);
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

	if (!ax_range_valid(base, size) || end > AX_BIT64(48) || end == 0) {
		return AX_EINVAL;
	}
	while (err == AX_OK && at < end) {
		err = map_piece(at, end, leaf_bits(kind), &at);
	}
	dsb_ishst();
	isb();
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

/* Caches and MMU are off: what is needed until the tree is read, that is the image, tree and UART. */
void board_mmu_setup(uint64_t dtb, uint64_t dtb_size)
{
	uint64_t parange = read_id_aa64mmfr0_el1() & 0xf;

	tables_used = 1;
	map_between(board_image_start, board_text_end, BOARD_MAP_TEXT);
	map_between(board_text_end, board_rodata_end, BOARD_MAP_RODATA);
	map_between(board_rodata_end, board_stacks, BOARD_MAP_DATA);
	for (uint32_t i = 0; i < BOARD_MAX_CPUS; i++) {
		(void)!board_mmu_map(board_guard_page(i) + BOARD_GUARD_SIZE, BOARD_STACK_SIZE,
				     BOARD_MAP_DATA);
	}
	(void)!board_mmu_map(dtb, dtb_size, BOARD_MAP_DATA);
	(void)!board_mmu_map(BOARD_EARLY_UART, AX_PAGE_SIZE, BOARD_MAP_DEVICE);

	board_mmu_regs = (struct board_mmu_regs){
		.mair = MAIR_VALUE,
		.tcr = TCR_RES1 | AX_FIELD_PREP(TCR_PS, ax_min_u64(parange, 5)) |
		       AX_FIELD_PREP(TCR_SH0, 3) | AX_FIELD_PREP(TCR_ORGN0, 1) |
		       AX_FIELD_PREP(TCR_IRGN0, 1) | AX_FIELD_PREP(TCR_T0SZ, 16),
		.ttbr0 = (uint64_t)(uintptr_t)tables[0],
		.sctlr = BOARD_SCTLR_EL2_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I | SCTLR_WXN,
	};
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

void board_cache_clean(const void *start, uint64_t size)
{
	uint64_t line = UINT64_C(4) << ((read_ctr_el0() >> 16) & 0xf); /* DminLine */
	uint64_t end = (uint64_t)(uintptr_t)start + size;

	for (uint64_t at = ax_align_down((uint64_t)(uintptr_t)start, line); at < end; at += line) {
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	}
	dsb_sy();
}
