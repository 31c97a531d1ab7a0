/* SPDX-License-Identifier: Apache-2.0 */
/* What selftest.c and a board's own.c know of each other. */
#pragma once
#include <platform/board.h>

/** "ok: @what", or "FAIL: @what" and power off. */
void selftest_check(bool ok, const char *what);
/** The next interrupt of this CPU. */
enum board_irq selftest_wait_irq(void);

/* The board's. */
extern const uint32_t selftest_ret; /* an instruction that returns */
/** Lines on what this machine was found to be. */
void selftest_describe(void);
/** What only this board promises. On CPU 0, alone; then with the others waiting for kicks. */
void selftest_own(void);
void selftest_own_smp(void);
