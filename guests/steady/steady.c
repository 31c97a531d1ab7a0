/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A neighbour with a job: computes checks over its memory and holds values in its FP registers while a
 * periodic timer measures how late its interrupts come. Every few rounds a line: rounds, wrong
 * words and registers, ticks, and in counter ticks the lateness' median, 99th percentile and maximum.
 *
 * Arguments: seconds=N (10), period_us=N (1000), kib=N (most of memory), every=N rounds to a line (10).
 */
#include "steady.h"

#define BUCKETS   8192
#define IMAGE_MIB 4 /* what lies at the start of RAM: image, stacks */
#define FP_FLAGS  0x1f

static uint64_t period;      /* in counter ticks, as all times here */
static uint64_t bucket_size; /* of lateness */
static uint32_t lateness[BUCKETS];
static volatile uint64_t ticks;
static volatile uint64_t missed;
static volatile uint64_t latest;

static uint64_t wrong_words;
static uint64_t wrong_registers;
static _Alignas(16) uint64_t fp_pattern[STEADY_FP_WORDS];

/* The timer is late by what has passed since it was due; whole periods are skipped. */
uint64_t steady_tick(uint64_t due)
{
	uint64_t late = guest_counter() - due;
	uint64_t skip = late / period;
	uint64_t bucket = late / bucket_size;

	lateness[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
	latest = late > latest ? late : latest;
	missed += skip;
	ticks++;
	return due + (skip + 1) * period;
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

static void load_fp(void)
{
	for (uint32_t i = 0; i < STEADY_FP_WORDS - STEADY_FP_CONTROLS; i++) {
		fp_pattern[i] = mix(i + 77);
	}
	fp_pattern[STEADY_FP_WORDS - 1] = FP_FLAGS;
	fp_put(fp_pattern);
}

static void check_fp(void)
{
	static _Alignas(16) uint64_t now[STEADY_FP_WORDS];

	fp_get(now);
	for (uint32_t i = 0; i < STEADY_FP_WORDS; i++) {
		wrong_registers += now[i] != fp_pattern[i];
	}
}

static void report(const char *head, uint64_t rounds)
{
	guest_printf("%s: rounds %lu wrong %lu %lu ticks %lu missed %lu late %lu %lu %lu\n", head,
		     rounds, wrong_words, wrong_registers, ticks, missed, quantile(500),
		     quantile(990), latest);
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
	uint64_t seconds = guest_arg_number("seconds", 10);
	uint64_t *words = (uint64_t *)base;

	period = hz * guest_arg_number("period_us", 1000) / 1000000;
	bucket_size = hz / 10000000 == 0 ? 1 : hz / 10000000; /* 0.1 us */
	fill_memory(words, count); /* the tree may lie there, and is of no more use */
	load_fp();
	guest_printf("steady: %lu KiB, a tick is 1/%lu s\n", count / 128, hz);
	steady_timer_start(guest_counter() + period);

	uint64_t end = guest_counter() + hz * seconds;
	uint64_t rounds = 0;

	while (guest_counter() < end) {
		check_memory(words, count, rounds);
		check_fp();
		rounds++;
		if (rounds % every == 0) {
			report("steady", rounds);
		}
	}
	steady_timer_stop();
	report("steady end", rounds);
	guest_power_off();
}
