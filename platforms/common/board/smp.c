/* SPDX-License-Identifier: Apache-2.0 */
/* The other CPUs: their numbers, and how they are started. */
#include <axport/log.h>
#include <axport/port.h>
#include "internal.h"

#define LOOK_NS    UINT64_C(100000)
#define ARRIVAL_NS UINT64_C(1000000000)

struct board_cpu board_cpus[BOARD_MAX_CPUS];
static void (*secondary_entry)(uint32_t cpu);

/* CPU 0 is the one that runs; the others follow in the tree's order. */
void board_smp_init(const struct axfdt_host *host, uint64_t self)
{
	uint32_t count = 1;

	board_cpus[0].hw_id = self;
	atomic_store(&board_cpus[0].online, true);
	for (uint32_t i = 0; i < host->cpu_count; i++) {
		if (host->cpu_reg[i] == self) {
			continue;
		}
		if (count == BOARD_MAX_CPUS) {
			ax_log(AX_LOG_WARN, "cpus: the tree has %u, %u are used", host->cpu_count,
			       count);
			break;
		}
		board_cpus[count].hw_id = host->cpu_reg[i];
		count++;
	}
	board_info.cpu_count = count;
}

/* Asleep between two looks: an emulator that runs one CPU at a time would not get round to the other. */
static bool wait_online(struct board_cpu *cpu)
{
	uint64_t now = ax_port_now_ns();
	uint64_t deadline = now + ARRIVAL_NS;
	bool online;

	while (!(online = atomic_load_explicit(&cpu->online, memory_order_acquire)) &&
	       now <= deadline) {
		ax_port_timer_arm(now + LOOK_NS);
		board_idle();
		now = ax_port_now_ns();
	}
	ax_port_timer_arm(UINT64_MAX);
	return online;
}

static ax_err_t start_cpu(struct board_cpu *cpu)
{
	ax_err_t err = board_cpu_power_on(cpu);

	if (err != AX_OK) {
		return err;
	}
	if (!wait_online(cpu)) {
		ax_log(AX_LOG_ERROR, "cpus: CPU %u did not start within a second", cpu->id);
		return AX_EBUSY;
	}
	return AX_OK;
}

ax_err_t board_start_cpus(void (*entry)(uint32_t cpu))
{
	ax_err_t err;

	secondary_entry = entry;
	if (board_info.cpu_count == 1) {
		return AX_OK;
	}
	err = board_cpu_prepare();
	if (err != AX_OK) {
		return err;
	}
	for (uint32_t i = 1; i < board_info.cpu_count; i++) {
		ax_err_t one = start_cpu(&board_cpus[i]);

		err = err != AX_OK ? err : one;
	}
	return err;
}

void board_secondary_main(struct board_cpu *cpu)
{
	ax_err_t err = board_irq_cpu_init(cpu);

	if (err != AX_OK) {
		ax_log(AX_LOG_ERROR, "irq: CPU %u: %s", cpu->id, ax_err_name(err));
		board_park();
	}
	atomic_store_explicit(&cpu->online, true, memory_order_release);
	secondary_entry(cpu->id);
	board_park();
}
