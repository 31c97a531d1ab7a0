/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PLIC (Platform-Level Interrupt Controller Specification 1.0.0): registers of sources and contexts, what
 * of an interrupt is seen where, claim and complete in legal and illegal orders, delivery to every hart. Its
 * sources are the UART (transmitter empty) and the RTC (an alarm that is over). mode=strict: what QEMU 7.2
 * does against the specification.
 */
#include "plic.h"

#define IER             1
#define LSR             5
#define LSR_TEMT        0x40
#define IER_THRI        2

#define RTC_ALARM_LOW   0x08
#define RTC_ALARM_HIGH  0x0c
#define RTC_IRQ_ENABLED 0x10
#define RTC_CLEAR       0x1c

#define DELIVERIES      100

static uint32_t cpus;
static volatile uint32_t taken[GUEST_MAX_CPUS][128];
static uint32_t raised; /* of on_irq(): one is to come */
static volatile uint32_t strange[GUEST_MAX_CPUS];
static volatile uint32_t ready[GUEST_MAX_CPUS];
static volatile uint32_t over;

static void raise(uint32_t source)
{
	if (source == PLIC_UART) {
		while ((guest_read8(GUEST_UART + LSR) & LSR_TEMT) == 0) {
		}
		guest_write8(GUEST_UART + IER, IER_THRI);
	} else {
		guest_write32(GUEST_RTC + RTC_IRQ_ENABLED, 1);
		guest_write32(GUEST_RTC + RTC_ALARM_HIGH, 0);
		guest_write32(GUEST_RTC + RTC_ALARM_LOW, 1);
	}
}

static void lower(uint32_t source)
{
	if (source == PLIC_UART) {
		guest_write8(GUEST_UART + IER, 0);
	} else {
		guest_write32(GUEST_RTC + RTC_CLEAR, 1);
		guest_write32(GUEST_RTC + RTC_IRQ_ENABLED, 0);
	}
}

/* External interrupts reach a hart some time after the register that allows them. */
static uint64_t seip(void)
{
	for (unsigned i = 0; i < 1000; i++) {
		if (guest_irq_is_pending(IRQ_S_EXTERNAL)) {
			return 1;
		}
	}
	return 0;
}

static uint64_t no_seip(void)
{
	for (unsigned i = 0; i < 10000; i++) {
		if (!guest_irq_is_pending(IRQ_S_EXTERNAL)) {
			return 0;
		}
	}
	return 1;
}

static void sources(void)
{
	static const uint32_t numbers[] = { 1,  2,  3,  10, 11,  31,  32,  63,
					    64, 94, 95, 97, 127, 512, 1023 };
	uint64_t node = guest_tree_compatible(guest_tree_root(), "riscv,plic0");

	/* QEMU says one too many: its source 0 counts */
	guest_printf("sources: %s\n", guest_tree_cells(node, "riscv,ndev", 0, 1) >= PLIC_SOURCES
					      ? "95 at least"
					      : "TOO FEW");
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t at = GUEST_PLIC + PLIC_PRIORITY + UINT64_C(4) * numbers[i];
		uint32_t v[3];

		guest_write32(at, 0xffffffff);
		v[0] = guest_read32(at);
		guest_write32(at, 5);
		v[1] = guest_read32(at);
		guest_write32(at, 0);
		v[2] = guest_read32(at);
		guest_printf("priority of source %u: %x %x %x\n", numbers[i], v[0], v[1], v[2]);
	}
	for (uint32_t word = 0; word < 32; word++) {
		uint64_t at = GUEST_PLIC + PLIC_PENDING + UINT64_C(4) * word;

		guest_write32(at, 0xffffffff);
		if (guest_read32(at) != 0) {
			guest_printf("pending word %u: %x\n", word, guest_read32(at));
		}
	}
	guest_puts("pending bits cannot be written\n");
}

