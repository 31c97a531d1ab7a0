/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items through the data register and through DMA as U-Boot's and EDK2's drivers read them, what a
 * guest may get wrong, and a transfer that is saved, dropped or watched by another CPU on its way.
 */
#include <axbase/bits.h>
#include <axtest/axtest.h>
#include <string.h>
#include <vfwcfg/vfwcfg.h>

enum { DATA = 0x00, SELECTOR = 0x08, DMA = 0x10 };
enum { ERROR = 0x01, READ = 0x02, SKIP = 0x04, SELECT = 0x08, WRITE = 0x10 };

#define RAM         UINT64_C(0x40000000)
#define RAM_SIZE    ((size_t)0x500000)
#define DESC        (RAM + 0x100)
#define TO          (RAM + 0x1003)
#define KERNEL_SIZE 0x2a1234u
#define NEVER       0x600dcafe /* in a control word that nobody has written */

static uint8_t ram[RAM_SIZE], kernel[KERNEL_SIZE];
static struct axtest_gmem gmem = { .base = RAM, .bytes = ram, .size = sizeof(ram) };
static struct ax_gmem real;
static struct vfwcfg dev;
static unsigned writes;
/* What another CPU does while this one is in guest memory. */
static void (*meanwhile)(void);
static void (*before_report)(void); /* before a write of four bytes */

static const char cmdline[] = "console=ttyAMA0";
static const struct vfwcfg_item items[] = {
	{ .key = VFWCFG_NB_CPUS, .size = 2, .value = 4 },
	{ .key = VFWCFG_KERNEL_SIZE, .size = 4, .value = KERNEL_SIZE },
	{ .key = VFWCFG_KERNEL_DATA, .size = KERNEL_SIZE, .data = kernel },
	{ .file = "etc/system-states", .size = 6, .value = 0x060504030201 },
	{ .key = VFWCFG_CMDLINE_SIZE, .size = 4, .value = sizeof(cmdline) },
	{ .key = VFWCFG_CMDLINE_DATA, .size = sizeof(cmdline), .data = cmdline },
	{ .file = "opt/a-name-of-55-bytes-that-is-as-long-as-names-can-be-", .size = 0 },
	{ .key = 0x8000, .size = 8, .value = UINT64_C(0x8877665544332211) },
	{ .file = "opt/kernel", .size = KERNEL_SIZE, .data = kernel },
};

static ax_err_t mem_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	assert_false(ax_spin_is_held(&dev.lock));
	return real.read(ctx, addr, buf, len);
}

static ax_err_t mem_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	void (*other)(void) = meanwhile;
	ax_err_t err;

	assert_false(ax_spin_is_held(&dev.lock));
	writes++;
	if (len == 4 && before_report != NULL) {
		void (*now)(void) = before_report;

		before_report = NULL;
		now();
	}
	err = real.write(ctx, addr, buf, len);
	meanwhile = NULL;
	if (other != NULL) {
		other();
	}
	return err;
}

