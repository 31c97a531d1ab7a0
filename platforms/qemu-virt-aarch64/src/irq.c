/* SPDX-License-Identifier: Apache-2.0 */
/* Host interrupts, polled. EOImode is 1: dropping the priority and deactivating are two steps. */
#include <axport/log.h>
#include <axport/port.h>
#include "inline.h"

/* Of QEMU's virt machine, and by BSA (DEN0094) of all that follow it. */
#define INTID_KICK    0
#define INTID_MAINT   25
#define INTID_HTIMER  26 /* EL2 physical timer */
#define INTID_VTIMER  27
#define INTID_SPECIAL 1020
#define INTID_MASK    0x3ff /* no LPIs are enabled */

static const struct board_gic_ops *gic; /* const after init */
static uint32_t console_intid;

void board_irq_init(const struct axfdt_host *host)
{
	if (!host->has_intc || host->intc == AXFDT_INTC_PLIC) {
		board_fail("gic: no GICv2 or GICv3 in the device tree");
	}
	gic = host->intc == AXFDT_INTC_GICV3 ? &board_gicv3_ops : &board_gicv2_ops;
	board_aarch64_info.gic = host->intc == AXFDT_INTC_GICV3 ? BOARD_GICV3 : BOARD_GICV2;
	board_aarch64_info.vmaint_intid = INTID_MAINT;
	board_aarch64_info.vtimer_intid = INTID_VTIMER;
	ax_err_t err = gic->init(host);

	if (err == AX_OK) {
		err = board_irq_cpu_init(&board_cpus[0]);
	}
	if (err != AX_OK) {
		board_fail("gic: GICv%u with %u register ranges: %s",
			   host->intc == AXFDT_INTC_GICV3 ? 3 : 2, host->intc_reg_count,
			   ax_err_name(err));
	}
	if (host->uart_irq >= 32 && host->uart_irq < INTID_SPECIAL) {
		console_intid = host->uart_irq;
		gic->enable_spi(console_intid);
	}
}

ax_err_t board_irq_cpu_init(struct board_cpu *cpu)
{
	return gic->cpu_init(cpu, UINT32_C(1) << INTID_KICK | UINT32_C(1) << INTID_MAINT |
					  UINT32_C(1) << INTID_HTIMER |
					  UINT32_C(1) << INTID_VTIMER);
}

void ax_port_cpu_kick(uint32_t cpu)
{
	if (cpu < board_info.cpu_count) {
		dsb_ishst();
		gic->kick(&board_cpus[cpu]);
	}
}

static enum board_irq classify(uint32_t intid)
{
	if (intid == console_intid && intid != 0) {
		return BOARD_IRQ_CONSOLE;
	}
	switch (intid) {
	case INTID_KICK:
		return BOARD_IRQ_KICK;
	case INTID_HTIMER:
		return BOARD_IRQ_TIMER;
	case INTID_VTIMER:
		return BOARD_IRQ_GUEST_TIMER;
	case INTID_MAINT:
		return BOARD_IRQ_MAINTENANCE;
	default:
		return BOARD_IRQ_OTHER;
	}
}

enum board_irq board_irq_take(void)
{
	uint32_t raw = gic->ack();
	uint32_t intid = raw & INTID_MASK;

	if (intid >= INTID_SPECIAL) {
		return BOARD_IRQ_NONE;
	}
	enum board_irq what = classify(intid);

	if (what == BOARD_IRQ_TIMER) {
		board_timer_disarm(); /* before the end of a level-triggered interrupt */
	} else if (what == BOARD_IRQ_OTHER) {
		gic->disable(intid);
		ax_log(AX_LOG_WARN, "irq: INTID %u came unasked, masked", intid);
	}
	gic->drop(raw);
	if (what != BOARD_IRQ_GUEST_TIMER) {
		gic->deactivate(raw);
	}
	if (what == BOARD_IRQ_KICK &&
	    atomic_load_explicit(&board_stopping, memory_order_relaxed) != 0) {
		board_park();
	}
	return what;
}

void board_guest_irq_set_active(uint32_t pintid, bool active)
{
	if (pintid >= 16 && pintid < 32) {
		gic->set_active(pintid, active);
	}
}

void board_guest_timer_end(void)
{
	gic->set_active(INTID_VTIMER, false);
}

void board_idle(void)
{
	/* Masked or not, a pending interrupt ends WFI: there is no gap to lose one in. */
	dsb_sy();
	__asm__ volatile("wfi" ::: "memory");
}
