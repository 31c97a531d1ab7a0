/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host only: a virtual CPU interface in software, behind the list-register ops. The test plays the
 * guest: it acknowledges, ends and deactivates. Written from the pseudocode of IHI 0069 for 5 bits of
 * priority and preemption.
 */
#pragma once
#include <vgic/vgic.h>

/** One pCPU's interface. Zeroed storage with lr_count set is ready. */
struct vgic_fake {
	uint32_t lr_count;
	uint64_t lr[VGIC_MAX_LRS];
	uint32_t hcr;
	struct vgic_lr_state st; /* only ap0[0] and ap1[0] are used */
	unsigned access_count;   /* calls through the ops */
	/** The guest deactivated the physical interrupt behind a list register with HW = 1. May be NULL. */
	void (*deactivate)(void *ctx, uint32_t pintid);
	void *ctx;
};

/** The ctx is an array of struct vgic_fake indexed by ax_port_cpu_id(). */
extern const struct vgic_lr_ops vgic_fake_lr_ops;

/** ICH_MISR_EL2 now; not 0: the maintenance interrupt is asserted. */
uint32_t vgic_fake_misr(const struct vgic_fake *f);
/** What GICV_HPPIR would give if it is of @group and can be signalled now, else GIC_INTID_SPURIOUS. */
uint32_t vgic_fake_signalled(const struct vgic_fake *f, unsigned group);
/** ICC_IARn_EL1 or GICV_IAR: take the signalled one. INTID, for v2 SGIs with the CPUID in bits 12:10. */
uint32_t vgic_fake_ack(struct vgic_fake *f, unsigned group);
/** ICC_EOIRn_EL1: priority drop, and deactivation unless ICH_VMCR_VEOIM. */
void vgic_fake_eoi(struct vgic_fake *f, unsigned group, uint32_t iar);
/** ICC_DIR_EL1. */
void vgic_fake_dir(struct vgic_fake *f, uint32_t iar);
