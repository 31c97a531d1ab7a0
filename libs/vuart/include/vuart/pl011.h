/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PrimeCell UART, Arm PL011 r1p1 (ARM DDI 0183), as the stock amba-pl011 driver finds it: 16-deep
 * receive FIFO, transmission without delay, interrupts with FIFO levels, loopback.
 *
 * What is simpler than silicon: bytes are 8 bits at any WLEN and leave whatever UARTEN and TXE say,
 * since a guest without firmware prints before it sets the UART up. Nothing is received while RXE
 * is 0 or in loopback; the back end keeps its bytes. The receive timeout is over at once. The modem
 * inputs are those of a terminal that is there (CTS, DSR, DCD). DMACR is held and asks for nothing.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/chardev.h>
#include <axdev/line.h>

#define VUART_PL011_FIFO 16     /* characters */
#define VUART_PL011_SIZE 0x1000 /* bytes of its region */

/** What the guest can observe. Fields hold their register's bits. */
struct vuart_pl011_state {
	uint32_t ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, ris, dmacr;
	uint32_t rsr;                    /* RSR/ECR */
	bool overrun;                    /* DR.OE */
	uint8_t head, count;             /* of fifo */
	uint16_t fifo[VUART_PL011_FIFO]; /* DR[10:0] of each character */
};

/** Owned by the caller. Lock rank: device. */
struct vuart_pl011 {
	struct ax_spinlock lock;
	struct vuart_pl011_state s; /* lock */
	struct ax_line line;        /* lock, as axdev/line.h says */
	struct ax_chardev chardev;  /* const after init */
};

/**
 * In reset state, without a call to @irq or @chardev. chardev.get is called under the device's
 * lock; chardev.put and the line's set never are.
 */
void vuart_pl011_init(struct vuart_pl011 *u, struct ax_irq_line irq, struct ax_chardev chardev);

/**
 * The back end has bytes: take as many as the FIFO holds. The device asks for the rest by itself
 * when the guest has made room, but has to be told again after a reset or a load. Any CPU; not from
 * the back end's get(), not during save or load, and not from an interrupt handler that may have
 * interrupted a call into the device.
 */
void vuart_pl011_input(struct vuart_pl011 *u);

/** The back end sends a break, received as one 0 character with BE. As vuart_pl011_input(). */
void vuart_pl011_break(struct vuart_pl011 *u);

/** Bytes that a save takes. */
#define VUART_PL011_SNAP_SIZE 88

/**
 * The dev is a struct vuart_pl011. Registers answer 1, 2 and 4-byte accesses at their own offset,
 * as on an APB; everything else reads as zero and ignores writes.
 */
extern const struct ax_dev_ops vuart_pl011_ops;
