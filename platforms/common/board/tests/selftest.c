/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board's test image: asks for everything board.h and port.h promise and prints what it got; the board
 * adds own.c. The boot arguments may name one way to end: wxtext, wxrodata, exec, null,
 * guard, otherguard, panic, doublefree, echo, reset.
 */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axbase/str.h>
#include <axport/assert.h>
#include <axport/log.h>
#include <platform/board.h>
#include <stdatomic.h>
#include "selftest.h"

#define MIB (UINT64_C(1) << 20)

static _Atomic uint32_t kicks_seen;
static _Atomic uint64_t arrived; /* a bit per CPU */
static atomic_bool overflow_now; /* the next kick is to end in the guard page */
static const uint32_t constant = 5;

void selftest_check(bool ok, const char *what)
{
	ax_log(ok ? AX_LOG_INFO : AX_LOG_ERROR, "%s: %s", ok ? "ok" : "FAIL", what);
	if (!ok) {
		board_power_off();
	}
}

enum board_irq selftest_wait_irq(void)
{
	for (;;) {
		enum board_irq irq = board_irq_take();

		if (irq != BOARD_IRQ_NONE) {
			return irq;
		}
		board_idle();
	}
}

static uint32_t overflow(uint32_t depth)
{
	static volatile uint32_t stop = 100000; /* far past the end, but not for ever */
	volatile uint32_t room[64];

	room[depth % 64] = depth;
	return depth == stop ? 0 : overflow(depth + 1) + room[(depth + 1) % 64];
}

static void secondary(uint32_t cpu)
{
	atomic_fetch_or(&arrived, UINT64_C(1) << cpu);
	selftest_check(cpu == ax_port_cpu_id(), "a CPU knows its index");
	for (;;) {
		if (selftest_wait_irq() == BOARD_IRQ_KICK) {
			if (atomic_load(&overflow_now)) {
				overflow(0);
			}
			atomic_fetch_add(&kicks_seen, 1);
			ax_port_cpu_kick(0);
		}
	}
}

static void test_timer(void)
{
	uint64_t start = ax_port_now_ns();

	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "nothing is pending at the start");
	for (uint32_t i = 1; i <= 5; i++) {
		uint64_t deadline = ax_port_now_ns() + 10000000;

		ax_port_timer_arm(deadline);
		selftest_check(selftest_wait_irq() == BOARD_IRQ_TIMER,
			       "the timer interrupt is the timer's");
		selftest_check(ax_port_now_ns() >= deadline, "it does not come early");
		selftest_check(board_irq_take() == BOARD_IRQ_NONE, "it comes once");
	}
	ax_port_timer_arm(0);
	selftest_check(selftest_wait_irq() == BOARD_IRQ_TIMER,
		       "a deadline in the past comes at once");
	ax_port_timer_arm(ax_port_now_ns() + 2000000);
	ax_port_timer_arm(UINT64_MAX);
	while (ax_port_now_ns() < start + 100000000) {
	}
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "a disarmed deadline does not come");
}

static bool is_zero(const uint8_t *p, uint64_t bytes)
{
	const uint64_t *w = (const uint64_t *)(const void *)p;

	for (uint64_t i = 0; i < bytes / 8; i++) {
		if (w[i] != 0) {
			ax_log(AX_LOG_WARN, "%016llx at %p", (unsigned long long)w[i],
			       (const void *)&w[i]);
			return false;
		}
	}
	return true;
}

