/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSCI (DEN0022), every function with good and bad arguments, by HVC or, with by=smc, by SMC. Without a
 * mode it prints what holds on every implementation; mode=strict checks what this hypervisor promises
 * beyond that, mode=reset resets itself once, mode=reset2 by SYSTEM_RESET2. Wants 4 CPUs.
 */
#include "aarch64/gic.h"
#include "guest.h"

#define VERSION            0x84000000u
#define CPU_SUSPEND        0x84000001u
#define CPU_OFF            0x84000002u
#define CPU_ON             0x84000003u
#define AFFINITY_INFO      0x84000004u
#define MIGRATE            0x84000005u
#define MIGRATE_INFO_TYPE  0x84000006u
#define MIGRATE_INFO_UP    0x84000007u
#define SYSTEM_OFF         0x84000008u
#define SYSTEM_RESET       0x84000009u
#define FEATURES           0x8400000au
#define SYSTEM_RESET2      0x84000012u
#define SMCCC_VERSION      0x80000000u
#define SMC64              0x40000000u

#define INVALID_PARAMETERS (-2)
#define ALREADY_ON         (-4)
#define ON_PENDING         (-5)
#define INVALID_ADDRESS    (-9)

#define VTIMER             27
#define CANARY(n)          (0xca0a0000u + (n))  /* in the registers that a call keeps */
#define REBOOT_MARK        UINT64_C(0x43000000) /* RAM far from the image */
#define REBOOT_MAGIC       UINT64_C(0x5ca1ab1e00000000)

/* What a CPU finds at its entry; written by the assembly below with its MMU off. */
struct arrival {
	uint64_t count;
	uint64_t x0;
	uint64_t current_el;
	uint64_t daif;
	uint64_t sctlr;
	uint64_t mpidr;
};

volatile struct arrival arrivals[GUEST_MAX_CPUS];
void arrive_and_leave(void);

/* Keeps its state by affinity 0 and switches itself off by CPU_OFF. */
__asm__(".pushsection .text\n"
	".balign 4\n"
	"arrive_and_leave:\n"
	"	mrs	x9, mpidr_el1\n"
	"	and	x10, x9, #0xff\n"
	"	adrp	x11, arrivals\n"
	"	add	x11, x11, :lo12:arrivals\n"
	"	mov	x12, #48\n"
	"	madd	x11, x10, x12, x11\n"
	"	mrs	x12, CurrentEL\n"
	"	mrs	x13, daif\n"
	"	mrs	x14, sctlr_el1\n"
	"	stp	x0, x12, [x11, #8]\n"
	"	stp	x13, x14, [x11, #24]\n"
	"	str	x9, [x11, #40]\n"
	"	ldr	x12, [x11]\n"
	"	add	x12, x12, #1\n"
	"	str	x12, [x11]\n"
	"	dsb	sy\n"
	"	mov	w0, #0x2\n"
	"	movk	w0, #0x8400, lsl #16\n"
	"	hvc	#0\n"
	"	b	.\n"
	".popsection\n");

static uint32_t conduit = GUEST_INSN_HVC(0);
static unsigned lost; /* registers that a call should have kept */

static int64_t call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	struct guest_regs r = { .x = { function, a1, a2, a3 } };
	struct guest_trap t;

	for (unsigned i = 4; i < 30; i++) {
		r.x[i] = CANARY(i);
	}
	if (!guest_try_insn(conduit, &r, &t)) {
		guest_printf("exception, EC 0x%x: ", GUEST_EC(t.esr));
	}
	for (unsigned i = 4; i < 30; i++) {
		lost += r.x[i] != CANARY(i);
	}
	return (int64_t)r.x[0];
}

static void show(const char *what, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	guest_printf("%s: ", what);
	guest_printf("%ld\n", call(function, a1, a2, a3));
}

static uint64_t affinity(uint32_t cpu)
{
	return guest_cpu_mpidr(cpu);
}

static void wait_off(uint32_t cpu)
{
	while (call(AFFINITY_INFO | SMC64, affinity(cpu), 0, 0) != 1) {
	}
}

