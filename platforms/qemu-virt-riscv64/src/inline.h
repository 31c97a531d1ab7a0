/* SPDX-License-Identifier: Apache-2.0 */
/* What the shared code of platforms/common/board wants in line of this board. Privileged Architecture 1.12. */
#pragma once
#include "csr.h"
#include "internal.h"

/** tp: not the compiler's, and put back by the vCPU back end on each way out of a guest. */
static inline struct board_cpu *board_this_cpu(void)
{
	struct board_cpu *cpu;

	__asm__ volatile("mv %0, tp" : "=r"(cpu));
	return cpu;
}

/** Without Zbb the compiler would ask libgcc. */
static inline uint32_t board_swap32(uint32_t v)
{
	return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
}

/* --- Memory: coherent, whoever looks */

static inline void board_memory_clean(const void *start, uint64_t size)
{
	(void)start;
	(void)size;
}

/* --- Time: stimecmp (Sstc), else the firmware's timer */

#define BOARD_COUNTER_HZ_NAME "timebase-frequency"

static inline uint64_t board_counter(void)
{
	return read_time();
}

static inline void board_timer_set(uint64_t count)
{
	if (board_riscv64_info.sstc) {
		write_stimecmp(count);
	} else {
		board_sbi_set_timer(count);
		set_sie(SIP_STIP);
	}
}

/** Without Sstc the pending bit stays, masked, until the next deadline: one way to the firmware less. */
static inline void board_timer_disarm(void)
{
	if (board_riscv64_info.sstc) {
		write_stimecmp(UINT64_MAX);
	} else {
		clear_sie(SIP_STIP);
	}
}

/* --- Randomness: the seed register is not for S-mode unless M-mode says so */

#define BOARD_CPU_RANDOM_NAME ""

static inline bool board_cpu_random(uint64_t *v)
{
	(void)v;
	return false;
}

/*
 * --- Translation: Sv39, which every hart with Sv48 or Sv57 has as well (4.4.1): the shortest walk, the
 * fewest tables, and one image for all. Identity in its lower half: 256 GiB.
 */

#define BOARD_MMU_LEVELS           3
#define BOARD_MMU_BITS             38
#define BOARD_MMU_BLOCKS_AT(level) true /* of any size */
#define BOARD_SATP_SV39            (UINT64_C(8) << 60)

#define PTE_V                      AX_BIT64(0)
#define PTE_R                      AX_BIT64(1)
#define PTE_W                      AX_BIT64(2)
#define PTE_X                      AX_BIT64(3)
#define PTE_A                      AX_BIT64(6) /* set from the start, as is D: not all harts update them */
#define PTE_D                      AX_BIT64(7)
#define PTE_PPN                    AX_MASK64(53, 10)

static inline uint64_t board_pte_bits(enum board_map kind)
{
	uint64_t bits = PTE_V | PTE_R | PTE_A | PTE_D;

	switch (kind) {
	case BOARD_MAP_TEXT:
		return bits | PTE_X;
	case BOARD_MAP_RODATA:
		return bits;
	case BOARD_MAP_DATA:
	case BOARD_MAP_DEVICE: /* what is a device is known to the machine's PMAs */
		break;
	}
	return bits | PTE_W;
}

static inline bool board_pte_is_valid(uint64_t pte)
{
	return (pte & PTE_V) != 0;
}

static inline bool board_pte_is_table(uint64_t pte)
{
	return (pte & (PTE_R | PTE_W | PTE_X)) == 0;
}

static inline uint64_t board_pte_address(uint64_t pte)
{
	return AX_FIELD_GET(PTE_PPN, pte) << AX_PAGE_SHIFT;
}

static inline uint64_t board_pte_table(uint64_t table)
{
	return AX_FIELD_PREP(PTE_PPN, table >> AX_PAGE_SHIFT) | PTE_V;
}

static inline uint64_t board_pte_leaf(uint64_t at, uint64_t bits, bool last)
{
	(void)last;
	return AX_FIELD_PREP(PTE_PPN, at >> AX_PAGE_SHIFT) | bits;
}

/** Harts may keep that an entry was invalid (4.2.1). All of this happens before the others start. */
static inline void board_tables_sync(void)
{
	__asm__ volatile("sfence.vma" ::: "memory");
}
