/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of the host contract: CPU ids, log lines. */
#include <axbase/str.h>
#include <axport/log.h>
#include "inline.h"

#define LINE_MAX (AX_LOG_LINE_MAX + 16)

static bool debug_lines; /* const after init */

uint32_t ax_port_cpu_id(void)
{
	return board_this_cpu()->id;
}

void board_log_debug(bool on)
{
	debug_lines = on;
}

void ax_port_log(enum ax_log_level level, const char *line)
{
	char text[LINE_MAX];

	if (level == AX_LOG_DEBUG && !debug_lines) {
		return;
	}
	/* Put together first: the console's lock makes one write whole. */
	size_t len = ax_format(text, sizeof(text) - 2, "[axvisor] %s", line);

	len = len < sizeof(text) - 2 ? len : sizeof(text) - 3;
	text[len] = '\r';
	text[len + 1] = '\n';
	board_console_write(text, len + 2);
}

void board_fail(const char *fmt, ...)
{
	char line[AX_LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	ax_vformat(line, sizeof(line), fmt, args);
	va_end(args);
	ax_port_log(AX_LOG_ERROR, line);
	board_power_off();
}