static void contexts(void)
{
	static const uint32_t words[] = { 0, 1, 2, 3, 4, 31 };

	for (uint32_t context = 0; context < 2 * cpus; context++) {
		uint64_t at = GUEST_PLIC + PLIC_ENABLE + UINT64_C(0x80) * context;
		uint64_t threshold = GUEST_PLIC + PLIC_THRESHOLD + UINT64_C(0x1000) * context;

		guest_printf("context %u enables:", context);
		for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			uint32_t ones;
			uint32_t pattern;
			uint32_t not_0 = words[i] == 0 ? ~UINT32_C(1) : ~UINT32_C(0);

			guest_write32(at + 4 * words[i], 0xffffffff);
			ones = guest_read32(at + 4 * words[i]) & not_0; /* source 0: see strict() */
			guest_write32(at + 4 * words[i], 0x12345678);
			pattern = guest_read32(at + 4 * words[i]) & not_0;
			guest_write32(at + 4 * words[i], 0);
			guest_printf(" %x %x %x", ones, pattern, guest_read32(at + 4 * words[i]));
		}
		guest_printf("; threshold:");
		for (uint32_t v = 0; v < 8; v++) {
			guest_write32(threshold, v);
			guest_printf(" %x", guest_read32(threshold));
		}
		guest_write32(threshold, 0);
		guest_printf(" %x; claim %u\n", guest_read32(threshold), guest_plic_claim(context));
	}
}

/* What lies between the registers: nothing, and accesses of other sizes than 4. */
static void elsewhere(void)
{
	static const uint32_t offsets[] = { 0x1080, 0x1ff8, 0x1f0000, 0x200008, 0x200ffc };
	static const uint32_t sizes[] = { 1, 2, 8 };

	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct guest_trap t;
		uint64_t v;

		guest_try_read(GUEST_PLIC + offsets[i], 4, &v, &t);
		guest_printf("offset 0x%x: %s 0x%lx", offsets[i],
			     t.count == 0 ? "read" : guest_cause_name(t.cause), v);
		guest_try_write(GUEST_PLIC + offsets[i], 4, ~UINT64_C(0), &t);
		guest_printf(", %s\n", t.count == 0 ? "written" : guest_cause_name(t.cause));
	}
	for (unsigned i = 0; i < 3; i++) {
		struct guest_trap t;
		uint64_t v;

		guest_try_read(GUEST_PLIC + 8 * 4, sizes[i], &v, &t);
		guest_printf("read of %u bytes: %s\n", sizes[i],
			     t.count == 0 ? "done" : guest_cause_name(t.cause));
		guest_try_write(GUEST_PLIC + 8 * 4, sizes[i], 0, &t);
		guest_printf("write of %u bytes: %s\n", sizes[i],
			     t.count == 0 ? "done" : guest_cause_name(t.cause));
	}
}

struct view {
	uint64_t pending;
	uint64_t seip;
};

static struct view view(uint32_t source, bool expected)
{
	return (struct view){ .pending = guest_plic_is_pending(source),
			      .seip = expected ? seip() : no_seip() };
}

static void show(const char *what, struct view v)
{
	guest_printf("  %s: pending %lu, SEIP %lu\n", what, v.pending, v.seip);
}

