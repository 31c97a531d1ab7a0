/* SPDX-License-Identifier: Apache-2.0 */
/* What the shared code of platforms/common/board wants in line of this board. Arm ARM DDI0487. */
#pragma once
#include "internal.h"
#include "sysreg.h"

static inline struct board_cpu *board_this_cpu(void)
{
	return (struct board_cpu *)(uintptr_t)read_tpidr_el2();
}

static inline uint32_t board_swap32(uint32_t v)
{
	return __builtin_bswap32(v);
}

/* --- Memory */

/** Guests start without their caches. */
static inline void board_memory_clean(const void *start, uint64_t size)
{
	board_cache_clean(start, size);
}

/* --- Time: the physical counter and the EL2 physical timer (D11) */

#define BOARD_COUNTER_HZ_NAME "CNTFRQ_EL0"
#define CNT_CTL_ENABLE        UINT64_C(1)

static inline uint64_t board_counter(void)
{
	isb(); /* it may be read early otherwise */
	return read_cntpct_el0();
}

static inline void board_timer_set(uint64_t count)
{
	write_cnthp_cval_el2(count);
	write_cnthp_ctl_el2(CNT_CTL_ENABLE);
	isb();
}

static inline void board_timer_disarm(void)
{
	write_cnthp_ctl_el2(0);
	isb();
}

/* --- Randomness: RNDR */

#define BOARD_CPU_RANDOM_NAME ", no RNDR"
#define ISAR0_RNDR            AX_MASK64(63, 60)

static inline bool board_cpu_random(uint64_t *v)
{
	return AX_FIELD_GET(ISAR0_RNDR, read_id_aa64isar0_el1()) != 0 && read_rndr(v);
}

/* --- Translation: EL2 stage 1 (D8); WXN keeps W^X as well */

#define BOARD_MMU_LEVELS           4
#define BOARD_MMU_BITS             48
#define BOARD_MMU_BLOCKS_AT(level) ((level) > 0)

#define PTE_VALID                  AX_BIT64(0)
#define PTE_TABLE                  AX_BIT64(1) /* at level 3: page */
#define PTE_ATTR                   AX_MASK64(4, 2)
#define PTE_AP1                    AX_BIT64(6) /* RES1 in a regime without EL0 */
#define PTE_RO                     AX_BIT64(7)
#define PTE_SH                     AX_MASK64(9, 8)
#define PTE_AF                     AX_BIT64(10)
#define PTE_ADDRESS                AX_MASK64(47, 12)
#define PTE_XN                     AX_BIT64(54)

#define ATTR_NORMAL                UINT64_C(0) /* index into MAIR_EL2 */
#define ATTR_DEVICE                UINT64_C(1)
#define SH_INNER                   UINT64_C(3)

static inline uint64_t board_pte_bits(enum board_map kind)
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

static inline bool board_pte_is_valid(uint64_t pte)
{
	return (pte & PTE_VALID) != 0;
}

/** Of a valid entry above the last level. */
static inline bool board_pte_is_table(uint64_t pte)
{
	return (pte & PTE_TABLE) != 0;
}

static inline uint64_t board_pte_address(uint64_t pte)
{
	return pte & PTE_ADDRESS;
}

static inline uint64_t board_pte_table(uint64_t table)
{
	return table | PTE_TABLE | PTE_VALID;
}

static inline uint64_t board_pte_leaf(uint64_t at, uint64_t bits, bool last)
{
	return at | bits | (last ? PTE_TABLE : 0);
}

static inline void board_tables_sync(void)
{
	dsb_ishst();
	isb();
}
