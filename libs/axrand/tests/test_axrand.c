/* SPDX-License-Identifier: Apache-2.0 */
#include <axrand/axrand.h>
#include <axtest/axtest.h>
#include <string.h>

static const uint8_t seed[AXRAND_KEY_BYTES] = { 1, 2, 3, 4, 5 };
static const uint8_t none[64];

/* RFC 8439, 2.3.2, and A.1 test vectors 1 to 3 and 5. */
static void blocks_are_those_of_the_rfc(void **state)
{
	static const struct {
		uint32_t in[12];
		uint32_t out[16];
	} vectors[] = {
		{ { 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514,
		    0x1b1a1918, 0x1f1e1d1c, 1, 0x09000000, 0x4a000000, 0 },
		  { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033,
		    0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
		    0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2 } },
		{ { 0 },
		  { 0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653, 0xb819d2bd, 0x1aed8da0,
		    0xccef36a8, 0xc70d778b, 0x7c5941da, 0x8d485751, 0x3fe02477, 0x374ad8b8,
		    0xf4b8436a, 0x1ca11815, 0x69b687c3, 0x8665eeb2 } },
		{ { [8] = 1 },
		  { 0xbee7079f, 0x7a385155, 0x7c97ba98, 0x0d082d73, 0xa0290fcb, 0x6965e348,
		    0x3e53c612, 0xed7aee32, 0x7621b729, 0x434ee69c, 0xb03371d5, 0xd539d874,
		    0x281fed31, 0x45fb0a51, 0x1f0ae1ac, 0x6f4d794b } },
		{ { [7] = 0x01000000, [8] = 1 },
		  { 0x2452eb3a, 0x9249f8ec, 0x8d829d9b, 0xddd4ceb1, 0xe8252083, 0x60818b01,
		    0xf38422b8, 0x5aaa49c9, 0xbb00ca8e, 0xda3ba7b4, 0xc4b592d1, 0xfdf2732f,
		    0x4436274e, 0x2561b3c8, 0xebdd4aa6, 0xa0136c00 } },
		{ { [11] = 0x02000000 },
		  { 0x374dc6c2, 0x3736d58c, 0xb904e24a, 0xcd3f93ef, 0x88228b1a, 0x96a4dfb3,
		    0x5b76ab72, 0xc727ee54, 0x0e0e978a, 0xf3145c95, 0x1b748ea8, 0xf786c297,
		    0x99c28f5f, 0x628314e8, 0x398a19fa, 0x6ded1b53 } },
	};

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(vectors); i++) {
		uint32_t out[16];

		axrand_chacha20(vectors[i].in, out);
		assert_memory_equal(out, vectors[i].out, sizeof(out));
	}
}

static void nothing_is_given_before_a_whole_key_came_in(void **state)
{
	struct axrand r = { 0 };
	uint8_t out[8] = { 0x5a };

	(void)state;
	assert_false(axrand_get(&r, out, 0));
	axrand_mix(&r, seed, sizeof(seed) - 1, true);
	assert_false(axrand_get(&r, out, sizeof(out)));
	assert_int_equal(out[0], 0x5a);
	axrand_mix(&r, seed, 1, true);
	assert_true(axrand_get(&r, out, 0));
	assert_int_equal(out[0], 0x5a);
	assert_true(axrand_get(&r, out, sizeof(out)));
	assert_memory_not_equal(out, none, sizeof(out));
}

static void what_anybody_knows_does_not_count(void **state)
{
	struct axrand r = { 0 };
	uint8_t out[8];

	(void)state;
	axrand_mix(&r, seed, sizeof(seed), false);
	axrand_mix(&r, none, sizeof(none), true); /* wiped by an earlier reader */
	axrand_mix(&r, NULL, 0, true);
	assert_false(axrand_get(&r, out, sizeof(out)));
}

/* The bytes are the second halves of the blocks, the keys the first: recomputed here step by step. */
static void each_request_replaces_the_key(void **state)
{
	struct axrand r = { 0 };
	uint32_t in[12] = { 0 };
	uint32_t block[16];
	uint8_t out[AXRAND_KEY_BYTES];

	(void)state;
	axrand_mix(&r, seed, sizeof(seed), true);
	memcpy(in, seed, sizeof(seed));
	axrand_chacha20(in, block);
	assert_memory_equal(r.block, none, sizeof(r.block));
	for (unsigned i = 0; i < 3; i++) {
		memcpy(in, block, AXRAND_KEY_BYTES);
		assert_memory_equal(r.in, in, sizeof(in));
		axrand_chacha20(in, block);
		assert_true(axrand_get(&r, out, sizeof(out)));
		for (unsigned byte = 0; byte < sizeof(out); byte++) {
			assert_int_equal(out[byte], block[8 + byte / 4] >> 8 * (byte % 4) & 0xff);
		}
	}
}

static void no_bytes_come_twice(void **state)
{
	struct axrand r = { 0 };
	static uint8_t out[64][8];

	(void)state;
	axrand_mix(&r, seed, sizeof(seed), true);
	for (size_t i = 0; i < AX_ARRAY_SIZE(out) / 8; i++) { /* 64 bytes: two blocks at a time */
		assert_true(axrand_get(&r, out[i * 8], 64));
	}
	for (size_t i = 0; i < AX_ARRAY_SIZE(out); i++) {
		for (size_t k = 0; k < i; k++) {
			assert_memory_not_equal(out[i], out[k], sizeof(out[i]));
		}
	}
}

static void every_byte_that_is_mixed_in_matters(void **state)
{
	uint8_t data[70] = { 9 };
	uint8_t all[71][16];

	(void)state;
	for (size_t i = 0; i <= sizeof(data); i++) {
		struct axrand r = { 0 };

		if (i < sizeof(data)) {
			data[i] ^= 0x80;
		}
		axrand_mix(&r, data, sizeof(data), true);
		assert_true(axrand_get(&r, all[i], sizeof(all[i])));
		if (i < sizeof(data)) {
			data[i] ^= 0x80;
		}
		for (size_t k = 0; k < i; k++) {
			assert_memory_not_equal(all[i], all[k], sizeof(all[i]));
		}
	}
}

static void what_is_not_entropy_is_mixed_in_all_the_same(void **state)
{
	const uint64_t ticks[] = { 1000, 1001 };
	uint8_t out[2][32];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct axrand r = { 0 };

		axrand_mix(&r, seed, sizeof(seed), true);
		axrand_mix(&r, &ticks[i], sizeof(ticks[i]), false);
		assert_true(axrand_get(&r, out[i], sizeof(out[i])));
	}
	assert_memory_not_equal(out[0], out[1], sizeof(out[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_those_of_the_rfc),
		cmocka_unit_test(nothing_is_given_before_a_whole_key_came_in),
		cmocka_unit_test(what_anybody_knows_does_not_count),
		cmocka_unit_test(each_request_replaces_the_key),
		cmocka_unit_test(no_bytes_come_twice),
		cmocka_unit_test(every_byte_that_is_mixed_in_matters),
		cmocka_unit_test(what_is_not_entropy_is_mixed_in_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
