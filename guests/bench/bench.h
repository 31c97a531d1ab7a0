/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the parts of the bench guest. What is general is in bench.c and irqs.c; bench_arch.h and the files
 * beside it are the architecture's: instructions that are timed, interrupts, and a counter of instructions.
 */
#pragma once
#include "bench_arch.h"
#include "guest.h"

#define BENCH_SAMPLES 257

/** Take samples of @once, after a warm-up, and print "bench @name MIN MEDIAN MAX", each less @own. */
void bench_row(const char *name, uint64_t (*once)(void), uint64_t own);

/** Expiry of the timer to the handler, running and in WFI. One CPU. */
void bench_timer(void);
/** An interrupt to one's own handler. One CPU. */
void bench_ipi_self(void);
/** An interrupt to the other CPU's handler, which runs or is in WFI. Two CPUs. */
void bench_ipi(void);
/** One CPU's WFI to the other's next instruction. Two CPUs. */
void bench_switch(void);

/* --- The architecture's. "Counter": instructions so far. */

/** A row that is one instruction. */
struct bench_exit {
	const char *name;
	uint64_t (*once)(void);
};
extern const struct bench_exit bench_exits[];
extern const size_t bench_exit_count;
/** What every one of them takes by itself. */
uint64_t bench_time_nothing(void);

/** Vectors and interrupts for the calling CPU, which stay masked. They read the counter at once. */
void bench_irq_init(uint32_t cpu);
/** In the handler: acknowledge the interrupt, end it. */
void bench_irq_end(void);
/** Called by the vectors: the counter at the interrupt. */
void bench_irq(uint64_t now);

uint64_t bench_counter(void);
/** Let the timer expire @ahead instructions from now or a little later; the counter at that moment. */
uint64_t bench_set_timer(uint64_t ahead);
/** Interrupt CPU @cpu; the counter just before. */
uint64_t bench_send(uint32_t cpu);
/** WFI, and then the interrupt that ended it. Masked before and after, so that none slips in. */
void bench_sleep(void);
/** WFI, and not the interrupt: @before is stored just before it. The counter just after. */
uint64_t bench_sleep_timed(volatile uint64_t *before);
/* bench_hand_over(): the other CPU has the next turn, if it does not by itself; this one does not wait. */
/** The other CPU's turn, where the emulated CPUs take turns; this one counts as running. */
void bench_yield(uint32_t other);
