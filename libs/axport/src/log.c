/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines, their rate limit, and the end of a failed assertion. */
#include <axport/assert.h>
#include <axport/log.h>

void ax_log(enum ax_log_level level, const char *fmt, ...)
{
	char line[AX_LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	ax_vformat(line, sizeof(line), fmt, args);
	va_end(args);
	ax_port_log(level, line);
}

bool ax_log_allowed(struct ax_log_limit *limit)
{
	uint64_t now = ax_port_now_ns();

	if (now - limit->window_start_ns >= limit->period_ns) {
		limit->window_start_ns = now;
		limit->used = 0;
	}
	if (limit->used >= limit->burst) {
		return false;
	}
	limit->used++;
	return true;
}

_Noreturn void ax_assert_failed(const char *file, int line, const char *condition)
{
	char msg[AX_LOG_LINE_MAX];

	ax_format(msg, sizeof(msg), "%s:%d: assertion failed: %s", file, line, condition);
	ax_port_panic(msg);
}
