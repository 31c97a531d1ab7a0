/* SPDX-License-Identifier: Apache-2.0 */
/* What a reset ends: a count of resets, and CPUs that execute anything. */
#include "hostile.h"

#define MAGIC UINT64_C(0x686f7374696c6521)

/* RAM survives a reset; the image, and so bss, is new each time. Ends with the VM's time. */
uint64_t count_resets(uint64_t end_of_time)
{
	uint64_t base;
	uint64_t bytes;

	guest_memory(&base, &bytes);

	volatile uint64_t *kept = (volatile uint64_t *)(base + bytes - PAGE);

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

/* Half of the words are of the classes that have to do with more than the processor's own registers. */
static uint32_t some_insn(void)
{
	static const uint32_t classes[] = { 0xd5000000, 0xd4000000, 0x08000000, 0x28000000,
					    0x38000000, 0xb8000000, 0x0c000000, 0xd6000000 };

	if (below(2) == 0) {
		return (uint32_t)any();
	}
	return classes[below(8)] | ((uint32_t)any() & 0x00ffffff);
}

void go_wild(void)
{
	struct guest_regs r;
	uint32_t *code = (uint32_t *)(void *)scratch();

	for (unsigned i = 0; i < SCRATCH_PAGES * PAGE / 4; i++) {
		code[i] = some_insn();
	}
	for (unsigned i = 0; i < 30; i++) {
		r.x[i] = nasty();
	}
	r.sp = (uint64_t)code + PAGE;
	r.x[9] = (uint64_t)code;
	try_any(0xd61f0120, &r); /* BR X9 */
}
