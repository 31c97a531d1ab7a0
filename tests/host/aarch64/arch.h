/* SPDX-License-Identifier: Apache-2.0 */
/* What is AArch64's of the machine that is not there. */
#pragma once
#include <platform/virt_aarch64.h>
#include <vcpu_aarch64/fake.h>
#include <vcpu_aarch64/vcpu.h>
#include <vgic/fake.h>

#define MACHINE_LRS   4

#define GUEST_GICD    VIRT_AARCH64_GICD
#define GUEST_GICC    VIRT_AARCH64_GICC
#define GUEST_GICR    VIRT_AARCH64_GICR
#define GUEST_UART    VIRT_AARCH64_UART
#define GUEST_RTC     VIRT_AARCH64_RTC
#define GUEST_NS16550 UINT64_C(0x09020000)
#define GUEST_RAM     UINT64_C(0x40000000)
#define GUEST_ROM     UINT64_C(0x50000000)
#define GUEST_SPIS    VIRT_AARCH64_SPIS
#define UART_INTID    VIRT_AARCH64_UART_INTID
#define NS16550_INTID 35
#define VTIMER_INTID  VIRT_AARCH64_VTIMER_INTID
#define GUEST_LINES   128 /* interrupts that have a line are among these */

/** Interrupt controllers a VM may have: struct machine_cfg.intc counts them from 0. */
#define ARCH_INTCS   2
#define ARCH_GICV2   0
#define ARCH_GICV3   1

#define ARCH_PC      VCPU_AARCH64_PC
#define arch_get_gpr vcpu_aarch64_get_gpr
#define arch_set_gpr vcpu_aarch64_set_gpr
#define arch_entries vcpu_aarch64_fake_entries

/** Of the pCPUs. */
struct arch_machine {
	struct vgic_fake gic[MACHINE_MAX_CPUS];
	bool vtimer_active[MACHINE_MAX_CPUS]; /* physical interrupt 27 */
};

/** Of a vCPU, at its last exit. */
struct arch_vcpu {
	uint64_t vbar;
};

/** An entry of a guest, as the one who plays it sees it. */
struct machine_entry {
	struct guest *guest;
	uint32_t vcpu;
	void *arch;
	struct vgic_fake *gic; /* the interface of this pCPU */
	struct vcpu_aarch64_fake_exit *exit;
};
