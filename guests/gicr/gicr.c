/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every register of the redistributors (IHI 0069 12.11), a CPU's own and those of the others, and what
 * an interrupt does that was made pending through the frame of another CPU.
 */
#include "gic_probe.h"

#define CTLR_EnableLPIs 0x1
#define TYPER_PLPIS     0x1
#define WAKER_Sleep     0x2
#define SGI_SENT        5

enum job { NOTHING, READ_ENABLES, READ_STATE, TAKE };

static volatile uint32_t jobs[GUEST_MAX_CPUS];
static volatile uint32_t answers[GUEST_MAX_CPUS];

static const struct gic_sizes sizes[] = {
	{ "GICR_CTLR", GICR_CTLR, 4 },
	{ "GICR_IIDR", GICR_IIDR, 4 },
	{ "GICR_TYPER", GICR_TYPER, 12 },
	{ "GICR_WAKER", GICR_WAKER, 4 },
	{ "GICR_PIDR2", 0xffe8, 4 },
	{ "GICR_IGROUPR0", GICR_SGI_BASE + GICD_IGROUPR, 4 },
	{ "GICR_ISENABLER0", GICR_SGI_BASE + GICD_ISENABLER, 4 },
	{ "GICR_ICENABLER0", GICR_SGI_BASE + GICD_ICENABLER, 4 },
	{ "GICR_ISPENDR0", GICR_SGI_BASE + GICD_ISPENDR, 4 },
	{ "GICR_ICACTIVER0", GICR_SGI_BASE + GICD_ICACTIVER, 4 },
	{ "GICR_IPRIORITYR2", GICR_SGI_BASE + GICD_IPRIORITYR + 8, 5 },
	{ "GICR_ICFGR0", GICR_SGI_BASE + GICD_ICFGR, 4 },
	{ "a hole", 0x8000, 4 },
	{ "a hole", GICR_SGI_BASE + 0x8000, 4 },
};

/* What CPU @cpu says when told to do @job. */
static uint32_t ask(uint32_t cpu, uint32_t job)
{
	jobs[cpu] = job;
	while (jobs[cpu] != NOTHING) {
	}
	return answers[cpu];
}

void guest_secondary_main(uint64_t cpu)
{
	uint64_t base = guest_gic_redist((uint32_t)cpu) + GICR_SGI_BASE;

	guest_gic_init_cpu();
	jobs[cpu] = NOTHING;
	for (;;) {
		uint32_t iar = GIC_SPURIOUS;

		if (jobs[cpu] == READ_ENABLES) {
			answers[cpu] = guest_read32(base + GICD_ISENABLER);
			jobs[cpu] = NOTHING;
		} else if (jobs[cpu] == READ_STATE) {
			answers[cpu] = guest_read32(base + GICD_ISPENDR) |
				       guest_read32(base + GICD_ISACTIVER);
			jobs[cpu] = NOTHING;
		} else if (jobs[cpu] == TAKE) {
			while (iar == GIC_SPURIOUS) {
				iar = guest_gic_ack();
			}
			guest_gic_eoi(iar);
			answers[cpu] = iar;
			jobs[cpu] = NOTHING;
		}
	}
}

static void identity(uint32_t cpus)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		uint64_t base = guest_gic_redist(cpu);
		uint64_t typer = 0;

		guest_try_read(base + GICR_TYPER, 8, &typer, NULL);
		guest_printf("frame of CPU %u: affinity %x, number %u, last %u, virtual LPIs %u, "
			     "ArchRev %u, ",
			     cpu, (uint32_t)(typer >> 32), (uint32_t)(typer >> 8 & 0xffff),
			     (uint32_t)(typer >> 4 & 1), (uint32_t)(typer >> 1 & 1),
			     guest_read32(base + 0xffe8) >> 4 & 15);
		guest_try_write(base + GICR_TYPER, 8, ~typer, NULL);
		guest_printf("halves %x %x, CIDR %02x %02x %02x %02x\n",
			     guest_read32(base + GICR_TYPER) & 0xffff00,
			     guest_read32(base + GICR_TYPER + 4), guest_read32(base + 0xfff0),
			     guest_read32(base + 0xfff4), guest_read32(base + 0xfff8),
			     guest_read32(base + 0xfffc));
	}
}

/* 12.11.43: ChildrenAsleep follows ProcessorSleep, nothing else can be written. */
static void waker(uint32_t cpu)
{
	static const uint32_t values[] = { 0,           UINT32_MAX & ~(uint32_t)WAKER_Sleep,
					   WAKER_Sleep, 4,
					   WAKER_Sleep, 0 };
	uint64_t at = guest_gic_redist(cpu) + GICR_WAKER;

	guest_printf("GICR_WAKER of CPU %u: at first %x", cpu, guest_read32(at));
	for (uint32_t i = 0; i < 6; i++) {
		guest_write32(at, values[i]);
		guest_printf(" %x", guest_read32(at) & 6);
	}
	guest_printf("\n");
}

/*
 * Without LPIs what belongs to them reads as zero (12.11: RES0 if GICR_TYPER.PLPIS is 0). QEMU has them,
 * and is not asked; "nolpi" says that there are to be none.
 */
