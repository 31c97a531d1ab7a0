/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the bench guest. */
#pragma once
#include "guest.h"

#define BENCH_SAMPLES 257

/** Take samples of @once, after a warm-up, and print "bench @name MIN MEDIAN MAX", each less @own. */
void bench_row(const char *name, uint64_t (*once)(void), uint64_t own);

/** The least of the samples of @once. */
uint64_t bench_least(uint64_t (*once)(void));

/** Calls and reads of devices. One CPU. */
void bench_exits(void);

/* Interrupts are taken by vectors of our own, which read the counter as their second instruction. */

/** Vectors and the interrupt controller for the calling CPU; its interrupts stay masked. */
void bench_irq_init(uint32_t cpu);
/** Expiry of the timer to the handler, running and in WFI. One CPU. */
void bench_timer(void);
/** An IPI to the other CPU's handler, which runs or is in WFI. Two CPUs. */
void bench_ipi(void);
/** One CPU's WFI to the other's next instruction. Two CPUs. */
void bench_switch(void);