static int make(void **st)
{
	struct ax_gmem mem = { .read = mem_read, .write = mem_write, .ctx = &gmem };

	(void)st;
	axtest_port_reset();
	real = axtest_gmem(&gmem);
	memset(ram, 0xa5, sizeof(ram));
	for (size_t i = 0; i < sizeof(kernel); i++) {
		kernel[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
	}
	writes = 0;
	meanwhile = NULL;
	vfwcfg_init(&dev, &mem, items, AX_ARRAY_SIZE(items));
	return 0;
}

static uint64_t rd(uint64_t off, uint8_t size)
{
	return axtest_dev_read(&vfwcfg_ops, &dev, off, size);
}

static void wr(uint64_t off, uint8_t size, uint64_t val)
{
	axtest_dev_write(&vfwcfg_ops, &dev, off, size, val);
}

static void select_key(uint16_t key)
{
	wr(SELECTOR, 2, __builtin_bswap16(key));
}

static uint8_t *at(uint64_t addr)
{
	return &ram[addr - RAM];
}

static void put_desc(uint64_t desc, uint32_t control, uint32_t length, uint64_t to)
{
	uint32_t words[2] = { __builtin_bswap32(control), __builtin_bswap32(length) };

	to = __builtin_bswap64(to);
	memcpy(at(desc), words, sizeof(words));
	memcpy(at(desc) + 8, &to, sizeof(to));
}

static uint32_t control_of(uint64_t desc)
{
	uint32_t word;

	memcpy(&word, at(desc), sizeof(word));
	return __builtin_bswap32(word);
}

/* True: over. False: to be repeated. */
static bool start(uint64_t desc)
{
	struct ax_io io = { .off = DMA, .size = 8 };
	enum ax_io_result res = vfwcfg_ops.write(&dev, &io, __builtin_bswap64(desc));

	assert_true(res == AX_IO_HANDLED || res == AX_IO_RETRY);
	return res == AX_IO_HANDLED;
}

/* As often as it takes; how often that was. */
static unsigned run(uint64_t desc)
{
	unsigned count = 1;

	while (!start(desc)) {
		assert_true(count++ < 100);
	}
	return count;
}

/* One transfer to TO; what its control word becomes. */
static uint32_t dma(uint32_t control, uint32_t length)
{
	put_desc(DESC, control, length, TO);
	run(DESC);
	return control_of(DESC);
}

static uint32_t key_ctl(uint16_t key)
{
	return (uint32_t)key << 16 | SELECT;
}

static bool all_are(const uint8_t *p, uint8_t val, size_t n)
{
	while (n > 0 && *p == val) {
		p++;
		n--;
	}
	return n == 0;
}

/* --- Registers */

static void the_device_says_what_it_is(void **st)
{
	static const char dma_signature[] = "QEMU CFG";

	(void)st;
	for (unsigned i = 0; i < 4; i++) { /* after reset the signature is selected */
		assert_int_equal(rd(DATA, 1), "QEMU"[i]);
	}
	select_key(VFWCFG_SIGNATURE);
	assert_int_equal(rd(DATA, 4), 0x554d4551);
	select_key(VFWCFG_ID);
	assert_int_equal(rd(DATA, 4), 3); /* traditional, DMA */
	for (uint8_t size = 1; size <= 8; size = (uint8_t)(size * 2)) {
		for (uint64_t off = 0; off + size <= 8; off++) {
			uint64_t want = 0;

			memcpy(&want, &dma_signature[off], size);
			assert_true(rd(DMA + off, size) == want);
		}
	}
}

static void an_item_is_a_string_of_bytes_in_every_width(void **st)
{
	uint32_t off = 0;

	(void)st;
	select_key(VFWCFG_KERNEL_DATA);
	for (unsigned i = 0; i < 64; i++) {
		uint8_t size = (uint8_t)(1 << i % 4);
		uint64_t want = 0;

		memcpy(&want, &kernel[off], size);
		assert_true(rd(DATA, size) == want);
		off += size;
	}
	select_key(VFWCFG_KERNEL_DATA);
	assert_int_equal(rd(DATA, 1), kernel[0]);
}

static void values_are_little_endian_and_end_in_zeros(void **st)
{
	static const struct {
		uint16_t key;
		uint64_t val;
	} cases[] = {
		{ VFWCFG_SIGNATURE, 0x554d4551 },
		{ VFWCFG_NB_CPUS, 4 },
		{ VFWCFG_KERNEL_SIZE, KERNEL_SIZE },
		{ VFWCFG_CMDLINE_SIZE, sizeof(cmdline) },
		{ VFWCFG_FILE_FIRST, 0x060504030201 },
		{ VFWCFG_FILE_FIRST + 1, 0 },
		{ 0x8000, UINT64_C(0x8877665544332211) },
		{ VFWCFG_NB_CPUS | 0x4000, 4 }, /* once meant for writing */
		{ VFWCFG_SETUP_SIZE, 0 },       /* not in the table */
		{ VFWCFG_FILE_FIRST + 3, 0 },
		{ 0x3fff, 0 },
		{ 0x8001, 0 },
		{ 0xbfff, 0 },
		{ 0xffff, 0 },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		select_key(VFWCFG_KERNEL_DATA);
		select_key(cases[i].key);
		assert_true(rd(DATA, 8) == cases[i].val);
		assert_true(rd(DATA, 8) == 0);
		select_key(cases[i].key);
		assert_int_equal(rd(DATA, 1), cases[i].val & 0xff);
		assert_int_equal(rd(DATA, 2), cases[i].val >> 8 & 0xffff);
	}
}

static void the_directory_names_the_files(void **st)
{
	static const uint8_t first_key[2] = { 0x00, 0x20 },
			     last_size[4] = { 0x00, 0x2a, 0x12, 0x34 };
	uint8_t dir[4 + 3 * 64], byte_by_byte[sizeof(dir)];

	(void)st;
	assert_int_equal(dma(key_ctl(VFWCFG_FILE_DIR) | READ, sizeof(dir)), 0);
	memcpy(dir, at(TO), sizeof(dir));
	assert_memory_equal(dir, "\0\0\0\3", 4);
	assert_memory_equal(&dir[4], "\0\0\0\6", 4);
	assert_memory_equal(&dir[8], first_key, 2);
	assert_true(all_are(&dir[10], 0, 2));
	assert_string_equal((const char *)&dir[12], items[3].file);
	assert_true(all_are(&dir[12 + strlen(items[3].file)], 0, 56 - strlen(items[3].file)));
	assert_int_equal(dir[68 + 5], 0x21);
	assert_string_equal((const char *)&dir[68 + 8], items[6].file);
	assert_memory_equal(&dir[132], last_size, 4);
	assert_int_equal(dir[132 + 5], 0x22);
	assert_string_equal((const char *)&dir[132 + 8], "opt/kernel");
	select_key(VFWCFG_FILE_DIR);
	for (size_t i = 0; i < sizeof(dir); i++) {
		byte_by_byte[i] = (uint8_t)rd(DATA, 1);
	}
	assert_memory_equal(byte_by_byte, dir, sizeof(dir));
	assert_int_equal(rd(DATA, 8), 0);
	select_key(VFWCFG_FILE_FIRST + 2);
	assert_int_equal(rd(DATA, 1), kernel[0]);
}

static void without_files_the_directory_is_empty(void **st)
{
	(void)st;
	vfwcfg_init(&dev, &real, NULL, 0);
	select_key(VFWCFG_FILE_DIR);
	assert_int_equal(rd(DATA, 8), 0);
	select_key(VFWCFG_FILE_FIRST);
	assert_int_equal(rd(DATA, 8), 0);
	select_key(VFWCFG_ID);
	assert_int_equal(rd(DATA, 8), 3);
}

static void other_accesses_read_zero_and_do_nothing(void **st)
{
	static const struct {
		uint64_t off;
		uint8_t size;
	} cases[] = { { 1, 1 },        { 4, 4 },       { 2, 2 },         { SELECTOR, 1 },
		      { SELECTOR, 4 }, { 9, 2 },       { 10, 2 },        { SELECTOR, 8 },
		      { 12, 4 },       { DMA + 1, 8 }, { DMA + 4, 8 },   { DMA + 7, 2 },
		      { 0x18, 1 },     { 0x18, 8 },    { UINT64_MAX, 8 } };

	(void)st;
	put_desc(DESC, NEVER, 4, TO);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		select_key(VFWCFG_KERNEL_SIZE);
		assert_int_equal(rd(cases[i].off, cases[i].size), 0);
		wr(cases[i].off, cases[i].size, ax_byte_mask(cases[i].size));
		assert_int_equal(rd(DATA, 4), KERNEL_SIZE);
	}
	for (uint8_t size = 1; size <= 8; size = (uint8_t)(size * 2)) {
		select_key(VFWCFG_KERNEL_SIZE);
		wr(DATA, size, 0); /* items are read-only */
		assert_int_equal(rd(DATA, 4), KERNEL_SIZE);
	}
	for (uint8_t size = 1; size <= 2; size++) {
		wr(DMA, size, 0xff);
		wr(DMA + 4, size, 0xff);
	}
	assert_int_equal(rd(SELECTOR, 2), 0);
	assert_int_equal(writes, 0);
	assert_int_equal(control_of(DESC), NEVER);
	put_desc(DESC, key_ctl(VFWCFG_ID) | READ, 4, TO);
	wr(DMA + 4, 4, __builtin_bswap32((uint32_t)DESC)); /* no upper half came of all that */
	assert_int_equal(control_of(DESC), 0);
}

