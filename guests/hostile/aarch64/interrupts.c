/* SPDX-License-Identifier: Apache-2.0 */
/* The interrupt controller and the timers, used as badly as they can be. */
#include "hostile.h"

static uint64_t some_gic_address(void)
{
	uint64_t frames = guest_gic.version == 3 ? cpu_count + 2 : 1;

	switch (below(4)) {
	case 0:
		return guest_gic.dist + below(0x1000);
	case 1:
		return guest_gic.dist + below(guest_gic.version == 3 ? 0x10000 : 0x1000);
	case 2:
		return guest_gic.version == 3 ? guest_gic.redist + below(frames * GICR_STRIDE)
					      : guest_gic.cpu + below(0x2000);
	default:
		return guest_gic.version == 3 ? guest_gic.redist + below(cpu_count) * GICR_STRIDE +
							GICR_SGI_BASE + below(0x1000)
					      : guest_gic.cpu + below(0x100);
	}
}

/* Anywhere, in any size, aligned or not, mostly writes. */
void attack_distributor(void)
{
	for (unsigned i = 0; i < 300; i++) {
		uint64_t address = some_gic_address();
		unsigned size = 1u << below(4);
		uint64_t val;

		if (below(8) != 0) {
			address &= ~(uint64_t)(size - 1);
		}
		if (below(4) == 0) {
			(void)guest_try_read(address, size, &val, NULL);
		} else {
			(void)guest_try_write(address, size, nasty(), NULL);
		}
	}
}

/* ICC_*: all encodings around them, in any order; acknowledged and never ended. */
void attack_interface(void)
{
	guest_gic_set_pmr((uint32_t)below(256));
	for (unsigned i = 0; i < 300; i++) {
		uint32_t op1 = below(8) == 0 ? (uint32_t)below(8) : 0;
		uint32_t reg = GUEST_SYSREG(3, op1, 12, 8 + (uint32_t)below(5), (uint32_t)below(8));
		struct guest_regs r = { .x[0] = below(2) == 0 ? below(1024) : nasty() };

		try_any(below(2) == 0 ? GUEST_INSN_MRS(reg, 0) : GUEST_INSN_MSR(reg, 0), &r);
	}
	if (guest_gic.version == 2) {
		for (unsigned i = 0; i < 100; i++) {
			guest_write32(guest_gic.cpu + below(64) * 4, (uint32_t)nasty());
			(void)guest_gic_ack();
		}
	}
}

void attack_sgis(void)
{
	for (unsigned i = 0; i < 300; i++) {
		if (guest_gic.version == 2) {
			guest_write32(guest_gic.dist + GICD_SGIR, (uint32_t)any());
			continue;
		}
		uint64_t target = below(2) == 0 ? any() : any() & UINT64_C(0x0f00ffff);

		switch (below(3)) {
		case 0:
			guest_icc_write(ICC_SGI1R_EL1, target);
			break;
		case 1:
			guest_icc_write(ICC_SGI0R_EL1, target);
			break;
		default:
			guest_icc_write(ICC_ASGI1R_EL1, target);
			break;
		}
	}
}

/* Everything on, pending and routed anywhere, of any priority, edge and level, active or not. */
void attack_spis(void)
{
	static const uint16_t bits[] = { GICD_ISENABLER, GICD_ISPENDR,   GICD_ISACTIVER,
					 GICD_ICPENDR,   GICD_ICACTIVER, GICD_ICENABLER,
					 GICD_IGROUPR };

	for (unsigned i = 0; i < 200; i++) {
		uint32_t n = (uint32_t)below(guest_gic.lines / 32);
		uint64_t base = guest_gic_bank(guest_this_cpu(), n * 32);
		uint16_t reg =
			bits[below(4) == 0 ? below(sizeof(bits) / sizeof(bits[0])) : below(2)];

		guest_write32(base + reg + n * 4, (uint32_t)any() | (uint32_t)(any() >> 7));
		guest_write32(base + GICD_IPRIORITYR + n * 32 + below(8) * 4, (uint32_t)any());
		guest_write32(base + GICD_ICFGR + n * 8 + below(2) * 4, (uint32_t)any());
		if (guest_gic.version == 3 && n != 0) {
			guest_try_write(base + GICD_IROUTER + (n * 32 + below(32)) * 8, 8,
					below(2) == 0 ? below(cpu_count) : any(), NULL);
		} else if (n != 0) {
			guest_write32(base + GICD_ITARGETSR + n * 32, (uint32_t)any());
		}
	}
	guest_write32(guest_gic.dist + GICD_CTLR, (uint32_t)below(4));
}

/* Expired, now and for ever, handled or not, set anew before they are seen. */
void attack_timers(void)
{
	guest_gic_enable(TIMER_VIRT);
	guest_gic_enable(TIMER_PHYS);
	for (unsigned i = 0; i < 200; i++) {
		switch (below(6)) {
		case 0:
			guest_set_cntv_cval_el0(below(2) == 0 ? 0 : nasty());
			break;
		case 1:
			guest_set_cntv_tval_el0(below(2));
			break;
		case 2:
			guest_set_cntp_cval_el0(below(2) == 0 ? 0 : nasty());
			break;
		case 3:
			guest_set_cntp_tval_el0(below(2) == 0 ? 1 : nasty());
			break;
		case 4:
			guest_set_cntv_ctl_el0(below(8));
			break;
		default:
			guest_set_cntp_ctl_el0(below(8));
			break;
		}
	}
}

/* Sleeps that end at once, over and over; each has an alarm, so that it ends at all. */
void attack_wait(void)
{
	struct guest_regs r = { .x[0] = 0 };

	for (unsigned i = 0; i < 20; i++) {
		calm_with_alarm(
			below(100)); /* masked: taken before the sleep, it would not end it */
		switch (below(3)) {
		case 0:
			__asm__ volatile("sev\n\twfe\n\twfe\n\tyield" ::: "memory");
			break;
		case 1:
			r.x[0] = 0xc4000001; /* CPU_SUSPEND */
			r.x[1] = nasty();
			r.x[2] = nasty();
			try_any(GUEST_INSN_HVC(0), &r);
			break;
		default:
			guest_wfi();
			break;
		}
		if (below(2) == 0) {
			__asm__ volatile("msr daifclr, #2" ::: "memory");
		}
	}
}