/* Nothing is printed while a source is raised: the UART is one of them. */
static void one(uint32_t source)
{
	struct view v[8];
	uint32_t claim[6];
	uint32_t s = PLIC_CONTEXT(0);

	guest_printf("source %u\n", source);
	guest_plic_priority(source, 0);
	v[0] = view(source, false);
	raise(source);
	v[1] = view(source, false);
	claim[0] = guest_plic_claim(s);
	guest_plic_enable(s, source, true);
	v[2] = view(source, false);
	claim[1] = guest_plic_claim(s);
	guest_plic_threshold(s, 3);
	guest_plic_priority(source, 3);
	v[3] = view(source, false);
	guest_plic_priority(source, 4);
	v[4] = view(source, true);
	claim[2] = guest_plic_claim(s);
	v[5] = view(source, false);
	claim[3] = guest_plic_claim(s);
	lower(source);
	guest_plic_complete(s, source);
	v[6] = view(source, false);
	claim[4] = guest_plic_claim(s);
	/* And again, to the same end. */
	raise(source);
	v[7] = view(source, true);
	claim[5] = guest_plic_claim(s);
	lower(source);
	guest_plic_complete(s, source);
	show("quiet", v[0]);
	show("raised, disabled", v[1]);
	show("enabled with priority 0", v[2]);
	show("priority 3 at threshold 3", v[3]);
	show("priority 4", v[4]);
	show("claimed", v[5]);
	show("completed", v[6]);
	show("raised once more", v[7]);
	guest_printf("  claims: %u %u %u %u %u %u\n", claim[0], claim[1], claim[2], claim[3],
		     claim[4], claim[5]);
	guest_plic_threshold(s, 0);
	guest_plic_enable(s, source, false);
	guest_plic_priority(source, 0);
}

/* The highest priority first, of equal ones the lowest number. */
static void order(uint32_t uart, uint32_t rtc)
{
	uint32_t s = PLIC_CONTEXT(0);
	uint32_t claim[3];

	guest_plic_priority(PLIC_UART, uart);
	guest_plic_priority(PLIC_RTC, rtc);
	guest_plic_enable(s, PLIC_UART, true);
	guest_plic_enable(s, PLIC_RTC, true);
	raise(PLIC_RTC);
	raise(PLIC_UART);
	for (unsigned i = 0; i < 3; i++) {
		claim[i] = guest_plic_claim(s);
	}
	lower(PLIC_RTC);
	lower(PLIC_UART);
	guest_plic_complete(s, PLIC_UART);
	guest_plic_complete(s, PLIC_RTC);
	guest_printf("priorities %u and %u: claims %u %u %u, SEIP %lu\n", uart, rtc, claim[0],
		     claim[1], claim[2], no_seip());
}

/* Completing what is not claimed, twice, what does not exist: nothing happens. */
static void disorder(void)
{
	static const uint32_t bad[] = { 0, 1, 95, 96, 1023, 1024, 0x80000000, 0xffffffff };
	uint32_t s = PLIC_CONTEXT(0);
	uint32_t claim[6];
	uint64_t level[3];

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_plic_complete(s, bad[i]);
	}
	guest_plic_complete(s, PLIC_RTC);
	guest_plic_complete(s, PLIC_RTC);
	claim[0] = guest_plic_claim(s);
	guest_plic_priority(PLIC_RTC, 1);
	guest_plic_priority(PLIC_UART, 1);
	raise(PLIC_RTC);
	guest_plic_complete(s, PLIC_RTC); /* pending, not claimed */
	level[0] = seip();
	claim[1] = guest_plic_claim(s);
	raise(PLIC_UART);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_plic_complete(s, bad[i]);
	}
	guest_plic_complete(s, PLIC_UART); /* pending, and another one is claimed */
	level[1] = seip();
	claim[2] = guest_plic_claim(s);
	claim[3] = guest_plic_claim(s);
	lower(PLIC_RTC);
	lower(PLIC_UART);
	guest_plic_complete(s, PLIC_RTC); /* in the order of the claims, then once more */
	guest_plic_complete(s, PLIC_UART);
	guest_plic_complete(s, PLIC_RTC);
	level[2] = no_seip();
	claim[4] = guest_plic_claim(s);
	raise(PLIC_RTC);
	claim[5] = guest_plic_claim(s);
	lower(PLIC_RTC);
	guest_plic_complete(s, PLIC_RTC);
	guest_printf("disorder: claims %u %u %u %u %u %u, SEIP %lu %lu %lu\n", claim[0], claim[1],
		     claim[2], claim[3], claim[4], claim[5], level[0], level[1], level[2]);
}

