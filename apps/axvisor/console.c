/* SPDX-License-Identifier: Apache-2.0 */
/* One UART for all consoles; see console.h. */
#include "console.h"
#include "vmm.h"
#include <axbase/mem.h>
#include <platform/board.h>

/* An unfinished line is shown after this long, so that a prompt is seen without its newline. */
#define PARTIAL_NS UINT64_C(50000000)

static struct console *consoles[VMM_MAX_VMS];
static uint32_t console_count;
static uint32_t selected; /* CPU 0 */
static bool escaped;      /* CPU 0: the byte before was CONSOLE_ESCAPE */

static struct ax_spinlock screen_lock;
static struct console *unfinished; /* screen_lock: whose text stands on the line without its end */

/* Show @c's collected text. The first console to write after another begins on a line of its own. */
static void write_line(struct console *c) AX_REQUIRES(c->lock)
{
	char head[AXCONF_NAME_MAX + 8];
	size_t head_len = 0;

	ax_spin_lock(&screen_lock);
	if (unfinished != NULL && unfinished != c) {
		(void)board_console_write("\r\n", 2);
	}
	if (unfinished != c) {
		head_len = ax_format(head, sizeof(head), "[%s] ", c->name);
	}
	(void)board_console_write(head, head_len);
	(void)board_console_write(c->line, c->line_len);
	unfinished = c->line[c->line_len - 1] == '\n' ? NULL : c;
	ax_spin_unlock(&screen_lock);
	c->line_len = 0;
}

static void put_shared(void *ctx, uint8_t byte)
{
	struct console *c = ctx;
	bool begun;

	ax_spin_lock(&c->lock);
	begun = c->line_len == 0;
	if (begun) {
		c->line_since_ns = ax_port_now_ns();
	}
	c->line[c->line_len++] = (char)byte;
	if (byte == '\n' || c->line_len == CONSOLE_LINE_BYTES) {
		write_line(c);
		begun = false;
	}
	ax_spin_unlock(&c->lock);
	if (begun) {
		vmm_wake_console();
	}
}

static void put_raw(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)board_console_write(&byte, 1);
}

static bool get(void *ctx, uint8_t *byte)
{
	return ax_ring_get(&((struct console *)ctx)->input, byte);
}

void console_init(struct console *c, const char *name, struct axvm *vm, bool raw)
{
	*c = (struct console){ .name = name, .vm = vm };
	c->chardev = (struct ax_chardev){ .put = raw ? put_raw : put_shared, .get = get, .ctx = c };
	ax_ring_init(&c->input, c->input_bytes, sizeof(c->input_bytes));
}

void console_add(struct console *c)
{
	consoles[console_count++] = c;
}

void console_start(void)
{
	if (console_count > 1) {
		ax_log(AX_LOG_INFO, "console: input goes to %s; Ctrl-] and a digit select another",
		       consoles[selected]->name);
		for (uint32_t i = 0; i < console_count; i++) {
			ax_log(AX_LOG_INFO, "console: %u is %s", i, consoles[i]->name);
		}
	}
	board_console_rx_irq(true);
}

/* True if @byte was meant for the switch and not for a guest. */
static bool is_switch(uint8_t byte)
{
	if (console_count == 1) {
		return false;
	}
	if (escaped) {
		escaped = false;
		if (byte >= '0' && (uint32_t)(byte - '0') < console_count) {
			selected = byte - '0';
			ax_log(AX_LOG_INFO, "console: input goes to %s", consoles[selected]->name);
			return true;
		}
		return byte != CONSOLE_ESCAPE; /* twice: the byte itself */
	}
	escaped = byte == CONSOLE_ESCAPE;
	return escaped;
}

void console_receive(void)
{
	uint8_t byte;

	while (board_console_read(&byte)) {
		struct console *c = console_count != 0 ? consoles[selected] : NULL;

		if (c == NULL || is_switch(byte)) {
			continue;
		}
		/* A guest that does not read for a thousand bytes loses what is typed then. */
		(void)ax_ring_put(&c->input, byte);
		axvm_console_input(c->vm);
	}
}

void console_flush(void)
{
	for (uint32_t i = 0; i < console_count; i++) {
		struct console *c = consoles[i];

		ax_spin_lock(&c->lock);
		if (c->line_len != 0 && ax_port_now_ns() - c->line_since_ns >= PARTIAL_NS) {
			write_line(c);
		}
		ax_spin_unlock(&c->lock);
	}
}

uint64_t console_deadline_ns(void)
{
	uint64_t earliest = UINT64_MAX;

	for (uint32_t i = 0; i < console_count; i++) {
		/* Unlocked: a line begun meanwhile wakes the task anyway. */
		if (consoles[i]->line_len != 0) {
			earliest = ax_min_u64(earliest, consoles[i]->line_since_ns + PARTIAL_NS);
		}
	}
	return earliest;
}
