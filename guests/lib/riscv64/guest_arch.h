/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RISC-V side of the guests' runtime: S-mode traps, code that is tried, MMU, harts, SBI, timer. For
 * the machine that both QEMU's virt and the hypervisor's RISC-V profile are. Numbers and names as in the
 * Privileged Architecture 1.12 and the SBI specification 2.0.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_UART     0x10000000
#define GUEST_RTC      0x00101000
#define GUEST_PLIC     0x0c000000
#define GUEST_RAM      0x80000000
#define GUEST_MAX_CPUS 16 /* start.S and link.lds have stacks for as many */
#define GUEST_MODE     "in S-mode"

/* --- CSRs and memory. @csr: a name that the assembler knows, or a number. */

#define GUEST_STRING_OF(x) #x
#define GUEST_STRING(x)    GUEST_STRING_OF(x)
#define guest_csr_read(csr, var) \
	__asm__ volatile("csrr %0, " GUEST_STRING(csr) : "=r"(var)::"memory")
#define guest_csr_write(csr, val) \
	__asm__ volatile("csrw " GUEST_STRING(csr) ", %0" ::"rK"((uint64_t)(val)) : "memory")
#define guest_csr_set(csr, val) \
	__asm__ volatile("csrs " GUEST_STRING(csr) ", %0" ::"rK"((uint64_t)(val)) : "memory")
#define guest_csr_clear(csr, val) \
	__asm__ volatile("csrc " GUEST_STRING(csr) ", %0" ::"rK"((uint64_t)(val)) : "memory")
#define guest_barrier() __asm__ volatile("fence iorw, iorw" ::: "memory")
#define guest_wfi()     __asm__ volatile("fence iorw, iorw\n\twfi" ::: "memory")

#define CSR_STIMECMP    0x14d

#define SSTATUS_SIE     0x2
#define SSTATUS_SPIE    0x20
#define SSTATUS_SPP     0x100
#define SSTATUS_VS      0x600
#define SSTATUS_FS      0x6000
#define SSTATUS_SUM     0x40000
#define SSTATUS_MXR     0x80000
#define SSTATUS_SD      (UINT64_C(1) << 63)

/* Bits of sie and sip, and the numbers of their causes. */
#define SIP_SSIP       0x002
#define SIP_STIP       0x020
#define SIP_SEIP       0x200
#define IRQ_S_SOFT     1
#define IRQ_S_TIMER    5
#define IRQ_S_EXTERNAL 9

static inline uint8_t guest_read8(uint64_t address)
{
	uint8_t v;

	__asm__ volatile("lbu %0, 0(%1)" : "=r"(v) : "r"(address) : "memory");
	return v;
}

static inline void guest_write8(uint64_t address, uint8_t v)
{
	__asm__ volatile("sb %0, 0(%1)" ::"r"(v), "r"(address) : "memory");
}

static inline uint32_t guest_read32(uint64_t address)
{
	uint32_t v;

	__asm__ volatile("lw %0, 0(%1)" : "=r"(v) : "r"(address) : "memory");
	return v;
}

static inline void guest_write32(uint64_t address, uint32_t v)
{
	__asm__ volatile("sw %0, 0(%1)" ::"r"(v), "r"(address) : "memory");
}

/* --- Time */

static inline uint64_t guest_counter(void)
{
	uint64_t v;

	__asm__ volatile("rdtime %0" : "=r"(v)::"memory");
	return v;
}

/** The tree's timebase-frequency. */
uint64_t guest_counter_hz(void);
/** Counter ticks of @us microseconds. */
uint64_t guest_ticks(uint64_t us);
void guest_delay_us(uint64_t us);
/** The tree gives the first hart the extension @name, in lower case. */
bool guest_isa_has(const char *name);
/** The tree says that every hart has Sstc: stimecmp is this level's own. */
bool guest_has_sstc(void);
/** This hart's timer interrupt is pending from time @when on: by stimecmp, or by SBI without Sstc. */
void guest_timer_set(uint64_t when);
void guest_timer_off(void);
/** Wait for the condition of the timer to become true in @us, polled; then it is off. */
void guest_timer_wait(uint64_t us);

