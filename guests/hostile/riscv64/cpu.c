/* SPDX-License-Identifier: Apache-2.0 */
/* The RISC-V side of the hostile guest: its attacks, traps, and harts that are lost. */
#include "hostile.h"

#define SBI_GET_IMPL_ID 1
#define IMPL_OPENSBI    1
#define WILD_PAGES      2 /* CODE and the next, for a program */

bool under_a_hypervisor;

/* The tried code of this CPU is U-mode's, and the alarm is to end it. */
static volatile bool limited[GUEST_MAX_CPUS];

const struct attack arch_attacks[] = {
	{ "calls", attack_calls },
	{ "fences", attack_fences },
	{ "console_calls", attack_console_calls },
	{ "harts", attack_harts },
	{ "suspend", attack_suspend },
	{ "ipis", attack_ipis },
	{ "timers", attack_timers },
	{ "wait", attack_wait },
	{ "read_csrs", attack_read_csrs },
	{ "write_csrs", attack_write_csrs },
	{ "hypervisor_insns", attack_hypervisor_insns },
	{ "words", attack_words },
	{ "user_words", attack_user_words },
	{ "fp", attack_fp },
	{ "plic", attack_plic },
	{ "claims", attack_claims },
	{ "devices", attack_devices },
	{ "uart", attack_uart },
	{ "rtc", attack_rtc },
	{ "nowhere", attack_nowhere },
	{ "crossings", attack_crossings },
	{ "tables", attack_tables },
	{ "satp", attack_satp },
	{ "fetches", attack_fetches },
	{ "rewriting", attack_rewriting },
	{ NULL, NULL },
};

uint8_t *scratch_page(enum page page)
{
	return scratch() + (uint64_t)page * PAGE;
}

uint64_t harmless(void)
{
	uint64_t v = nasty();

	/* An access may be 2 KiB off. */
	if (v - (GUEST_RAM - PAGE) < UINT64_C(0x100000000)) {
		return (uint64_t)scratch_page(DATA) + PAGE / 2 + below(PAGE);
	}
	return v;
}

void harmless_registers(struct guest_regs *r)
{
	for (unsigned i = 0; i < 32; i++) {
		r->x[i] = harmless();
	}
}

void limit_begin(void)
{
	limited[me()->id] = true;
	guest_timer_set(guest_counter() + guest_ticks(below(100)));
	guest_csr_set(sie, SIP_STIP);
	guest_irq_unmask();
}

void limit_end(void)
{
	limited[me()->id] = false;
	guest_irq_mask();
	guest_timer_off();
}

static void on_external(void)
{
	uint32_t context = PLIC_CONTEXT((uint32_t)me()->id);
	uint32_t source = guest_plic_claim(context);

	switch (below(8)) {
	case 0:
		break;
	case 1:
		guest_plic_complete(context, (uint32_t)below(128));
		break;
	case 2:
		guest_plic_complete(context, source);
		guest_plic_complete(context, source);
		guest_plic_complete(PLIC_CONTEXT((uint32_t)below(cpu_count + 1)), source);
		break;
	default:
		guest_plic_complete(context, source);
		break;
	}
}

/* Some stay pending for the next time, which is at once. */
static void on_interrupt(struct guest_frame *f)
{
	struct hostile_cpu *c = me();

	c->irqs++;
	switch (f->cause & 15) {
	case IRQ_S_SOFT:
		if (below(8) != 0) {
			guest_csr_clear(sip, SIP_SSIP);
		}
		break;
	case IRQ_S_TIMER:
		if (limited[c->id]) { /* what it is to end may not have begun */
			guest_timer_set(guest_counter() + guest_ticks(100));
		} else if (below(8) != 0) {
			guest_timer_set(below(4) == 0 ? guest_counter() + below(1000)
						      : ~UINT64_C(0));
		}
		break;
	default:
		on_external();
		break;
	}
	if (limited[c->id] && f->run_sp != 0) {
		f->pc = NOWHERE; /* cannot be fetched, whatever the program has made of its own end */
		f->status &= ~(uint64_t)SSTATUS_SPIE;
	}
	if (c->irqs % 64 == 0 && !limited[c->id]) { /* or this CPU would do nothing else */
		guest_timer_off();
		f->status &= ~(uint64_t)SSTATUS_SPIE;
	}
}

static void on_sync(struct guest_frame *f)
{
	me()->traps++;
	if (f->cause == GUEST_CAUSE_FETCH_ALIGN || f->cause == GUEST_CAUSE_FETCH_ACCESS ||
	    f->cause == GUEST_CAUSE_FETCH_PAGE) {
		f->pc = f->x[1];
	} else {
		f->pc += (*(const uint16_t *)f->pc & 3) == 3 ? 4 : 2;
	}
}

