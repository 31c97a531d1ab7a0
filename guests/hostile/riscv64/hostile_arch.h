/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the hostile guest for RISC-V. */
#pragma once
#include "guest.h"
#include "plic.h"

#define SCRATCH_PAGES 12
#define NOWHERE \
	UINT64_C(0x18000000) /* between the devices and the flash: nothing on this machine */
#define VA_WILD  UINT64_C(0x1000000000) /* 64 GiB up: where tables of our own hang, 1 GiB per CPU */
#define VA_USER  (VA_WILD + (UINT64_C(32) << 30)) /* the same for U-mode */
#define FW_CFG   UINT64_C(0x10100000)
#define A0       10
#define A1       11
#define INSN_WFI 0x10500073u

/* Pages of a CPU's scratch memory, beside DATA and the one behind it, which registers may point to. */
enum page {
	DATA,
	REWRITTEN = 2,
	LEVEL_1,
	LEVEL_0,
	CODE,
	USER_DATA,
	JUNK,
	ROOT_57,
	ROOT_48,
	ROOT_39
};

/* What is where in VA_USER, in pages: more than this is not there. */
enum user_page { U_CODE, U_DATA, U_UART, U_NOTHING, U_PLIC, U_CHANGES };

/* cpu.c */
/** SBI's implementation is not OpenSBI, which takes the addresses of legacy calls at their word. */
extern bool under_a_hypervisor;
uint8_t *scratch_page(enum page page);
/** A register's value: nasty, but no address of our own RAM other than scratch memory's. */
uint64_t harmless(void);
void harmless_registers(struct guest_regs *r);
/** Between the two, an alarm soon ends what is tried in U-mode. */
void limit_begin(void);
void limit_end(void);

/* calls.c */
void attack_calls(void);
void attack_fences(void);
void attack_console_calls(void);
/* harts.c */
void attack_harts(void);
void attack_suspend(void);
void attack_ipis(void);
void attack_timers(void);
void attack_wait(void);
/* insns.c */
void attack_read_csrs(void);
void attack_write_csrs(void);
void attack_hypervisor_insns(void);
void attack_words(void);
void attack_user_words(void);
void attack_fp(void);
uint32_t some_insn(void);
/* devices.c */
void attack_plic(void);
void attack_claims(void);
void attack_devices(void);
void attack_uart(void);
void attack_rtc(void);
/* memory.c */
uint64_t some_device(void);
void attack_nowhere(void);
void attack_crossings(void);
void attack_tables(void);
void attack_satp(void);
void attack_fetches(void);
void attack_rewriting(void);