/* --- DMA */

static void a_small_transfer_is_over_with_the_access(void **st)
{
	(void)st;
	put_desc(DESC, key_ctl(VFWCFG_CMDLINE_DATA) | READ, sizeof(cmdline), TO);
	assert_true(start(DESC));
	assert_int_equal(control_of(DESC), 0);
	assert_memory_equal(at(TO), cmdline, sizeof(cmdline));
	assert_int_equal(*at(TO - 1), 0xa5);
	assert_int_equal(*at(TO + sizeof(cmdline)), 0xa5);
}

/* EDK2 on AArch64: the upper half, then the lower one. */
static void the_address_may_come_in_two_halves(void **st)
{
	(void)st;
	put_desc(DESC, key_ctl(VFWCFG_ID) | READ, 4, TO);
	wr(DMA, 4, 0);
	assert_int_equal(writes, 0);
	wr(DMA + 4, 4, __builtin_bswap32((uint32_t)DESC));
	assert_int_equal(control_of(DESC), 0);
	assert_memory_equal(at(TO), "\3\0\0\0", 4);
	put_desc(DESC, NEVER, 4, TO);
	wr(DMA, 4, __builtin_bswap32(1)); /* 4 GiB further on there is nothing */
	wr(DMA + 4, 4, __builtin_bswap32((uint32_t)DESC));
	assert_int_equal(control_of(DESC), NEVER);
	put_desc(DESC, key_ctl(VFWCFG_ID) | READ, 4, TO);
	wr(DMA + 4, 4, __builtin_bswap32((uint32_t)DESC)); /* the upper half was used up */
	assert_int_equal(control_of(DESC), 0);
}

