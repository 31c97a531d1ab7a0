/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the hostile guest for AArch64. */
#pragma once
#include "guest.h"
#include "gic.h"
#include "timer.h"

#define SCRATCH_PAGES 8
#define NOWHERE       UINT64_C(0x0b000000) /* between the devices and RAM: nothing on this machine */
#define VA_WILD       UINT64_C(0x100000000) /* 4 GiB up: where tables of our own hang, 1 GiB per CPU */

/** cpu.c: try the instruction @insn with @r, but for what QEMU does not survive. */
void try_any(uint32_t insn, struct guest_regs *r);

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
void attack_uart(void);
void attack_rtc(void);
/* el0.c */
void attack_el0(void);
void attack_returns(void);
/** An exception from EL0, or an illegal return's: back into el0_run(). False: it is not ours. */
bool el0_exception(struct guest_frame *f);
