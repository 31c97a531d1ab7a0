/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest machine "virt" for AArch64: what a guest finds, and where, is the same on every board that
 * offers it. The addresses are those of QEMU's machine of that name, so that firmware and bare-metal
 * guests built for it run unchanged.
 *
 * The providers that make a guest's machine are named here and in virt_aarch64.c; those that touch the
 * host's hardware, in the board.c that uses this: it defines virt_aarch64_host and fills a constant
 * struct axvm_machine with VIRT_AARCH64_MACHINE and its own side.
 */
#pragma once
#include <platform/virt.h>
#include <vcpu_aarch64/vcpu.h>
#include <vgic/vgic.h>
#include <vrtc/pl031.h>
#include <vuart/pl011.h>

#define VIRT_AARCH64_GICD         UINT64_C(0x08000000)
#define VIRT_AARCH64_GICC         UINT64_C(0x08010000)
#define VIRT_AARCH64_GICR         UINT64_C(0x080a0000)
#define VIRT_AARCH64_UART         UINT64_C(0x09000000)
#define VIRT_AARCH64_RTC          UINT64_C(0x09010000)
#define VIRT_AARCH64_FW_CFG       UINT64_C(0x09020000)
#define VIRT_AARCH64_FLASH0       UINT64_C(0)          /* the firmware */
#define VIRT_AARCH64_FLASH1       UINT64_C(0x04000000) /* what it keeps */
#define VIRT_AARCH64_RAM          UINT64_C(0x40000000)
#define VIRT_AARCH64_SPIS         64
#define VIRT_AARCH64_UART_INTID   33
#define VIRT_AARCH64_RTC_INTID    34
#define VIRT_AARCH64_VTIMER_INTID 27
#define VIRT_AARCH64_PTIMER_INTID 30

/** What a host lends to a guest's GIC of one version. */
struct virt_aarch64_gic {
	const struct vgic_lr_ops *lr; /* list registers, in the form of that version */
	void *lr_ctx;
	uint32_t lr_count;      /* every pCPU has; at least 1 */
	bool hw_by_maintenance; /* see struct vgic_cfg */
	hpa_t gicv;             /* version 2: the page that the guest sees as its GICC */
};

/** The host's side, as far as an interrupt controller needs it. */
struct virt_aarch64_host {
	/** Fill @out for a GIC of @version, 2 or 3. False: this host can give none, @out is untouched. */
	bool (*gic)(uint32_t version, struct virt_aarch64_gic *out);
	const struct vgic_hw_ops *hw;   /* of the physical controller; ctx NULL */
	uint32_t (*vtimer_intid)(void); /* PPI of the host's EL1 virtual timer */
};

/** Defined by the board: an image has one host. */
extern const struct virt_aarch64_host virt_aarch64_host;

/* --- What the initialisers below point to */

extern const struct axvm_intc_kind virt_aarch64_intcs[2];
extern const struct axvm_default_device virt_aarch64_firmware[3];

const struct axaddrspace_fmt *virt_aarch64_fmt(void);
void virt_aarch64_vcpu_cfg(uint32_t id, enum axconf_intc intc, void *buf);
uint64_t virt_aarch64_cpu_reg(uint32_t id);
void virt_aarch64_pl011_init(void *dev, const struct axvm_device_env *env);
void virt_aarch64_pl011_input(void *dev);
void virt_aarch64_pl031_init(void *dev, const struct axvm_device_env *env);
uint64_t virt_aarch64_pl031_deadline_ns(void *dev);
void virt_aarch64_pl031_tick(void *dev);

/* --- Initialisers: macros, since no constant table in C can take a row from another */

/** Rows of a struct axvm_model table. Further models may follow them. */
#define VIRT_AARCH64_MODELS                                                                     \
	VIRT_MODEL("pl011", vuart_pl011_ops, struct vuart_pl011, VUART_PL011_SIZE, AXFDT_PL011, \
		   .init = virt_aarch64_pl011_init, .input = virt_aarch64_pl011_input),         \
		VIRT_MODEL("pl031", vrtc_pl031_ops, struct vrtc_pl031, VRTC_PL031_SIZE,         \
			   AXFDT_PL031, .init = virt_aarch64_pl031_init,                        \
			   .deadline_ns = virt_aarch64_pl031_deadline_ns,                       \
			   .tick = virt_aarch64_pl031_tick),                                    \
		VIRT_FIRMWARE_MODELS(VFLASH_CFI_MAX_SIZE)

/** Rows of a struct axvm_default_device table. Further devices may follow them. */
#define VIRT_AARCH64_DEFAULTS                                     \
	{ "pl011", VIRT_AARCH64_UART, VIRT_AARCH64_UART_INTID },  \
	{                                                         \
		"pl031", VIRT_AARCH64_RTC, VIRT_AARCH64_RTC_INTID \
	}

/**
 * The members of struct axvm_machine that are the same on every host. The board adds cpu_init, tlb,
 * tlb_ctx, tlb_flush_all, pa_bits, models, defaults, passthrough_allowed, assign.
 * Of VMIDs, 8 bits are used: every implementation has these, and 255 guests are enough.
 */
#define VIRT_AARCH64_MACHINE                                                                  \
	.compatible = "linux,dummy-virt", .cpu_compatible = "arm,armv8",                      \
	.vcpu = &vcpu_aarch64_ops, .vcpu_cfg = virt_aarch64_vcpu_cfg,                         \
	.timer_irq = VIRT_AARCH64_VTIMER_INTID, .cpu_reg = virt_aarch64_cpu_reg,              \
	.fmt = virt_aarch64_fmt, .tag_bits = 8, .gpa_bits = 40, .ram_base = VIRT_AARCH64_RAM, \
	.intcs = virt_aarch64_intcs, .intc_count = AX_ARRAY_SIZE(virt_aarch64_intcs),         \
	.firmware = virt_aarch64_firmware, .firmware_count = AX_ARRAY_SIZE(virt_aarch64_firmware)
