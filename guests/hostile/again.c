/* SPDX-License-Identifier: Apache-2.0 */
/* A count of resets, which outlives them. */
#include "hostile.h"

#define MAGIC UINT64_C(0x686f7374696c6521)

/* RAM survives a reset; the image, and so bss, is new each time. Ends with the VM's time. */
uint64_t count_resets(uint64_t end_of_time)
{
	volatile uint64_t *kept = (volatile uint64_t *)(ram_base + ram_bytes - PAGE);

	if (kept[0] != MAGIC) {
		kept[0] = MAGIC;
		kept[1] = end_of_time;
		kept[2] = 0;
	}
	if (guest_counter() >= kept[1]) {
		guest_printf("hostile: end, %lu resets\n", kept[2]);
		guest_power_off();
	}
	return ++kept[2];
}
