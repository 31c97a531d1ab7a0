/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host interrupts, polled in sip: a kick is the supervisor software interrupt, the deadline the supervisor
 * timer's, everything else comes by the PLIC. sstatus.SIE is 0 for ever; sie says what ends WFI and what
 * takes the hart out of a guest.
 */
#include <axport/log.h>
#include <axport/port.h>
#include "inline.h"

static uint32_t console_source;
static bool (*guest_take)(uint32_t source);

/* By the tree's SSWI, where the harts' registers are next to each other; else the firmware is asked. */
static void find_sswi(const struct axfdt_host *host, struct board_cpu *cpu)
{
	for (uint32_t i = 0; i < host->cpu_count && board_tree.sswi.size != 0; i++) {
		uint32_t index = board_tree.sswi_index[i];

		if (host->cpu_reg[i] == cpu->hw_id && index < board_tree.sswi.size / 4) {
			cpu->own.sswi = (uint8_t *)(uintptr_t)board_tree.sswi.base + 4 * index;
		}
	}
}

void board_irq_init(const struct axfdt_host *host)
{
	if (!host->has_intc || host->intc != AXFDT_INTC_PLIC || host->intc_reg_count == 0) {
		board_fail("plic: no PLIC in the device tree");
	}
	board_mmu_map_device("plic: PLIC", host->intc_reg[0]);
	board_plic_init(host);
	if (board_tree.sswi.size != 0) {
		board_mmu_map_device("sswi: SETSSIP", board_tree.sswi);
	}
	for (uint32_t i = 0; i < board_info.cpu_count; i++) {
		find_sswi(host, &board_cpus[i]);
	}
	if (board_irq_cpu_init(&board_cpus[0]) != AX_OK) {
		board_fail("plic: no S-mode context for hart %llu",
			   (unsigned long long)board_cpus[0].hw_id);
	}
	if (host->uart_irq >= 1 && host->uart_irq <= board_tree.plic_sources) {
		console_source = host->uart_irq;
		board_plic_set(console_source, true);
	}
}

ax_err_t board_irq_cpu_init(struct board_cpu *cpu)
{
	uint64_t sources = SIP_SSIP | (board_riscv64_info.sstc ? SIP_STIP : 0);
	ax_err_t err = board_plic_cpu_init(cpu);

	board_timer_disarm();
	clear_sip(SIP_SSIP);
	set_sie(err == AX_OK ? sources | SIP_SEIP : sources);
	return cpu->id == 0 ? err : AX_OK; /* sources go to CPU 0; the others can do without */
}

void ax_port_cpu_kick(uint32_t cpu)
{
	if (cpu >= board_info.cpu_count) {
		return;
	}
	const struct board_cpu *target = &board_cpus[cpu];

	if (target == board_this_cpu()) {
		set_sip(SIP_SSIP);
		return;
	}
	__asm__ volatile("fence rw, rw" ::: "memory");
	if (target->own.sswi != NULL) {
		mmio_write32(target->own.sswi, 0, 1);
	} else {
		board_sbi_kick(target->hw_id);
	}
}

void board_plic_set_guest(bool (*take)(uint32_t source))
{
	guest_take = take;
}

bool board_plic_may_give(uint32_t source)
{
	return source != 0 && source <= board_tree.plic_sources && source != console_source;
}

ax_err_t board_plic_enable(uint32_t source, bool on)
{
	if (!board_plic_may_give(source)) {
		return AX_EINVAL;
	}
	board_plic_set(source, on);
	return AX_OK;
}

static enum board_irq take_external(void)
{
	uint32_t source = board_plic_claim();

	if (source == 0) { /* it went away, or another hart was faster */
		return BOARD_IRQ_NONE;
	}
	if (source == console_source) {
		board_plic_complete(source);
		return BOARD_IRQ_CONSOLE;
	}
	if (guest_take != NULL && guest_take(source)) {
		return BOARD_IRQ_GUEST;
	}
	board_plic_set(source, false);
	board_plic_complete(source);
	ax_log(AX_LOG_WARN, "irq: source %u came unasked, masked", source);
	return BOARD_IRQ_OTHER;
}

enum board_irq board_irq_take(void)
{
	uint64_t pending = read_sip() & read_sie();

	if ((pending & SIP_SSIP) != 0) {
		clear_sip(SIP_SSIP);
		/* What was stored before the kick is to be seen after it. */
		__asm__ volatile("fence rw, rw" ::: "memory");
		if (atomic_load_explicit(&board_stopping, memory_order_relaxed) != 0) {
			board_park();
		}
		return BOARD_IRQ_KICK;
	}
	if ((pending & SIP_STIP) != 0) {
		board_timer_disarm();
		return BOARD_IRQ_TIMER;
	}
	return (pending & SIP_SEIP) != 0 ? take_external() : BOARD_IRQ_NONE;
}

/** There is no such interrupt: a guest's timer is in hideleg. */
void board_guest_timer_end(void)
{
}

void board_idle(void)
{
	/* Masked or not, a pending interrupt that sie lets through ends WFI: no gap to lose one in. */
	__asm__ volatile("wfi" ::: "memory");
}
