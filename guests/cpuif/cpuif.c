/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU interface, polled with interrupts masked at the processor: ICC_* of a GICv3 (IHI 0069 12.2),
 * GICC_* of a GICv2 (IHI 0048 4.4). What each register keeps; IAR, EOIR, RPR and HPPIR in the orders
 * the manuals define; then the ones they do not, which must leave the interface usable. "full": also
 * EOImode 1, which QEMU's GICv2 does not have; "split": only that.
 */
#include "gic.h"

#define A 40 /* SPIs without a device */
#define B 41
#define C 42

static void pend(uint32_t intid, uint32_t priority)
{
	guest_gic_set_priority(intid, priority);
	guest_gic_enable(intid);
	guest_gic_set_pending(intid);
}

static void show(const char *when)
{
	guest_printf("%s: RPR %02x HPPIR %u pending %u%u%u active %u%u%u\n", when, guest_gic_rpr(),
		     guest_gic_hppir(), guest_gic_is_pending(A), guest_gic_is_pending(B),
		     guest_gic_is_pending(C), guest_gic_is_active(A), guest_gic_is_active(B),
		     guest_gic_is_active(C));
}

/* Nothing pending, active or enabled of the three. Ends what is left, whoever it was. */
static void clear(void)
{
	for (uint32_t i = A; i <= C; i++) {
		guest_gic_disable(i);
		guest_gic_clear_pending(i);
		guest_gic_clear_active(i);
		guest_gic_set_edge(i, true);
	}
}

static void masks(void)
{
	static const uint32_t values[] = { 0, 0xff, 0xf8, 0x80, 0x88, 0x07, 0x1ff };

	guest_printf("PMR:");
	for (uint32_t i = 0; i < 7; i++) {
		guest_gic_set_pmr(values[i]);
		guest_printf(" %02x", guest_gic_pmr() & 0xf8);
	}
	guest_gic_set_pmr(0xff);
	guest_printf("; BPR:");
	for (uint32_t i = 7; i >= 4; i--) {
		guest_gic_set_bpr(i);
		guest_printf(" %u", guest_gic_bpr());
	}
	guest_gic_set_bpr(0);
	guest_printf("\n");
}

#define show_reg(name, reg, mask)                                      \
	do {                                                           \
		uint64_t v_;                                           \
                                                                       \
		guest_icc_read(reg, v_);                               \
		guest_printf(" " name " %x", (uint32_t)(v_ & (mask))); \
	} while (0)

/* 12.2: what is kept of ones and of zeroes, in the fields that every implementation has. */
static void registers_v3(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t v = i == 0 ? UINT32_MAX : 0;

		guest_printf("all %s:", i == 0 ? "ones" : "zeroes");
		guest_icc_write(ICC_SRE_EL1, v);
		guest_icc_write(ICC_CTLR_EL1, v & 3);
		guest_icc_write(ICC_IGRPEN0_EL1, v & 1);
		guest_icc_write(ICC_IGRPEN1_EL1, v & 1);
		show_reg("SRE", ICC_SRE_EL1, 7);
		show_reg("CTLR", ICC_CTLR_EL1, 3);
		show_reg("IGRPEN0", ICC_IGRPEN0_EL1, UINT32_MAX);
		show_reg("IGRPEN1", ICC_IGRPEN1_EL1, UINT32_MAX);
		show_reg("AP0R0", ICC_AP0R0_EL1, UINT32_MAX);
		show_reg("AP1R0", ICC_AP1R0_EL1, UINT32_MAX);
		guest_printf("\n");
	}
	/* CBPR: group 1 is split by BPR0; BPR1 reads as that plus one, and cannot be written. */
	guest_icc_write(ICC_BPR0_EL1, 4);
	guest_icc_write(ICC_BPR1_EL1, 6);
	guest_printf("CBPR clear:");
	show_reg("BPR0", ICC_BPR0_EL1, 7);
	show_reg("BPR1", ICC_BPR1_EL1, 7);
	guest_icc_write(ICC_CTLR_EL1, 1);
	guest_icc_write(ICC_BPR1_EL1, 7);
	guest_printf("; set:");
	show_reg("BPR0", ICC_BPR0_EL1, 7);
	show_reg("BPR1", ICC_BPR1_EL1, 7);
	guest_icc_write(ICC_CTLR_EL1, 0);
	guest_printf("; clear:");
	show_reg("BPR1", ICC_BPR1_EL1, 7);
	guest_printf("\n");
	guest_icc_write(ICC_BPR0_EL1, 0);
	guest_icc_write(ICC_BPR1_EL1, 0);
	guest_icc_write(ICC_IGRPEN1_EL1, 1);
}