static void all_sources(void)
{
	uint32_t context = PLIC_CONTEXT(guest_cpu_self());

	guest_plic_threshold(context, 0);
	for (uint32_t source = 1; source <= PLIC_RTC; source++) {
		guest_plic_priority(source, 1);
		guest_plic_enable(context, source, true);
	}
}

uint64_t arch_device(void)
{
	return GUEST_PLIC + below(0x400000);
}

void arch_begin(void)
{
	under_a_hypervisor =
		guest_sbi(SBI_EXT_BASE, SBI_GET_IMPL_ID, 0, 0, 0).value != IMPL_OPENSBI;
	guest_set_handler(GUEST_SYNC, on_sync);
	guest_set_handler(GUEST_IRQ, on_interrupt);
}

/* Pages of U-mode, and what they are. Each CPU has its own entry of the root table. */
static void map_user(void)
{
	uint64_t slot = (VA_USER >> 30) + guest_cpu_self();
	uint64_t *level_1 = (uint64_t *)(void *)scratch_page(LEVEL_1);
	uint64_t *level_0 = (uint64_t *)(void *)scratch_page(LEVEL_0);

	level_1[0] = GUEST_PTE((uint64_t)level_0, GUEST_PTE_V);
	level_0[U_CODE] = GUEST_PTE((uint64_t)scratch_page(CODE), GUEST_MAP_RWX | GUEST_PTE_U);
	level_0[U_DATA] = GUEST_PTE((uint64_t)scratch_page(USER_DATA), GUEST_MAP_RW | GUEST_PTE_U);
	level_0[U_UART] = GUEST_PTE(GUEST_UART, GUEST_MAP_RW | GUEST_PTE_U);
	level_0[U_NOTHING] = GUEST_PTE(NOWHERE, GUEST_MAP_RWX | GUEST_PTE_U);
	level_0[U_PLIC] = GUEST_PTE(GUEST_PLIC, GUEST_MAP_RW | GUEST_PTE_U);
	guest_mmu_table()[slot] = GUEST_PTE((uint64_t)level_1, GUEST_PTE_V);
	guest_tlb_flush();
}

void arch_set_up(void)
{
	guest_fp_enable();
	guest_csr_write(scounteren, 7);
	map_user();
	all_sources();
}

void arch_before(void)
{
	guest_irq_mask();
	if (below(16) == 0) {
		all_sources();
	}
	guest_csr_write(sie, SIP_SSIP | SIP_STIP | SIP_SEIP);
	if (below(4) != 0) {
		guest_irq_unmask();
	}
}

void arch_quiet(void)
{
	guest_irq_mask();
	guest_timer_off();
}

void calm_with_alarm(uint64_t us)
{
	guest_irq_mask();
	guest_csr_write(sie, SIP_STIP);
	guest_timer_set(guest_counter() + guest_ticks(us));
}

static void fill(uint8_t *page)
{
	uint32_t *words = (uint32_t *)(void *)page;

	for (unsigned i = 0; i < PAGE / 4; i++) {
		words[i] = some_insn();
	}
}

/* In U-mode, where the alarm ends it, over and over; then in S-mode, where nothing does. */
void go_wild(void)
{
	uint64_t va = VA_USER + (me()->id << 30);
	struct guest_regs r;

	for (unsigned i = 0; i < 16; i++) {
		uint32_t *code = (uint32_t *)(void *)scratch_page(CODE);

		fill(scratch_page(CODE));
		code[PAGE / 4 - 1] = GUEST_INSN_EBREAK;
		harmless_registers(&r);
		r.x[2] = va + U_DATA * PAGE + PAGE / 2;
		limit_begin();
		guest_try_code(va, va + PAGE - 4, true, &r, NULL);
		limit_end();
	}
	fill(scratch_page(CODE));
	for (unsigned i = 0; i < 32; i++) {
		r.x[i] = nasty();
	}
	r.x[2] = (uint64_t)scratch_page(CODE) + PAGE;
	if (below(4) == 0) {
		guest_csr_write(satp, any() >> 20 | GUEST_SATP_SV39);
	}
	guest_try_code((uint64_t)scratch_page(CODE), 0, false, &r, NULL);
}

/*
 * The first instruction of the handler cannot be fetched. by=satp: no instruction can, as the tables to find
 * it are where nothing is.
 */
_Noreturn void get_lost(void)
{
	guest_csr_write(stvec, NOWHERE);
	if (guest_arg_is("by", "satp")) {
		guest_csr_write(satp, GUEST_SATP_SV39 | NOWHERE >> 12);
	}
	for (;;) {
		__asm__ volatile("unimp");
	}
}