static void no_lpis(uint64_t base)
{
	bool lpis = (guest_read32(base + GICR_TYPER) & TYPER_PLPIS) != 0;

	gic_probe_zero("GICR_STATUSR", base + 0x10, 1);
	if (guest_arg("nolpi")) {
		guest_write32(base + GICR_CTLR, UINT32_MAX);
		lpis = lpis || (guest_read32(base + GICR_CTLR) & CTLR_EnableLPIs) != 0;
		guest_write32(base + GICR_CTLR, 0);
		if (lpis || !gic_is_zero(base + 0x40, 4) ||
		    !gic_is_zero(base + GICR_PROPBASER, 4) || !gic_is_zero(base + 0xa0, 12)) {
			guest_printf("there is something of LPIs\n");
		}
	}
	gic_probe_zero("0x100 to 0x7ffc", base + 0x100, (0x8000 - 0x100) / 4);
}

static void private(uint64_t bank)
{
	gic_probe_pair("GICR_ISENABLER0", bank + GICD_ISENABLER, bank + GICD_ICENABLER, UINT32_MAX);
	gic_probe_pair("GICR_ISPENDR0", bank + GICD_ISPENDR, bank + GICD_ICPENDR, UINT32_MAX);
	gic_probe_pair("GICR_ISACTIVER0", bank + GICD_ISACTIVER, bank + GICD_ICACTIVER, UINT32_MAX);
	gic_probe_word("GICR_IGROUPR0", bank + GICD_IGROUPR, UINT32_MAX);
	for (uint32_t i = 0; i < 8; i++) {
		guest_printf("word %u of ", i);
		gic_probe_bytes("GICR_IPRIORITYR", bank + GICD_IPRIORITYR + 4ul * i, 0x08f05098,
				0xf8);
	}
	guest_write32(bank + GICD_ICFGR, 0); /* SGIs are edge-triggered */
	guest_printf("GICR_ICFGR0 %08x\n", guest_read32(bank + GICD_ICFGR));
	gic_probe_zero("GICR_IGRPMODR0", bank + GICD_IGRPMODR, 1);
	gic_probe_zero("GICR_NSACR", bank + GICD_NSACR, 1);
	gic_probe_zero("words 1 to 31 of the enables", bank + GICD_ISENABLER + 4, 31);
	gic_probe_zero("words 1 to 31 of the pending bits", bank + GICD_ISPENDR + 4, 31);
	gic_probe_zero("priorities from 32 on", bank + GICD_IPRIORITYR + 32, 248);
	gic_probe_zero("GICD_IROUTER's place", bank + GICD_IROUTER, 64);
}

/* CPU @cpu sees in its own frame what CPU 0 has written there, and takes what CPU 0 makes pending. */
static void through_the_other(uint32_t cpu)
{
	uint64_t bank = guest_gic_redist(cpu) + GICR_SGI_BASE;

	guest_write32(bank + GICD_ICENABLER, UINT32_MAX);
	guest_write32(bank + GICD_ISENABLER, 0x08400020);
	guest_printf("CPU %u sees its enables as %08x\n", cpu, ask(cpu, READ_ENABLES));
	guest_write32(bank + GICD_ICENABLER, 0x08000000);
	guest_printf("one cleared: %08x\n", ask(cpu, READ_ENABLES));
	jobs[cpu] = TAKE;
	guest_write32(bank + GICD_ISPENDR, 1u << SGI_SENT);
	while (jobs[cpu] != NOTHING) {
	}
	guest_printf("CPU %u took %u", cpu, answers[cpu]);
	jobs[cpu] = TAKE;
	guest_write32(bank + GICD_ISPENDR, 1u << 22);
	while (jobs[cpu] != NOTHING) {
	}
	guest_printf(" and %u", answers[cpu]);
	guest_printf("; pending or active for itself %08x, here %08x, of CPU 0 %08x\n",
		     ask(cpu, READ_STATE),
		     guest_read32(bank + GICD_ISPENDR) | guest_read32(bank + GICD_ISACTIVER),
		     guest_read32(guest_gic_redist(0) + GICR_SGI_BASE + GICD_ISPENDR));
	guest_write32(bank + GICD_ICENABLER, UINT32_MAX);
}

void guest_main(uint64_t dtb)
{
	uint32_t cpus = guest_cpu_count();

	(void)dtb;
	guest_console_init();
	if (!guest_gic_find() || guest_gic.version != 3) {
		guest_printf("gicr: no GICv3\n");
		return;
	}
	guest_printf("gicr: CPUs %u\n", cpus);
	identity(cpus);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		uint64_t bank = guest_gic_redist(cpu) + GICR_SGI_BASE;

		guest_printf("at reset: enabled %x, pending SGIs %x, active %x; ",
			     guest_read32(bank + GICD_ISENABLER),
			     guest_read32(bank + GICD_ISPENDR) & 0xffff,
			     guest_read32(bank + GICD_ISACTIVER));
		waker(cpu);
	}
	no_lpis(guest_gic_redist(0));
	guest_gic_init();
	guest_icc_write(ICC_IGRPEN1_EL1, 0);
	private(guest_gic_redist(0) + GICR_SGI_BASE);
	gic_probe_sizes(guest_gic_redist(0), sizes, sizeof(sizes) / sizeof(sizes[0]));
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		jobs[cpu] = TAKE; /* no job yet: until it is there */
		guest_cpu_on(cpu);
		while (jobs[cpu] != NOTHING) {
		}
		through_the_other(cpu);
	}
	if (cpus > 1) {
		guest_printf("the frame of CPU 1, running:\n");
		gic_probe_sizes(guest_gic_redist(1), sizes, sizeof(sizes) / sizeof(sizes[0]));
	}
	guest_done();
}