/* --- Traps. CPUs start with all interrupts masked and disabled (sstatus.SIE, sie). */

enum guest_kind { GUEST_SYNC, GUEST_IRQ, GUEST_KINDS };

/** Interrupted context: what is changed here holds after the handler. Kept by start.S. */
struct guest_frame {
	uint64_t x[32]; /* x[0] is nothing */
	uint64_t pc;
	uint64_t status; /* sstatus */
	uint64_t cause;
	uint64_t tval;
	uint64_t run_sp; /* the runtime's */
	uint64_t unused;
};

typedef void (*guest_handler)(struct guest_frame *f);

/** For all CPUs. NULL: the default, which reports the trap and powers off. */
void guest_set_handler(enum guest_kind kind, guest_handler h);
/** Report @f and power off. */
_Noreturn void guest_unexpected(struct guest_frame *f);

#define guest_irq_unmask() guest_csr_set(sstatus, SSTATUS_SIE)
#define guest_irq_mask()   guest_csr_clear(sstatus, SSTATUS_SIE)

/**
 * Whether interrupt @cause is pending for this CPU, enabled or not: found out by letting it come for a
 * moment, without its handler. QEMU before 8 does not show STIP and SEIP in sip to a guest of a hypervisor.
 */
bool guest_irq_is_pending(unsigned cause);

#define GUEST_CAUSE_IRQ          (UINT64_C(1) << 63)
#define GUEST_CAUSE_FETCH_ALIGN  0
#define GUEST_CAUSE_FETCH_ACCESS 1
#define GUEST_CAUSE_ILLEGAL      2
#define GUEST_CAUSE_BREAK        3
#define GUEST_CAUSE_LOAD_ALIGN   4
#define GUEST_CAUSE_LOAD_ACCESS  5
#define GUEST_CAUSE_STORE_ALIGN  6
#define GUEST_CAUSE_STORE_ACCESS 7
#define GUEST_CAUSE_ECALL_U      8
#define GUEST_CAUSE_ECALL_S      9
#define GUEST_CAUSE_FETCH_PAGE   12
#define GUEST_CAUSE_LOAD_PAGE    13
#define GUEST_CAUSE_STORE_PAGE   15
/** "illegal instruction" and so on; "none" for @count 0 of a trap. */
const char *guest_cause_name(uint64_t cause);

/* --- Trying. Between begin and end, an exception of this CPU is noted and stepped over. */

struct guest_trap {
	uint64_t count; /* exceptions since begin; the others are the first one's */
	uint64_t cause;
	uint64_t tval;
	uint64_t pc;
};

/** The instruction is skipped; a fetch that failed "returns" to ra. Not nested. */
void guest_trap_begin(void);
struct guest_trap guest_trap_end(void);

/** One access of 1, 2, 4 or 8 bytes. False: it took an exception, described in @t (may be NULL). */
bool guest_try_read(uint64_t address, unsigned size, uint64_t *val, struct guest_trap *t);
bool guest_try_write(uint64_t address, unsigned size, uint64_t val, struct guest_trap *t);

/** Registers around tried code, all of which are its own. */
struct guest_regs {
	uint64_t x[32];
};

/**
 * Run one instruction of 2 or 4 bytes, given as its word, with @r; the registers are in @r afterwards. A
 * jump may only go where nothing can be fetched. sscratch and stvec are the runtime's. False: it took an
 * exception.
 */
bool guest_try_insn(uint32_t insn, struct guest_regs *r, struct guest_trap *t);
/**
 * Run the code from @pc until it comes to the EBREAK at @end, in U-mode or S-mode. Exceptions are stepped
 * over; a fetch that failed ends it.
 */
bool guest_try_code(uint64_t pc, uint64_t end, bool user, struct guest_regs *r,
		    struct guest_trap *t);

