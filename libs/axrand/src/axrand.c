/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8439, 2.1 to 2.3, written for size: it runs a few times in the life of a VM. */
#include <axbase/mem.h>
#include <axrand/axrand.h>

#define DOUBLE_ROUNDS 10

static uint32_t rotate(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

/* On the words of @x with these four numbers. */
static void quarter_round(uint32_t x[16], unsigned ia, unsigned ib, unsigned ic, unsigned id)
{
	uint32_t a = x[ia], b = x[ib], c = x[ic], d = x[id];

	a += b;
	d = rotate(d ^ a, 16);
	c += d;
	b = rotate(b ^ c, 12);
	a += b;
	d = rotate(d ^ a, 8);
	c += d;
	b = rotate(b ^ c, 7);
	x[ia] = a;
	x[ib] = b;
	x[ic] = c;
	x[id] = d;
}

/* No copy of the key stays behind on the stack: @in is what the rounds begin with and what they end with. */
AX_COLD void axrand_chacha20(const uint32_t in[12], uint32_t out[16])
{
	static const uint32_t expand[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(out, expand, sizeof(expand));
	memcpy(out + 4, in, 12 * sizeof(*in));
	for (unsigned i = 0; i < DOUBLE_ROUNDS * 8; i++) {
		unsigned column = i & 3;
		unsigned turn = i >> 2 & 1; /* 0: a column, 1: a diagonal */

		quarter_round(out, column, 4 + ((column + turn) & 3), 8 + ((column + 2 * turn) & 3),
			      12 + ((column + 3 * turn) & 3));
	}
	for (unsigned i = 0; i < 16; i++) {
		out[i] += i < 4 ? expand[i] : in[i - 4];
	}
}

/* The key's successor, and what may be given out in block[8] to block[15]. */
static AX_COLD void step_locked(struct axrand *r) AX_REQUIRES(r->lock)
{
	axrand_chacha20(r->in, r->block);
	memcpy(r->in, r->block, AXRAND_KEY_BYTES);
}

AX_COLD void axrand_mix(struct axrand *r, const void *data, size_t bytes, bool entropy)
{
	const uint8_t *from = data;
	uint8_t any = 0;

	ax_spin_lock(&r->lock);
	for (size_t i = 0; i < bytes; i++) {
		((uint8_t *)r->in)[i % AXRAND_KEY_BYTES] ^= from[i];
		any |= from[i];
		if (i % AXRAND_KEY_BYTES == AXRAND_KEY_BYTES - 1 || i == bytes - 1) {
			step_locked(r);
		}
	}
	if (entropy && any != 0) {
		r->entropy_bytes += bytes;
	}
	memset(r->block, 0, sizeof(r->block));
	ax_spin_unlock(&r->lock);
}

AX_COLD bool axrand_get(struct axrand *r, void *out, size_t bytes)
{
	uint8_t *to = out;
	bool ready;

	ax_spin_lock(&r->lock);
	ready = r->entropy_bytes >= AXRAND_KEY_BYTES;
	while (ready && bytes != 0) {
		size_t n = bytes < AXRAND_KEY_BYTES ? bytes : AXRAND_KEY_BYTES;

		step_locked(r);
		memcpy(to, &r->block[8], n);
		to += n;
		bytes -= n;
	}
	memset(r->block, 0, sizeof(r->block)); /* it is the guest's now, and nobody else's */
	ax_spin_unlock(&r->lock);
	return ready;
}
