/* SPDX-License-Identifier: Apache-2.0 */
/* Formatted log lines on top of ax_port_log(). */
#pragma once
#include <axport/port.h>
#include <stdarg.h>

/** Longest line ax_log() emits, in bytes with the NUL; what is past that is cut. */
#define AX_LOG_LINE_MAX 192

/**
 * Format into @buf of @cap bytes (at least 1); the result is always NUL-terminated and cut where it
 * does not fit. Knows %% %c %s %d %i %u %x %X %p with flags '0' and '-', a width, '.' precision for
 * %s, and the lengths hh h l ll z; anything else is printed as it stands. Returns the length the
 * whole text has, without the NUL. Context: any.
 */
size_t ax_format(char *buf, size_t cap, const char *fmt, ...) AX_PRINTF(3, 4);
size_t ax_vformat(char *buf, size_t cap, const char *fmt, va_list args) AX_PRINTF(3, 0);

/** One line at @level through ax_port_log(). Context: any; may be called with locks held. */
void ax_log(enum ax_log_level level, const char *fmt, ...) AX_PRINTF(2, 3);

/**
 * A budget for lines that a guest can provoke: at most @burst lines in each @period_ns. Zeroed
 * storage with the two limits set is ready for use. Not locked: a lost count costs a line too many.
 */
struct ax_log_limit {
	uint32_t burst;
	uint64_t period_ns;
	uint64_t window_start_ns;
	uint32_t used;
};

/** True if one more line is within @limit now. */
bool ax_log_allowed(struct ax_log_limit *limit);