/* The @count-th time that @cpu has come and gone. */
static void wait_gone(uint32_t cpu, uint64_t count)
{
	while (arrivals[cpu].count < count) {
	}
	wait_off(cpu);
}

static void information(void)
{
	static const struct {
		const char *name;
		uint32_t id;
	} functions[] = {
		{ "VERSION", VERSION },
		{ "CPU_SUSPEND", CPU_SUSPEND },
		{ "CPU_SUSPEND 64", CPU_SUSPEND | SMC64 },
		{ "CPU_OFF", CPU_OFF },
		{ "CPU_ON", CPU_ON },
		{ "CPU_ON 64", CPU_ON | SMC64 },
		{ "AFFINITY_INFO", AFFINITY_INFO },
		{ "AFFINITY_INFO 64", AFFINITY_INFO | SMC64 },
		{ "MIGRATE", MIGRATE },
		{ "MIGRATE_INFO_TYPE", MIGRATE_INFO_TYPE },
		{ "MIGRATE_INFO_UP_CPU", MIGRATE_INFO_UP },
		{ "SYSTEM_OFF", SYSTEM_OFF },
		{ "SYSTEM_RESET", SYSTEM_RESET },
		{ "FEATURES", FEATURES },
		{ "CPU_FREEZE", 0x8400000b },
		{ "CPU_DEFAULT_SUSPEND", 0x8400000c },
		{ "NODE_HW_STATE", 0x8400000d },
		{ "SYSTEM_SUSPEND", 0x8400000e },
		{ "SYSTEM_SUSPEND 64", 0xc400000e },
		{ "SET_SUSPEND_MODE", 0x8400000f },
		{ "STAT_RESIDENCY", 0x84000010 },
		{ "STAT_COUNT", 0x84000011 },
		{ "MEM_PROTECT", 0x84000013 },
		{ "MEM_PROTECT_CHECK_RANGE", 0x84000014 },
		{ "no function", 0x8400001f },
		{ "no function 64", 0xc400001f },
		{ "64-bit VERSION", VERSION | SMC64 },
		{ "64-bit CPU_OFF", CPU_OFF | SMC64 },
		{ "64-bit SYSTEM_OFF", SYSTEM_OFF | SMC64 },
	};

	show("VERSION", VERSION, 0, 0, 0);
	show("MIGRATE_INFO_TYPE", MIGRATE_INFO_TYPE, 0, 0, 0);
	for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		guest_printf("FEATURES of %s: %ld\n", functions[i].name,
			     call(FEATURES, functions[i].id, 0, 0));
	}
	show("MIGRATE", MIGRATE, affinity(1), 0, 0);
	show("MIGRATE_INFO_UP_CPU", MIGRATE_INFO_UP, 0, 0, 0);
	for (uint32_t n = 0xb; n <= 0x1f; n++) {
		if (n != 0x12) {
			guest_printf("function %x: %ld, 64-bit %ld\n", n,
				     call(VERSION + n, 0, 0, 0),
				     call(VERSION + SMC64 + n, 0, 0, 0));
		}
	}
	show("64-bit VERSION", VERSION | SMC64, 0, 0, 0);
	show("64-bit CPU_OFF", CPU_OFF | SMC64, 0, 0, 0);
	show("64-bit SYSTEM_OFF", SYSTEM_OFF | SMC64, 0, 0, 0);
	show("64-bit SYSTEM_RESET", SYSTEM_RESET | SMC64, 0, 0, 0);
}

