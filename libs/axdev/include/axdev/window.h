/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device whose region is memory as long as nothing but memory is wanted of it: flash. Shown, the
 * guest reads and executes the content without an exit, and only its writes come to the device.
 * Hidden, its reads come too.
 */
#pragma once
#include <axbase/types.h>

/**
 * What a device tells of its window. It has the form of struct ax_irq_line, so that a device can tell
 * it as axdev/line.h has it: outside its lock, one CPU at a time, the last state last.
 *
 * show(): @readable is news, or follows a reset or a load. When show() of "hidden" returns, no vCPU
 * reads the content directly any more: whoever wrote the command that hid it reads the device next. If
 * a window cannot be shown, reads go on to come to the device, which answers them with the content.
 * May take the locks of the address space; must not come back into the device.
 */
struct ax_window {
	void (*show)(void *ctx, bool readable);
	void *ctx;
};
