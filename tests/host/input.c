/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions made from bytes. */
#include "player.h"

uint32_t input_pick(struct input *in, uint32_t n)
{
	if (in->left == 0) {
		return 0;
	}
	in->left--;
	return *in->bytes++ % n;
}

uint64_t input_bits(struct input *in, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++) {
		v |= (uint64_t)input_pick(in, 256) << (8 * i);
	}
	return v;
}

uint64_t input_value(struct input *in)
{
	switch (input_pick(in, 6)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return UINT64_C(1) << input_pick(in, 64);
	case 3:
		return input_bits(in, 1);
	case 4:
		return input_bits(in, 4);
	default:
		return input_bits(in, 8);
	}
}
