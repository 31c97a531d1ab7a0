/* SPDX-License-Identifier: Apache-2.0 */
/* A bank of four blocks, its content and window, and a driver's accesses to it. */
#pragma once
#include <axtest/axtest.h>
#include <string.h>
#include <vflash/cfi.h>

#define BASE    UINT64_C(0x4000000)
#define SIZE    ((size_t)0x100000)
#define BLOCK   ((uint32_t)VFLASH_CFI_BLOCK_SIZE)
#define BOTH(b) ((uint32_t)(b) << 16 | (b))

static uint8_t content[SIZE];
static struct axtest_gmem gmem = { .base = BASE, .bytes = content, .size = sizeof(content) };
static struct vflash_cfi flash;
static struct ax_gmem real;
static unsigned reads, writes;
static bool fail_read, fail_write;
/* What another CPU does while this one is in the content, or in the window. */
static void (*meanwhile)(void);

static struct {
	bool shown;
	unsigned calls;
} win;

static inline void show(void *ctx, bool readable)
{
	void (*other)(void) = meanwhile;

	assert_ptr_equal(ctx, &win);
	assert_false(ax_spin_is_held(&flash.lock));
	win.calls++;
	meanwhile = NULL;
	if (other != NULL) {
		other();
	}
	win.shown = readable; /* the window is slow */
}

static inline ax_err_t content_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	assert_false(ax_spin_is_held(&flash.lock));
	reads++;
	return fail_read ? AX_EFAULT : real.read(ctx, addr, buf, len);
}

static inline ax_err_t content_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	void (*other)(void) = meanwhile;

	assert_false(ax_spin_is_held(&flash.lock));
	writes++;
	meanwhile = NULL;
	if (other != NULL) {
		other();
	}
	return fail_write ? AX_EFAULT : real.write(ctx, addr, buf, len);
}

static inline struct vflash_cfi_cfg config(void)
{
	return (struct vflash_cfi_cfg){
		.content = { .read = content_read, .write = content_write, .ctx = &gmem },
		.base = gpa(BASE),
		.size = SIZE,
		.window = { .show = show, .ctx = &win },
	};
}

static inline int make(void **st)
{
	struct vflash_cfi_cfg cfg = config();

	(void)st;
	axtest_port_reset();
	real = axtest_gmem(&gmem);
	reads = writes = 0;
	fail_read = fail_write = false;
	meanwhile = NULL;
	win.shown = true;
	win.calls = 0;
	for (size_t i = 0; i < SIZE; i++) {
		content[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
	}
	vflash_cfi_init(&flash, &cfg);
	return 0;
}

static inline int make_read_only(void **st)
{
	struct vflash_cfi_cfg cfg = config();

	make(st);
	cfg.read_only = true;
	vflash_cfi_init(&flash, &cfg);
	return 0;
}

static inline uint64_t rd(uint64_t off, uint8_t size)
{
	return axtest_dev_read(&vflash_cfi_ops, &flash, off, size);
}

static inline void wr(uint64_t off, uint8_t size, uint64_t val)
{
	axtest_dev_write(&vflash_cfi_ops, &flash, off, size, val);
}

/* As drivers do: the command on both chips. */
static inline void cmd(uint64_t off, uint8_t val)
{
	wr(off, 4, BOTH(val));
}

static inline uint32_t status(void)
{
	cmd(0, 0x70);
	return (uint32_t)rd(0, 4);
}

static inline void set_word(uint32_t off, uint32_t val)
{
	memcpy(&content[off], &val, sizeof(val));
}

static inline uint32_t word(uint32_t off)
{
	uint32_t val;

	memcpy(&val, &content[off], sizeof(val));
	return val;
}

static inline void finish_erase(void)
{
	for (unsigned i = 0; vflash_cfi_deadline_ns(&flash) == 0; i++) {
		assert_true(i < VFLASH_CFI_BLOCK_SIZE / VFLASH_CFI_SLICE);
		vflash_cfi_tick(&flash);
	}
}

static inline void try_to_change(uint32_t at, uint32_t expected_program, uint32_t expected_erase)
{
	unsigned before = writes;

	cmd(0, 0x50);
	cmd(at, 0x40);
	wr(at, 4, 0);
	assert_int_equal(status(), expected_program);
	cmd(0, 0x50);
	cmd(at, 0xe8);
	cmd(at, 0);
	wr(at, 4, 0);
	cmd(at, 0xd0);
	assert_int_equal(status(), expected_program);
	cmd(0, 0x50);
	cmd(at, 0x20);
	cmd(at, 0xd0);
	finish_erase();
	assert_int_equal(status(), expected_erase);
	assert_int_equal(writes != before, expected_erase == BOTH(0x80));
	cmd(0, 0x50);
	cmd(0, 0xff);
}
