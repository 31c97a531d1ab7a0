/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the hostile guest share: each CPU's randomness and scratch memory, the attacks. */
#pragma once
#include "guest.h"
#include "gic.h"
#include "timer.h"

#define PAGE          4096
#define SCRATCH_PAGES 8
#define NOWHERE       UINT64_C(0x0b000000) /* between the devices and RAM: nothing on this machine */
#define VA_WILD       UINT64_C(0x100000000) /* 4 GiB up: where tables of our own hang, 1 GiB per CPU */

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
extern uint32_t cpu_count;

/** Interrupts of this CPU as a sane guest would have them, its virtual timer due in @us and enabled. */
void calm_with_alarm(uint64_t us);

/** Try the instruction @insn with nasty registers but for those that are not to be touched. */
void try_any(uint32_t insn, struct guest_regs *r);

struct attack {
	const char *name;
	void (*run)(void); /* a bounded piece */
};

/* again.c */
/** Count one more reset of the VM, in memory that survives it; powers off when its time was over. */
uint64_t count_resets(uint64_t end_of_time);
/** Does not come back but by accident. Exceptions are stepped over as long as there is a stack. */
void go_wild(void);
/* calls.c */
void attack_calls(void);
void attack_psci(void);
void attack_cpus(void);
/* system.c */
void attack_read_registers(void);
void attack_write_registers(void);
void attack_maintenance(void);
void attack_debug(void);
void attack_fp(void);
/* interrupts.c */
void attack_distributor(void);
void attack_interface(void);
void attack_sgis(void);
void attack_spis(void);
void attack_timers(void);
void attack_wait(void);
/* memory.c */
void attack_devices(void);
void attack_nowhere(void);
void attack_tables(void);
void attack_fetches(void);
void attack_rewriting(void);
void attack_touch(void);
void attack_uart(void);
void attack_rtc(void);
/* el0.c */
void attack_el0(void);
void attack_returns(void);
/** An exception from EL0, or an illegal return's: back into el0_run(). False: it is not ours. */
bool el0_exception(struct guest_frame *f);
