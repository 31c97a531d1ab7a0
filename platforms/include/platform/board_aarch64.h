/* SPDX-License-Identifier: Apache-2.0 */
/* What AArch64 boards give beyond platform/board.h: their interrupt controller and timers, for board.c. */
#pragma once
#include <platform/board.h>

enum board_gic { BOARD_GICV2, BOARD_GICV3 };

/** Filled before app_main() and constant from then on. */
struct board_aarch64 {
	enum board_gic gic;
	hpa_t gicv;            /* GICv2: the virtual CPU interface, to map as the guest's GICC */
	uint64_t gicv_size;    /* bytes; 0 on GICv3 */
	void *gich;            /* GICv2: the hypervisor's pointer to GICH; NULL on GICv3 */
	uint32_t vmaint_intid; /* PPI of the GIC's maintenance interrupt */
	uint32_t vtimer_intid; /* PPI of the EL1 virtual timer: BOARD_IRQ_GUEST_TIMER */
	uint64_t cntfrq;       /* counter frequency in Hz */
	bool vhe;              /* CPUs implement FEAT_VHE (E2H stays 0 all the same) */
};

const struct board_aarch64 *board_aarch64_get(void);

/** Set or clear the active state of PPI @pintid (16 to 31) of the calling CPU. For vgic_hw_ops. */
void board_guest_irq_set_active(uint32_t pintid, bool active);
