/* SPDX-License-Identifier: Apache-2.0 */
/* Guest irqs: the handler that keeps a trace, and what the parts share. */
#pragma once
#include "gic.h"

#define LINES    96 /* INTIDs used; every machine has as many */
#define UART_SPI 33
#define RTC_SPI  34
#define FIRST    40 /* SPIs without a device, on both machines */

/** Times an interrupt was taken; each CPU writes its own. */
extern volatile uint32_t taken[GUEST_MAX_CPUS][LINES];
/** Called between acknowledge and end of an interrupt, if not NULL. */
extern void (*volatile actions[LINES])(uint32_t intid);

/** "full" on the command line. */
extern bool everything;

/** Forget counts, trace and actions; SPIs off, idle, edge-triggered but those of devices. */
void fresh(void);
/** What the boot CPU took since, in order: "+40" begins, "-40" ends. */
void show_trace(const char *what);
/** The counts of one interrupt on @cpus CPUs. */
void show_counts(const char *what, uint32_t intid, uint32_t cpus);
uint32_t total(uint32_t intid, uint32_t cpus);
/** Time for what should not come to come all the same. */
void settle(void);
/** IRQs open until @count more have been taken by the boot CPU, and then for a while; masked again. */
void let_in(uint32_t count);
/** Enabled, of @priority, for CPU 0. */
void prepare(uint32_t intid, uint32_t priority);

/** levels.c: the devices' lines; EOImode 1. */
void devices(void);
void split(void);

/** routes.c: with @cpus CPUs up, which take interrupts all the time but the boot CPU. */
void sgis(uint32_t cpus);
void routes(uint32_t cpus);
