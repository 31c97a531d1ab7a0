/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hart State Management (SBI 2.0 chapter 9) among four harts: what a hart finds where it is started, the
 * states that others see, two that start one, suspension of both kinds and what ends it. The boot hart goes
 * away in between. Under OpenSBI a hart that stops is another CPU's to wait for: states are polled.
 */
#include "guest.h"

#define HART_START    0
#define HART_STOP     1
#define GET_STATUS    2
#define SUSPEND       3

#define STARTED       0
#define STOPPED       1
#define SUSPENDED     4
#define RETENTIVE     UINT64_C(0)
#define NON_RETENTIVE UINT64_C(0x80000000)

/* What a hart finds at its entry; written by the assembly below with nothing but its registers. */
struct arrival {
	uint64_t count;
	uint64_t a0;
	uint64_t a1;
	uint64_t satp;
	uint64_t sstatus;
};

volatile struct arrival arrivals[GUEST_MAX_CPUS];
void arrive_and_leave(void);
void arrive_and_wait(void);
void resume_here(void);

/* Keeps its state by hart id, which must be sane for that, and stops. */
__asm__(".pushsection .text\n"
	".macro	keep_arrival\n"
	"	andi	t0, a0, 15\n"
	"	la	t1, arrivals\n"
	"	li	t2, 40\n"
	"	mul	t0, t0, t2\n"
	"	add	t1, t1, t0\n"
	"	sd	a0, 8(t1)\n"
	"	sd	a1, 16(t1)\n"
	"	csrr	t0, satp\n"
	"	sd	t0, 24(t1)\n"
	"	csrr	t0, sstatus\n"
	"	sd	t0, 32(t1)\n"
	"	ld	t0, 0(t1)\n"
	"	addi	t0, t0, 1\n"
	"	fence	iorw, iorw\n"
	"	sd	t0, 0(t1)\n"
	"	fence	iorw, iorw\n"
	".endm\n"
	".balign 4\n"
	"arrive_and_leave:\n"
	"	keep_arrival\n"
	"	li	a6, 1\n"
	"	li	a7, 0x48534d\n"
	"	ecall\n"
	"	j	.\n"
	"resume_here:\n" /* a1: struct resume */
	"	keep_arrival\n"
	"	ld	sp, 0(a1)\n"
	"	ld	ra, 8(a1)\n"
	"	ld	s0, 16(a1)\n"
	"	ld	s1, 24(a1)\n"
	"	ld	s2, 32(a1)\n"
	"	ld	s3, 40(a1)\n"
	"	ld	s4, 48(a1)\n"
	"	ld	s5, 56(a1)\n"
	"	ld	s6, 64(a1)\n"
	"	ld	s7, 72(a1)\n"
	"	ld	s8, 80(a1)\n"
	"	ld	s9, 88(a1)\n"
	"	ld	s10, 96(a1)\n"
	"	ld	s11, 104(a1)\n"
	"	ld	t0, 112(a1)\n"
	"	csrw	sscratch, t0\n"
	"	la	t0, guest_vector\n"
	"	csrw	stvec, t0\n"
	"	li	a0, 1000\n" /* suspend_here() returns this: it has been resumed */
	"	ret\n"
	/* suspend_here(type, struct resume *) */
	".global suspend_here\n"
	"suspend_here:\n"
	"	sd	sp, 0(a1)\n"
	"	sd	ra, 8(a1)\n"
	"	sd	s0, 16(a1)\n"
	"	sd	s1, 24(a1)\n"
	"	sd	s2, 32(a1)\n"
	"	sd	s3, 40(a1)\n"
	"	sd	s4, 48(a1)\n"
	"	sd	s5, 56(a1)\n"
	"	sd	s6, 64(a1)\n"
	"	sd	s7, 72(a1)\n"
	"	sd	s8, 80(a1)\n"
	"	sd	s9, 88(a1)\n"
	"	sd	s10, 96(a1)\n"
	"	sd	s11, 104(a1)\n"
	"	csrr	t0, sscratch\n"
	"	sd	t0, 112(a1)\n"
	"	mv	a2, a1\n"
	"	la	a1, resume_here\n"
	"	li	a6, 3\n"
	"	li	a7, 0x48534d\n"
	"	ecall\n"
	"	ret\n"
	".popsection\n");

