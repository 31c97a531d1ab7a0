/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goldfish real-time clock (docs/GOLDFISH-VIRTUAL-HARDWARE.TXT of the Android emulator, chapter "Timer",
 * and what QEMU's machine "virt" for RISC-V made of it), as the stock rtc-goldfish driver finds it: 64 bits
 * of nanoseconds since 1970, an alarm and one interrupt.
 *
 * Time is ax_port_now_ns() plus the wall time given at init. Nothing runs by itself: the alarm is found
 * when a register is accessed, or when the VM calls tick at the deadline that it asked for. Unlike
 * QEMU's, an alarm that is overtaken because the guest sets its clock goes off then.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/line.h>

#define VRTC_GOLDFISH_SIZE 0x1000 /* bytes of its region; registers are in the first 32 */

/** What the guest can observe, and the wall time up to which that has been worked out. */
struct vrtc_goldfish_state {
	uint64_t alarm_ns;  /* guest time */
	uint64_t offset_ns; /* guest time minus wall time, modulo 2^64 */
	uint32_t time_high; /* latched when the lower half was read */
	bool armed;         /* alarm_ns is still to come */
	bool enabled, pending;
	uint64_t wall_ns; /* since 1970, at the last look; never goes back */
};

/** Owned by the caller. Lock rank: device. */
struct vrtc_goldfish {
	struct ax_spinlock lock;
	struct vrtc_goldfish_state s; /* lock */
	uint64_t base_ns;             /* const after init */
	struct ax_line line;          /* lock, as axdev/line.h says */
};

/**
 * In reset state, without a call to @irq. @base_s is the wall time at ax_port_now_ns() == 0, in
 * seconds since 1970-01-01 UTC. The line's set is never called under the device's lock.
 */
void vrtc_goldfish_init(struct vrtc_goldfish *r, struct ax_irq_line irq, uint64_t base_s);

/**
 * When the guest's alarm goes off, in ax_port_now_ns() time; UINT64_MAX if none would be heard. Ask
 * again after each access of the guest to the device, and after load. Any CPU.
 */
uint64_t vrtc_goldfish_deadline_ns(struct vrtc_goldfish *r);

/** Raise the interrupt if its time has come. At the deadline or at any other time; any CPU. */
void vrtc_goldfish_tick(struct vrtc_goldfish *r);

/**
 * Bytes that a save takes. It holds wall time, so that the guest's clock goes on while the VM is
 * saved, and an alarm that passes meanwhile goes off at load.
 */
#define VRTC_GOLDFISH_SNAP_SIZE 48

/**
 * The dev is a struct vrtc_goldfish. Registers answer 1, 2 and 4-byte accesses at their own offset;
 * everything else reads as zero and ignores writes. Reset returns the guest to wall time.
 */
extern const struct ax_dev_ops vrtc_goldfish_ops;
