/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A back end that keeps what the guest sends and hands out a string, with no FIFO limit of its own.
 */
#pragma once
#include <axdev/chardev.h>
#include <axtest/axtest.h>
#include <string.h>

struct backend {
	char out[512];
	size_t out_len;
	const char *in;
	size_t in_len;
};

static inline void backend_put(void *ctx, uint8_t byte)
{
	struct backend *b = ctx;

	assert_true(b->out_len < sizeof(b->out));
	b->out[b->out_len++] = (char)byte;
}

static inline bool backend_get(void *ctx, uint8_t *byte)
{
	struct backend *b = ctx;

	if (b->in_len == 0) {
		return false;
	}
	*byte = (uint8_t)*b->in++;
	b->in_len--;
	return true;
}

static inline struct ax_chardev backend_chardev(struct backend *b)
{
	return (struct ax_chardev){ .put = backend_put, .get = backend_get, .ctx = b };
}

static inline void backend_type(struct backend *b, const char *text)
{
	b->in = text;
	b->in_len = strlen(text);
}