struct resume {
	uint64_t kept[15];
};

int64_t suspend_here(uint64_t type, struct resume *r);

static struct resume resumes[GUEST_MAX_CPUS];
static volatile uint64_t stage;
static volatile int64_t race_result[2];
static volatile int64_t slept[GUEST_MAX_CPUS]; /* what suspend_here() returned to CPU n, plus 1 */

static int64_t status(uint64_t hart)
{
	struct guest_sbi_ret ret = guest_sbi(SBI_EXT_HSM, GET_STATUS, hart, 0, 0);

	return ret.error != 0 ? ret.error : (int64_t)ret.value;
}

static int64_t start(uint64_t hart, void (*entry)(void), uint64_t opaque)
{
	return guest_sbi(SBI_EXT_HSM, HART_START, hart, (uint64_t)entry, opaque).error;
}

static void wait_status(uint64_t hart, int64_t wanted)
{
	while (status(hart) != wanted) {
	}
}

static void set_stage(uint64_t to)
{
	guest_barrier();
	stage = to;
	guest_barrier();
}

static void wait_stage(uint64_t from)
{
	while (stage < from) {
	}
}

static void wait_gone(uint64_t hart, uint64_t count)
{
	while (arrivals[hart].count < count) {
	}
	wait_status(hart, STOPPED);
}

/* 9.1: satp and sstatus.SIE are 0, a0 is the hart id, a1 is opaque. All others are undefined. */
static void show_arrival(uint64_t hart)
{
	const volatile struct arrival *a = &arrivals[hart];

	guest_printf("  hart %lu: arrived %lu, a0 %lu, a1 0x%lx, satp 0x%lx, SIE %lu\n", hart,
		     a->count, a->a0, a->a1, a->satp, a->sstatus & SSTATUS_SIE);
}

static void starts(void)
{
	for (uint64_t hart = 1; hart < 4; hart++) {
		guest_printf("hart %lu: status %ld", hart, status(hart));
		guest_printf(", start %ld\n",
			     start(hart, arrive_and_leave, 0x1122334455667788 + hart));
		wait_gone(hart, 1);
		show_arrival(hart);
	}
	/* With translation on here; the started one begins without. */
	guest_mmu_enable();
	for (uint64_t i = 0; i < 50; i++) {
		if (start(1, arrive_and_leave, i) != 0) {
			guest_printf("round %lu: refused\n", i);
		}
		wait_gone(1, i + 2);
	}
	show_arrival(1);
}

/* 9.1: of two that start the same hart, one succeeds; the other is told ALREADY_AVAILABLE, or by
 * OpenSBI INVALID_PARAM while it is on its way. */
static void race(unsigned me)
{
	race_result[me] = start(3, arrive_and_leave, me);
}

static void two_start_one(void)
{
	set_stage(2);
	race(0);
	wait_stage(3);
	wait_gone(3, 2);
	int64_t a = race_result[0];
	int64_t b = race_result[1];
	int64_t other = a == 0 ? b : a;

	/* The winner's hart may have come and gone before the loser's call: then both succeed. */
	guest_printf("two starts of one hart: %s\n",
		     (a == 0 || b == 0) && (other == 0 || other == SBI_ERR_ALREADY ||
					    other == SBI_ERR_INVALID_PARAM)
			     ? "one is refused"
			     : "WRONG");
}

/* --- Suspension: it ends by an interrupt enabled in sie, whatever sstatus.SIE says */

