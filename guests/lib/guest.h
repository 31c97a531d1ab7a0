/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The little that our own guests share: console, boot CPU's view of the device tree, PSCI. Fixed to
 * the machine that both QEMU's virt and the hypervisor's AArch64 profile are.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_UART     0x09000000
#define GUEST_MAX_CPUS 8 /* start.S and link.lds have stacks for as many */

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

/** The guest: called on the boot CPU with the device tree's address; returning powers off. */
void guest_main(uint64_t dtb);
/** Called on a CPU started by guest_cpu_on(); returning parks it. */
void guest_secondary_main(uint64_t cpu);

void guest_console_init(void);
void guest_putc(char c);
void guest_puts(const char *s);
void guest_put_dec(uint64_t v);
void guest_put_hex(uint64_t v);
/** One line without its end, echoed, cut at @cap - 1 characters. Waits for it. */
void guest_read_line(char *buf, size_t cap);

/** Number of cpu@ nodes; 0 if there is no tree at @dtb. */
uint32_t guest_count_cpus(uint64_t dtb);

/** PSCI (DEN0022) by HVC. @cpu is 1 to 7, its MPIDR affinity too. 0 on success. */
int64_t guest_cpu_on(uint64_t cpu);
_Noreturn void guest_power_off(void);
_Noreturn void guest_reset(void);
_Noreturn void guest_exception(uint64_t esr, uint64_t elr, uint64_t far);
