/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host-only stand-ins for what a library gets from its surroundings: the port, a clock the test owns,
 * a recorder on an interrupt line, guest memory made of bytes, frames that can run out.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <axdev/dev.h>
#include <axdev/frame.h>
#include <axdev/gmem.h>

/* --- Port (axport/port.h). A panic fails the test, unless AXTEST_EXPECT_PANIC() waits for it. */

/** What ax_port_now_ns() returns. */
extern uint64_t axtest_now_ns;
/** What ax_port_cpu_id() returns. */
extern uint32_t axtest_cpu_id;
/** Last deadline armed, and how often each CPU was kicked. */
extern uint64_t axtest_timer_ns;
extern unsigned axtest_kick_count[64];
/** Lines logged since the last axtest_port_reset(), and the newest of them. */
extern unsigned axtest_log_count;
extern char axtest_log_last[256];
/** Clock 0, CPU 0, nothing armed, kicked or logged. */
void axtest_port_reset(void);
/** Where ax_port_panic() returns to while a panic is expected; NULL otherwise. */
extern jmp_buf *axtest_panic_exit;

/** The statement @call must end in ax_port_panic(). Not cmocka's macro, which breaks TAP output. */
#define AXTEST_EXPECT_PANIC(call)                             \
	do {                                                  \
		jmp_buf axtest_jmp;                           \
		axtest_panic_exit = &axtest_jmp;              \
		if (setjmp(axtest_jmp) == 0) {                \
			call;                                 \
			axtest_panic_exit = NULL;             \
			fail_msg("no panic from: %s", #call); \
		}                                             \
		axtest_panic_exit = NULL;                     \
	} while (0)

/* --- Interrupt line */

struct axtest_irq {
	bool level;
	unsigned edge_count; /* changes of level */
};
/** A line that records into @irq, which must outlive it. */
struct ax_irq_line axtest_irq_line(struct axtest_irq *irq);

/* --- Guest memory: one region of host bytes */

struct axtest_gmem {
	uint64_t base;
	uint8_t *bytes;
	size_t size;
};
struct ax_gmem axtest_gmem(struct axtest_gmem *m);

/* --- Frames (axdev/frame.h): pages whose fake physical address is not their pointer */

#define AXTEST_FRAME_COUNT 4096
struct axtest_frames {
	uint8_t *pages;
	bool used[AXTEST_FRAME_COUNT];
	unsigned used_count;  /* in pages of 4 KiB */
	unsigned alloc_count; /* calls */
	unsigned fail_at;     /* the alloc call (1 is the next) that fails once; 0: none */
	uint64_t max_bytes;   /* larger requests fail; 0: no limit. Starts as 2 MiB */
};
/** Physical address of the first frame, 1 GiB aligned; hpa = base + 4096 * index. */
#define AXTEST_FRAME_BASE UINT64_C(0x7700000000)
void axtest_frames_init(struct axtest_frames *f);
/** Frees the pages and returns how many frames were still in use. */
unsigned axtest_frames_fini(struct axtest_frames *f);
/** Its ctx is a struct axtest_frames. Freeing what is not in use fails the test. */
extern const struct ax_frame_ops axtest_frame_ops;

/* --- Randomness that repeats: xorshift64*, seeded by the test */

uint64_t axtest_random(uint64_t *state);

/* --- Device access in one line; each asserts AX_IO_HANDLED */

uint64_t axtest_dev_read(const struct ax_dev_ops *ops, void *dev, uint64_t off, uint8_t size);
void axtest_dev_write(const struct ax_dev_ops *ops, void *dev, uint64_t off, uint8_t size,
		      uint64_t val);