static void affinities(void)
{
	static const uint64_t bad[] = { 4,        0xf,        0x10,        0xff,
					0x100,    0x1000000,  0x80000000,  0x80000001,
					0xffffff, 0xffffffff, 0x100000000, ~UINT64_C(0) };

	show("AFFINITY_INFO of this CPU", AFFINITY_INFO, affinity(0), 0, 0);
	show("AFFINITY_INFO of this CPU, 64", AFFINITY_INFO | SMC64, affinity(0), 0, 0);
	show("AFFINITY_INFO of one that is off", AFFINITY_INFO, affinity(1), 0, 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_printf("affinity 0x%lx: AFFINITY_INFO %ld, CPU_ON %ld\n", bad[i],
			     call(AFFINITY_INFO | SMC64, bad[i], 0, 0),
			     call(CPU_ON | SMC64, bad[i], (uint64_t)arrive_and_leave, 0));
	}
	/* DEN0022 5.7.3: a level above 0 may be refused, or be told of as on. */
	for (uint32_t level = 1; level < 5; level++) {
		int64_t ret = call(AFFINITY_INFO | SMC64, affinity(0), level, 0);

		guest_printf("AFFINITY_INFO level %u: %s\n", level,
			     ret == INVALID_PARAMETERS || ret == 0 ? "allowed answer" : "WRONG");
	}
}

static void show_arrival(uint32_t cpu)
{
	const volatile struct arrival *a = &arrivals[affinity(cpu) & 0xff];

	guest_printf("  CPU %u: arrived %lu, x0 0x%lx, EL%lu, DAIF 0x%lx, SCTLR M %lu C %lu I %lu, "
		     "affinity %s\n",
		     cpu, a->count, a->x0, a->current_el >> 2, a->daif, a->sctlr & 1,
		     a->sctlr >> 2 & 1, a->sctlr >> 12 & 1,
		     (a->mpidr & 0xff00ffffff) == affinity(cpu) ? "right" : "WRONG");
}

static void cpus(void)
{
	uint64_t entry = (uint64_t)arrive_and_leave;

	show("CPU_ON of this CPU", CPU_ON | SMC64, affinity(0), entry, 0);
	show("CPU_ON of this CPU, 32", CPU_ON, affinity(0), entry, 0);
	for (uint32_t cpu = 1; cpu < 4; cpu++) {
		uint32_t id = CPU_ON | (cpu % 2 != 0 ? SMC64 : 0);

		show("CPU_ON", id, affinity(cpu), entry, 0x12345678);
		wait_gone(cpu, 1);
		show_arrival(cpu);
	}
	show("CPU_ON with a wide context", CPU_ON | SMC64, affinity(2), entry, 0x1122334455667788);
	wait_gone(2, 2);
	show_arrival(2);
	for (unsigned i = 0; i < 50; i++) {
		if (call(CPU_ON | SMC64, affinity(1), entry, i) != 0) {
			guest_printf("round %u: refused\n", i);
		}
		wait_gone(1, i + 2);
	}
	show_arrival(1);
}

/* --- CPUs that stay on: they run here, with stack and console */

static volatile uint64_t stage; /* shared with the MMU off: Device memory, one writer at a time */
static volatile int64_t race_result[2];

static void set_stage(uint64_t to)
{
	guest_dsb();
	stage = to;
	guest_dsb();
}

static void wait_stage(uint64_t from)
{
	while (stage < from) {
	}
}

static void race(unsigned me)
{
	race_result[me] = call(CPU_ON | SMC64, affinity(3), (uint64_t)arrive_and_leave, me);
}

static void on_cpu_1(void)
{
	set_stage(1);
	wait_stage(2);
	race(1);
	set_stage(3);
	wait_stage(4);
	/* The boot CPU goes away; bring it back. */
	wait_off(0);
	guest_printf("the boot CPU is off\n");
	set_stage(5);
	show("CPU_ON of the boot CPU", CPU_ON | SMC64, affinity(0), (uint64_t)guest_secondary_start,
	     0);
	guest_cpu_off();
}

void guest_secondary_main(uint64_t cpu)
{
	if (cpu == 1) {
		on_cpu_1();
	} else if (cpu == 2) { /* of strict() */
		wait_stage(1);
		guest_cpu_off();
	}
	wait_off(1);
	guest_printf("the boot CPU is back, CPU 1 is off\n");
	show("AFFINITY_INFO of CPU 1", AFFINITY_INFO, affinity(1), 0, 0);
	guest_printf("registers lost: %u\n", lost);
	guest_done();
}

