/* SPDX-License-Identifier: Apache-2.0 */
/* The AArch64 side of the hostile guest: its attacks, exceptions, and CPUs that are lost. */
#include "hostile.h"

#define SYSREG_ICC_BPR1_EL1 GUEST_SYSREG(3, 0, 12, 12, 3)

#define PSTATE_D            UINT64_C(0x200)
#define PSTATE_IL           UINT64_C(0x100000)
#define PSTATE_SS           UINT64_C(0x200000)
#define EC_BREAKPT          0x31
#define EC_STEP             0x33
#define EC_WATCHPT          0x35

const struct attack arch_attacks[] = {
	{ "calls", attack_calls },
	{ "psci", attack_psci },
	{ "cpus", attack_cpus },
	{ "read_registers", attack_read_registers },
	{ "write_registers", attack_write_registers },
	{ "maintenance", attack_maintenance },
	{ "debug", attack_debug },
	{ "fp", attack_fp },
	{ "distributor", attack_distributor },
	{ "interface", attack_interface },
	{ "sgis", attack_sgis },
	{ "spis", attack_spis },
	{ "timers", attack_timers },
	{ "wait", attack_wait },
	{ "devices", attack_devices },
	{ "nowhere", attack_nowhere },
	{ "tables", attack_tables },
	{ "fetches", attack_fetches },
	{ "rewriting", attack_rewriting },
	{ "uart", attack_uart },
	{ "rtc", attack_rtc },
	{ "el0", attack_el0 },
	{ "returns", attack_returns },
	{ NULL, NULL },
};

void try_any(uint32_t insn, struct guest_regs *r)
{
	/* RES0 above bit 2. QEMU, at least up to 7.2, fails an assertion of its own for 8. */
	if ((insn & ~0x1fu) == GUEST_INSN_MSR(SYSREG_ICC_BPR1_EL1, 0)) {
		r->x[insn & 0x1f] &= 7;
	}
	(void)guest_try_insn(insn, r, NULL);
}

/* Ends some, leaves some active, ends what is not there. */
static void on_interrupt(struct guest_frame *f)
{
	struct hostile_cpu *c = me();
	uint32_t iar = guest_gic_ack();

	c->irqs++;
	if (f->vector >= 8 && (c->irqs & 15) == 0) {
		(void)el0_exception(f);
	}
	switch (below(8)) {
	case 0:
		break;
	case 1:
		guest_gic_eoi((uint32_t)below(1024));
		break;
	case 2:
		guest_gic_eoi(iar);
		guest_gic_eoi(iar);
		guest_gic_deactivate(iar);
		break;
	default:
		guest_gic_eoi(iar);
		break;
	}
	if (c->irqs % 64 == 0) {
		guest_set_cntv_ctl_el0(0); /* or this CPU would do nothing else */
		guest_set_cntp_ctl_el0(0);
		f->pstate |= 0xc0;
	}
}

static void on_serror(struct guest_frame *f)
{
	(void)f;
	me()->traps++;
}

static void on_sync(struct guest_frame *f)
{
	me()->traps++;
	if (el0_exception(f)) {
		return;
	}
	switch (GUEST_EC(f->esr)) {
	case GUEST_EC_IABT:
	case GUEST_EC_PC_ALIGN:
		f->pc = f->x[30];
		break;
	case GUEST_EC_ILLEGAL:
		f->pstate &= ~PSTATE_IL;
		break;
	case GUEST_EC_SVC64:
		break;
	case EC_STEP: /* the next one is let through; some steps later it is enough */
		f->pstate |= below(32) == 0 ? PSTATE_D : PSTATE_SS;
		break;
	case EC_BREAKPT:
	case EC_WATCHPT:
		f->pstate |= PSTATE_D;
		break;
	default:
		f->pc += 4;
		break;
	}
}

void calm_with_alarm(uint64_t us)
{
	__asm__ volatile("msr daifset, #0xf" ::: "memory");
	guest_set_cntp_ctl_el0(0);
	guest_gic_init_cpu();
	guest_write32(guest_gic.dist + GICD_CTLR, 3);
	guest_gic_set_priority(TIMER_VIRT, 0x10);
	guest_gic_enable(TIMER_VIRT);
	guest_set_cntv_cval_el0(guest_cntvct_el0() + guest_ticks(us));
	guest_set_cntv_ctl_el0(TIMER_ENABLE);
}

uint64_t arch_device(void)
{
	return guest_gic.dist + below(0x200000);
}

void arch_begin(void)
{
	guest_set_handler(GUEST_SYNC, on_sync);
	guest_set_handler(GUEST_IRQ, on_interrupt);
	guest_set_handler(GUEST_FIQ, on_interrupt);
	guest_set_handler(GUEST_SERROR, on_serror);
	guest_gic_init();
}

void arch_set_up(void)
{
	guest_fp_enable();
	guest_gic_init_cpu();
}

void arch_before(void)
{
	__asm__ volatile("msr daifset, #0xf" ::: "memory");
	if (below(16) == 0) {
		guest_gic_init_cpu();
		guest_write32(guest_gic.dist + GICD_CTLR, 3);
	}
	if (below(4) != 0) {
		__asm__ volatile("msr daifclr, #7" ::: "memory");
	}
}

void arch_quiet(void)
{
	__asm__ volatile("msr daifset, #0xf" ::: "memory");
	guest_set_cntv_ctl_el0(0);
	guest_set_cntp_ctl_el0(0);
}

/* Half of the words are of the classes that have to do with more than the processor's own registers. */
static uint32_t some_insn(void)
{
	static const uint32_t classes[] = { 0xd5000000, 0xd4000000, 0x08000000, 0x28000000,
					    0x38000000, 0xb8000000, 0x0c000000, 0xd6000000 };

	if (below(2) == 0) {
		return (uint32_t)any();
	}
	return classes[below(8)] | ((uint32_t)any() & 0x00ffffff);
}

void go_wild(void)
{
	struct guest_regs r;
	uint32_t *code = (uint32_t *)(void *)scratch();

	for (unsigned i = 0; i < SCRATCH_PAGES * PAGE / 4; i++) {
		code[i] = some_insn();
	}
	for (unsigned i = 0; i < 30; i++) {
		r.x[i] = nasty();
	}
	r.sp = (uint64_t)code + PAGE;
	r.x[9] = (uint64_t)code;
	try_any(0xd61f0120, &r); /* BR X9 */
}

/* The first instruction of the vectors cannot be fetched: one exception after the other, no other thing. */
_Noreturn void get_lost(void)
{
	guest_msr(vbar_el1, NOWHERE);
	for (;;) {
		__asm__ volatile("udf #0");
	}
}
