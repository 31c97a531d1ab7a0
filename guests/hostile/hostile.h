/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the hostile guest share: each CPU's randomness and scratch memory, the attacks. */
#pragma once
#include "guest.h"
#include "hostile_arch.h"

#define PAGE 4096

struct hostile_cpu {
	uint64_t seed;
	uint64_t id;
	uint64_t attacks; /* done */
	uint64_t traps;   /* exceptions that nobody expected */
	uint64_t irqs;
};

/** The calling CPU's. */
struct hostile_cpu *me(void);
/** The next number of this CPU's sequence. */
uint64_t any(void);
/** 0 to @n - 1. */
uint64_t below(uint64_t n);
/** One of the values where things break: small, all ones, signs, addresses of devices and of RAM, or any. */
uint64_t nasty(void);
/** @id's scratch memory, SCRATCH_PAGES pages. */
uint8_t *scratch(void);
/** What the tree says, which may be lost later. */
extern uint32_t cpu_count;
extern uint64_t ram_base;
extern uint64_t ram_bytes;

/** Text for a console: sequences for the terminal, lines that are not ours to write. */
const char *some_flood(void);

struct attack {
	const char *name;
	void (*run)(void); /* a bounded piece */
};

/** again.c: count one more reset of the VM, in memory that survives it; powers off when its time was over. */
uint64_t count_resets(uint64_t end_of_time);

/* --- The architecture's, in its cpu.c */

/** Ends with one that has no name. */
extern const struct attack arch_attacks[];

/** The boot CPU, with the MMU on: handlers, the interrupt controller. */
void arch_begin(void);
/** Each CPU, before its first attack. */
void arch_set_up(void);
/** Before each attack: interrupts masked or not, now and then as a sane guest would have them. */
void arch_before(void);
/** Interrupts masked, timers off. */
void arch_quiet(void);
/** Interrupts of this CPU as a sane guest would have them but masked, its timer due in @us and enabled. */
void calm_with_alarm(uint64_t us);
/** An address in the interrupt controller, for nasty(). */
uint64_t arch_device(void);
/** Random words for a program. Does not come back but by accident: exceptions are stepped over. */
void go_wild(void);
/** One exception after the other, no other thing. */
_Noreturn void get_lost(void);