static void a_large_transfer_is_done_by_a_write_that_is_repeated(void **st)
{
	unsigned accesses = 1;
	uint32_t done;

	(void)st;
	put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, KERNEL_SIZE, TO);
	for (done = VFWCFG_EXIT_BYTES; !start(DESC); done += VFWCFG_EXIT_BYTES) {
		assert_int_not_equal(control_of(DESC), 0);
		assert_int_equal(*at(TO + done - 1), kernel[done - 1]);
		assert_true(all_are(at(TO + done), 0xa5, 64));
		accesses++;
	}
	assert_int_equal(accesses, KERNEL_SIZE / VFWCFG_EXIT_BYTES + 1);
	assert_int_equal(control_of(DESC), 0);
	assert_memory_equal(at(TO), kernel, KERNEL_SIZE);
	assert_true(all_are(at(TO + KERNEL_SIZE), 0xa5, 64));
}

static void the_halves_of_the_address_stay_while_the_lower_one_is_repeated(void **st)
{
	struct ax_io io = { .off = DMA + 4, .size = 4 };
	unsigned accesses = 0;

	(void)st;
	gmem.base = RAM | UINT64_C(0x900000000);
	put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, KERNEL_SIZE, gmem.base + 0x2000);
	wr(DMA, 4, __builtin_bswap32(9));
	while (vfwcfg_ops.write(&dev, &io, __builtin_bswap32((uint32_t)DESC)) == AX_IO_RETRY) {
		accesses++;
	}
	gmem.base = RAM;
	assert_int_equal(accesses, KERNEL_SIZE / VFWCFG_EXIT_BYTES);
	assert_int_equal(control_of(DESC), 0);
	assert_memory_equal(&ram[0x2000], kernel, KERNEL_SIZE);
}

static void the_offset_goes_on_over_both_interfaces(void **st)
{
	(void)st;
	select_key(VFWCFG_KERNEL_DATA);
	rd(DATA, 2);
	assert_int_equal(dma(READ, 0x3000), 0);
	assert_memory_equal(at(TO), &kernel[2], 0x3000);
	assert_int_equal(rd(DATA, 1), kernel[0x3002]);
	assert_int_equal(dma(SKIP, 0x100000), 0);
	assert_int_equal(rd(DATA, 1), kernel[0x103003]);
	assert_int_equal(dma(key_ctl(VFWCFG_KERNEL_DATA) | SKIP, 5), 0);
	assert_int_equal(dma(READ, 1), 0);
	assert_int_equal(*at(TO), kernel[5]);
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA), 77), 0); /* nothing but a selection */
	assert_int_equal(rd(DATA, 1), cmdline[0]);
	assert_int_equal(dma(SKIP, UINT32_MAX), 0);
	assert_int_equal(rd(DATA, 1), 0);
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA | 0x4000) | READ | SKIP | WRITE, 1), 0);
	assert_int_equal(*at(TO), cmdline[0]); /* a read comes first */
}

/* An offset beyond the end of its item would be refused. */
static void expect_a_snapshot_that_loads(void)
{
	uint8_t snap[VFWCFG_SNAP_SIZE];
	size_t len = 0;

	assert_int_equal(vfwcfg_ops.save(&dev, snap, sizeof(snap), &len), AX_OK);
	assert_int_equal(vfwcfg_ops.load(&dev, snap, len), AX_OK);
}

static void the_offset_does_not_go_beyond_the_end(void **st)
{
	(void)st;
	select_key(VFWCFG_NB_CPUS);
	rd(DATA, 1);
	rd(DATA, 8);
	expect_a_snapshot_that_loads();
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA) | SKIP, 5), 0);
	assert_int_equal(dma(SKIP, UINT32_MAX), 0);
	expect_a_snapshot_that_loads();
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA) | SKIP, 5), 0);
	put_desc(DESC, READ, 3 * VFWCFG_EXIT_BYTES, TO);
	assert_false(start(DESC)); /* in the zeros by now */
	expect_a_snapshot_that_loads();
	run(DESC);
	assert_memory_equal(at(TO), &cmdline[5], sizeof(cmdline) - 5);
	assert_true(all_are(at(TO) + sizeof(cmdline) - 5, 0, 0x20000));
	assert_int_equal(dma(key_ctl(VFWCFG_ID) | SKIP, 1), 0);
	assert_int_equal(dma(READ, 16), 0);
	assert_true(all_are(at(TO), 0, 16));
}

static void a_transfer_may_begin_inside_the_directory(void **st)
{
	uint8_t dir[4 + 3 * 64];

	(void)st;
	assert_int_equal(dma(key_ctl(VFWCFG_FILE_DIR) | READ, sizeof(dir)), 0);
	memcpy(dir, at(TO), sizeof(dir));
	for (uint32_t skip = 1; skip < 80; skip += 13) {
		assert_int_equal(dma(key_ctl(VFWCFG_FILE_DIR) | SKIP, skip), 0);
		assert_int_equal(dma(READ, sizeof(dir)), 0);
		assert_memory_equal(at(TO), &dir[skip], sizeof(dir) - skip);
		assert_true(all_are(at(TO) + sizeof(dir) - skip, 0, skip));
	}
}