/* DEN0022 5.6.3: of two that switch the same CPU on, one succeeds; the other is told why not. */
static void two_switch_one_on(void)
{
	set_stage(2);
	race(0);
	wait_stage(3);
	wait_gone(3, 2);
	int64_t a = race_result[0];
	int64_t b = race_result[1];
	int64_t other = a == 0 ? b : a;

	/* The winner's CPU may have been on and off again before the loser's call: then both succeed. */
	guest_printf("two CPU_ON of one CPU: %s\n",
		     (a == 0 || b == 0) &&
				     (other == 0 || other == ALREADY_ON || other == ON_PENDING)
			     ? "one is refused"
			     : "WRONG");
}

static void staying_cpus(void)
{
	show("CPU_ON of CPU 1, to stay", CPU_ON | SMC64, affinity(1),
	     (uint64_t)guest_secondary_start, 1);
	wait_stage(1);
	show("CPU_ON of one that is on", CPU_ON | SMC64, affinity(1),
	     (uint64_t)guest_secondary_start, 1);
	show("AFFINITY_INFO of one that is on", AFFINITY_INFO, affinity(1), 0, 0);
	two_switch_one_on();
	set_stage(4);
	guest_cpu_off(); /* goes on in guest_secondary_main() */
}

static void suspend(void)
{
	static const uint32_t bad[] = { 0x20000,   0x800000,   0x1000000,
					0x3000000, 0x80000000, 0xffffffff };
	uint64_t ctl;
	uint32_t iar;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_printf("CPU_SUSPEND of state 0x%x: %ld, 64-bit %ld\n", bad[i],
			     call(CPU_SUSPEND, bad[i], 0, 0),
			     call(CPU_SUSPEND | SMC64, bad[i], 0, 0));
	}
	guest_gic_init();
	guest_gic_enable(VTIMER);
	for (unsigned i = 0; i < 4; i++) {
		uint32_t id = CPU_SUSPEND | (i % 2 != 0 ? SMC64 : 0);

		guest_msr(cntv_cval_el0, guest_counter() + guest_counter_hz() / 100);
		guest_msr(cntv_ctl_el0, 1);
		/* State 0: standby of this CPU. Its end is the timer's interrupt, masked by PSTATE or not. */
		show("CPU_SUSPEND until the timer", id, 0, (uint64_t)arrive_and_leave, 0);
		guest_mrs(cntv_ctl_el0, ctl);
		iar = guest_gic_ack();
		guest_msr(cntv_ctl_el0, 0);
		guest_gic_eoi(iar);
		guest_printf("  timer %s, interrupt %u\n", (ctl & 4) != 0 ? "expired" : "NOT YET",
			     iar);
	}
}