/* A source that is claimed by one context is nobody else's, and any that has it enabled may complete it. */
static void two_contexts(void)
{
	uint32_t a = PLIC_CONTEXT(0);
	uint32_t b = 0; /* M-mode's of hart 0: registers without a wire to S-mode */
	uint32_t claim[6];
	uint64_t level[2];

	guest_plic_priority(PLIC_RTC, 2);
	guest_plic_priority(PLIC_UART, 0);
	guest_plic_enable(a, PLIC_RTC, false);
	guest_plic_enable(b, PLIC_RTC, true);
	guest_plic_threshold(b, 0);
	raise(PLIC_RTC);
	level[0] = no_seip();
	claim[0] = guest_plic_claim(a);
	guest_plic_enable(a, PLIC_RTC, true);
	guest_plic_priority(PLIC_RTC, 3); /* QEMU 7.2 does not look again for an enable bit */
	level[1] = seip();
	claim[1] = guest_plic_claim(b);
	claim[2] = guest_plic_claim(a);
	lower(PLIC_RTC);
	guest_plic_complete(a, PLIC_RTC);
	raise(PLIC_RTC);
	claim[3] = guest_plic_claim(a);
	claim[4] = guest_plic_claim(b);
	lower(PLIC_RTC);
	guest_plic_complete(b, PLIC_RTC);
	claim[5] = guest_plic_claim(a);
	guest_plic_enable(b, PLIC_RTC, false);
	guest_plic_enable(a, PLIC_RTC, false);
	guest_printf("two contexts: claims %u %u %u %u %u %u, SEIP %lu %lu\n", claim[0], claim[1],
		     claim[2], claim[3], claim[4], claim[5], level[0], level[1]);
}

/* --- Delivery */

static void on_irq(struct guest_frame *f)
{
	uint32_t cpu = guest_cpu_self();
	uint32_t source;

	if (f->cause != (GUEST_CAUSE_IRQ | IRQ_S_EXTERNAL)) {
		strange[cpu] = strange[cpu] + 1;
		return;
	}
	source = guest_plic_claim(PLIC_CONTEXT(cpu));
	if (source == 0) {
		return; /* another hart was faster */
	}
	lower(source);
	guest_barrier();
	guest_plic_complete(PLIC_CONTEXT(cpu), source);
	/*
	 * Not twice: a device that lowers its line here while another hart has just raised it may be heard
	 * late, as on any bus.
	 */
	if (__atomic_exchange_n(&raised, 0, __ATOMIC_SEQ_CST) != 0) {
		taken[cpu][source % 128] = taken[cpu][source % 128] + 1;
	}
}

static uint32_t all_taken(uint32_t source)
{
	uint32_t sum = 0;

	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		sum += taken[cpu][source];
	}
	return sum;
}

static void init_cpu(uint32_t cpu)
{
	guest_plic_threshold(PLIC_CONTEXT(cpu), 0);
	guest_csr_write(sie, SIP_SEIP);
	guest_irq_unmask();
}

void guest_secondary_main(uint64_t cpu)
{
	init_cpu((uint32_t)cpu);
	ready[cpu] = 1;
	while (over == 0) {
		if (cpu % 2 == 0) {
			guest_csr_write(sie, SIP_SEIP | SIP_SSIP);
			guest_wfi();
		}
		guest_csr_clear(sip, SIP_SSIP);
	}
	guest_cpu_off();
}

/* To each hart in turn, then to whoever is first. */
static void deliver(void)
{
	uint32_t before;

	guest_plic_priority(PLIC_RTC, 2);
	guest_plic_priority(PLIC_UART, 1);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		for (uint32_t i = 0; i < DELIVERIES; i++) {
			uint32_t source = i % 2 == 0 ? PLIC_RTC : PLIC_UART;

			guest_plic_enable(PLIC_CONTEXT(cpu), source, true);
			before = taken[cpu][source];
			__atomic_store_n(&raised, 1, __ATOMIC_SEQ_CST);
			raise(source);
			while (taken[cpu][source] == before) {
			}
			guest_plic_enable(PLIC_CONTEXT(cpu), source, false);
		}
		guest_printf("hart %u: RTC %u, UART %u, strange %u\n", cpu, taken[cpu][PLIC_RTC],
			     taken[cpu][PLIC_UART], strange[cpu]);
	}
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		guest_plic_enable(PLIC_CONTEXT(cpu), PLIC_RTC, true);
	}
	before = all_taken(PLIC_RTC);
	for (uint32_t i = 1; i <= DELIVERIES; i++) {
		__atomic_store_n(&raised, 1, __ATOMIC_SEQ_CST);
		raise(PLIC_RTC);
		while (all_taken(PLIC_RTC) != before + i) {
		}
	}
	guest_delay_us(3000);
	guest_printf("to all: taken %u times\n", all_taken(PLIC_RTC) - before);
}