static void try_sysreg(const char *name, uint32_t reg, bool read)
{
	struct guest_regs r = { .x = { 0 } };
	struct guest_trap t = { .count = 0 };
	uint32_t insn = read ? GUEST_INSN_MRS(reg, 0) : GUEST_INSN_MSR(reg, 0);
	bool done = guest_try_insn(insn, &r, &t);

	guest_printf(" %s %s", name, done ? "done" : "");
	if (!done) {
		guest_printf("EC %02x", GUEST_EC(t.esr));
	}
}

/*
 * Group 0 has its own registers (IHI 0069 4.6): A is in it and more urgent than B of group 1, so the
 * registers of group 1 see neither until A is taken, and its enable decides.
 */
static void groups_v3(void)
{
	uint64_t group = guest_gic.dist + GICD_IGROUPR + A / 32 * 4;
	uint64_t iar0, v;

	guest_write32(guest_gic.dist + GICD_CTLR,
		      GICD_CTLR_ARE | GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	guest_write32(group, guest_read32(group) & ~(1u << A % 32));
	guest_icc_write(ICC_IGRPEN0_EL1, 1);
	pend(A, 0x60);
	guest_printf("A in group 0:");
	show_reg("HPPIR0", ICC_HPPIR0_EL1, UINT32_MAX);
	show_reg("HPPIR1", ICC_HPPIR1_EL1, UINT32_MAX);
	show_reg("IAR1", ICC_IAR1_EL1, UINT32_MAX);
	pend(B, 0xa0);
	show_reg("and B in group 1: IAR1", ICC_IAR1_EL1, UINT32_MAX);
	guest_icc_read(ICC_IAR0_EL1, iar0);
	guest_printf(" IAR0 %u RPR %x", (uint32_t)iar0, guest_gic_rpr());
	show_reg("AP0R0", ICC_AP0R0_EL1, UINT32_MAX);
	show_reg("AP1R0", ICC_AP1R0_EL1, UINT32_MAX);
	guest_icc_write(ICC_EOIR0_EL1, iar0);
	guest_icc_read(ICC_IAR1_EL1, v);
	guest_printf(" ended, IAR1 %u", (uint32_t)v);
	show_reg("AP0R0", ICC_AP0R0_EL1, UINT32_MAX);
	show_reg("AP1R0", ICC_AP1R0_EL1, UINT32_MAX);
	guest_icc_write(ICC_EOIR1_EL1, v);
	guest_icc_write(ICC_IGRPEN0_EL1, 0);
	guest_gic_set_pending(A);
	show_reg("; group 0 off: IAR0", ICC_IAR0_EL1, UINT32_MAX);
	guest_icc_write(ICC_IGRPEN0_EL1, 1);
	guest_icc_write(ICC_IGRPEN1_EL1, 0);
	guest_gic_set_pending(B);
	show_reg("; group 1 off: IAR1", ICC_IAR1_EL1, UINT32_MAX);
	guest_icc_read(ICC_IAR0_EL1, iar0);
	guest_printf(" IAR0 %u\n", (uint32_t)iar0);
	guest_icc_write(ICC_EOIR0_EL1, iar0);
	guest_icc_write(ICC_IGRPEN0_EL1, 0);
	guest_icc_write(ICC_IGRPEN1_EL1, 1);
	guest_write32(group, guest_read32(group) | 1u << A % 32);
	clear();
}

/* A read of what is write-only and the reverse is undefined (DDI 0487, each register's "Accessing"). */
static void directions_v3(void)
{
	guest_printf("wrong directions:");
	try_sysreg("read EOIR1", GUEST_SYSREG(3, 0, 12, 12, 1), true);
	try_sysreg("read EOIR0", GUEST_SYSREG(3, 0, 12, 8, 1), true);
	try_sysreg("read DIR", GUEST_SYSREG(3, 0, 12, 11, 1), true);
	try_sysreg("read SGI1R", GUEST_SYSREG(3, 0, 12, 11, 5), true);
	try_sysreg("read ASGI1R", GUEST_SYSREG(3, 0, 12, 11, 6), true);
	try_sysreg("read SGI0R", GUEST_SYSREG(3, 0, 12, 11, 7), true);
	try_sysreg("write IAR1", GUEST_SYSREG(3, 0, 12, 12, 0), false);
	try_sysreg("write IAR0", GUEST_SYSREG(3, 0, 12, 8, 0), false);
	try_sysreg("write HPPIR1", GUEST_SYSREG(3, 0, 12, 12, 2), false);
	try_sysreg("write RPR", GUEST_SYSREG(3, 0, 12, 11, 3), false);
	guest_printf("\nof higher levels:");
	try_sysreg("ICC_SRE_EL2", GUEST_SYSREG(3, 4, 12, 9, 5), true);
	try_sysreg("ICH_HCR_EL2", GUEST_SYSREG(3, 4, 12, 11, 0), true);
	try_sysreg("ICH_LR0_EL2", GUEST_SYSREG(3, 4, 12, 12, 0), true);
	try_sysreg("ICC_CTLR_EL3", GUEST_SYSREG(3, 6, 12, 12, 4), true);
	try_sysreg("ICC_SRE_EL3", GUEST_SYSREG(3, 6, 12, 12, 5), true);
	guest_printf("\n");
}

/* IHI 0048 4.4: what is kept, what is read-only, and the one rule for group 1 that QEMU has too. */
static void registers_v2(void)
{
	uint64_t base = guest_gic.cpu;
	uint64_t group = guest_gic.dist + GICD_IGROUPR + A / 32 * 4;
	uint32_t iar;

	guest_write32(base + GICC_CTLR, 0x1f);
	guest_printf("CTLR %x", guest_read32(base + GICC_CTLR) & 0x1f);
	guest_write32(base + GICC_CTLR, 0);
	guest_printf(" %x", guest_read32(base + GICC_CTLR) & 0x1f);
	guest_write32(base + GICC_CTLR, 1);
	guest_write32(base + GICC_ABPR, 6);
	guest_printf(", ABPR %u", guest_read32(base + GICC_ABPR) & 7);
	guest_write32(base + GICC_IAR, 0);
	guest_write32(base + GICC_RPR, 0);
	guest_write32(base + GICC_HPPIR, 0);
	guest_printf(", read-only ones %x %x %x\n", guest_read32(base + GICC_IAR),
		     guest_read32(base + GICC_RPR), guest_read32(base + GICC_HPPIR));
	/* A in group 1: GICC_IAR takes it with AckCtl only (4.4.4). QEMU has no GICC_AIAR. */
	guest_write32(guest_gic.dist + GICD_CTLR, GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	guest_write32(group, guest_read32(group) | 1u << A % 32);
	guest_write32(base + GICC_CTLR, 3);
	pend(A, 0x60);
	guest_printf("A in group 1: IAR %u", guest_gic_ack());
	guest_write32(base + GICC_CTLR, 7);
	iar = guest_gic_ack();
	guest_printf(", with AckCtl %u RPR %x", iar, guest_gic_rpr());
	guest_gic_eoi(iar);
	guest_printf(", ended %x\n", guest_gic_rpr());
	guest_write32(group, guest_read32(group) & ~(1u << A % 32));
	guest_write32(base + GICC_CTLR, 1);
	clear();
}

static void idle(void)
{
	guest_printf("nothing there: IAR %u HPPIR %u RPR %02x\n", guest_gic_ack(),
		     guest_gic_hppir(), guest_gic_rpr());
	guest_gic_eoi(GIC_SPURIOUS); /* a special INTID: ignored (IHI 0069 4.2, IHI 0048 4.4.5) */
	show("EOI of 1023");
}

/* The definite order: each acknowledged one preempts the last and is ended before it. */
static void nesting(void)
{
	uint32_t iar[3];

	pend(A, 0xa0);
	show("A pending");
	iar[0] = guest_gic_ack();
	show("A taken");
	pend(B, 0xa0);
	show("B as urgent");
	guest_printf("IAR %u\n", guest_gic_ack());
	pend(C, 0x40);
	iar[1] = guest_gic_ack();
	show("C taken");
	guest_printf("IAR %u\n", guest_gic_ack());
	guest_gic_eoi(iar[1]);
	show("C ended");
	guest_gic_eoi(iar[0]);
	show("A ended");
	iar[2] = guest_gic_ack();
	show("B taken");
	guest_gic_eoi(iar[2]);
	show("B ended");
	guest_printf("were %u %u %u\n", iar[0], iar[1], iar[2]);
	clear();
}

static void masked(void)
{
	guest_gic_set_pmr(0xa0);
	pend(A, 0xa0);
	show("A not above the mask");
	guest_printf("IAR %u\n", guest_gic_ack());
	guest_gic_set_pmr(0xa8);
	show("now above it");
	guest_gic_set_pmr(0);
	show("all masked");
	guest_gic_set_pmr(0xff);
	guest_gic_disable(A);
	show("disabled");
	guest_gic_enable(A);
	guest_gic_clear_pending(A);
	show("cleared");
	guest_gic_set_pending(A);
	uint32_t iar = guest_gic_ack();

	guest_gic_set_pending(A); /* an edge while it is active is kept */
	show("active and pending");
	guest_gic_eoi(iar);
	show("ended, pending again");
	iar = guest_gic_ack();
	guest_printf("IAR %u\n", iar);
	guest_gic_disable(A); /* active stays what it was */
	show("active, disabled");
	guest_gic_eoi(iar);
	show("ended");
	clear();
}

/* EOImode 1 (IHI 0069 4.4, IHI 0048 3.2.1): priority drop and deactivation apart, ends in any order. */
static void split(void)
{
	uint32_t a, b;

	guest_gic_set_eoimode(true);
	pend(A, 0xa0);
	a = guest_gic_ack();
	guest_gic_eoi(a);
	show("split: A dropped");
	guest_gic_set_pending(A);
	guest_printf("IAR %u\n", guest_gic_ack());
	pend(B, 0xc0);
	b = guest_gic_ack();
	show("split: B taken");
	guest_gic_deactivate(a);
	show("split: A deactivated");
	guest_gic_eoi(b);
	show("split: B dropped");
	a = guest_gic_ack();
	guest_gic_eoi(a);
	guest_gic_deactivate(b);
	guest_gic_deactivate(a);
	show("split: both deactivated");
	guest_gic_set_eoimode(false);
	clear();
}

/* Orders that the manuals leave open. Only afterwards is looked at. */
static void disorder(void)
{
	uint32_t a, b;

	pend(A, 0xa0);
	a = guest_gic_ack();
	pend(B, 0x40);
	b = guest_gic_ack();
	guest_gic_eoi(a);
	guest_gic_eoi(b);
	guest_gic_eoi(b);
	guest_gic_eoi(A);
	guest_gic_deactivate(C);
	guest_gic_deactivate(1000);
	guest_gic_eoi(1000);
	guest_gic_deactivate(UINT32_MAX);
	guest_gic_eoi(0);
	clear();
	show("after disorder");
	pend(C, 0x80);
	a = guest_gic_ack();
	show("C taken");
	guest_gic_eoi(a);
	show("C ended");
	clear();
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	guest_console_init();
	if (!guest_gic_init()) {
		guest_printf("no interrupt controller\n");
		return;
	}
	guest_printf("cpuif\n");
	clear();
	if (guest_arg("split")) {
		split();
		guest_done();
	}
	if (guest_gic.version == 3) {
		registers_v3();
		directions_v3();
		groups_v3();
	} else {
		registers_v2();
	}
	masks();
	idle();
	nesting();
	masked();
	if (guest_arg("full")) {
		split();
	}
	disorder();
	guest_done();
}
