/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This board's part of the self-test: sources of the PLIC that are a guest's, tried with the goldfish RTC.
 * From its end on CPU 0 has the vCPU back end's vector, so that what it does wrong on purpose is
 * reported through that, and what CPU 1 does through the board's own.
 */
#include <axport/log.h>
#include <axport/port.h>
#include <platform/board_riscv64.h>
#include <vcpu_riscv64/vcpu.h>
#include "selftest.h"

#define RTC_SOURCE      11 /* of QEMU's virt machine */
#define RTC_BASE        0x101000

#define TIME_LOW        0x00
#define TIME_HIGH       0x04
#define ALARM_LOW       0x08
#define ALARM_HIGH      0x0c
#define IRQ_ENABLED     0x10
#define CLEAR_INTERRUPT 0x1c

const uint32_t selftest_ret = 0x00008067; /* jalr zero, 0(ra) */

static uint32_t taken;
static bool wanted;

void selftest_describe(void)
{
	const struct board_riscv64 *b = board_riscv64_get();

	ax_log(AX_LOG_INFO, "board: %s, %s, hgatp modes 0x%x, VMIDs %u bits", b->isa, b->mmu_type,
	       b->hgatp_modes, b->vmid_bits);
	ax_log(AX_LOG_INFO, "board: sstc %u, %llu Hz, %u sources, clock %llu", b->sstc,
	       (unsigned long long)b->timebase_hz, b->plic_sources,
	       (unsigned long long)board_get()->epoch_s);
}

static bool take(uint32_t source)
{
	taken = source;
	return wanted;
}

static volatile uint32_t *rtc(uint32_t reg)
{
	return (volatile uint32_t *)(uintptr_t)(RTC_BASE + reg);
}

/** An alarm in the past: the line rises at once, and stays. */
static void raise(void)
{
	*rtc(IRQ_ENABLED) = 1;
	*rtc(ALARM_HIGH) = 0;
	*rtc(ALARM_LOW) = 1;
}

static void lower(void)
{
	*rtc(IRQ_ENABLED) = 0;
	*rtc(CLEAR_INTERRUPT) = 1;
}

static void again(void)
{
	lower();
	raise();
}

static void test_sources(void)
{
	selftest_check(board_get()->epoch_s > 1600000000, "the clock is one of this century");
	selftest_check(board_plic_enable(0, true) == AX_EINVAL &&
			       board_plic_enable(1024, true) == AX_EINVAL &&
			       board_plic_enable(10, true) == AX_EINVAL,
		       "only sources that are there and free can be given away");
	board_plic_set_guest(take);
	raise();
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "a source that is off does not come");
	wanted = true;
	selftest_check(board_plic_enable(RTC_SOURCE, true) == AX_OK, "a source for a guest");
	selftest_check(selftest_wait_irq() == BOARD_IRQ_GUEST && taken == RTC_SOURCE,
		       "it comes to whom it was given");
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "it stays claimed");
	again();
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "however often it rises");
	board_plic_complete(RTC_SOURCE);
	again(); /* QEMU's gateway does not look at the line's level when a claim ends */
	selftest_check(selftest_wait_irq() == BOARD_IRQ_GUEST, "completed, it comes again");
	selftest_check(board_plic_enable(RTC_SOURCE, false) == AX_OK, "off while it is claimed");
	board_plic_complete(RTC_SOURCE);
	again();
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "completed while it is off: silence");
	wanted = false;
	selftest_check(board_plic_enable(RTC_SOURCE, true) == AX_OK, "on again");
	selftest_check(selftest_wait_irq() == BOARD_IRQ_OTHER, "nobody wants it");
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "so it is masked");
	lower();
}

/** By QEMU's map. The SSWI is only there with aclint=on. */
static void test_giving(void)
{
	static const struct {
		uint64_t at;
		const char *what;
	} kept[] = {
		{ 0x00100000, "what powers the machine off stays here" },
		{ 0x02000000, "what interrupts M-mode stays there" },
		{ 0x02f00000, "what kicks harts stays here" },
		{ 0x0c000000, "the PLIC stays here" },
		{ 0x10000000, "the console stays here" },
		{ 0x80000000, "memory is not given as a device" },
	};

	selftest_check(board_may_give(hpa(RTC_BASE), AX_PAGE_SIZE), "the clock may be given away");
	for (size_t i = 0; i < AX_ARRAY_SIZE(kept); i++) {
		selftest_check(!board_may_give(hpa(kept[i].at), AX_PAGE_SIZE), kept[i].what);
	}
}

void selftest_own(void)
{
	test_sources();
	test_giving();
	vcpu_riscv64_cpu_init();
}

/** None of these may be refused by the firmware, whatever a guest has asked for; that would be a panic. */
void selftest_own_smp(void)
{
	static const struct vcpu_riscv64_remote fences[] = {
		{ .kind = VCPU_RISCV64_FENCE_I },
		{ .kind = VCPU_RISCV64_FENCE_VVMA },
		{ .kind = VCPU_RISCV64_FENCE_VVMA, .start = 0x1000, .size = UINT64_MAX },
		{ .kind = VCPU_RISCV64_FENCE_VVMA, .start = UINT64_MAX - 1, .size = 0x2000 },
		{ .kind = VCPU_RISCV64_FENCE_VVMA_ASID,
		  .start = 0x1000,
		  .size = 0x3000,
		  .asid = 7 },
		{ .kind = VCPU_RISCV64_FENCE_VVMA_ASID, .size = 0x1000, .asid = UINT64_MAX },
	};
	const struct axaddrspace_tlb_info info = { .tag = 3, .stride = AX_PAGE_SIZE };
	const struct axaddrspace_tlb_info tables = { .tag = 3, .tables = true };

	for (size_t i = 0; i < AX_ARRAY_SIZE(fences); i++) {
		ax_port_riscv64_remote_fence(UINT64_MAX & ~UINT64_C(1), &fences[i]);
	}
	board_tlb_ops.range(NULL, &info, gpa(0x80000000), 3 * AX_PAGE_SIZE);
	board_tlb_ops.range(NULL, &tables, gpa(0x80000000), AX_PAGE_SIZE);
	board_tlb_ops.all(NULL, &info);
	board_tlb_ops.sync(NULL, &info);
	board_tlb_flush_all(NULL);
	ax_log(AX_LOG_INFO, "ok: fences on other harts");
}
