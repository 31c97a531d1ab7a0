/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a caller's duties. Nothing a guest, a file or a device does may ever make one fail. */
#pragma once
#include <axport/port.h>

/** Panics with the place and the condition. */
_Noreturn void ax_assert_failed(const char *file, int line, const char *condition);

/** Stays in release builds too: a broken precondition in a hypervisor is no place to go on from. */
#define ax_assert(cond)                                              \
	do {                                                         \
		if (AX_UNLIKELY(!(cond))) {                          \
			ax_assert_failed(__FILE__, __LINE__, #cond); \
		}                                                    \
	} while (0)
