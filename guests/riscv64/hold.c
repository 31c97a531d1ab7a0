/* SPDX-License-Identifier: Apache-2.0 */
/* See hold.h. */
#include "hold.h"

#define HSM_RETENTIVE 0

struct report {
	uint64_t rounds;
	uint64_t wrong;
	uint64_t first; /* number of the first word that was wrong, plus 1 */
	uint64_t ended;
};

static volatile struct report reports[GUEST_MAX_CPUS];
static _Alignas(64) uint64_t states[GUEST_MAX_CPUS][2][HOLD_WORDS];
static uint64_t seed;
static uint64_t rounds;

uint64_t hold_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Something during which the state is not looked at. */
static void happen(uint64_t what)
{
	switch (what % 8) {
	case 0:
		guest_sbi(SBI_EXT_BASE, 0, 0, 0, 0);
		break;
	case 1:
		(void)guest_read8(GUEST_UART + 5);
		break;
	case 2:
		guest_delay_us(12000); /* longer than a quantum */
		break;
	case 3:
		guest_delay_us(what >> 8 & 0xfff);
		break;
	case 4: /* asleep until the timer */
		guest_timer_set(guest_counter() + guest_ticks(200));
		guest_csr_write(sie, SIP_STIP);
		guest_wfi();
		guest_timer_off();
		break;
	case 5:
		guest_timer_set(guest_counter() + guest_ticks(200));
		guest_csr_write(sie, SIP_STIP);
		guest_sbi(SBI_EXT_HSM, 3, HSM_RETENTIVE, 0, 0);
		guest_timer_off();
		break;
	case 6: /* it does not use it for a while */
		hold_off();
		guest_delay_us(what >> 8 & 0x3ff);
		(void)guest_read32(GUEST_RTC);
		hold_clean();
		break;
	default:
		break; /* nothing: only what comes by itself */
	}
}

static void hold(uint32_t cpu)
{
	uint64_t x = (seed << 32 | (cpu + 1)) * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t *want = states[cpu][0];
	uint64_t *have = states[cpu][1];

	hold_clean();
	for (uint64_t n = 0; n < rounds; n++) {
		bool wrong = false;

		hold_fill(want, &x);
		hold_put(want);
		if ((x & 1) != 0) {
			hold_clean(); /* "saved": as a kernel does before another task */
		}
		happen(hold_random(&x));
		hold_get(have);
		for (uint32_t i = 0; i < hold_words(); i++) {
			if (want[i] != have[i]) {
				wrong = true;
				reports[cpu].first = i + 1;
			}
		}
		reports[cpu].wrong += wrong;
		reports[cpu].rounds++;
	}
	guest_barrier();
	reports[cpu].ended = 1;
}

void guest_secondary_main(uint64_t cpu)
{
	hold((uint32_t)cpu);
	guest_cpu_off();
}

void hold_on_all(void)
{
	uint32_t cpus = guest_cpu_count();

	seed = guest_arg_number("seed", 1);
	rounds = guest_arg_number("rounds", 150);
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		if (guest_cpu_on(cpu) != 0) {
			guest_printf("hart %u: refused\n", cpu);
		}
	}
	hold(0);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		while (reports[cpu].ended == 0) {
		}
		guest_printf("cpu %u: %lu rounds, %lu wrong", cpu, reports[cpu].rounds,
			     reports[cpu].wrong);
		if (reports[cpu].wrong != 0) {
			guest_printf(", such as word %lu: WRONG", reports[cpu].first - 1);
		}
		guest_puts("\n");
	}
}
