/* SPDX-License-Identifier: Apache-2.0 */
/* The host contract as a test sees it: a clock that stands still until told, and counters. */
#include <axtest/axtest.h>
#include <axport/port.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t axtest_now_ns;
uint32_t axtest_cpu_id;
uint64_t axtest_timer_ns;
unsigned axtest_kick_count[64];
unsigned axtest_log_count;
char axtest_log_last[256];
jmp_buf *axtest_panic_exit;

void axtest_port_reset(void)
{
	axtest_now_ns = 0;
	axtest_cpu_id = 0;
	axtest_timer_ns = UINT64_MAX;
	memset(axtest_kick_count, 0, sizeof(axtest_kick_count));
	axtest_log_count = 0;
	axtest_log_last[0] = '\0';
}

uint64_t ax_port_now_ns(void)
{
	return axtest_now_ns;
}

void ax_port_timer_arm(uint64_t deadline_ns)
{
	axtest_timer_ns = deadline_ns;
}

uint32_t ax_port_cpu_id(void)
{
	return axtest_cpu_id;
}

void ax_port_cpu_kick(uint32_t cpu)
{
	assert_true(cpu < AX_PORT_MAX_CPUS);
	axtest_kick_count[cpu]++;
}

void ax_port_log(enum ax_log_level level, const char *line)
{
	(void)level;
	axtest_log_count++;
	snprintf(axtest_log_last, sizeof(axtest_log_last), "%s", line);
}

void ax_port_panic(const char *msg)
{
	if (axtest_panic_exit != NULL) {
		longjmp(*axtest_panic_exit, 1);
	}
	fprintf(stderr, "panic: %s\n", msg);
	abort();
}
