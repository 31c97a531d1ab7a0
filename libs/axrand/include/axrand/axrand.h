/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generator of random bytes for seeds: a key that all sources are mixed into, and ChaCha20's block
 * function (RFC 8439, 2.3) with fast key erasure: each request replaces the key by the first half of a
 * block and hands out the second. Who sees the key later learns nothing of what was given out before.
 */
#pragma once
#include <axbase/lock.h>
#include <axbase/types.h>

/** Of the key. From so much entropy on, bytes are given out. */
#define AXRAND_KEY_BYTES 32

/** All zero is a generator that knows nothing yet. */
struct axrand {
	struct ax_spinlock lock;
	uint32_t in[12];      /* lock; the key, counter and nonce, which stay 0 */
	uint32_t block[16];   /* lock; zero but for the time of a call */
	size_t entropy_bytes; /* lock */
};

/** The ChaCha20 block of @in: key (8 words), block counter (1) and nonce (3). */
void axrand_chacha20(const uint32_t in[12], uint32_t out[16]);

/**
 * Mix @data into the key. @entropy: nobody else can know these bytes, and they count as what they are
 * long; bytes that are all zero never do, as they are of a seed that was wiped. Takes r->lock. Any CPU.
 */
void axrand_mix(struct axrand *r, const void *data, size_t bytes, bool entropy);

/**
 * Fill @out with @bytes that nothing else is given. False, with @out untouched: less entropy than a
 * key's length has been mixed in so far. Once true, it stays so; 0 bytes ask for that alone. Takes
 * r->lock. Any CPU.
 */
AX_NODISCARD bool axrand_get(struct axrand *r, void *out, size_t bytes);
