/* SPDX-License-Identifier: Apache-2.0 */
/* The port of a hosted program: one CPU, lines to stdout. */
#define _POSIX_C_SOURCE 200809L
#include <axport/port.h>
#include "demo.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t ax_port_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void ax_port_timer_arm(uint64_t deadline_ns)
{
	(void)deadline_ns;
}

uint32_t ax_port_cpu_id(void)
{
	return 0;
}

void ax_port_cpu_kick(uint32_t cpu)
{
	(void)cpu;
}

void ax_port_log(enum ax_log_level level, const char *line)
{
	(void)level;
	puts(line);
}

_Noreturn void ax_port_panic(const char *msg)
{
	puts(msg);
	abort();
}

int main(void)
{
	return demo();
}
