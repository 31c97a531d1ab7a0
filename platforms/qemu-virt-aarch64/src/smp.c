/* SPDX-License-Identifier: Apache-2.0 */
/* The other CPUs: their numbers, and how they are started. */
#include <axport/log.h>
#include <axport/port.h>
#include "internal.h"
#include "sysreg.h"

#define ARRIVAL_NS UINT64_C(1000000000)

struct board_cpu board_cpus[BOARD_MAX_CPUS];
static void (*secondary_entry)(uint32_t cpu);

/* CPU 0 is the one that runs; the others follow in the tree's order. */
void board_smp_init(const struct axfdt_host *host)
{
	uint32_t count = 1;

	board_cpus[0].mpidr = read_mpidr_el1() & MPIDR_AFFINITY;
	atomic_store(&board_cpus[0].online, true);
	for (uint32_t i = 0; i < host->cpu_count; i++) {
		if (host->cpu_reg[i] == board_cpus[0].mpidr) {
			continue;
		}
		if (count == BOARD_MAX_CPUS) {
			ax_log(AX_LOG_WARN, "cpus: the tree has %u, %u are used", host->cpu_count,
			       count);
			break;
		}
		board_cpus[count].mpidr = host->cpu_reg[i];
		count++;
	}
	board_info.cpu_count = count;
}

static bool wait_online(struct board_cpu *cpu)
{
	uint64_t deadline = ax_port_now_ns() + ARRIVAL_NS;

	while (!atomic_load_explicit(&cpu->online, memory_order_acquire)) {
		if (ax_port_now_ns() > deadline) {
			return false;
		}
	}
	return true;
}

/** Call a CPU that boot.S keeps waiting, because there is no firmware that would. */
static void call_from_pen(const struct board_cpu *cpu)
{
	board_pen_cpu = (uint64_t)(uintptr_t)cpu;
	board_cache_clean(&board_pen_cpu, sizeof(board_pen_cpu));
	board_pen_mpidr = cpu->mpidr;
	board_cache_clean(&board_pen_mpidr, sizeof(board_pen_mpidr));
	__asm__ volatile("sev" ::: "memory");
}

static ax_err_t start_cpu(struct board_cpu *cpu)
{
	if (board_booted_at_el3 != 0) {
		call_from_pen(cpu);
	} else {
		int64_t ret =
			board_psci_cpu_on(cpu->mpidr, (uint64_t)(uintptr_t)board_secondary_start,
					  (uint64_t)(uintptr_t)cpu);

		if (ret != 0) {
			ax_log(AX_LOG_ERROR, "cpus: CPU %u: PSCI CPU_ON: %lld", cpu->id,
			       (long long)ret);
			return AX_EBUSY;
		}
	}
	if (!wait_online(cpu)) {
		ax_log(AX_LOG_ERROR, "cpus: CPU %u did not start within a second", cpu->id);
		return AX_EBUSY;
	}
	return AX_OK;
}

ax_err_t board_start_cpus(void (*entry)(uint32_t cpu))
{
	ax_err_t err = AX_OK;

	secondary_entry = entry;
	if (board_info.cpu_count > 1 && !board_psci_present() && board_booted_at_el3 == 0) {
		ax_log(AX_LOG_ERROR, "cpus: no PSCI to start the other CPUs with");
		return AX_ENOTSUP;
	}
	/* Both are read with the caches off. */
	board_cache_clean(&board_mmu_regs, sizeof(board_mmu_regs));
	board_cache_clean(board_cpus, sizeof(board_cpus));
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
		ax_log(AX_LOG_ERROR, "gic: CPU %u: %s", cpu->id, ax_err_name(err));
		board_park();
	}
	atomic_store_explicit(&cpu->online, true, memory_order_release);
	secondary_entry(cpu->id);
	board_park();
}
