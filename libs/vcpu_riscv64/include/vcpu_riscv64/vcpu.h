/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A RISC-V guest in VS-mode and VU-mode under HS-mode (Privileged Architecture 1.12, chapter 8). The back
 * end answers by itself: SBI 2.0 (BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, the legacy console and
 * shutdown), the timer, what a virtual-instruction trap asks for, F, D and V state. Everything else leaves
 * as a struct axvcpu_exit. vCPU ids are hart ids.
 *
 * The host: interrupts stay masked in HS-mode (sstatus.SIE = 0) and are polled; sscratch, stvec and the
 * VS CSRs, hgatp, hstatus, htimedelta, scounteren, senvcfg, vstimecmp, hvip.VSSIP, hvip.VSTIP, sstatus.SPP,
 * .SPIE, .FS and .VS, FP and vector registers are the back end's between axvcpu load() and put(), stvec and
 * sscratch from vcpu_riscv64_cpu_init() on. hvip.VSEIP is the interrupt controller's.
 */
#pragma once
#include <axvcpu/ops.h>

/** Extensions a guest may be told of, beside RV64IMAC with Zicsr and Zifencei, which all have. */
enum vcpu_riscv64_ext {
	VCPU_RISCV64_F,
	VCPU_RISCV64_D,
	VCPU_RISCV64_V,
	VCPU_RISCV64_ZICNTR,
	VCPU_RISCV64_ZIHINTPAUSE,
	VCPU_RISCV64_ZICBOM,
	VCPU_RISCV64_ZICBOZ,
	VCPU_RISCV64_ZBA,
	VCPU_RISCV64_ZBB,
	VCPU_RISCV64_ZBC,
	VCPU_RISCV64_ZBS,
	VCPU_RISCV64_SSTC,
	VCPU_RISCV64_SVINVAL,
	VCPU_RISCV64_SVNAPOT,
	VCPU_RISCV64_SVPBMT,
	VCPU_RISCV64_EXT_COUNT,
};
#define VCPU_RISCV64_EXT(name) (UINT64_C(1) << VCPU_RISCV64_##name)

/**
 * Pure: the extensions of the list above in a "riscv,isa" string ("rv64imafdch_zicsr_sstc"), and whether
 * H is. What is not known is left out. False: not RV64 with I, M, A and C.
 */
bool vcpu_riscv64_isa_parse(const char *isa, uint64_t *exts, bool *h);
/**
 * Pure: the guest's "riscv,isa" with @exts, and its "riscv,isa-extensions" as the string list that a device
 * tree holds (each name with its zero; @list_len bytes in all). AX_ENOSPC: too small.
 */
AX_NODISCARD ax_err_t vcpu_riscv64_isa_write(uint64_t exts, char *isa, size_t isa_cap, char *list,
					     size_t list_cap, size_t *list_len);

/**
 * Of @exts, which the firmware says this machine has, those that a guest can use: each whose enable bit in
 * henvcfg or hstateen can be set, F and D only together, V only with them and if a register fits the state
 * kept for it. Calling hart; HS-mode, before or after vcpu_riscv64_cpu_init().
 */
uint64_t vcpu_riscv64_usable(uint64_t exts);

/** struct axvcpu_cfg's @arch. */
struct vcpu_riscv64_cfg {
	uint64_t exts;       /* VCPU_RISCV64_EXT() bits that the guest may use: usable ones */
	uint64_t htimedelta; /* the guest's time is the host's plus this. One value per VM */
	uint64_t timebase_hz;
};

/** More vCPUs than a VM of this kind can have. */
#define VCPU_RISCV64_MAX_VCPUS UINT32_C(64)

extern const struct axvcpu_ops vcpu_riscv64_ops;

/**
 * Once on each pCPU, in HS-mode with the MMU on, before the first load() there: stvec points to this
 * library's entry from here on, and what a guest may reach without a trap is set (hedeleg, hideleg,
 * hcounteren, henvcfg, hstateen, by allow list). Traps from HS-mode itself are handed to
 * ax_port_riscv64_fault.
 */
void vcpu_riscv64_cpu_init(void);

/**
 * Asked of the host, in assembly: where any trap taken from HS-mode goes. No register has been changed
 * since the trap, sscratch is 0.
 */
void ax_port_riscv64_fault(void);

enum vcpu_riscv64_fence {
	VCPU_RISCV64_FENCE_I,    /* FENCE.I */
	VCPU_RISCV64_FENCE_VVMA, /* HFENCE.VVMA of [start, start + size), all ASIDs */
	VCPU_RISCV64_FENCE_VVMA_ASID,
};

/** A fence on other pCPUs, for the VMID in this pCPU's hgatp. */
struct vcpu_riscv64_remote {
	enum vcpu_riscv64_fence kind;
	uint64_t start; /* with @size 0 or UINT64_MAX: everything */
	uint64_t size;
	uint64_t asid;
};

/**
 * Asked of the host: carry out @fence on each pCPU of @cpu_mask, the calling one not among them, and return
 * when that is done. They may be in a guest and stay there. The firmware's RFENCE does this. No lock.
 */
void ax_port_riscv64_remote_fence(uint64_t cpu_mask, const struct vcpu_riscv64_remote *fence);

/**
 * Calls that leave as AXVCPU_EXIT_HYPERCALL: none but SBI extensions 0x0a000000 to 0x0affffff, the firmware
 * range, which the specification gives to the implementation. nr is the extension (a7), args are a6 and
 * a0 to a4.
 */
#define VCPU_RISCV64_CALL_FIRST UINT32_C(0x0a000000)
#define VCPU_RISCV64_CALL_LAST  UINT32_C(0x0affffff)

/**
 * A general register as the guest sees it: x0 to x31 for 0 to 31, the PC for VCPU_RISCV64_PC. Not while the
 * vCPU is inside run(). Writes to x0 are ignored. AX_EINVAL: no such register.
 */
#define VCPU_RISCV64_PC 32
AX_NODISCARD ax_err_t vcpu_riscv64_get_gpr(const void *arch, uint32_t n, uint64_t *val);
AX_NODISCARD ax_err_t vcpu_riscv64_set_gpr(void *arch, uint32_t n, uint64_t val);