static void test_frames(void)
{
	static hpa_t frames[600];
	uint64_t before = board_free_bytes();
	const struct ax_frame_ops *f = &board_frame_ops;
	bool ok = true;

	for (uint32_t i = 0; i < AX_ARRAY_SIZE(frames); i++) {
		uint64_t bytes = AX_PAGE_SIZE << (i % 4);

		ok = ok && f->alloc(NULL, bytes, &frames[i]) == AX_OK &&
		     ax_is_aligned(frames[i].v, bytes) &&
		     is_zero(f->to_virt(NULL, frames[i]), bytes);
		if (ok) {
			memset(f->to_virt(NULL, frames[i]), (int)i | 1, bytes);
		}
	}
	selftest_check(ok, "600 blocks, aligned and zero");
	for (uint32_t i = 0; ok && i < AX_ARRAY_SIZE(frames); i++) {
		const uint8_t *p = f->to_virt(NULL, frames[i]);
		uint64_t bytes = AX_PAGE_SIZE << (i % 4);

		ok = p[0] == (uint8_t)(i | 1) && p[bytes - 1] == (uint8_t)(i | 1);
	}
	selftest_check(ok, "no two blocks share memory");
	for (uint32_t i = 0; i < AX_ARRAY_SIZE(frames); i++) {
		f->free(NULL, frames[i], AX_PAGE_SIZE << (i % 4));
	}
	selftest_check(board_free_bytes() == before, "what was given back counts as free");
	for (uint64_t size = 2 * MIB; size <= 1024 * MIB; size *= 2) {
		hpa_t big;

		if (f->alloc(NULL, size, &big) != AX_OK) {
			ax_log(AX_LOG_INFO, "no block of %llu MiB",
			       (unsigned long long)(size / MIB));
			break;
		}
		ok = ax_is_aligned(big.v, size) && is_zero(f->to_virt(NULL, big), 2 * MIB);
		*(uint64_t *)f->to_virt(NULL, big) = 1;
		f->free(NULL, big, size);
	}
	selftest_check(ok && board_free_bytes() == before,
		       "blocks of all sizes, whole again after use");
	selftest_check(f->alloc(NULL, 2048 * MIB, &frames[0]) == AX_ENOMEM,
		       "2 GiB blocks are refused");
}

/** The block in the middle of one that is free, and all but it. */
static void test_chosen_frames(void)
{
	const struct ax_frame_ops *f = &board_frame_ops;
	uint64_t before = board_free_bytes();
	hpa_t big, mid, part;
	bool ok = f->alloc(NULL, 8 * MIB, &big) == AX_OK;

	mid = hpa(big.v + 3 * MIB);
	selftest_check(ok && f->take(NULL, mid, MIB) == AX_EBUSY,
		       "what is in use is not given at its place");
	memset(f->to_virt(NULL, big), 0x5a, 8 * MIB);
	f->free(NULL, big, 8 * MIB);
	ok = f->take(NULL, mid, MIB) == AX_OK && is_zero(f->to_virt(NULL, mid), MIB);
	selftest_check(ok && board_free_bytes() == before - MIB, "a block at a chosen place, zero");
	memset(f->to_virt(NULL, mid), 0x5a, MIB);
	selftest_check(f->take(NULL, mid, AX_PAGE_SIZE) == AX_EBUSY &&
			       f->take(NULL, big, 8 * MIB) == AX_EBUSY,
		       "neither a part of it nor what it is a part of is given again");
	part = hpa(mid.v + MIB);
	ok = f->take(NULL, part, 4 * MIB) == AX_OK && is_zero(f->to_virt(NULL, part), 4 * MIB);
	selftest_check(ok, "the blocks beside it are free");
	f->free(NULL, part, 4 * MIB);
	f->free(NULL, mid, MIB);
	selftest_check(board_free_bytes() == before && f->take(NULL, big, 8 * MIB) == AX_OK,
		       "given back, it is whole again");
	f->free(NULL, big, 8 * MIB);
	selftest_check(f->take(NULL, hpa(0), MIB) == AX_ENOENT &&
			       f->take(NULL, hpa(UINT64_C(1) << 47), MIB) == AX_ENOENT,
		       "what is not memory is not given");
}

static void test_memory_functions(void)
{
	static uint8_t a[4096 + 64];
	static uint8_t b[4096 + 64];
	bool ok = true;

	for (size_t off = 0; off < 9; off++) {
		for (size_t n = 0; n < 3000; n += 1 + n / 7) {
			for (size_t i = 0; i < sizeof(a); i++) {
				a[i] = (uint8_t)(i * 7 + off);
			}
			memset(b, 0xee, sizeof(b));
			memcpy(b + 8, a + off, n);
			ok = ok && b[7] == 0xee && b[8 + n] == 0xee &&
			     memcmp(b + 8, a + off, n) == 0;
			memmove(a + off + 3, a + off, n);
			ok = ok && memcmp(a + off + 3, b + 8, n) == 0;
			memmove(a + off, a + off + 3, n);
			ok = ok && memcmp(a + off, b + 8, n) == 0;
			memset(b, 0xee, sizeof(b));
			memset(b + off, 0, n);
			for (size_t i = 0; i < n; i++) {
				ok = ok && b[off + i] == 0;
			}
			ok = ok && b[off + n] == 0xee && (off == 0 || b[off - 1] == 0xee);
		}
	}
	selftest_check(ok, "memcpy, memmove, memset and memcmp");
}

