/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driver of a guest's PLIC (RISC-V Platform-Level Interrupt Controller Specification 1.0.0), at the place and
 * with the contexts of QEMU's virt: of hart i, 2 i is M-mode's and 2 i + 1 is S-mode's.
 */
#pragma once
#include "guest.h"

#define PLIC_PRIORITY      0x000000 /* 4 bytes per source */
#define PLIC_PENDING       0x001000
#define PLIC_ENABLE        0x002000 /* 0x80 bytes per context */
#define PLIC_THRESHOLD     0x200000 /* 0x1000 bytes per context */
#define PLIC_CLAIM         0x200004 /* read: claim; write: complete */
#define PLIC_UART          10       /* sources of the machine */
#define PLIC_RTC           11
#define PLIC_SOURCES       95 /* riscv,ndev */

#define PLIC_CONTEXT(hart) (2 * (hart) + 1)

static inline uint64_t guest_plic_enable_at(uint32_t context, uint32_t source)
{
	return GUEST_PLIC + PLIC_ENABLE + UINT64_C(0x80) * context + 4 * (source / 32);
}

static inline void guest_plic_priority(uint32_t source, uint32_t priority)
{
	guest_write32(GUEST_PLIC + PLIC_PRIORITY + UINT64_C(4) * source, priority);
}

static inline bool guest_plic_is_pending(uint32_t source)
{
	return (guest_read32(GUEST_PLIC + PLIC_PENDING + 4 * (source / 32)) >> source % 32 & 1) !=
	       0;
}

static inline void guest_plic_enable(uint32_t context, uint32_t source, bool on)
{
	uint64_t at = guest_plic_enable_at(context, source);
	uint32_t bit = UINT32_C(1) << source % 32;

	guest_write32(at, on ? guest_read32(at) | bit : guest_read32(at) & ~bit);
}

static inline void guest_plic_threshold(uint32_t context, uint32_t threshold)
{
	guest_write32(GUEST_PLIC + PLIC_THRESHOLD + UINT64_C(0x1000) * context, threshold);
}

static inline uint32_t guest_plic_claim(uint32_t context)
{
	return guest_read32(GUEST_PLIC + PLIC_CLAIM + UINT64_C(0x1000) * context);
}

static inline void guest_plic_complete(uint32_t context, uint32_t source)
{
	guest_write32(GUEST_PLIC + PLIC_CLAIM + UINT64_C(0x1000) * context, source);
}
