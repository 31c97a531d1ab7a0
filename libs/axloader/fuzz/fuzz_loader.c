/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an image: probed, placed and loaded into 64 KiB of guest memory. Parts are placed
 * inside RAM and apart; nothing outside the window is written; a step writes no more than its
 * budget; and two budgets end in the same result and, if that is good, the same memory.
 *
 * The first byte's low bit asks for a gzip frame around the rest, so that mutation reaches inflate.
 */
#include <axtest/axtest.h>
#include <axloader/loader.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond)) {   \
			abort(); \
		}                \
	} while (0)

#define RAM_BASE  UINT64_C(0x80000000)
#define RAM_BYTES 65536
#define GUARD     256
#define FILL      0x5a
#define INPUT_MAX 4096
#define DTB_BYTES 100
#define INITRD    5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct ram {
	uint8_t bytes[GUARD + RAM_BYTES + GUARD];
	size_t step_bytes; /* written since the step began */
};

static uint64_t storage[AXLOADER_STORAGE_BYTES / sizeof(uint64_t)];
static struct axloader *const loader = (struct axloader *)(void *)storage;
static const struct axloader_window window = { { RAM_BASE }, RAM_BYTES };

static ax_err_t ram_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	struct ram *r = ctx;
	uint64_t off = addr.v - RAM_BASE;

	CHECK(addr.v >= RAM_BASE && off <= RAM_BYTES && len <= RAM_BYTES - off);
	memcpy(r->bytes + GUARD + off, buf, len);
	r->step_bytes += len;
	return AX_OK;
}

static ax_err_t load(struct ram *r, const struct axloader_image *image, gpa_t at, size_t budget)
{
	struct ax_gmem gmem = { .write = ram_write, .ctx = r };
	struct axloader_diag diag;
	/* bss, then file; a step without output has read some block headers. */
	uint64_t steps_max =
		image->mem_size * image->segment_count + image->file_size + 2 * image->size + 64;
	uint64_t steps = 0;
	ax_err_t err;

	memset(r->bytes, FILL, sizeof(r->bytes));
	err = axloader_begin(loader, image, at, &window, &gmem, &diag);
	if (err != AX_OK) {
		CHECK(err == AX_ETOOBIG || err == AX_EFORMAT);
		return err;
	}
	do {
		r->step_bytes = 0;
		err = axloader_step(loader, budget, &diag);
		/* Segments may share bytes of the file, and each gets its copy. */
		CHECK(r->step_bytes <= budget * image->segment_count);
		CHECK(++steps <= steps_max);
	} while (err == AX_EBUSY);
	CHECK(err == AX_OK || err == AX_EFORMAT);
	for (size_t i = 0; i < GUARD; i++) {
		CHECK(r->bytes[i] == FILL && r->bytes[GUARD + RAM_BYTES + i] == FILL);
	}
	return err;
}

static bool apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a + a_size <= b || b + b_size <= a;
}

static void check_layout(const struct axloader_image *image, const struct axloader_layout *l)
{
	uint64_t end = RAM_BASE + RAM_BYTES;

	CHECK(l->kernel.v >= RAM_BASE && l->kernel.v + image->mem_size <= end);
	CHECK(l->initrd.v >= RAM_BASE && l->initrd.v + INITRD <= end);
	CHECK(l->dtb.v >= RAM_BASE && l->dtb.v + DTB_BYTES <= end);
	CHECK(apart(l->kernel.v, image->mem_size, l->initrd.v, INITRD));
	CHECK(apart(l->kernel.v, image->mem_size, l->dtb.v, DTB_BYTES));
	CHECK(apart(l->initrd.v, INITRD, l->dtb.v, DTB_BYTES));
}

static void check_image(const struct axloader_image *image)
{
	CHECK(image->segment_count >= 1 && image->segment_count <= AXLOADER_MAX_SEGMENTS);
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct axloader_segment *s = &image->segments[i];

		CHECK(s->file_size <= s->mem_size);
		CHECK(s->file_offset <= image->file_size &&
		      s->file_size <= image->file_size - s->file_offset);
		CHECK(s->mem_offset <= image->mem_size &&
		      s->mem_size <= image->mem_size - s->mem_offset);
	}
}

static void try_image(const uint8_t *data, size_t size)
{
	static struct ram slow;
	static struct ram fast;
	const struct axloader_wish wish = { AXLOADER_AUTO, AXLOADER_AUTO, AXLOADER_AUTO,
					    AXLOADER_AUTO };
	struct axloader_image image;
	struct axloader_layout layout;
	struct axloader_diag diag;

	if (axloader_probe(loader, data, size, &image, &diag) != AX_OK) {
		CHECK(memchr(diag.text, '\0', sizeof(diag.text)) != NULL);
		return;
	}
	check_image(&image);
	gpa_t at = image.kind == AXLOADER_ELF64 ? gpa(image.elf_base) : gpa(RAM_BASE);

	if (axloader_place(&image, INITRD, DTB_BYTES, &window, &wish, &layout, &diag) == AX_OK) {
		check_layout(&image, &layout);
		at = layout.kernel;
	}
	ax_err_t err = load(&slow, &image, at, 3);

	CHECK(load(&fast, &image, at, 70000) == err);
	CHECK(err != AX_OK || memcmp(slow.bytes, fast.bytes, sizeof(slow.bytes)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t header[10] = { 0x1f, 0x8b, 8 };
	static uint8_t framed[sizeof(header) + INPUT_MAX + 8];

	if (size < 3 || size > INPUT_MAX) {
		return 0;
	}
	if ((data[0] & 1) == 0) {
		try_image(data + 1, size - 1);
		return 0;
	}
	/* Bytes 1 and 2 are the length claimed; the CRC is left wrong, it is checked last. */
	memset(framed, 0, sizeof(framed));
	memcpy(framed, header, sizeof(header));
	memcpy(framed + sizeof(header), data + 3, size - 3);
	memcpy(framed + sizeof(header) + (size - 3) + 4, data + 1, 2);
	try_image(framed, sizeof(header) + (size - 3) + 8);
	return 0;
}
