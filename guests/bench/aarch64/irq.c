/* SPDX-License-Identifier: Apache-2.0 */
/* The GIC and the virtual timer, for the rows of irqs.c. */
#include "bench.h"
#include "gic.h"
#include "timer.h"

#define SGI         1
#define SGI_TO(cpu) ((uint64_t)SGI << 24 | UINT64_C(1) << (cpu)) /* ICC_SGI1R_EL1 */

extern const char bench_vectors[];
_Noreturn void bench_exception(uint64_t esr, uint64_t elr, uint64_t far);

void bench_irq_end(void)
{
	uint32_t iar = guest_gic_ack();

	if (iar == TIMER_VIRT) {
		guest_set_cntv_ctl_el0(0);
	}
	guest_gic_eoi(iar);
}

void bench_exception(uint64_t esr, uint64_t elr, uint64_t far)
{
	guest_printf("exception: ESR_EL1 0x%lx ELR_EL1 0x%lx FAR_EL1 0x%lx\n", (unsigned long)esr,
		     (unsigned long)elr, (unsigned long)far);
	guest_power_off();
}

void bench_irq_init(uint32_t cpu)
{
	guest_msr(vbar_el1, (uintptr_t)bench_vectors);
	if (cpu == 0) {
		guest_gic_init();
	} else {
		guest_gic_init_cpu();
	}
	guest_gic_enable(SGI);
	guest_gic_enable(TIMER_VIRT);
}

uint64_t bench_counter(void)
{
	return guest_counter();
}

uint64_t bench_set_timer(uint64_t ahead)
{
	uint64_t at = guest_counter() + ahead;

	guest_set_cntv_cval_el0(at);
	guest_set_cntv_ctl_el0(TIMER_ENABLE);
	return at;
}

uint64_t bench_send(uint32_t cpu)
{
	uint64_t t0;

	__asm__ volatile("dsb ish\n\tisb\n\tmrs %0, cntvct_el0\n\tmsr " ICC_SGI1R_EL1 ", %1"
			 : "=&r"(t0)
			 : "r"(SGI_TO(cpu))
			 : "memory");
	return t0;
}

void bench_sleep(void)
{
	__asm__ volatile("dsb sy\n\twfi\n\tmsr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
}

uint64_t bench_sleep_timed(volatile uint64_t *before)
{
	uint64_t now;

	__asm__ volatile("mrs %0, cntvct_el0\n\tstr %0, %1\n\twfi\n\tmrs %0, cntvct_el0"
			 : "=&r"(now), "=m"(*before)
			 :
			 : "memory");
	return now;
}

/* A CPU that spins without would have its turn for a very long time. */
void bench_yield(uint32_t other)
{
	(void)other;
	for (int i = 0; i < 8; i++) {
		__asm__ volatile("yield" ::: "memory");
	}
}
