/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board gives to the app above it, beyond the ax_port_* contract: the machine as the firmware
 * described it, the CPUs, memory, the console and the host's interrupts. The same for every board; which
 * one it is, is decided by what is linked. What only boards of one architecture have is in
 * board_<architecture>.h, for their board.c.
 *
 * Interrupts stay masked in the hypervisor for ever: the event loop of each CPU polls board_irq_take()
 * after an exit and after board_idle().
 */
#pragma once
#include <axbase/types.h>
#include <axdev/frame.h>

/** Filled before app_main() and constant from then on. */
struct board {
	uint32_t cpu_count;   /* CPUs 0 to cpu_count - 1; 0 is the one that booted */
	const void *bundle;   /* the initrd, never freed; NULL if there is none */
	size_t bundle_size;   /* bytes */
	const char *bootargs; /* never NULL */
	uint32_t pa_bits;     /* physical address size of CPU 0, 32 to 56 */
	uint64_t epoch_s; /* wall clock at ax_port_now_ns() = 0, seconds since 1970; 0: no clock */
};

const struct board *board_get(void);

/**
 * The app. Called once, on CPU 0, on its stack, MMU and caches on, the board up, interrupts masked;
 * the other CPUs are still off. Must not return.
 */
_Noreturn void app_main(void);

/**
 * Power on all other CPUs and wait until each is about to call @entry with its index: on its own
 * stack, in the state app_main() was called in. @entry must not return. AX_ENOTSUP: no firmware to ask.
 * AX_EBUSY: a CPU was refused by the firmware or did not arrive within a second; a line names it.
 * The CPUs that did come up run @entry in either case. Call at most once.
 */
AX_NODISCARD ax_err_t board_start_cpus(void (*entry)(uint32_t cpu));

/**
 * Host memory, ctx NULL. Powers of two from 4 KiB to 1 GiB, naturally aligned, zeroed. Any CPU; takes
 * the board's memory lock, and the memory is cleared after it is released.
 */
extern const struct ax_frame_ops board_frame_ops;

/** Bytes of RAM that board_frame_ops still has. Any CPU. */
uint64_t board_free_bytes(void);

/** Bytes of RAM the hypervisor itself takes: image, stacks, translation tables, memory bookkeeping. */
uint64_t board_own_bytes(void);

/**
 * Random bytes for guests' seeds, in the form that struct axvm_host_ops wants; @ctx is not used. False:
 * neither the firmware nor the processor gave this boot any, as a line has said. Any CPU; takes the
 * generator's lock.
 */
bool board_random(void *ctx, void *out, size_t bytes);

/** Wait for an interrupt; returns when one is pending, be it already on the call. Takes none. */
void board_idle(void);

enum board_irq {
	BOARD_IRQ_NONE,        /* nothing was pending */
	BOARD_IRQ_KICK,        /* ax_port_cpu_kick() */
	BOARD_IRQ_TIMER,       /* the deadline of ax_port_timer_arm(), now disarmed */
	BOARD_IRQ_GUEST_TIMER, /* the timer a guest programs itself: left active, see below */
	BOARD_IRQ_GUEST,   /* of a device given to a guest; its VM's controller has it already */
	BOARD_IRQ_CONSOLE, /* bytes for board_console_read(), which must be drained */
	BOARD_IRQ_MAINTENANCE, /* of a GIC's virtual interface: level, clear its cause first */
	BOARD_IRQ_OTHER,       /* something nobody asked for; it was masked */
};

/**
 * Acknowledge one pending interrupt of this CPU and say what it was. It is over with that, except
 * BOARD_IRQ_GUEST_TIMER: that one stays active, and so cannot come again, until the guest ends the
 * virtual interrupt behind it, or board_guest_timer_end(). Not every machine has such a timer interrupt.
 */
enum board_irq board_irq_take(void);

/** End a BOARD_IRQ_GUEST_TIMER of the calling CPU that no vCPU is there for. */
void board_guest_timer_end(void);

/** Write all of @buf to the console, waiting for room; returns @len. Takes the console's lock. */
size_t board_console_write(const void *buf, size_t len);

/** One received byte, if there is one. One reader at a time. */
bool board_console_read(uint8_t *byte);

/** Receive interrupt on (delivered to CPU 0) or off, as it is at the start. */
void board_console_rx_irq(bool on);

/** Ask the firmware (PSCI, SBI). Where there is none to ask, the CPU is parked. */
_Noreturn void board_power_off(void);
_Noreturn void board_reset(void);
