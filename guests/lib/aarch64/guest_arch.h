/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AArch64 side of the guests' runtime: exceptions, single instructions tried, MMU, CPUs, PSCI. For
 * the machine that both QEMU's virt and the hypervisor's AArch64 profile are.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_UART     0x09000000
#define GUEST_RTC      0x09010000
#define GUEST_MAX_CPUS 16 /* start.S and link.lds have stacks for as many */
#define GUEST_MODE     "at EL1"

/* --- System registers and memory */

/** mrs into a variable, msr from an expression; @reg as the assembler knows it. */
#define guest_mrs(reg, var) __asm__ volatile("mrs %0, " #reg : "=r"(var) : : "memory")
#define guest_msr(reg, val) \
	__asm__ volatile("msr " #reg ", %0\n\tisb" : : "r"((uint64_t)(val)) : "memory")
#define guest_isb()     __asm__ volatile("isb" : : : "memory")
#define guest_dsb()     __asm__ volatile("dsb sy" : : : "memory")
#define guest_barrier() guest_dsb()
#define guest_wfi()     __asm__ volatile("dsb sy\n\twfi" : : : "memory")

static inline uint32_t guest_read32(uint64_t address)
{
	uint32_t v;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(address) : "memory");
	return v;
}

static inline void guest_write32(uint64_t address, uint32_t v)
{
	__asm__ volatile("str %w0, [%1]" ::"r"(v), "r"(address) : "memory");
}

/** The virtual counter, not read ahead of what is before it. */
static inline uint64_t guest_counter(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) : : "memory");
	return v;
}

static inline uint64_t guest_counter_hz(void)
{
	uint64_t v;

	guest_mrs(cntfrq_el0, v);
	return v;
}

/** Wait for the condition of the virtual timer to become true in @us, polled; then it is off. */
void guest_timer_wait(uint64_t us);

/* --- Exceptions. CPUs start with all of them masked. */

enum guest_kind { GUEST_SYNC, GUEST_IRQ, GUEST_FIQ, GUEST_SERROR, GUEST_KINDS };

/** Interrupted context: what is changed here holds after the handler. Kept by start.S. */
struct guest_frame {
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate;
	uint64_t esr;
	uint64_t far;
	uint64_t vector; /* 0 to 15: four kinds for each of SP0, SPx, EL0 in AArch64, in AArch32 */
};

typedef void (*guest_handler)(struct guest_frame *f);

/** For all CPUs. NULL: the default, which reports the exception and powers off. */
void guest_set_handler(enum guest_kind kind, guest_handler h);
/** Report @f and power off. */
_Noreturn void guest_unexpected(struct guest_frame *f);

#define guest_irq_unmask()    __asm__ volatile("msr daifclr, #2" : : : "memory")
#define guest_irq_mask()      __asm__ volatile("msr daifset, #2" : : : "memory")
#define guest_fiq_unmask()    __asm__ volatile("msr daifclr, #1" : : : "memory")
#define guest_fiq_mask()      __asm__ volatile("msr daifset, #1" : : : "memory")
#define guest_serror_unmask() __asm__ volatile("msr daifclr, #4" : : : "memory")
#define guest_serror_mask()   __asm__ volatile("msr daifset, #4" : : : "memory")

#define GUEST_EC(esr)         ((uint32_t)((esr) >> 26 & 0x3f))
#define GUEST_EC_UNKNOWN      0x00
#define GUEST_EC_FP           0x07
#define GUEST_EC_ILLEGAL      0x0e
#define GUEST_EC_SVC64        0x15
#define GUEST_EC_SYS64        0x18
#define GUEST_EC_IABT_EL0     0x20
#define GUEST_EC_IABT         0x21
#define GUEST_EC_PC_ALIGN     0x22
#define GUEST_EC_DABT_EL0     0x24
#define GUEST_EC_DABT         0x25
#define GUEST_ISS_FSC(esr)    ((uint32_t)((esr)&0x3f)) /* DFSC, IFSC */
#define GUEST_FSC_EXTERNAL    0x10                     /* not on a table walk */

/* --- Trying. Between begin and end, a synchronous exception of this CPU at EL1 is noted and stepped over. */

struct guest_trap {
	uint64_t count; /* exceptions since begin; esr to pc are the first one's */
	uint64_t esr;
	uint64_t far;
	uint64_t pc;
};

