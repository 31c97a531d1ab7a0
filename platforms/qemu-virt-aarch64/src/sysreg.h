/* SPDX-License-Identifier: Apache-2.0 */
/* Access to system registers (Arm ARM DDI0487, D17) and to device memory; one line per register used. */
#pragma once
#include <axbase/types.h>

#define BOARD_SYSREG_R(name, reg)                           \
	static inline uint64_t read_##name(void)            \
	{                                                   \
		uint64_t v;                                 \
		__asm__ volatile("mrs %0, " reg : "=r"(v)); \
		return v;                                   \
	}
#define BOARD_SYSREG_W(name, reg)                                        \
	static inline void write_##name(uint64_t v)                      \
	{                                                                \
		__asm__ volatile("msr " reg ", %0" ::"r"(v) : "memory"); \
	}

/* clang-format off */
BOARD_SYSREG_R(cntfrq_el0, "cntfrq_el0")
BOARD_SYSREG_R(cntpct_el0, "cntpct_el0")
BOARD_SYSREG_W(cnthp_cval_el2, "cnthp_cval_el2")
BOARD_SYSREG_W(cnthp_ctl_el2, "cnthp_ctl_el2")
BOARD_SYSREG_R(daif, "daif")
BOARD_SYSREG_W(daif, "daif")
BOARD_SYSREG_R(dczid_el0, "dczid_el0")
BOARD_SYSREG_R(ctr_el0, "ctr_el0")
BOARD_SYSREG_R(mpidr_el1, "mpidr_el1")
BOARD_SYSREG_R(tpidr_el2, "tpidr_el2")
BOARD_SYSREG_R(hcr_el2, "hcr_el2")
BOARD_SYSREG_R(id_aa64isar0_el1, "id_aa64isar0_el1")
BOARD_SYSREG_R(id_aa64mmfr0_el1, "id_aa64mmfr0_el1")
BOARD_SYSREG_R(id_aa64mmfr1_el1, "id_aa64mmfr1_el1")
BOARD_SYSREG_R(id_aa64pfr0_el1, "id_aa64pfr0_el1")
/* GICv3 CPU interface, IHI0069 12.2: by encoding, the assembler is asked for ARMv8.0 */
BOARD_SYSREG_R(icc_iar1_el1, "S3_0_C12_C12_0")
BOARD_SYSREG_W(icc_eoir1_el1, "S3_0_C12_C12_1")
BOARD_SYSREG_W(icc_bpr1_el1, "S3_0_C12_C12_3")
BOARD_SYSREG_W(icc_ctlr_el1, "S3_0_C12_C12_4")
BOARD_SYSREG_W(icc_igrpen1_el1, "S3_0_C12_C12_7")
BOARD_SYSREG_W(icc_dir_el1, "S3_0_C12_C11_1")
BOARD_SYSREG_W(icc_sgi1r_el1, "S3_0_C12_C11_5")
BOARD_SYSREG_W(icc_pmr_el1, "S3_0_C4_C6_0")
BOARD_SYSREG_W(icc_sre_el1, "S3_0_C12_C12_5")
BOARD_SYSREG_R(icc_sre_el2, "S3_4_C12_C9_5")
BOARD_SYSREG_W(icc_sre_el2, "S3_4_C12_C9_5")
BOARD_SYSREG_W(ich_hcr_el2, "S3_4_C12_C11_0")
/* clang-format on */

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

/* FEAT_RNG; false with *v undefined: the source has nothing at the moment (C5.2.14: Z is set). */
static inline bool read_rndr(uint64_t *v)
{
	bool ok;

	__asm__ volatile("mrs %0, S3_3_C2_C4_0\n\tcset %w1, ne" : "=r"(*v), "=r"(ok)::"cc");
	return ok;
}

static inline void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static inline void dsb_sy(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

static inline void dsb_ishst(void)
{
	__asm__ volatile("dsb ishst" ::: "memory");
}

/* The loads and stores a hypervisor under this one could decode: plain base register, no writeback. */
static inline uint32_t mmio_read32(const volatile void *base, uint64_t off)
{
	const volatile uint8_t *p = (const volatile uint8_t *)base + off;
	uint32_t v;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(p) : "memory");
	return v;
}

static inline uint64_t mmio_read64(const volatile void *base, uint64_t off)
{
	const volatile uint8_t *p = (const volatile uint8_t *)base + off;
	uint64_t v;

	__asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(p) : "memory");
	return v;
}

static inline void mmio_write8(volatile void *base, uint64_t off, uint8_t v)
{
	volatile uint8_t *p = (volatile uint8_t *)base + off;

	__asm__ volatile("strb %w0, [%1]" ::"r"(v), "r"(p) : "memory");
}

static inline void mmio_write32(volatile void *base, uint64_t off, uint32_t v)
{
	volatile uint8_t *p = (volatile uint8_t *)base + off;

	__asm__ volatile("str %w0, [%1]" ::"r"(v), "r"(p) : "memory");
}

static inline void mmio_write64(volatile void *base, uint64_t off, uint64_t v)
{
	volatile uint8_t *p = (volatile uint8_t *)base + off;

	__asm__ volatile("str %0, [%1]" ::"r"(v), "r"(p) : "memory");
}