static void behind_the_end_there_are_zeros(void **st)
{
	uint32_t length = sizeof(cmdline) + 0x2000;

	(void)st;
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA) | READ, length), 0);
	assert_memory_equal(at(TO), cmdline, sizeof(cmdline));
	assert_true(all_are(at(TO) + sizeof(cmdline), 0, 0x2000));
	assert_int_equal(*at(TO + length), 0xa5);
	assert_int_equal(rd(DATA, 1), 0);
	assert_int_equal(dma(key_ctl(VFWCFG_SETUP_DATA) | READ, 3), 0);
	assert_true(all_are(at(TO), 0, 3));
	assert_int_equal(*at(TO + 3), (uint8_t)cmdline[3]);
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA) | READ, 0), 0);
}

static void items_cannot_be_written(void **st)
{
	(void)st;
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA) | WRITE, 1), ERROR);
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA) | WRITE | SKIP, 1), ERROR);
	assert_int_equal(dma(key_ctl(VFWCFG_SETUP_DATA) | WRITE, 1), ERROR);
	assert_int_equal(dma(key_ctl(VFWCFG_CMDLINE_DATA) | WRITE, 0), 0);
	assert_int_equal(rd(DATA, 1), cmdline[0]);
}

static void addresses_without_memory_are_errors(void **st)
{
	static const struct {
		uint64_t to;
		uint32_t length;
	} cases[] = {
		{ RAM - 1, 1 },
		{ RAM - 1, 2 },
		{ RAM + RAM_SIZE - 1, 2 },
		{ RAM + RAM_SIZE - 0x180000, 0x180001 }, /* found out by a later access */
		{ UINT64_MAX, 2 },                       /* wraps */
		{ UINT64_MAX - 0xfff, 0x1001 },
		{ 0, 1 },
		{ 0, UINT32_MAX },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		make(st);
		put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, cases[i].length, cases[i].to);
		run(DESC);
		assert_int_equal(control_of(DESC), ERROR);
		assert_true(all_are(at(TO), 0xa5, 64));
		assert_int_equal(dma(key_ctl(VFWCFG_ID) | READ, 4), 0); /* and the next one works */
	}
	put_desc(DESC, key_ctl(VFWCFG_ID) | READ, 0, UINT64_MAX); /* no byte, no error */
	assert_true(start(DESC));
	assert_int_equal(control_of(DESC), 0);
}

static void a_descriptor_without_memory_moves_nothing(void **st)
{
	static const uint64_t descs[] = { 0, RAM - 4, RAM + RAM_SIZE, UINT64_MAX, UINT64_MAX - 7 };
	uint64_t edge = RAM + RAM_SIZE - 8;

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(descs); i++) {
		assert_true(start(descs[i]));
	}
	assert_true(all_are(ram, 0xa5, sizeof(ram)));
	assert_true(start(edge)); /* a control word without the rest */
	assert_int_equal(control_of(edge), ERROR);
	assert_int_equal(dma(key_ctl(VFWCFG_ID) | READ, 4), 0);
}

static ax_err_t any_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	(void)ctx;
	(void)addr;
	(void)buf;
	(void)len;
	writes++;
	return AX_OK;
}

/* All a guest can ask for: 4 GiB of zeros. Each access is short. */
static void no_access_makes_more_than_a_bounded_number_of_calls(void **st)
{
	struct ax_gmem mem = { .read = mem_read, .write = any_write, .ctx = &gmem };

	(void)st;
	vfwcfg_init(&dev, &mem, items, AX_ARRAY_SIZE(items));
	put_desc(DESC, key_ctl(VFWCFG_SETUP_DATA) | READ, UINT32_MAX, 0);
	for (unsigned i = 0; i < 10; i++) {
		writes = 0;
		assert_false(start(DESC));
		assert_true(writes > 0 && writes <= VFWCFG_EXIT_BYTES / 1024);
	}
}

static void a_second_transfer_waits_for_the_first_and_helps_it(void **st)
{
	uint64_t other = DESC + 0x40;
	unsigned accesses = 0;

	(void)st;
	put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, KERNEL_SIZE, TO);
	assert_false(start(DESC));
	select_key(VFWCFG_CMDLINE_DATA); /* the register is free */
	assert_int_equal(rd(DATA, 1), cmdline[0]);
	put_desc(other, READ, 3, RAM);
	for (; !start(other); accesses++) {
		assert_int_equal(*at(RAM), 0xa5);
	}
	assert_int_equal(accesses, KERNEL_SIZE / VFWCFG_EXIT_BYTES);
	assert_int_equal(control_of(other), 0);
	assert_int_equal(control_of(DESC), 0);
	assert_memory_equal(at(RAM), &cmdline[1], 3);
	memset(at(TO), 0xa5, KERNEL_SIZE);
	assert_true(start(DESC)); /* the first one's vCPU comes back, and nothing is left to do */
	assert_int_equal(control_of(DESC), 0);
	assert_true(all_are(at(TO), 0xa5, KERNEL_SIZE));
	assert_int_equal(rd(DATA, 1), cmdline[4]);
}