/**
 * The instruction is skipped; a fetch that failed "returns" to x30; an illegal execution state is
 * cleared. Not nested.
 */
void guest_trap_begin(void);
struct guest_trap guest_trap_end(void);

/** One access of 1, 2, 4 or 8 bytes. False: it took an exception, described in @t (may be NULL). */
bool guest_try_read(uint64_t address, unsigned size, uint64_t *val, struct guest_trap *t);
bool guest_try_write(uint64_t address, unsigned size, uint64_t val, struct guest_trap *t);

/** Registers around a tried instruction. x30 is not its own: it is where it returns to. */
struct guest_regs {
	uint64_t x[30];
	uint64_t unused;
	uint64_t sp; /* if not 0, the instruction runs with SPSel = 0 and this in SP_EL0 */
};

/**
 * Run one instruction, given as its word, with @r; the registers are in @r afterwards. A branch may go
 * to x30, or be one whose target cannot be fetched. TPIDR_EL1 is the runtime's. False: it took an
 * exception.
 */
bool guest_try_insn(uint32_t insn, struct guest_regs *r, struct guest_trap *t);

/* Words for guest_try_insn(). A register is @op0 << 14 | @op1 << 11 | @CRn << 7 | @CRm << 3 | @op2. */
#define GUEST_SYSREG(op0, op1, crn, crm, op2) \
	((uint32_t)(op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define GUEST_INSN_MRS(reg, rt) (0xd5200000u | (uint32_t)(reg) << 5 | (rt))
#define GUEST_INSN_MSR(reg, rt) (0xd5000000u | (uint32_t)(reg) << 5 | (rt))
#define GUEST_INSN_SVC(imm)     (0xd4000001u | (uint32_t)(imm) << 5)
#define GUEST_INSN_HVC(imm)     (0xd4000002u | (uint32_t)(imm) << 5)
#define GUEST_INSN_SMC(imm)     (0xd4000003u | (uint32_t)(imm) << 5)
#define GUEST_INSN_NOP          0xd503201fu

/* --- MMU: 39-bit identity map in 1 GiB blocks, for EL1 */

#define GUEST_MAP_DEVICE 0x0000000000000401ull /* Device-nGnRE (MAIR index 0), AF, block */
#define GUEST_MAP_NORMAL 0x0000000000000705ull /* Normal WB (1), inner shareable, AF, block */
#define GUEST_MAP_NC     0x0000000000000709ull /* Normal non-cacheable (2) */
#define GUEST_MAP_EL0    0x0000000000000040ull /* AP[1]: EL0 too; EL1 cannot execute it then */
#define GUEST_MAP_RO     0x0000000000000080ull /* AP[2] */
#define GUEST_MAP_XN     0x0060000000000000ull /* UXN, PXN */
#define GUEST_MAP_TABLE  0x0000000000000003ull

/**
 * MMU and caches on, on this CPU and on those started afterwards. 0 to 1 GiB and 256 GiB up are Device,
 * between them Normal write-back.
 */
void guest_mmu_enable(void);
/** The table, level 1, 512 entries; after changes guest_tlb_flush(). */
uint64_t *guest_mmu_table(void);
void guest_tlb_flush(void);
/** FP and SIMD on for EL1 and EL0, on this CPU (CPACR_EL1.FPEN). */
void guest_fp_enable(void);

/* --- CPUs, PSCI (DEN0022) by HVC. CPUs are numbered as the tree names them. */

/** The number that the runtime gave this CPU: 0 for the boot CPU. */
uint32_t guest_cpu_self(void);
/** What the processor calls this CPU: MPIDR_EL1.Aff0. */
uint64_t guest_cpu_own_id(void);
/** Affinity (MPIDR_EL1 without flags) of CPU @cpu; ~0 if the tree names none. */
uint64_t guest_cpu_mpidr(uint32_t cpu);
/** Start CPU @cpu in guest_secondary_main(). 0 on success. */
int64_t guest_cpu_on(uint64_t cpu);
/** Ends this CPU. */
_Noreturn void guest_cpu_off(void);
_Noreturn void guest_power_off(void);
_Noreturn void guest_reset(void);
/** An SMCCC call with three arguments by HVC; the answer's x0. */
int64_t guest_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);
/** Entry of a CPU for PSCI CPU_ON; its context argument is the CPU's number. */
void guest_secondary_start(void);