static void suspend_until_timer(void)
{
	for (unsigned i = 0; i < 6; i++) {
		uint64_t type = i % 2 == 0 ? RETENTIVE : NON_RETENTIVE;
		uint64_t before = arrivals[0].count;
		uint64_t due = guest_counter() + guest_ticks(i < 4 ? 20000 : 0);
		uint64_t sip;
		int64_t ret;

		guest_csr_write(sie, SIP_STIP);
		guest_timer_set(due);
		ret = suspend_here(type, &resumes[0]);
		sip = guest_irq_is_pending(IRQ_S_TIMER);
		guest_printf("suspend %s until the timer: %ld, %s, STIP %lu, entered %lu times\n",
			     type == RETENTIVE ? "retentive" : "non-retentive", ret,
			     guest_counter() >= due ? "in time" : "EARLY", sip,
			     arrivals[0].count - before);
		if (type == NON_RETENTIVE) {
			guest_printf("  a0 %lu, a1 %s, satp 0x%lx, SIE %lu\n", arrivals[0].a0,
				     arrivals[0].a1 == (uint64_t)&resumes[0] ? "right" : "WRONG",
				     arrivals[0].satp, arrivals[0].sstatus & SSTATUS_SIE);
		}
		guest_timer_off();
		guest_csr_write(sie, 0);
	}
}

/* CPU 2 and 3: asleep, of one kind each, until somebody sends an IPI; and again. */
static void sleeper(uint32_t cpu)
{
	for (unsigned i = 0; i < 20; i++) {
		int64_t ret;
		uint64_t sip;

		guest_csr_write(sie, SIP_SSIP);
		ret = suspend_here(cpu == 2 ? RETENTIVE : NON_RETENTIVE, &resumes[cpu]);
		do { /* it may end for no reason: SBI 2.0 9.4 leaves it to the implementation */
			guest_csr_read(sip, sip);
		} while ((sip & SIP_SSIP) == 0);
		guest_csr_clear(sip, SIP_SSIP);
		guest_barrier();
		slept[cpu] = ret + 1;
		while (slept[cpu] != 0) {
		}
	}
	guest_cpu_off();
}

static void sleepers(void)
{
	for (uint64_t hart = 2; hart < 4; hart++) {
		guest_printf("start of hart %lu, to sleep: %ld\n", hart,
			     start(hart, guest_secondary_start, hart));
	}
	for (unsigned i = 0; i < 20; i++) {
		for (uint64_t hart = 2; hart < 4; hart++) {
			int64_t ret;

			if (i < 10) { /* the other rounds hit it on its way to sleep */
				wait_status(hart, SUSPENDED);
			}
			if (i == 0) {
				int64_t again = start(hart, guest_secondary_start, hart);

				guest_printf("hart %lu: status %ld, start %s\n", hart, status(hart),
					     again == SBI_ERR_ALREADY ||
							     again == SBI_ERR_INVALID_PARAM
						     ? "refused"
						     : "NOT REFUSED");
			}
			guest_sbi(SBI_EXT_IPI, 0, 1, hart, 0);
			while ((ret = slept[hart]) == 0) {
			}
			if (i == 0 || ret - 1 != (hart == 2 ? 0 : 1000)) {
				guest_printf("  woken by an IPI: %ld, status %ld\n", ret - 1,
					     status(hart));
			}
			slept[hart] = 0;
		}
	}
	for (uint64_t hart = 2; hart < 4; hart++) {
		wait_status(hart, STOPPED);
		guest_printf("hart %lu slept 20 times and is off\n", hart);
	}
}

/* --- The boot hart goes away */

static void on_cpu_1(void)
{
	set_stage(1);
	wait_stage(2);
	race(1);
	set_stage(3);
	wait_stage(4);
	wait_status(0, STOPPED);
	guest_printf("the boot hart is off\n");
	set_stage(5);
	guest_printf("start of the boot hart: %ld\n", start(0, guest_secondary_start, 0));
	guest_cpu_off();
}

void guest_secondary_main(uint64_t cpu)
{
	if (cpu == 1) {
		on_cpu_1();
	} else if (cpu != 0) {
		sleeper((uint32_t)cpu);
	}
	wait_status(1, STOPPED);
	guest_printf("the boot hart is back, hart 1 is off\n");
	guest_done();
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	starts();
	guest_csr_write(satp, 0); /* the non-retentive ones come back without */
	guest_tlb_flush();
	suspend_until_timer();
	sleepers();
	guest_printf("start of hart 1, to stay: %ld\n", start(1, guest_secondary_start, 1));
	wait_stage(1);
	guest_printf("start of one that is on: %ld, status %ld\n",
		     start(1, guest_secondary_start, 1), status(1));
	two_start_one();
	set_stage(4);
	guest_cpu_off(); /* goes on in guest_secondary_main() */
}