static void an_error_that_another_vcpu_ran_into_stays(void **st)
{
	uint64_t other = DESC + 0x40;

	(void)st;
	put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, KERNEL_SIZE, RAM + RAM_SIZE - 0x18000);
	assert_false(start(DESC));
	put_desc(other, key_ctl(VFWCFG_ID) | READ, 4, RAM);
	run(other);
	assert_int_equal(control_of(other), 0);
	assert_int_equal(control_of(DESC), ERROR);
	assert_true(start(DESC));
	assert_int_equal(control_of(DESC), ERROR);
}

/* --- Other CPUs, reset, saving */

static void other_finds_it_at_work(void)
{
	unsigned before = writes;

	assert_false(start(DESC + 0x40));
	assert_int_equal(writes, before);
}

static void one_cpu_at_a_time_works_on_a_transfer(void **st)
{
	(void)st;
	put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, KERNEL_SIZE, TO);
	for (unsigned i = 0; i < 3; i++) {
		meanwhile = other_finds_it_at_work;
		assert_false(start(DESC));
		assert_null(meanwhile);
	}
	run(DESC);
	assert_memory_equal(at(TO), kernel, KERNEL_SIZE);
}

static void other_starts_the_next(void)
{
	assert_int_equal(control_of(DESC), 0);
	put_desc(DESC, key_ctl(VFWCFG_ID) | READ, 4, TO);
	assert_false(start(DESC)); /* the one before is not quite over */
}

/* The only write of the first transfer is that of its control word. */
static void a_guest_that_sees_it_done_can_start_the_next(void **st)
{
	(void)st;
	meanwhile = other_starts_the_next;
	put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | SKIP, 1, 0);
	assert_true(start(DESC));
	assert_null(meanwhile);
	assert_int_equal(*at(TO), 0xa5);
	assert_true(start(DESC)); /* repeated */
	assert_int_equal(control_of(DESC), 0);
	assert_memory_equal(at(TO), "\3\0\0\0", 4);
}

static void other_repeats_its_write(void)
{
	assert_false(start(DESC + 0x40));
}

static void a_transfer_that_another_vcpu_ends_is_made_once(void **st)
{
	uint64_t helped = DESC + 0x40;
	unsigned accesses = 0;

	(void)st;
	select_key(VFWCFG_KERNEL_DATA);
	put_desc(helped, READ, 3 * VFWCFG_EXIT_BYTES, TO);
	assert_false(start(helped));
	put_desc(DESC, 0, 0, 0);
	for (; control_of(helped) != 0; accesses++) {
		meanwhile = other_repeats_its_write;
		assert_false(start(DESC));
		assert_true(accesses < 10);
	}
	assert_true(start(helped));
	assert_true(start(DESC));
	assert_memory_equal(at(TO), kernel, 3 * VFWCFG_EXIT_BYTES);
	assert_int_equal(rd(DATA, 1), kernel[3 * VFWCFG_EXIT_BYTES]);
}

static void other_repeats_the_same(void)
{
	assert_int_not_equal(control_of(DESC), 0);
	assert_false(start(DESC));
}

/* Between the last byte and the control word, the descriptor must not be obeyed again. */
static void a_write_repeated_while_the_end_is_told_starts_nothing(void **st)
{
	(void)st;
	select_key(VFWCFG_KERNEL_DATA);
	put_desc(DESC, READ, 16, TO);
	before_report = other_repeats_the_same;
	assert_true(start(DESC));
	assert_null(before_report);
	assert_int_equal(rd(DATA, 1), kernel[16]);
}

static void a_reset_drops_the_transfer(void **st)
{
	uint32_t control = key_ctl(VFWCFG_KERNEL_DATA) | READ;

	(void)st;
	put_desc(DESC, control, KERNEL_SIZE, TO);
	assert_false(start(DESC));
	wr(DMA, 4, 1);
	vfwcfg_ops.reset(&dev);
	put_desc(DESC + 0x40, 0, 0, 0);
	assert_true(start(DESC + 0x40));
	assert_int_equal(control_of(DESC), control);
	assert_true(all_are(at(TO + VFWCFG_EXIT_BYTES), 0xa5, 64));
	assert_int_equal(rd(DATA, 4), 0x554d4551);
	put_desc(DESC, key_ctl(VFWCFG_ID) | READ, 4, TO);
	wr(DMA + 4, 4, __builtin_bswap32((uint32_t)DESC)); /* the upper half was dropped too */
	assert_int_equal(control_of(DESC), 0);
}

