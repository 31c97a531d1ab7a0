/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first guest: says hello with the number of its CPUs, waits for five ticks of its timer,
 * then answers lines: two numbers with their sum, "cpus" by starting them all, "poweroff", "reboot".
 * Its transcript is the same on plain QEMU.
 */
#include "guest.h"

#define TICKS 5

static volatile uint64_t
	arrived[GUEST_MAX_CPUS]; /* perhaps Device memory: no exclusives, a word per CPU */

/** A decimal number and the blanks behind it; false if there is none. */
static bool take_number(const char **at, uint64_t *v)
{
	const char *p = *at;

	*v = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		*v = *v * 10 + (uint64_t)(*p - '0');
	}
	bool any = p != *at;

	while (*p == ' ') {
		p++;
	}
	*at = p;
	return any;
}

static void add(const char *line)
{
	uint64_t a;
	uint64_t b;

	if (!take_number(&line, &a) || !take_number(&line, &b) || *line != '\0') {
		guest_puts("two numbers, cpus, poweroff or reboot\n");
		return;
	}
	guest_puts("sum ");
	guest_put_dec(a + b);
	guest_puts("\n");
}

void guest_secondary_main(uint64_t cpu)
{
	arrived[cpu] = guest_cpu_own_id() + 1;
	guest_barrier();
}

static void start_cpus(uint32_t count)
{
	for (uint32_t cpu = 1; cpu < count && cpu < GUEST_MAX_CPUS; cpu++) {
		int64_t ret = guest_cpu_on(cpu);

		guest_puts("cpu ");
		guest_put_dec(cpu);
		if (ret != 0) {
			guest_puts(" refused ");
			guest_put_dec((uint64_t)-ret);
		} else {
			while (arrived[cpu] == 0) {
			}
			guest_puts(" is ");
			guest_put_dec(arrived[cpu] - 1);
		}
		guest_puts("\n");
	}
}

void guest_main(uint64_t dtb)
{
	char line[64];
	uint32_t cpus = guest_cpu_count();

	(void)dtb;
	guest_puts("hello: guest " GUEST_MODE ", CPUs ");
	guest_put_dec(cpus);
	guest_puts("\n");
	for (uint32_t i = 1; i <= TICKS; i++) {
		guest_timer_wait(20000);
		guest_puts("tick ");
		guest_put_dec(i);
		guest_puts("\n");
	}
	for (;;) {
		guest_puts("> ");
		guest_read_line(line, sizeof(line));
		if (guest_equal(line, "poweroff")) {
			guest_puts("bye\n");
			guest_power_off();
		} else if (guest_equal(line, "reboot")) {
			guest_puts("again\n");
			guest_reset();
		} else if (guest_equal(line, "cpus")) {
			start_cpus(cpus);
		} else if (line[0] != '\0') {
			add(line);
		}
	}
}
