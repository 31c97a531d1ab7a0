/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of EL2's translation, and its caches. Arm ARM DDI0487, D8. */
#include "inline.h"

#define MAIR_VALUE (UINT64_C(0xff) | UINT64_C(0x04) << 8) /* write-back; Device-nGnRE */

#define TCR_RES1   (AX_BIT64(31) | AX_BIT64(23))
#define TCR_PS     AX_MASK64(18, 16)
#define TCR_SH0    AX_MASK64(13, 12)
#define TCR_ORGN0  AX_MASK64(11, 10)
#define TCR_IRGN0  AX_MASK64(9, 8)
#define TCR_T0SZ   AX_MASK64(5, 0)

#define SCTLR_M    AX_BIT64(0)
#define SCTLR_C    AX_BIT64(2)
#define SCTLR_SA   AX_BIT64(3)
#define SCTLR_I    AX_BIT64(12)
#define SCTLR_WXN  AX_BIT64(19)

struct board_mmu_regs board_mmu_regs;

void board_mmu_setup(uint64_t dtb, uint64_t dtb_size)
{
	uint64_t parange = read_id_aa64mmfr0_el1() & 0xf;

	board_mmu_map_boot(dtb, dtb_size);
	(void)!board_mmu_map(BOARD_EARLY_UART, AX_PAGE_SIZE, BOARD_MAP_DEVICE);
	board_mmu_regs = (struct board_mmu_regs){
		.mair = MAIR_VALUE,
		.tcr = TCR_RES1 | AX_FIELD_PREP(TCR_PS, ax_min_u64(parange, 5)) |
		       AX_FIELD_PREP(TCR_SH0, 3) | AX_FIELD_PREP(TCR_ORGN0, 1) |
		       AX_FIELD_PREP(TCR_IRGN0, 1) | AX_FIELD_PREP(TCR_T0SZ, 16),
		.ttbr0 = board_mmu_root(),
		.sctlr = BOARD_SCTLR_EL2_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I | SCTLR_WXN,
	};
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
