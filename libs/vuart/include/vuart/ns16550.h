/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NS16550A UART (National Semiconductor PC16550D data sheet), as the stock 8250 driver finds it:
 * 16-byte receive FIFO, transmission without delay, the four interrupts, loopback. Registers are
 * bytes, one apart, at ports or in memory.
 *
 * What is simpler than silicon: bytes are 8 bits at any word length; the character timeout is over
 * at once, so that data below the trigger level interrupts too; in loopback nothing is taken from
 * the back end, which keeps its bytes. The modem inputs are those of a terminal that is there (CTS,
 * DSR, DCD). OUT2 does not gate the interrupt, which is the PC's wiring and not the chip's.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/chardev.h>
#include <axdev/line.h>

#define VUART_NS16550_FIFO 16 /* characters */
#define VUART_NS16550_SIZE 8  /* bytes of its region; a larger one reads as zero behind them */

/** What the guest can observe. Fields hold their register's bits. */
struct vuart_ns16550_state {
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
	uint8_t errors;                    /* LSR[4:1], until LSR is read */
	uint8_t deltas;                    /* MSR[3:0], until MSR is read */
	bool thre_pending;                 /* THR became empty and nobody has been told */
	uint8_t head, count;               /* of fifo */
	uint16_t fifo[VUART_NS16550_FIFO]; /* a character, and its LSR bits from bit 8 on */
};

/** Owned by the caller. Lock rank: device. */
struct vuart_ns16550 {
	struct ax_spinlock lock;
	struct vuart_ns16550_state s; /* lock */
	struct ax_line line;          /* lock, as axdev/line.h says */
	struct ax_chardev chardev;    /* const after init */
};

/**
 * In reset state, without a call to @irq or @chardev. chardev.get is called under the device's
 * lock; chardev.put and the line's set never are.
 */
void vuart_ns16550_init(struct vuart_ns16550 *u, struct ax_irq_line irq, struct ax_chardev chardev);

/**
 * The back end has bytes: take as many as the FIFO holds. The device asks for the rest by itself
 * when the guest has made room, but has to be told again after a reset or a load. Any CPU; not from
 * the back end's get(), not during save or load, and not from an interrupt handler that may have
 * interrupted a call into the device.
 */
void vuart_ns16550_input(struct vuart_ns16550 *u);

/** The back end sends a break, received as one 0 character with BI. As vuart_ns16550_input(). */
void vuart_ns16550_break(struct vuart_ns16550 *u);

/** Bytes that a save takes. */
#define VUART_NS16550_SNAP_SIZE 56

/**
 * The dev is a struct vuart_ns16550. Accesses other than single bytes of a register read as zero
 * and are ignored.
 */
extern const struct ax_dev_ops vuart_ns16550_ops;
