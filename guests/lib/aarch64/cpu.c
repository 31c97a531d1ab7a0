/* SPDX-License-Identifier: Apache-2.0 */
/* Boot, CPUs, PSCI by HVC, MMU. */
#include "../guest.h"
#include "../internal.h"

#define PSCI_CPU_OFF      0x84000002
#define PSCI_CPU_ON       0xc4000003
#define PSCI_SYSTEM_OFF   0x84000008
#define PSCI_SYSTEM_RESET 0x84000009

#define LINE              64
#define BLOCK_SHIFT       30

_Alignas(4096) uint64_t guest_mmu_root[512];
_Alignas(LINE) uint32_t guest_mmu_on; /* start.S reads it with the MMU off */

void guest_boot(uint64_t dtb);
void guest_mmu_registers(void);

void guest_boot(uint64_t dtb)
{
	guest_tree_init(dtb);
	guest_console_init();
	guest_main(dtb);
}

int64_t guest_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a1;
	register uint64_t x2 __asm__("x2") = a2;
	register uint64_t x3 __asm__("x3") = a3;

	__asm__ volatile("hvc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			 :
			 : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
			   "x15", "x16", "x17", "memory");
	return (int64_t)x0;
}

uint64_t guest_cpu_own_id(void)
{
	uint64_t mpidr;

	guest_mrs(mpidr_el1, mpidr);
	return mpidr & 0xff;
}

uint64_t guest_cpu_mpidr(uint32_t cpu)
{
	uint64_t node = guest_tree_root();

	for (uint32_t i = 0; i <= cpu && node != 0; i++) {
		node = guest_tree_next(node, "cpu@");
	}
	uint32_t bytes;

	if (node == 0 || guest_tree_prop(node, "reg", &bytes) == NULL) {
		return ~UINT64_C(0);
	}
	return guest_tree_cells(node, "reg", 0, bytes / 4);
}

int64_t guest_cpu_on(uint64_t cpu)
{
	return guest_hvc(PSCI_CPU_ON, guest_cpu_mpidr((uint32_t)cpu),
			 (uint64_t)guest_secondary_start, cpu);
}

static _Noreturn void park(void)
{
	for (;;) {
		__asm__ volatile("wfi");
	}
}

void guest_cpu_off(void)
{
	guest_hvc(PSCI_CPU_OFF, 0, 0, 0);
	park();
}

void guest_power_off(void)
{
	guest_hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
	park();
}

void guest_reset(void)
{
	guest_hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
	park();
}

void guest_timer_wait(uint64_t us)
{
	uint64_t ctl;

	guest_msr(cntv_tval_el0, guest_counter_hz() * us / 1000000);
	guest_msr(cntv_ctl_el0, 3); /* ENABLE, IMASK */
	do {
		__asm__ volatile("isb\n\tmrs %0, cntv_ctl_el0" : "=r"(ctl)::"memory");
	} while ((ctl & 4) == 0); /* ISTATUS */
	guest_msr(cntv_ctl_el0, 0);
}

/* To memory: a walker or a CPU with caches off is to see it. */
static void clean(const void *at, size_t bytes)
{
	for (uint64_t a = (uint64_t)at; a < (uint64_t)at + bytes; a += LINE) {
		__asm__ volatile("dc civac, %0" : : "r"(a) : "memory");
	}
	guest_dsb();
}

uint64_t *guest_mmu_table(void)
{
	return guest_mmu_root;
}

void guest_tlb_flush(void)
{
	__asm__ volatile("dsb sy\n\ttlbi vmalle1is\n\tdsb sy\n\tisb" : : : "memory");
}

void guest_mmu_enable(void)
{
	for (uint64_t i = 0; i < 512; i++) {
		bool device = i == 0 || i >= 256;

		guest_mmu_root[i] = i << BLOCK_SHIFT |
				    (device ? GUEST_MAP_DEVICE | GUEST_MAP_XN : GUEST_MAP_NORMAL);
	}
	clean(guest_mmu_root, sizeof(guest_mmu_root));
	guest_mmu_on = 1;
	clean(&guest_mmu_on, sizeof(guest_mmu_on));
	guest_mmu_registers();
}

void guest_fp_enable(void)
{
	guest_msr(cpacr_el1, 3 << 20);
}
