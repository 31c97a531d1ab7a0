/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of traps from HS-mode: what their registers say. Privileged Architecture 1.12, table 4.2. */
#include "inline.h"

#define CAUSE_FETCH_PAGE_FAULT 12
#define CAUSE_LOAD_PAGE_FAULT  13
#define CAUSE_STORE_PAGE_FAULT 15

#define FRAMES                 16 /* lines of the backtrace at most */

static const char *cause_name(uint64_t cause)
{
	static const char *const names[] = {
		"instruction address misaligned",
		"instruction access fault",
		"illegal instruction",
		"breakpoint",
		"load address misaligned",
		"load access fault",
		"store address misaligned",
		"store access fault",
		"call from U-mode",
		"call from HS-mode",
		"call from VS-mode",
		"trap",
		"instruction page fault",
		"load page fault",
		"trap",
		"store page fault",
	};

	return cause < AX_ARRAY_SIZE(names) ? names[cause] : "trap";
}

/**
 * There are no frame records. What lies on the stack and points behind a call in the code may be a return
 * address, or was one.
 */
static void backtrace(const struct board_cpu *cpu, const struct board_regs *regs)
{
	uint64_t text = (uint64_t)(uintptr_t)board_image_start;
	uint64_t text_bytes = (uint64_t)(uintptr_t)board_text_end - text;
	uint32_t lines = 0;

	board_say("  pc %016llx", (unsigned long long)regs->pc);
	board_say("  ra %016llx", (unsigned long long)regs->x[1]);
	if (regs->x[2] < cpu->stack_top - BOARD_STACK_SIZE) {
		return;
	}
	for (uint64_t at = ax_align_up(regs->x[2], 8); at < cpu->stack_top && lines < FRAMES;
	     at += 8) {
		uint64_t word = *(const uint64_t *)(uintptr_t)at;

		if (word - text < text_bytes) {
			board_say("  on stack %016llx", (unsigned long long)word);
			lines++;
		}
	}
}

void board_dump(const struct board_cpu *cpu, const struct board_regs *regs)
{
	board_say("scause %llx sepc %016llx stval %016llx sstatus %016llx",
		  (unsigned long long)regs->cause, (unsigned long long)regs->pc,
		  (unsigned long long)regs->tval, (unsigned long long)regs->status);
	for (uint32_t i = 0; i < 32; i += 4) {
		board_say("x%-2u %016llx x%-2u %016llx x%-2u %016llx x%-2u %016llx", i,
			  (unsigned long long)regs->x[i], i + 1, (unsigned long long)regs->x[i + 1],
			  i + 2, (unsigned long long)regs->x[i + 2], i + 3,
			  (unsigned long long)regs->x[i + 3]);
	}
	board_say("backtrace:");
	backtrace(cpu, regs);
}

void board_fault(const struct board_regs *regs)
{
	struct board_cpu *cpu = board_fault_claim();

	if (regs->cause == CAUSE_STORE_PAGE_FAULT || regs->cause == CAUSE_LOAD_PAGE_FAULT) {
		board_say_overflow(cpu, regs->tval);
	}
	board_say("panic: CPU %u: %s (scause %llx) at %016llx", cpu->id, cause_name(regs->cause),
		  (unsigned long long)regs->cause, (unsigned long long)regs->tval);
	board_dump(cpu, regs);
	board_power_off();
}
