/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI IPIs and stimecmp, for the rows of irqs.c. The counter is the CSR cycle, which under -icount counts
 * the instructions of all harts and the time in which none has any; time is the same in larger units.
 */
#include "bench.h"

#define SEND_IPI        0
#define SLEEP_INSNS     20000
#define SPIN_INSNS      3000
#define TURN_INSNS      100
#define HAND_OVER_INSNS 1000

extern const char bench_vectors[];
_Noreturn void bench_exception(void);

static uint64_t tick; /* instructions in one of time */

uint64_t bench_counter(void)
{
	uint64_t now;

	guest_csr_read(cycle, now);
	return now;
}

void bench_irq_end(void)
{
	uint64_t cause;

	guest_csr_read(scause, cause);
	if (cause == (GUEST_CAUSE_IRQ | IRQ_S_TIMER)) {
		guest_timer_off();
	} else {
		guest_csr_clear(sip, SIP_SSIP);
	}
}

void bench_exception(void)
{
	uint64_t cause, pc, tval;

	guest_csr_read(scause, cause);
	guest_csr_read(sepc, pc);
	guest_csr_read(stval, tval);
	guest_printf("exception: scause 0x%lx sepc 0x%lx stval 0x%lx\n", (unsigned long)cause,
		     (unsigned long)pc, (unsigned long)tval);
	guest_power_off();
}

void bench_irq_init(uint32_t cpu)
{
	uint64_t apart;

	guest_csr_write(stvec, (uintptr_t)bench_vectors);
	/* The timer of CPU 1 ends its turns, and is no interrupt. */
	guest_csr_write(sie, cpu == 0 ? SIP_SSIP | SIP_STIP : SIP_SSIP);
	if (cpu == 0) {
		tick = UINT64_C(1000000000) / guest_counter_hz();
		apart = bench_counter() - guest_counter() * tick;
		if (apart > 2 * tick) {
			guest_printf(
				"bench: cycle is %ld before %lu times time: not under -icount?\n",
				(long)apart, (unsigned long)tick);
			guest_power_off();
		}
	}
}

uint64_t bench_set_timer(uint64_t ahead)
{
	uint64_t at = (bench_counter() + ahead + tick - 1) / tick;

	guest_timer_set(at);
	return at * tick;
}

uint64_t bench_send(uint32_t cpu)
{
	register uint64_t a0 __asm__("a0") = UINT64_C(1) << cpu;
	register uint64_t a1 __asm__("a1") = 0;
	register uint64_t a6 __asm__("a6") = SEND_IPI;
	register uint64_t a7 __asm__("a7") = SBI_EXT_IPI;
	uint64_t now;

	__asm__ volatile("csrr %0, cycle\n\tecall"
			 : "=&r"(now), "+r"(a0), "+r"(a1)
			 : "r"(a6), "r"(a7)
			 : "memory");
	return now;
}

void bench_sleep(void)
{
	__asm__ volatile("wfi\n\tcsrsi sstatus, %0\n\tcsrci sstatus, %0" ::"i"(SSTATUS_SIE)
			 : "memory");
}

uint64_t bench_sleep_timed(volatile uint64_t *before)
{
	uint64_t now;

	__asm__ volatile("csrr %0, cycle\n\tsd %0, %1\n\twfi\n\tcsrr %0, cycle"
			 : "=&r"(now), "=m"(*before)
			 :
			 : "memory");
	return now;
}

/*
 * A running hart's turn ends when it sets a timer that is due before all others: QEMU counts the
 * instructions of the turn anew, and the next hart has it.
 */
void bench_hand_over(void)
{
	(void)bench_set_timer(HAND_OVER_INSNS);
}

/*
 * Else a turn lasts until somebody's timer expires. CPU 0 sleeps a while, in which the other comes to where
 * it waits; and gives up its turn again some time after it has gone on, each time a little later. The other
 * one, which spins, has short turns.
 */
void bench_yield(uint32_t other)
{
	static uint64_t turn, end;

	if (other == 0) {
		if (bench_counter() >= end) {
			end = bench_set_timer(SPIN_INSNS);
		}
		return;
	}
	(void)bench_set_timer(SLEEP_INSNS);
	bench_sleep();
	(void)bench_set_timer(TURN_INSNS + turn++ % TURNS * tick);
}