/* --- What QEMU 7.2 does not do, or does otherwise */

static void strict(void)
{
	uint32_t s = PLIC_CONTEXT(0);
	uint32_t claim;
	bool good;

	guest_write32(GUEST_PLIC + PLIC_PRIORITY, 7);
	guest_check(guest_read32(GUEST_PLIC + PLIC_PRIORITY) == 0, "source 0 has no priority (3)");
	guest_write32(GUEST_PLIC + PLIC_ENABLE + 0x80, 0xffffffff);
	guest_check(guest_read32(GUEST_PLIC + PLIC_ENABLE + 0x80) == 0xfffffffe,
		    "source 0 cannot be enabled (6)");
	guest_write32(GUEST_PLIC + PLIC_ENABLE + 0x80, 0);
	guest_plic_priority(PLIC_RTC, 1);
	raise(PLIC_RTC);
	guest_plic_enable(s, PLIC_RTC, true);
	good = seip() == 1;
	guest_plic_enable(s, PLIC_RTC, false);
	guest_check(good && no_seip() == 0, "enabled and disabled while it is pending");
	lower(PLIC_RTC);
	guest_plic_enable(s, PLIC_RTC, true);
	guest_plic_complete(s, guest_plic_claim(s));
	/* 8: claims are not affected by the threshold */
	guest_plic_threshold(s, 7);
	guest_plic_priority(PLIC_RTC, 1);
	guest_plic_enable(s, PLIC_RTC, true);
	raise(PLIC_RTC);
	good = no_seip() == 0;
	claim = guest_plic_claim(s);
	guest_check(good && claim == PLIC_RTC, "a claim below the threshold");
	guest_plic_threshold(s, 0);
	/* 9: completion of a source that is not enabled for the target is ignored */
	guest_plic_enable(s, PLIC_RTC, false);
	guest_plic_complete(s, PLIC_RTC);
	guest_plic_enable(s, PLIC_RTC, true);
	guest_check(no_seip() == 0 && guest_plic_claim(s) == 0,
		    "completed by one that has it disabled: still claimed");
	/* 5: a level that is still high is a new request after completion */
	guest_plic_complete(s, PLIC_RTC);
	good = seip() == 1;
	guest_check(good && guest_plic_claim(s) == PLIC_RTC, "still raised: pending again");
	lower(PLIC_RTC);
	guest_plic_complete(s, PLIC_RTC);
	guest_check(no_seip() == 0 && guest_plic_claim(s) == 0, "lowered and completed: quiet");
	guest_done();
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	cpus = guest_cpu_count();
	guest_printf("plic: harts %u\n", cpus);
	if (guest_arg_is("mode", "strict")) {
		strict();
	}
	sources();
	contexts();
	elsewhere();
	one(PLIC_UART);
	one(PLIC_RTC);
	order(3, 3);
	order(3, 4);
	order(4, 3);
	order(7, 0);
	disorder();
	two_contexts();
	guest_set_handler(GUEST_IRQ, on_irq);
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		guest_cpu_on(cpu);
		while (ready[cpu] == 0) {
		}
	}
	init_cpu(0);
	deliver();
	guest_irq_mask();
	over = 1;
	guest_sbi(SBI_EXT_IPI, 0, 0, ~UINT64_C(0), 0);
	guest_done();
}
