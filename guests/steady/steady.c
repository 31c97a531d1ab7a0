/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A neighbour with a job: computes checks over its memory and holds values in its FP registers while a
 * periodic virtual timer measures how late its interrupts come. Every few rounds a line: rounds, wrong
 * words and registers, ticks, and in counter ticks the lateness' median, 99th percentile and maximum.
 *
 * Arguments: seconds=N (10), period_us=N (1000), kib=N (most of memory), every=N rounds to a line (10).
 */
#include "guest.h"
#include "gic.h"
#include "timer.h"

#define BUCKETS   8192
#define IMAGE_MIB 4 /* what lies at the start of RAM: tree, image, stacks */
#define FP_REGS   32

static uint64_t period;      /* in counter ticks, as all times here */
static uint64_t bucket_size; /* of lateness */
static uint32_t lateness[BUCKETS];
static volatile uint64_t ticks;
static volatile uint64_t missed;
static volatile uint64_t latest;

static uint64_t wrong_words;
static uint64_t wrong_registers;
static uint64_t fp_pattern[FP_REGS][2];

/* The timer is late by what has passed since its own compare value; whole periods are skipped. */
static void on_irq(struct guest_frame *f)
{
	uint32_t iar = guest_gic_ack();

	(void)f;
	if ((iar & GIC_SPURIOUS) == TIMER_VIRT) {
		uint64_t due = guest_cntv_cval_el0();
		uint64_t late = guest_cntvct_el0() - due;
		uint64_t skip = late / period;
		uint64_t bucket = late / bucket_size;

		lateness[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
		latest = late > latest ? late : latest;
		missed += skip;
		ticks++;
		guest_set_cntv_cval_el0(due + (skip + 1) * period);
	}
	if ((iar & GIC_SPURIOUS) != GIC_SPURIOUS) {
		guest_gic_eoi(iar);
	}
}

/* Upper bound of the lateness of @permille of the ticks. */
static uint64_t quantile(uint64_t permille)
{
	uint64_t want = (ticks * permille + 999) / 1000;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < BUCKETS; i++) {
		sum += lateness[i];
		if (sum >= want) {
			return (i + 1) * bucket_size;
		}
	}
	return latest;
}

static uint64_t mix(uint64_t i)
{
	i = (i ^ i >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return i ^ i >> 32;
}

/* Each word is checked against what the round before left there, and changed for the next. */
static void check_memory(uint64_t *words, uint64_t count, uint64_t round)
{
	uint64_t was = round == 0 ? 0 : mix(round);
	uint64_t next = mix(round + 1);

	for (uint64_t i = 0; i < count; i++) {
		wrong_words += (words[i] ^ was) != mix(i);
		words[i] = mix(i) ^ next;
	}
}

static void fill_memory(uint64_t *words, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		words[i] = mix(i);
	}
}

#define FP_NUMBERS \
	"0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define FP_ALL(op) ".irp n, " FP_NUMBERS "\n\t" op " q\\n, [%0, #16 * \\n]\n\t.endr\n\t"

static void load_fp(void)
{
	for (uint32_t i = 0; i < FP_REGS * 2; i++) {
		fp_pattern[i / 2][i % 2] = mix(i + 77);
	}
	__asm__ volatile(".arch_extension fp\n\t" FP_ALL("ldr") "msr fpsr, %1\n\t"
								".arch_extension nofp" ::"r"(
									fp_pattern),
			 "r"(UINT64_C(0x1f))
			 : "memory");
}

static void check_fp(void)
{
	static uint64_t now[FP_REGS][2];
	uint64_t fpsr;

	__asm__ volatile(".arch_extension fp\n\t" FP_ALL("str") ".arch_extension nofp" ::"r"(now)
			 : "memory");
	__asm__ volatile("mrs %0, fpsr" : "=r"(fpsr));
	wrong_registers += fpsr != 0x1f;
	for (uint32_t i = 0; i < FP_REGS; i++) {
		wrong_registers += now[i][0] != fp_pattern[i][0] || now[i][1] != fp_pattern[i][1];
	}
}

static void report(const char *head, uint64_t rounds)
{
	guest_printf("%s: rounds %lu wrong %lu %lu ticks %lu missed %lu late %lu %lu %lu\n", head,
		     rounds, wrong_words, wrong_registers, ticks, missed, quantile(500),
		     quantile(990), latest);
}

static void start_timer(void)
{
	guest_set_handler(GUEST_IRQ, on_irq);
	guest_gic_init();
	guest_gic_set_priority(TIMER_VIRT, 0x80);
	guest_gic_enable(TIMER_VIRT);
	guest_set_cntv_cval_el0(guest_cntvct_el0() + period);
	guest_set_cntv_ctl_el0(TIMER_ENABLE);
	guest_irq_unmask();
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	uint64_t hz = guest_counter_hz();
	uint64_t base;
	uint64_t bytes;

	guest_mmu_enable();
	guest_fp_enable();
	guest_memory(&base, &bytes);
	base += IMAGE_MIB << 20;
	bytes -= IMAGE_MIB << 20;

	uint64_t count = guest_arg_number("kib", bytes >> 10) * 1024 / 8;
	uint64_t every = guest_arg_number("every", 10);
	uint64_t *words = (uint64_t *)base;

	period = hz * guest_arg_number("period_us", 1000) / 1000000;
	bucket_size = hz / 10000000 == 0 ? 1 : hz / 10000000; /* 0.1 us */
	fill_memory(words, count);
	load_fp();
	guest_printf("steady: %lu KiB, a tick is 1/%lu s\n", count / 128, hz);
	start_timer();

	uint64_t end = guest_counter() + hz * guest_arg_number("seconds", 10);
	uint64_t rounds = 0;

	while (guest_counter() < end) {
		check_memory(words, count, rounds);
		check_fp();
		rounds++;
		if (rounds % every == 0) {
			report("steady", rounds);
		}
	}
	guest_set_cntv_ctl_el0(0);
	guest_irq_mask();
	report("steady end", rounds);
	guest_power_off();
}
