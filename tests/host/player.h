/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that do anything: each entry's exit, and what went before it, made from bytes of an input. */
#pragma once
#include "machine.h"

/** Bytes that decisions are made from. */
struct input {
	const uint8_t *bytes;
	size_t left;
};

/** One of @n (1 to 256) values, from 0; 0 when no byte is left. */
uint32_t input_pick(struct input *in, uint32_t n);
/** The next @bytes (1 to 8), zeroes behind the end. */
uint64_t input_bits(struct input *in, unsigned bytes);
/** Any value; those at limits often. */
uint64_t input_value(struct input *in);

struct player {
	struct input *in;
	unsigned budget; /* exits that are still to come; after them a guest is only interrupted */
	/** Something happens on another pCPU while the guest is in; comes back on this one. May be NULL. */
	void (*elsewhere)(void *ctx);
	void *ctx;
};
/** <arch>/player.c. For machine.play, with a struct player as its context. */
void player_play(void *ctx, const struct machine_entry *e);
