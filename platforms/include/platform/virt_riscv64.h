/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest machine "virt" for RISC-V: what a guest finds, and where, is the same on every board that
 * offers it. The addresses are those of QEMU's machine of that name, so that firmware and bare-metal
 * guests built for it run unchanged; power and time are the SBI's.
 *
 * The providers that make a guest's machine are named here and in virt_riscv64.c; those that touch the
 * host's hardware, in the board.c that uses this: it defines virt_riscv64_host and fills a constant
 * struct axvm_machine with VIRT_RISCV64_MACHINE and its own side.
 */
#pragma once
#include <platform/virt.h>
#include <vcpu_riscv64/vcpu.h>
#include <vplic/assign.h>
#include <vplic/vplic.h>
#include <vrtc/goldfish.h>
#include <vuart/ns16550.h>

#define VIRT_RISCV64_RTC           UINT64_C(0x00101000)
#define VIRT_RISCV64_PLIC          UINT64_C(0x0c000000)
#define VIRT_RISCV64_UART          UINT64_C(0x10000000)
#define VIRT_RISCV64_UART_SIZE     UINT64_C(0x100)
#define VIRT_RISCV64_FW_CFG        UINT64_C(0x10100000)
#define VIRT_RISCV64_FLASH0        UINT64_C(0x20000000) /* the firmware */
#define VIRT_RISCV64_FLASH0_SIZE   UINT64_C(0x02000000)
#define VIRT_RISCV64_FLASH1        UINT64_C(0x22000000) /* what it keeps */
#define VIRT_RISCV64_RAM           UINT64_C(0x80000000)
#define VIRT_RISCV64_MAX_VCPUS     16
#define VIRT_RISCV64_SOURCES       95 /* PLIC sources 1 to this one */
#define VIRT_RISCV64_PRIORITY_BITS 3
#define VIRT_RISCV64_UART_IRQ      10
#define VIRT_RISCV64_RTC_IRQ       11

/** PLIC contexts of hart @hart: that of M-mode, which no guest has, leads nowhere. */
#define VIRT_RISCV64_CONTEXT_M(hart) (2 * (hart))
#define VIRT_RISCV64_CONTEXT_S(hart) (2 * (hart) + 1)

/** What a host's harts, all alike, lend to its guests'. */
struct virt_riscv64_cpu {
	uint64_t exts;        /* vcpu_riscv64_usable() */
	uint64_t timebase_hz; /* of the time CSR, less than 2^32 */
	const char *mmu;      /* "riscv,sv48": the most that vsatp takes; NULL: not said */
	const struct axaddrspace_fmt *fmt; /* that hgatp takes */
	uint32_t cbom_block; /* bytes; 0: not known, and guests are not told of Zicbom */
	uint32_t cboz_block; /* the same for Zicboz */
};

/** The host's side. */
struct virt_riscv64_host {
	/** Fill @out, with the same at each call. */
	void (*cpu)(struct virt_riscv64_cpu *out);
	const struct vplic_hw_ops *hw; /* of the calling pCPU's guest */
	void *hw_ctx;
	/** Physical sources for guests; NULL: this host has none to give. */
	struct vplic_assign *assign;
};

/** Defined by the board: an image has one host. */
extern const struct virt_riscv64_host virt_riscv64_host;

/* --- What the initialisers below point to */

extern const struct axvm_intc_kind virt_riscv64_intcs[1];
extern const struct axvm_default_device virt_riscv64_firmware[3];

const struct axaddrspace_fmt *virt_riscv64_fmt(void);
void virt_riscv64_vcpu_cfg(uint32_t id, enum axconf_intc intc, void *buf);
uint64_t virt_riscv64_cpu_reg(uint32_t id);
void virt_riscv64_describe_cpus(struct axfdt_machine *tree);
void virt_riscv64_uart_init(void *dev, const struct axvm_device_env *env);
void virt_riscv64_uart_input(void *dev);
void virt_riscv64_rtc_init(void *dev, const struct axvm_device_env *env);
uint64_t virt_riscv64_rtc_deadline_ns(void *dev);
void virt_riscv64_rtc_tick(void *dev);

/* --- Initialisers: macros, since no constant table in C can take a row from another */

/** Rows of a struct axvm_model table. Further models may follow them. */
#define VIRT_RISCV64_MODELS                                                                       \
	VIRT_MODEL("ns16550a", vuart_ns16550_ops, struct vuart_ns16550, VIRT_RISCV64_UART_SIZE,   \
		   AXFDT_NS16550A, .init = virt_riscv64_uart_init,                                \
		   .input = virt_riscv64_uart_input),                                             \
		VIRT_MODEL("goldfish-rtc", vrtc_goldfish_ops, struct vrtc_goldfish,               \
			   VRTC_GOLDFISH_SIZE, AXFDT_GOLDFISH_RTC, .init = virt_riscv64_rtc_init, \
			   .deadline_ns = virt_riscv64_rtc_deadline_ns,                           \
			   .tick = virt_riscv64_rtc_tick),                                        \
		VIRT_FIRMWARE_MODELS(VIRT_RISCV64_FLASH0_SIZE)

/** Rows of a struct axvm_default_device table. Further devices may follow them. */
#define VIRT_RISCV64_DEFAULTS                                          \
	{ "ns16550a", VIRT_RISCV64_UART, VIRT_RISCV64_UART_IRQ },      \
	{                                                              \
		"goldfish-rtc", VIRT_RISCV64_RTC, VIRT_RISCV64_RTC_IRQ \
	}

/**
 * The members of struct axvm_machine that are the same on every host. The board adds cpu_init, tlb,
 * tlb_ctx, tlb_flush_all, pa_bits, models, defaults, passthrough_allowed, assign.
 * Of VMIDs, 8 bits are used, as everywhere; a board whose harts have fewer says so itself. A guest-physical
 * address has the 41 bits that the smallest format, Sv39x4, can translate.
 */
#define VIRT_RISCV64_MACHINE                                                                 \
	.compatible = "riscv-virtio", .cpu_compatible = "riscv", .vcpu = &vcpu_riscv64_ops,  \
	.vcpu_cfg = virt_riscv64_vcpu_cfg, .cpu_reg = virt_riscv64_cpu_reg,                  \
	.describe_cpus = virt_riscv64_describe_cpus, .fmt = virt_riscv64_fmt, .tag_bits = 8, \
	.gpa_bits = 41, .ram_base = VIRT_RISCV64_RAM, .intcs = virt_riscv64_intcs,           \
	.intc_count = AX_ARRAY_SIZE(virt_riscv64_intcs), .firmware = virt_riscv64_firmware,  \
	.firmware_count = AX_ARRAY_SIZE(virt_riscv64_firmware)