/* What this hypervisor promises beyond the differential part. */
static void strict(void)
{
	uint64_t entry = (uint64_t)arrive_and_leave;
	int64_t ret;

	guest_check(call(VERSION, 0, 0, 0) == 0x10001, "PSCI 1.1");
	/* DEN0022 5.6.2: misaligned in AArch64, or where there is no memory to run from */
	guest_check(call(CPU_ON | SMC64, affinity(1), entry + 2, 0) == INVALID_ADDRESS,
		    "misaligned entry: INVALID_ADDRESS");
	guest_check(call(CPU_ON | SMC64, affinity(1), 0, 0) == INVALID_ADDRESS,
		    "entry where nothing is: INVALID_ADDRESS");
	guest_check(call(CPU_ON | SMC64, affinity(1), 0x08000000, 0) == INVALID_ADDRESS,
		    "entry in a device: INVALID_ADDRESS");
	guest_check(call(CPU_ON | SMC64, affinity(1), ~UINT64_C(3), 0) == INVALID_ADDRESS,
		    "entry beyond addresses: INVALID_ADDRESS");
	guest_check(call(AFFINITY_INFO, affinity(1), 0, 0) == 1, "it is still off");
	/* DEN0028 (SMCCC 1.1) 2.8: only w0 is the function, a 32-bit call's arguments are w1 to w7 */
	guest_check(call(UINT64_C(0xffffffff00000000) | VERSION, 0, 0, 0) == 0x10001,
		    "upper half of x0 ignored");
	guest_check(call(AFFINITY_INFO, affinity(1) | UINT64_C(1) << 40, UINT64_C(7) << 32, 0) == 1,
		    "upper halves of a 32-bit call ignored");
	guest_check(call(CPU_ON, affinity(1), entry | UINT64_C(1) << 60,
			 UINT64_C(0xffffffff00000005)) == 0,
		    "upper halves of a 32-bit CPU_ON ignored");
	wait_gone(1, 1);
	guest_check(arrivals[1].x0 == 5, "its context has 32 bits");
	/* 5.6.3: while it has not come to its entry ON_PENDING, then ALREADY_ON (QEMU 7.2 succeeds twice) */
	guest_check(call(CPU_ON | SMC64, affinity(2), (uint64_t)guest_secondary_start, 2) == 0,
		    "CPU_ON");
	ret = call(CPU_ON | SMC64, affinity(2), (uint64_t)guest_secondary_start, 2);
	guest_check(ret == ALREADY_ON || ret == ON_PENDING, "CPU_ON at once again is refused");
	ret = call(AFFINITY_INFO, affinity(2), 0, 0);
	guest_check(ret == 0 || ret == 2, "AFFINITY_INFO: on, or on pending");
	set_stage(1);
	wait_off(2);
	guest_check(call(FEATURES, SMCCC_VERSION, 0, 0) == 0, "FEATURES knows SMCCC_VERSION");
	guest_check(call(SMCCC_VERSION, 0, 0, 0) == 0x10001, "SMCCC 1.1");
	guest_check(call(FEATURES, SYSTEM_RESET2, 0, 0) == 0, "SYSTEM_RESET2 is there");
	/* 5.22.3: only type 0 is architectural; bit 31 is vendors' */
	guest_check(call(SYSTEM_RESET2, 1, 0, 0) == INVALID_PARAMETERS, "SYSTEM_RESET2 type 1");
	guest_check(call(SYSTEM_RESET2 | SMC64, 0x80000000, 0, 0) == INVALID_PARAMETERS,
		    "SYSTEM_RESET2 of a vendor's type");
	guest_check(call(AFFINITY_INFO, affinity(0), 1, 0) == INVALID_PARAMETERS,
		    "AFFINITY_INFO above level 0");
	guest_check(lost == 0, "registers kept");
	guest_done();
}

static volatile uint64_t in_the_image =
	1; /* .data: as in the file, each time the image is loaded */

static _Noreturn void reset_once(bool by_2)
{
	uint64_t mark = *(volatile uint64_t *)REBOOT_MARK;
	uint64_t boots = (mark & ~UINT64_C(0xff)) == REBOOT_MAGIC ? (mark & 0xff) + 1 : 1;

	guest_printf("boot %lu, image %s\n", boots, in_the_image++ == 1 ? "as loaded" : "CHANGED");
	*(volatile uint64_t *)REBOOT_MARK = REBOOT_MAGIC | boots;
	if (boots < 3) {
		guest_cpu_on(
			1); /* left running in guest_secondary_main(): it waits for CPU 1 to be off */
		call(by_2 ? SYSTEM_RESET2 | SMC64 : SYSTEM_RESET, 0, 0, 0);
		guest_puts("RESET CAME BACK\n");
	}
	guest_done();
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	if (guest_arg_is("by", "smc")) {
		conduit = GUEST_INSN_SMC(0);
	}
	if (guest_arg_is("mode", "reset") || guest_arg_is("mode", "reset2")) {
		reset_once(guest_arg_is("mode", "reset2"));
	}
	if (guest_arg_is("mode", "strict")) {
		strict();
	}
	information();
	affinities();
	cpus();
	suspend();
	staying_cpus();
}
