/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The character stream behind a serial port. Output is pushed by the device; input is pulled by it
 * when the back end says that there is some, so that no byte is dropped while the guest's FIFO is full.
 */
#pragma once
#include <axbase/types.h>

struct ax_chardev {
	/** Take one byte from the guest. Never blocks; a back end that is full drops. Any CPU. */
	void (*put)(void *ctx, uint8_t byte);
	/** Give the next input byte to the guest. False: none now. Called under the device's lock. */
	bool (*get)(void *ctx, uint8_t *byte);
	void *ctx;
};