/* Words for guest_try_insn() */
#define GUEST_INSN_CSRRW(csr, rd, rs) (0x00001073u | (uint32_t)(csr) << 20 | (rs) << 15 | (rd) << 7)
#define GUEST_INSN_CSRRS(csr, rd, rs) (0x00002073u | (uint32_t)(csr) << 20 | (rs) << 15 | (rd) << 7)
#define GUEST_INSN_CSRRC(csr, rd, rs) (0x00003073u | (uint32_t)(csr) << 20 | (rs) << 15 | (rd) << 7)
#define GUEST_INSN_ECALL              0x00000073u
#define GUEST_INSN_EBREAK             0x00100073u
#define GUEST_INSN_NOP                0x00000013u

/* --- MMU: Sv39, identity map in 1 GiB leaves of the lower 256 GiB, for S-mode */

#define GUEST_PTE_V   0x01ull
#define GUEST_PTE_R   0x02ull
#define GUEST_PTE_W   0x04ull
#define GUEST_PTE_X   0x08ull
#define GUEST_PTE_U   0x10ull
#define GUEST_PTE_G   0x20ull
#define GUEST_PTE_A   0x40ull
#define GUEST_PTE_D   0x80ull
#define GUEST_MAP_RW  (GUEST_PTE_V | GUEST_PTE_R | GUEST_PTE_W | GUEST_PTE_A | GUEST_PTE_D)
#define GUEST_MAP_RWX (GUEST_MAP_RW | GUEST_PTE_X)
/** The entry for address @pa, a multiple of 4 KiB, with the bits @flags; a table with GUEST_PTE_V only. */
#define GUEST_PTE(pa, flags) ((uint64_t)(pa) >> 2 | (flags))
#define GUEST_SATP_SV39      (UINT64_C(8) << 60)
#define GUEST_SATP_SV48      (UINT64_C(9) << 60)
#define GUEST_SATP_SV57      (UINT64_C(10) << 60)

/** Translation on, on this CPU and on those started afterwards. */
void guest_mmu_enable(void);
/** The root table, 512 entries of 1 GiB; after changes guest_tlb_flush(). */
uint64_t *guest_mmu_table(void);
/** All translations of this CPU. */
void guest_tlb_flush(void);
/** F and D, this CPU: sstatus.FS = Initial. */
void guest_fp_enable(void);

/* --- SBI */

#define SBI_EXT_BASE            0x10
#define SBI_EXT_TIME            0x54494d45
#define SBI_EXT_IPI             0x735049
#define SBI_EXT_RFENCE          0x52464e43
#define SBI_EXT_HSM             0x48534d
#define SBI_EXT_SRST            0x53525354
#define SBI_EXT_DBCN            0x4442434e

#define SBI_SUCCESS             0
#define SBI_ERR_FAILED          (-1)
#define SBI_ERR_NOT_SUPPORTED   (-2)
#define SBI_ERR_INVALID_PARAM   (-3)
#define SBI_ERR_DENIED          (-4)
#define SBI_ERR_INVALID_ADDRESS (-5)
#define SBI_ERR_ALREADY         (-6)

struct guest_sbi_ret {
	int64_t error;  /* a0 */
	uint64_t value; /* a1 */
};

/** A call with three arguments; a3 to a5 are 0. */
struct guest_sbi_ret guest_sbi(uint64_t ext, uint64_t function, uint64_t a0, uint64_t a1,
			       uint64_t a2);
/** With all six. */
struct guest_sbi_ret guest_sbi6(uint64_t ext, uint64_t function, const uint64_t a[6]);

/* --- CPUs: number n is hart n. CPU 0 is the boot CPU, whichever hart the firmware entered first. */

/** The number that the runtime gave this CPU. */
uint32_t guest_cpu_self(void);
/** What the processor or the firmware calls this CPU. */
uint64_t guest_cpu_own_id(void);
/** Start CPU @cpu in guest_secondary_main(). 0 on success. */
int64_t guest_cpu_on(uint64_t cpu);
/** Ends this CPU. */
_Noreturn void guest_cpu_off(void);
_Noreturn void guest_power_off(void);
_Noreturn void guest_reset(void);
/** Entry of a CPU for SBI hart_start; opaque is the CPU's number. */
void guest_secondary_start(void);
