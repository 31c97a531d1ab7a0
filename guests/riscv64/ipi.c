/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts among harts by SBI (2.0 chapter 7): to oneself, to others, masks with a base, to all, to
 * nobody; bursts, of which none may be lost and not one has to come more than once; to harts that compute,
 * that have them masked, that were started this moment. "rounds=" is how many in a burst.
 */
#include "guest.h"

static volatile uint64_t taken[GUEST_MAX_CPUS];
static volatile uint64_t word[GUEST_MAX_CPUS]; /* what a sender left for CPU n */
static volatile uint64_t seen[GUEST_MAX_CPUS]; /* the last word that CPU n's handler saw */
static volatile uint64_t ready[GUEST_MAX_CPUS];
static volatile uint64_t masked_wanted;
static volatile uint64_t over;
static uint32_t cpus;

static void on_irq(struct guest_frame *f)
{
	uint32_t cpu = guest_cpu_self();

	if (f->cause != (GUEST_CAUSE_IRQ | IRQ_S_SOFT)) {
		guest_unexpected(f);
	}
	/* Cleared first: what comes after this is a new one. */
	guest_csr_clear(sip, SIP_SSIP);
	guest_barrier();
	taken[cpu] = taken[cpu] + 1;
	seen[cpu] = word[cpu];
	guest_barrier();
}

static int64_t send(uint64_t mask, uint64_t base)
{
	return guest_sbi(SBI_EXT_IPI, 0, mask, base, 0).error;
}

static void settle(void)
{
	guest_delay_us(3000);
}

/* Which of the harts @expected had one, and whether each was asked once. */
static void show(const char *what, int64_t ret, uint64_t expected)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		while ((expected >> cpu & 1) != 0 && taken[cpu] == 0) {
		}
	}
	settle();
	guest_printf("%s: %ld;", what, ret);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		guest_printf(" %lu", taken[cpu]);
	}
	guest_puts("\n");
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		taken[cpu] = 0;
	}
}

static void masks(void)
{
	uint64_t all = (UINT64_C(1) << cpus) - 1;

	show("to oneself", send(1, 0), 1);
	show("to nobody", send(0, 0), 0);
	show("to all others", send(all & ~UINT64_C(1), 0), all & ~UINT64_C(1));
	show("to all there are", send(all, 0), all);
	show("base -1", send(0, ~UINT64_C(0)), all);
	show("base -1, mask ignored", send(2, ~UINT64_C(0)), all);
	for (uint64_t base = 0; base < cpus; base++) {
		guest_printf("base %lu ", base);
		show("and bit 0", send(1, base), UINT64_C(1) << base);
		guest_printf("base %lu ", base);
		show("and those from there on", send(all >> base, base),
		     all & ~((UINT64_C(1) << base) - 1));
	}
	show("base beyond", send(1, 4096), 0);
}

/* 7: an IPI that is not taken yet is one bit. */
static void pending(void)
{
	uint64_t sip;

	guest_irq_mask();
	for (unsigned i = 0; i < 5; i++) {
		send(1, 0);
	}
	do {
		guest_csr_read(sip, sip);
	} while ((sip & SIP_SSIP) == 0);
	guest_printf("five while masked: SSIP %lu, taken %lu", sip >> 1 & 1, taken[0]);
	guest_irq_unmask();
	show("; then", 0, 1);
	guest_csr_clear(sie, SIP_SSIP);
	send(1, 0);
	settle();
	guest_csr_read(sip, sip);
	guest_printf("while disabled: SSIP %lu, taken %lu\n", sip >> 1 & 1, taken[0]);
	guest_csr_clear(sip, SIP_SSIP);
	guest_csr_read(sip, sip);
	guest_csr_set(sie, SIP_SSIP);
	guest_printf("cleared unseen: SSIP %lu, taken %lu\n", sip >> 1 & 1, taken[0]);
	guest_csr_set(sip, SIP_SSIP); /* S-mode may set it itself */
	show("set in sip", 0, 1);
	if (cpus > 1) {
		masked_wanted = 1;
		while (masked_wanted != 2) {
		}
		for (unsigned i = 0; i < 5; i++) {
			send(2, 0);
		}
		settle();
		guest_printf("five to a hart that masks them: taken %lu\n", taken[1]);
		masked_wanted = 3;
		show("and then", 0, 2);
	}
}

/* Each is answered before the next: by a word that the handler sees. */
static void answered(uint64_t rounds)
{
	uint64_t lost = 0;

	for (uint64_t i = 1; i <= rounds; i++) {
		uint32_t cpu = (uint32_t)(i % cpus);

		word[cpu] = i;
		guest_barrier();
		lost += send(UINT64_C(1) << cpu, 0) != 0;
		while (seen[cpu] != i) {
		}
	}
	guest_printf("one after the other: %lu, refused %lu\n", rounds, lost);
}

/* Not waited for: the last word is seen by everybody. */
static void burst(uint64_t rounds)
{
	uint64_t all = (UINT64_C(1) << cpus) - 1;

	for (uint64_t i = 1; i <= rounds; i++) {
		for (uint32_t cpu = 0; cpu < cpus; cpu++) {
			word[cpu] = rounds + i;
		}
		guest_barrier();
		send(all, 0);
	}
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		while (seen[cpu] != 2 * rounds) {
		}
		guest_printf("a burst, hart %u: %s\n", cpu,
			     taken[cpu] >= 1 && taken[cpu] <= 2 * rounds + 1 ? "all seen"
									     : "WRONG");
		taken[cpu] = 0;
	}
}

static void init_cpu(void)
{
	guest_csr_clear(sip, SIP_SSIP);
	guest_csr_write(sie, SIP_SSIP);
	guest_irq_unmask();
}

void guest_secondary_main(uint64_t cpu)
{
	init_cpu();
	ready[cpu] = 1;
	while (over == 0) {
		if (cpu == 1 && masked_wanted == 1) {
			guest_irq_mask();
			masked_wanted = 2;
			while (masked_wanted != 3) {
			}
			guest_irq_unmask();
			masked_wanted = 0;
		}
		if (cpu == 2 && over == 0) {
			guest_wfi();
		}
	}
	guest_cpu_off();
}

void guest_main(uint64_t dtb)
{
	uint64_t rounds = guest_arg_number("rounds", 1000);

	(void)dtb;
	cpus = guest_cpu_count();
	guest_printf("ipi: harts %u\n", cpus);
	guest_set_handler(GUEST_IRQ, on_irq);
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		guest_cpu_on(cpu);
		while (ready[cpu] == 0) {
		}
	}
	init_cpu();
	masks();
	pending();
	answered(rounds);
	burst(rounds);
	guest_irq_mask();
	over = 1;
	send(0, ~UINT64_C(0));
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		while (guest_sbi(SBI_EXT_HSM, 2, cpu, 0, 0).value != 1) {
		}
	}
	send((UINT64_C(1) << cpus) - 1, 0); /* to harts that are off: nothing happens to them */
	settle();
	guest_printf("to harts that are off: %lu\n",
		     guest_sbi(SBI_EXT_HSM, 2, cpus - 1, 0, 0).value);
	guest_done();
}
