/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control and status registers (RISC-V Privileged Architecture 1.12, by number where the assembler may not
 * know the extension) and device memory.
 */
#pragma once
#include <axbase/types.h>

#define CSR_SSTATUS       0x100
#define CSR_SIE           0x104
#define CSR_STVEC         0x105
#define CSR_SIP           0x144
#define CSR_STIMECMP      0x14d /* Sstc */
#define CSR_SATP          0x180
#define CSR_HSTATUS       0x600
#define CSR_HGATP         0x680
#define CSR_TIME          0xc01

#define SIP_SSIP          UINT64_C(0x002)
#define SIP_STIP          UINT64_C(0x020)
#define SIP_SEIP          UINT64_C(0x200)

#define BOARD_CSR_STR_(n) #n
#define BOARD_CSR_STR(n)  BOARD_CSR_STR_(n)

#define BOARD_CSR_R(name, n)                                              \
	static inline uint64_t read_##name(void)                          \
	{                                                                 \
		uint64_t v;                                               \
		__asm__ volatile("csrr %0, " BOARD_CSR_STR(n) : "=r"(v)); \
		return v;                                                 \
	}
#define BOARD_CSR_W(name, n)                                                            \
	static inline void write_##name(uint64_t v)                                     \
	{                                                                               \
		__asm__ volatile("csrw " BOARD_CSR_STR(n) ", %0" ::"rK"(v) : "memory"); \
	}
#define BOARD_CSR_SET(name, n)                                                          \
	static inline void set_##name(uint64_t v)                                       \
	{                                                                               \
		__asm__ volatile("csrs " BOARD_CSR_STR(n) ", %0" ::"rK"(v) : "memory"); \
	}
#define BOARD_CSR_CLEAR(name, n)                                                        \
	static inline void clear_##name(uint64_t v)                                     \
	{                                                                               \
		__asm__ volatile("csrc " BOARD_CSR_STR(n) ", %0" ::"rK"(v) : "memory"); \
	}
/* True if the register can be read here. A trap comes back as if from a jump: stvec points there. */
#define BOARD_CSR_PROBE(name, n)                                                                \
	static inline bool probe_##name(void)                                                   \
	{                                                                                       \
		uint64_t ok = 0;                                                                \
		uint64_t old;                                                                   \
		__asm__ volatile("la %1, 1f\n\tcsrrw %1, stvec, %1\n\t"                         \
				 "csrr zero, " BOARD_CSR_STR(n) "\n\tli %0, 1\n\t"              \
								".balign 4\n1:\tcsrw stvec, %1" \
				 : "+&r"(ok), "=&r"(old)::"memory");                            \
		return ok != 0;                                                                 \
	}

/* clang-format off */
BOARD_CSR_R(sie, CSR_SIE)
BOARD_CSR_W(sie, CSR_SIE)
BOARD_CSR_SET(sie, CSR_SIE)
BOARD_CSR_CLEAR(sie, CSR_SIE)
BOARD_CSR_R(sip, CSR_SIP)
BOARD_CSR_SET(sip, CSR_SIP)
BOARD_CSR_CLEAR(sip, CSR_SIP)
BOARD_CSR_R(time, CSR_TIME)
BOARD_CSR_W(stimecmp, CSR_STIMECMP)
BOARD_CSR_PROBE(stimecmp, CSR_STIMECMP)
BOARD_CSR_PROBE(hstatus, CSR_HSTATUS)
BOARD_CSR_R(hgatp, CSR_HGATP)
BOARD_CSR_W(hgatp, CSR_HGATP)
/* clang-format on */

/* Device memory is ordered within itself; the fences order it against memory (chapter 2.7 of volume 1). */
static inline uint32_t mmio_read32(const volatile void *base, uint64_t off)
{
	uint32_t v =
		*(const volatile uint32_t *)(const volatile void *)((const volatile uint8_t *)base +
								    off);

	__asm__ volatile("fence i, ir" ::: "memory");
	return v;
}

static inline uint8_t mmio_read8(const volatile void *base, uint64_t off)
{
	uint8_t v = ((const volatile uint8_t *)base)[off];

	__asm__ volatile("fence i, ir" ::: "memory");
	return v;
}

static inline void mmio_write32(volatile void *base, uint64_t off, uint32_t v)
{
	__asm__ volatile("fence w, o" ::: "memory");
	*(volatile uint32_t *)(volatile void *)((volatile uint8_t *)base + off) = v;
}

static inline void mmio_write8(volatile void *base, uint64_t off, uint8_t v)
{
	__asm__ volatile("fence w, o" ::: "memory");
	((volatile uint8_t *)base)[off] = v;
}
