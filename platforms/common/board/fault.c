/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end: what reports of faults and panics have in common. Runs on an emergency stack for the former;
 * uses no lock that the failing code may hold, and no memory but this CPU's stacks.
 */
#include <axport/log.h>
#include "inline.h"

_Atomic uint32_t board_stopping;

void board_say(const char *fmt, ...)
{
	static const char prefix[] = "[axvisor] ";
	char line[AX_LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	size_t len = ax_vformat(line, sizeof(line) - 2, fmt, args);

	va_end(args);
	len = len < sizeof(line) - 2 ? len : sizeof(line) - 3;
	line[len] = '\r';
	line[len + 1] = '\n';
	board_console_write_unlocked(prefix, sizeof(prefix) - 1);
	board_console_write_unlocked(line, len + 2);
}

struct board_cpu *board_fault_claim(void)
{
	struct board_cpu *cpu = board_this_cpu();

	if (atomic_exchange(&cpu->in_fault, 1)) {
		board_say("panic: CPU %u: fault in the report of a fault", cpu->id);
		board_power_off();
	}
	if (atomic_exchange(&board_stopping, 1)) {
		board_park();
	}
	return cpu;
}

void board_say_overflow(const struct board_cpu *cpu, uint64_t address)
{
	for (uint32_t i = 0; i < BOARD_MAX_CPUS; i++) {
		if (address - board_guard_page(i) < BOARD_GUARD_SIZE) {
			board_say("panic: CPU %u: stack overflow on CPU %u", cpu->id, i);
		}
	}
}

void board_panic(const char *msg, const struct board_regs *regs)
{
	struct board_cpu *cpu = board_fault_claim();

	board_say("panic: CPU %u: %s", cpu->id, msg);
	board_dump(cpu, regs);
	board_power_off();
}