static void a_saved_transfer_goes_on_where_it_was(void **st)
{
	uint8_t snap[VFWCFG_SNAP_SIZE], again[VFWCFG_SNAP_SIZE];
	struct ax_gmem mem = { .read = mem_read, .write = mem_write, .ctx = &gmem };
	size_t len = 0;

	(void)st;
	put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, KERNEL_SIZE, TO);
	assert_false(start(DESC));
	assert_false(start(DESC));
	select_key(VFWCFG_CMDLINE_DATA);
	rd(DATA, 4);
	assert_int_equal(vfwcfg_ops.save(&dev, snap, sizeof(snap), &len), AX_OK);
	assert_int_equal(len, sizeof(snap));
	vfwcfg_init(&dev, &mem, items, AX_ARRAY_SIZE(items));
	assert_int_equal(vfwcfg_ops.load(&dev, snap, len), AX_OK);
	assert_int_equal(vfwcfg_ops.save(&dev, again, sizeof(again), &len), AX_OK);
	assert_memory_equal(snap, again, len);
	assert_int_equal(rd(DATA, 4), 'o' | 'l' << 8 | 'e' << 16 | '=' << 24);
	memset(at(TO), 0xa5, 2 * VFWCFG_EXIT_BYTES); /* is not copied again */
	assert_int_equal(run(DESC), KERNEL_SIZE / VFWCFG_EXIT_BYTES - 1);
	assert_true(all_are(at(TO), 0xa5, 2 * VFWCFG_EXIT_BYTES));
	assert_int_equal(control_of(DESC), 0);
	assert_memory_equal(at(TO + 2 * VFWCFG_EXIT_BYTES), &kernel[2 * VFWCFG_EXIT_BYTES],
			    KERNEL_SIZE - 2 * VFWCFG_EXIT_BYTES);
	assert_int_equal(vfwcfg_ops.save(&dev, snap, sizeof(snap) - 1, &len), AX_ENOSPC);
}

/* Field offsets of the snapshot. */
enum {
	S_OFF = 16,
	S_KEY = 24,
	S_RESERVED = 26,
	S_DESC = 32,
	S_TO = 40,
	S_DMA_OFF = 48,
	S_LEFT = 52,
	S_DMA_KEY = 56,
	S_STAGE = 58,
};

static void a_damaged_snapshot_changes_nothing(void **st)
{
	static const struct {
		bool busy;
		uint8_t at, val;
		ax_err_t err;
	} cases[] = {
		{ false, 0, 0, AX_EVERSION },
		{ false, 4, 9, AX_EVERSION },
		{ false, 8, 0, AX_EVERSION },
		{ false, 6, 1, AX_EINVAL },
		{ false, 12, 1, AX_EINVAL },
		{ false, S_RESERVED, 1, AX_EINVAL },
		{ false, S_RESERVED + 5, 1, AX_EINVAL },
		{ false, S_OFF, sizeof(cmdline) + 1, AX_EINVAL },
		{ false, S_OFF + 3, 0x80, AX_EINVAL },
		{ false, S_KEY, VFWCFG_SETUP_SIZE, AX_EINVAL }, /* nothing there, but an offset */
		{ false, S_KEY + 1, 0x40, AX_EINVAL },
		{ false, S_STAGE, 3, AX_EINVAL },
		{ false, S_STAGE + 1, 1, AX_EINVAL },
		{ false, S_DESC, 1, AX_EINVAL },
		{ false, S_TO, 1, AX_EINVAL },
		{ false, S_LEFT, 1, AX_EINVAL },
		{ true, S_STAGE, 0, AX_EINVAL },
		{ true, S_STAGE, 1, AX_EINVAL },
		{ true, S_STAGE, 0xff, AX_EINVAL },
		{ true, S_STAGE + 5, 1, AX_EINVAL },
		{ true, S_DMA_OFF + 3, 1, AX_EINVAL },
		{ true, S_DMA_KEY, VFWCFG_KERNEL_SIZE, AX_EINVAL },
	};
	uint8_t snap[VFWCFG_SNAP_SIZE], zeros[4] = { 0 };
	size_t len = 0;

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		make(st);
		if (cases[i].busy) {
			put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, KERNEL_SIZE, TO);
			assert_false(start(DESC));
		}
		select_key(VFWCFG_CMDLINE_DATA);
		rd(DATA, 4);
		assert_int_equal(vfwcfg_ops.save(&dev, snap, sizeof(snap), &len), AX_OK);
		snap[cases[i].at] = cases[i].val;
		select_key(VFWCFG_KERNEL_SIZE);
		assert_int_equal(vfwcfg_ops.load(&dev, snap, len), cases[i].err);
		assert_int_equal(rd(DATA, 4), KERNEL_SIZE);
	}
	make(st);
	put_desc(DESC, key_ctl(VFWCFG_KERNEL_DATA) | READ, KERNEL_SIZE, TO);
	assert_false(start(DESC));
	assert_int_equal(vfwcfg_ops.save(&dev, snap, sizeof(snap), &len), AX_OK);
	memset(&snap[S_TO], 0xff, 8); /* would wrap */
	assert_int_equal(vfwcfg_ops.load(&dev, snap, len), AX_EINVAL);
	assert_int_equal(vfwcfg_ops.load(&dev, snap, len - 1), AX_EVERSION);
	assert_int_equal(vfwcfg_ops.load(&dev, snap, 0), AX_EVERSION);
	assert_int_equal(vfwcfg_ops.save(&dev, snap, sizeof(snap), &len), AX_OK);
	memcpy(&snap[S_LEFT], zeros, 4); /* a transfer without a byte left */
	assert_int_equal(vfwcfg_ops.load(&dev, snap, len), AX_EINVAL);
}

