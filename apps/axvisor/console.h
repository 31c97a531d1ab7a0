/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One UART for all consoles. A VM alone has it raw. Several share it by whole lines with the VM's name
 * in front, and what is typed goes to the selected one; CONSOLE_ESCAPE and a digit select another.
 */
#pragma once
#include <axbase/ring.h>
#include <axdev/chardev.h>
#include <axvm/vm.h>

#define CONSOLE_ESCAPE     0x1d /* Ctrl-] */
#define CONSOLE_LINE_BYTES 256
#define CONSOLE_RING_BYTES 1024

/** The console of one VM. */
struct console {
	struct ax_chardev chardev;
	struct axvm *vm; /* who is told of input */
	const char *name;
	struct ax_spinlock lock;
	char line[CONSOLE_LINE_BYTES]; /* lock; not yet written */
	uint32_t line_len;             /* lock */
	uint64_t line_since_ns;        /* lock; when its first byte came */
	struct ax_ring input;
	uint8_t input_bytes[CONSOLE_RING_BYTES];
};

/** Prepare @c for @vm. @raw: it has the UART for itself, no names, no lines. */
void console_init(struct console *c, const char *name, struct axvm *vm, bool raw);

/** @c can be selected for input from now on. Before the VMs run. */
void console_add(struct console *c);

/** All consoles are there: receive. CPU 0. */
void console_start(void);

/** The receive interrupt: take what the UART has and hand it on. CPU 0. */
void console_receive(void);

/** Write out lines that have stood unfinished for a while (a prompt): the task's step and deadline. */
void console_flush(void);
uint64_t console_deadline_ns(void);
