/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What RISC-V boards give beyond platform/board.h: the harts' abilities, fences on all of them, and the
 * sources of the PLIC, for board.c. BOARD_IRQ_GUEST_TIMER and BOARD_IRQ_MAINTENANCE never come here.
 */
#pragma once
#include <axaddrspace/tlb.h>
#include <platform/board.h>

/** Filled before app_main() and constant from then on. */
struct board_riscv64 {
	const char *isa;      /* of the first CPU, e.g. "rv64imafdch_zicsr_sstc"; never NULL */
	const char *mmu_type; /* of the first CPU, e.g. "riscv,sv48"; never NULL */
	uint32_t hgatp_modes; /* bit n: hgatp.MODE takes n: 8 Sv39x4, 9 Sv48x4, 10 Sv57x4 */
	uint32_t vmid_bits;   /* VMIDLEN, 8 or more */
	uint32_t cbom_bytes;  /* of a block for Zicbom and Zicboz; 0: not given */
	uint32_t cboz_bytes;
	uint64_t timebase_hz;  /* of `time` */
	bool sstc;             /* stimecmp works in S-mode */
	uint32_t plic_sources; /* ids 1 to this one */
};

const struct board_riscv64 *board_riscv64_get(void);

/**
 * G-stage fences on every hart that is on: this one by itself, the others by the firmware, which returns
 * when they are done. ctx unused. No lock; the vCPUs on other harts stay in their guests.
 */
extern const struct axaddrspace_tlb_ops board_tlb_ops;
/** Drop every guest's translations on all harts. For struct axaddrspace_tags_cfg. */
void board_tlb_flush_all(void *ctx);

/**
 * May a guest be given [@at, @at + @size): is it a device of the host's tree that nobody else needs? For
 * struct axvm_machine. Calls libfdt.
 */
bool board_may_give(hpa_t at, uint64_t size);

/**
 * Who is told of a claimed source that is not the board's own; false: nobody wanted it, and it is disabled.
 * On true it stays claimed until board_plic_complete(). Called from board_irq_take(), no lock held. Set
 * before the first such source is enabled.
 */
void board_plic_set_guest(bool (*take)(uint32_t source));
/**
 * Let @source interrupt CPU 0, or nobody. One that is claimed stays so. Not the board's own console source.
 * Any CPU; takes the PLIC's lock. AX_EINVAL: no source of that number, or the board's.
 */
AX_NODISCARD ax_err_t board_plic_enable(uint32_t source, bool on);
/** Whether @source is there, and not the board's own. */
bool board_plic_may_give(uint32_t source);
/** End a claim that BOARD_IRQ_GUEST was returned for; also if @source was disabled since. Any CPU; locks. */
void board_plic_complete(uint32_t source);