static void a_transfer_saved_before_its_first_step_is_made_after_the_load(void **st)
{
	uint8_t snap[VFWCFG_SNAP_SIZE];
	uint64_t desc = DESC;
	size_t len = 0;

	(void)st;
	put_desc(DESC, key_ctl(VFWCFG_ID) | READ, 4, TO);
	assert_int_equal(vfwcfg_ops.save(&dev, snap, sizeof(snap), &len), AX_OK);
	snap[S_STAGE] = 1;
	memcpy(&snap[S_DESC], &desc, sizeof(desc));
	assert_int_equal(vfwcfg_ops.load(&dev, snap, len), AX_OK);
	assert_true(start(DESC));
	assert_int_equal(control_of(DESC), 0);
	assert_memory_equal(at(TO), "\3\0\0\0", 4);
}

static void expect_refusal(const struct vfwcfg_item *table, uint32_t count)
{
	AXTEST_EXPECT_PANIC(vfwcfg_init(&dev, &real, table, count));
}

static void a_table_that_cannot_be_is_a_callers_bug(void **st)
{
	static const struct vfwcfg_item bad[][2] = {
		{ { .key = VFWCFG_SIGNATURE }, { .key = 2 } },
		{ { .key = VFWCFG_ID }, { .key = 2 } },
		{ { .key = VFWCFG_FILE_DIR }, { .key = 2 } },
		{ { .key = VFWCFG_FILE_FIRST }, { .key = 2 } },
		{ { .key = 0x4002 }, { .key = 2 } },
		{ { .key = 0xc002 }, { .key = 2 } },
		{ { .key = 2 }, { .key = 2 } },
		{ { .key = 2, .size = 9 }, { .key = 3 } },
		{ { .file = "a-name-of-fifty-six-bytes-that-is-just-one-byte-too-long" },
		  { .key = 2 } },
	};
	static struct vfwcfg_item files[VFWCFG_MAX_FILES + 1];
	struct ax_gmem mem = { .read = mem_read };

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		expect_refusal(bad[i], 2);
	}
	for (size_t i = 0; i < AX_ARRAY_SIZE(files); i++) {
		files[i].file = "x";
	}
	expect_refusal(files, AX_ARRAY_SIZE(files));
	vfwcfg_init(&dev, &real, files, VFWCFG_MAX_FILES);
	AXTEST_EXPECT_PANIC(vfwcfg_init(&dev, &mem, items, 1));
	mem = (struct ax_gmem){ .write = mem_write };
	AXTEST_EXPECT_PANIC(vfwcfg_init(&dev, &mem, items, 1));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, make)
	const struct CMUnitTest tests[] = {
		T(the_device_says_what_it_is),
		T(an_item_is_a_string_of_bytes_in_every_width),
		T(values_are_little_endian_and_end_in_zeros),
		T(the_directory_names_the_files),
		T(without_files_the_directory_is_empty),
		T(other_accesses_read_zero_and_do_nothing),
		T(a_small_transfer_is_over_with_the_access),
		T(the_address_may_come_in_two_halves),
		T(a_large_transfer_is_done_by_a_write_that_is_repeated),
		T(the_halves_of_the_address_stay_while_the_lower_one_is_repeated),
		T(the_offset_goes_on_over_both_interfaces),
		T(the_offset_does_not_go_beyond_the_end),
		T(a_transfer_may_begin_inside_the_directory),
		T(behind_the_end_there_are_zeros),
		T(items_cannot_be_written),
		T(addresses_without_memory_are_errors),
		T(a_descriptor_without_memory_moves_nothing),
		T(no_access_makes_more_than_a_bounded_number_of_calls),
		T(a_second_transfer_waits_for_the_first_and_helps_it),
		T(an_error_that_another_vcpu_ran_into_stays),
		T(one_cpu_at_a_time_works_on_a_transfer),
		T(a_guest_that_sees_it_done_can_start_the_next),
		T(a_transfer_that_another_vcpu_ends_is_made_once),
		T(a_write_repeated_while_the_end_is_told_starts_nothing),
		T(a_reset_drops_the_transfer),
		T(a_saved_transfer_goes_on_where_it_was),
		T(a_damaged_snapshot_changes_nothing),
		T(a_transfer_saved_before_its_first_step_is_made_after_the_load),
		T(a_table_that_cannot_be_is_a_callers_bug),
	};

	return cmocka_run_group_tests_name("vfwcfg", tests, NULL, NULL);
}