static void test_kicks(void)
{
	const struct board *b = board_get();

	selftest_check(board_start_cpus(secondary) == AX_OK, "the other CPUs start");
	while (atomic_load(&arrived) != ((UINT64_C(1) << b->cpu_count) - 2)) {
	}
	for (uint32_t round = 1; round <= 20; round++) {
		for (uint32_t cpu = 1; cpu < b->cpu_count; cpu++) {
			uint32_t before = atomic_load(&kicks_seen);

			ax_port_cpu_kick(cpu);
			if (selftest_wait_irq() != BOARD_IRQ_KICK ||
			    atomic_load(&kicks_seen) != before + 1) {
				selftest_check(false, "a kick is answered by a kick");
			}
		}
	}
	ax_port_cpu_kick(0);
	selftest_check(selftest_wait_irq() == BOARD_IRQ_KICK, "a CPU can kick itself");
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "and does so once");
	ax_log(AX_LOG_INFO, "%u kicks answered", atomic_load(&kicks_seen));
}

static bool asked(const char *word)
{
	const char *args = board_get()->bootargs;
	size_t len = ax_strnlen(word, 32);

	for (; *args != '\0'; args++) {
		if (ax_strnlen(args, len) == len && memcmp(args, word, len) == 0) {
			return true;
		}
	}
	return false;
}

static void echo(void)
{
	uint8_t byte;

	board_console_rx_irq(true);
	board_console_write("type\r\n", 6);
	for (;;) {
		enum board_irq irq = selftest_wait_irq();

		while (irq == BOARD_IRQ_CONSOLE && board_console_read(&byte)) {
			if (byte == 'q') {
				return;
			}
			byte = (uint8_t)(byte + 1);
			board_console_write(&byte, 1);
		}
	}
}

static void end(void)
{
	void *volatile target = NULL;

	if (asked("echo")) {
		echo();
	} else if (asked("wxtext")) {
		target = (void *)(uintptr_t)app_main;
		*(volatile uint32_t *)target = 0;
	} else if (asked("wxrodata")) {
		target = (void *)(uintptr_t)&constant;
		*(volatile uint32_t *)target = 0;
	} else if (asked("exec")) {
		static uint32_t code[1];

		code[0] = selftest_ret;

		target = code;
		((void (*)(void))(uintptr_t)target)();
	} else if (asked("null")) {
		*(volatile uint32_t *)target = 0;
	} else if (asked("otherguard")) {
		atomic_store(&overflow_now, true);
		ax_port_cpu_kick(1);
		for (;;) {
			selftest_wait_irq();
		}
	} else if (asked("guard")) {
		overflow(0);
	} else if (asked("panic")) {
		ax_port_panic("asked for");
	} else if (asked("doublefree")) {
		hpa_t frame;

		selftest_check(board_frame_ops.alloc(NULL, AX_PAGE_SIZE, &frame) == AX_OK,
			       "a frame");
		board_frame_ops.free(NULL, frame, AX_PAGE_SIZE);
		board_frame_ops.free(NULL, frame, AX_PAGE_SIZE);
	} else if (asked("reset")) {
		board_reset();
	}
}

static void test_random(void)
{
	uint8_t a[40] = { 0 };
	uint8_t b[40] = { 0 };

	selftest_check(board_random(NULL, a, sizeof(a)) && board_random(NULL, b, sizeof(b)),
		       "QEMU's tree has seeds");
	selftest_check(memcmp(a, b, sizeof(a)) != 0, "no bytes are given twice");
}

void app_main(void)
{
	const struct board *b = board_get();

	ax_log(AX_LOG_INFO, "board: %u CPUs, %u PA bits, args \"%s\"", b->cpu_count, b->pa_bits,
	       b->bootargs);
	selftest_describe();
	ax_log(AX_LOG_INFO, "memory: %llu KiB free, %llu KiB own, bundle %llu bytes",
	       (unsigned long long)(board_free_bytes() / 1024),
	       (unsigned long long)(board_own_bytes() / 1024), (unsigned long long)b->bundle_size);
	selftest_check(ax_port_cpu_id() == 0, "the boot CPU is CPU 0");
	test_memory_functions();
	test_timer();
	test_frames();
	test_chosen_frames();
	test_random();
	selftest_own();
	test_kicks();
	selftest_own_smp();
	end();
	ax_log(AX_LOG_INFO, "selftest passed");
	board_power_off();
}
