/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PrimeCell real-time clock, Arm PL031 (ARM DDI 0224), as the stock rtc-pl031 driver finds it: a
 * 32-bit count of seconds, a match register and one interrupt. It runs from the start, as firmware
 * leaves it; the start bit of RTCCR reads as one and stays.
 *
 * Time is ax_port_now_ns() plus the wall time given at init. Nothing runs by itself: the match is
 * found when a register is accessed, or when the VM calls tick at the deadline that it asked for.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/line.h>

#define VRTC_PL031_SIZE 0x1000 /* bytes of its region */

/** What the guest can observe, and the wall time up to which that has been worked out. */
struct vrtc_pl031_state {
	uint32_t mr, lr;
	uint32_t offset; /* DR minus wall time, modulo 2^32 seconds */
	bool imsc, ris;
	uint64_t wall_s; /* seconds since 1970 at the last look; never goes back */
};

/** Owned by the caller. Lock rank: device. */
struct vrtc_pl031 {
	struct ax_spinlock lock;
	struct vrtc_pl031_state s; /* lock */
	uint64_t base_s;           /* const after init */
	struct ax_line line;       /* lock, as axdev/line.h says */
};

/**
 * In reset state, without a call to @irq. @base_s is the wall time at ax_port_now_ns() == 0, in
 * seconds since 1970-01-01 UTC. The line's set is never called under the device's lock.
 */
void vrtc_pl031_init(struct vrtc_pl031 *r, struct ax_irq_line irq, uint64_t base_s);

/**
 * When the guest's alarm goes off, in ax_port_now_ns() time; UINT64_MAX if none is armed. Ask again
 * after each access of the guest to the device, and after load. Any CPU.
 */
uint64_t vrtc_pl031_deadline_ns(struct vrtc_pl031 *r);

/** Raise the interrupt if its time has come. At the deadline or at any other time; any CPU. */
void vrtc_pl031_tick(struct vrtc_pl031 *r);

/**
 * Bytes that a save takes. It holds wall time, so that the guest's clock goes on while the VM is
 * saved, and an alarm that passes meanwhile goes off at load.
 */
#define VRTC_PL031_SNAP_SIZE 40

/**
 * The dev is a struct vrtc_pl031. Registers answer 1, 2 and 4-byte accesses at their own offset,
 * as on an APB; everything else reads as zero and ignores writes.
 * Reset returns the guest to wall time.
 */
extern const struct ax_dev_ops vrtc_pl031_ops;
