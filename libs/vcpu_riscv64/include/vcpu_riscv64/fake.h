/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-in for the processor that builds other than bare-metal RISC-V get: run() does not enter a
 * guest but takes the next trap of a script. One script per program; not for several threads. Each pCPU
 * (ax_port_cpu_id()) has registers of its own.
 */
#pragma once
#include <vcpu_riscv64/vcpu.h>

/** What the hardware would have left behind: raw register values. */
struct vcpu_riscv64_fake_exit {
	uint64_t scause;
	uint64_t stval;
	uint64_t htval;
	uint64_t htinst;
};

#define VCPU_RISCV64_FAKE_QUEUE 64
/** scause of a supervisor software interrupt of the host, which an empty script stands for. */
#define VCPU_RISCV64_FAKE_IRQ UINT64_C(0x8000000000000001)

/** Append to the script; false if it is full. The PC is where the guest's registers say. */
bool vcpu_riscv64_fake_push_exit(const struct vcpu_riscv64_fake_exit *exit);
/** Traps of the script that are left. */
uint32_t vcpu_riscv64_fake_pending(void);
/** Guest entries since the last vcpu_riscv64_fake_reset(). */
uint32_t vcpu_riscv64_fake_entries(void);
/**
 * A guest in place of the script: called at each entry that finds the script empty, on the pCPU of the
 * resident @arch, to fill @exit, which stands at an interrupt. It may use all of this header and set
 * registers. NULL: none, as after vcpu_riscv64_fake_reset().
 */
void vcpu_riscv64_fake_set_guest(void (*guest)(void *ctx, void *arch,
					       struct vcpu_riscv64_fake_exit *exit),
				 void *ctx);
/** Empty script, nothing to fetch, all extensions, vlenb 16, no fences, live registers scrambled. */
void vcpu_riscv64_fake_reset(void);

/**
 * What the guest can fetch: @len bytes at guest-virtual @va, which must stay there. A fetch from elsewhere
 * faults.
 */
void vcpu_riscv64_fake_set_code(uint64_t va, const void *bytes, size_t len);
/** Extensions that the machine lets a guest use. */
void vcpu_riscv64_fake_set_usable(uint64_t exts);
/** Bytes of a vector register, 16 to 128. */
void vcpu_riscv64_fake_set_vlenb(uint32_t vlenb);

/** Registers that a test may look at or set while the vCPU is resident. */
enum vcpu_riscv64_fake_reg {
	VCPU_RISCV64_FAKE_VSSTATUS,
	VCPU_RISCV64_FAKE_VSIE,
	VCPU_RISCV64_FAKE_VSTVEC,
	VCPU_RISCV64_FAKE_VSSCRATCH,
	VCPU_RISCV64_FAKE_VSEPC,
	VCPU_RISCV64_FAKE_VSCAUSE,
	VCPU_RISCV64_FAKE_VSTVAL,
	VCPU_RISCV64_FAKE_SCOUNTEREN,
	VCPU_RISCV64_FAKE_SENVCFG,
	VCPU_RISCV64_FAKE_VSATP,
	VCPU_RISCV64_FAKE_HGATP,
	VCPU_RISCV64_FAKE_HENVCFG,
	VCPU_RISCV64_FAKE_HTIMEDELTA,
	VCPU_RISCV64_FAKE_VSTIMECMP,
	VCPU_RISCV64_FAKE_HVIP,
	VCPU_RISCV64_FAKE_SPP, /* 1: the guest is in VS-mode, 0: VU-mode */
	VCPU_RISCV64_FAKE_FS,  /* HS-mode's sstatus.FS and .VS, 0 to 3 */
	VCPU_RISCV64_FAKE_VS,
	VCPU_RISCV64_FAKE_FCSR,
	VCPU_RISCV64_FAKE_VL,
	VCPU_RISCV64_FAKE_VTYPE,
	VCPU_RISCV64_FAKE_LOCAL_FLUSHES, /* counts, by load() */
	VCPU_RISCV64_FAKE_FP_LOADS,      /* counts */
	VCPU_RISCV64_FAKE_REG_COUNT,
};
uint64_t vcpu_riscv64_fake_get(enum vcpu_riscv64_fake_reg reg);
void vcpu_riscv64_fake_set(enum vcpu_riscv64_fake_reg reg, uint64_t val);
/** Live FP register @n (0 to 31); writing is the guest's doing and makes FS Dirty. */
uint64_t vcpu_riscv64_fake_get_f(uint32_t n);
void vcpu_riscv64_fake_set_f(uint32_t n, uint64_t val);
/** Byte @i of live vector register @n, likewise. */
uint8_t vcpu_riscv64_fake_get_v(uint32_t n, uint32_t i);
void vcpu_riscv64_fake_set_v(uint32_t n, uint32_t i, uint8_t val);

/** Fences that were carried out, the calling pCPU's own and remote ones, in order; the first 64. */
struct vcpu_riscv64_fake_fence {
	uint32_t cpu;      /* who fenced */
	bool remote;       /* by ax_port_riscv64_remote_fence() */
	uint64_t cpu_mask; /* of a remote one */
	struct vcpu_riscv64_remote fence;
};
/** All there were since the last reset, also those past 64. */
uint32_t vcpu_riscv64_fake_fence_count(void);
const struct vcpu_riscv64_fake_fence *vcpu_riscv64_fake_get_fence(uint32_t n);
void vcpu_riscv64_fake_clear_fences(void);

/** Ticks of the fake time are 100 ns of ax_port_now_ns(): 10 MHz. */
#define VCPU_RISCV64_FAKE_TIMEBASE_HZ UINT64_C(10000000)
