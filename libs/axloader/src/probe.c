/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image is. The facts about the Linux headers are from Documentation/arch/arm64/booting.rst
 * and Documentation/arch/riscv/boot-image-header.rst.
 */
#include "internal.h"
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axport/assert.h>
#include <axport/log.h>

#define LINUX_HEADER         64
#define LINUX_TEXT_OFFSET    8
#define LINUX_IMAGE_SIZE     16
#define LINUX_MAGIC          56
#define ARM64_MAGIC          UINT32_C(0x644d5241) /* "ARM\x64" */
#define RISCV_MAGIC2         UINT32_C(0x05435352) /* "RSC\x05" */
#define ARM64_OLD_OFFSET     UINT64_C(0x80000)
#define ARM64_OLD_IMAGE_SIZE (UINT64_C(16) << 20) /* as U-Boot assumes: file and bss */
/* Linux drivers/firmware/efi/libstub/zboot-header.S */
#define ZBOOT_PAYLOAD_OFFSET 8
#define ZBOOT_PAYLOAD_SIZE   12
#define ZBOOT_COMPRESSION    24 /* a NUL-terminated name */
#define GZIP_HEAD            4096
#define GZIP_HEAD_MAX        INFLATE_WINDOW
#define GZIP_RUNS_MAX        256
/* A match of 258 bytes takes two bits at least; RFC 1951 gives no more than 1032 to 1. */
#define DEFLATE_RATIO_MAX 1032

ax_err_t axloader_fail(struct axloader_diag *diag, ax_err_t err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)ax_vformat(diag->text, sizeof(diag->text), fmt, args);
	va_end(args);
	return err;
}

const char *axloader_kind_name(enum axloader_kind kind)
{
	switch (kind) {
	case AXLOADER_RAW:
		return "raw image";
	case AXLOADER_ARM64_IMAGE:
		return "arm64 Image";
	case AXLOADER_RISCV_IMAGE:
		return "riscv Image";
	case AXLOADER_ELF64:
		return "ELF";
	default:
		return "unknown image";
	}
}

/* One segment: the whole file, and zeros up to @mem_size. */
static void set_flat(struct axloader_image *image, enum axloader_kind kind, uint64_t mem_size)
{
	image->kind = kind;
	image->mem_size = ax_max_u64(mem_size, image->file_size);
	image->segment_count = 1;
	image->segments[0] = (struct axloader_segment){
		.file_size = image->file_size,
		.mem_size = image->mem_size,
	};
}

static void probe_linux(const uint8_t *head, struct axloader_image *image)
{
	uint32_t magic = axloader_le32(head + LINUX_MAGIC);
	uint64_t image_size = axloader_le64(head + LINUX_IMAGE_SIZE);

	if (magic != ARM64_MAGIC && magic != RISCV_MAGIC2) {
		return;
	}
	image->load_offset = axloader_le64(head + LINUX_TEXT_OFFSET);
	if (magic == RISCV_MAGIC2) {
		set_flat(image, AXLOADER_RISCV_IMAGE, image_size);
	} else if (image_size != 0) {
		set_flat(image, AXLOADER_ARM64_IMAGE, image_size);
	} else { /* before Linux 3.17: text_offset has no defined endianness, bss no size */
		image->load_offset = ARM64_OLD_OFFSET;
		set_flat(image, AXLOADER_ARM64_IMAGE, ARM64_OLD_IMAGE_SIZE);
	}
}

/*
 * Kind and room from the first @size bytes of the inflated file. *@need as in axloader_probe_elf().
 */
static ax_err_t probe_head(const uint8_t *head, size_t size, struct axloader_image *image,
			   size_t *need, struct axloader_diag *diag)
{
	*need = size;
	set_flat(image, AXLOADER_RAW, 0);
	if (size >= 4 && memcmp(head, "\177ELF", 4) == 0) {
		image->kind = AXLOADER_ELF64;
		return axloader_probe_elf(head, size, image, need, diag);
	}
	if (size >= LINUX_HEADER) {
		probe_linux(head, image);
	}
	return AX_OK;
}

/* Inflate until the window has the file's first @want bytes, or all of it; *@have of them. */
static ax_err_t inflate_head(struct gzip *gz, size_t want, size_t *have)
{
	ax_err_t err = AX_EBUSY;

	for (unsigned i = 0; i < GZIP_RUNS_MAX && err == AX_EBUSY && *have < want; i++) {
		const uint8_t *slice;
		size_t n;

		err = axloader_gzip_run(gz, want - *have, &slice, &n);
		*have += n;
	}
	if (err == AX_EBUSY && *have < want) {
		gz->fault = "has next to nothing in its first blocks";
		err = AX_EFORMAT;
	}
	return err == AX_EBUSY ? AX_OK : err;
}

static bool is_gzip(const struct axloader_image *image)
{
	return image->size >= 2 && image->data[0] == 0x1f && image->data[1] == 0x8b;
}

static ax_err_t probe_gzip(struct axloader *scratch, struct axloader_image *image,
			   struct axloader_diag *diag)
{
	struct gzip *gz = &scratch->gz;
	ax_err_t err = axloader_gzip_begin(gz, image->data, image->size);
	size_t have = 0;
	size_t need;

	if (err != AX_OK) {
		return axloader_fail(diag, err, "gzip: %s", gz->fault);
	}
	image->file_size = axloader_gzip_isize(image->data, image->size);
	if (image->file_size / DEFLATE_RATIO_MAX > image->size) {
		return axloader_fail(diag, AX_EFORMAT, "gzip: %zu bytes cannot inflate to %llu",
				     image->size, (unsigned long long)image->file_size);
	}
	err = inflate_head(gz, (size_t)ax_min_u64(GZIP_HEAD, image->file_size), &have);
	if (err != AX_OK) {
		return axloader_fail(diag, err, "gzip: %s", gz->fault);
	}
	err = probe_head(gz->z.window, have, image, &need, diag);
	if (need > have && need <= GZIP_HEAD_MAX) {
		if (inflate_head(gz, need, &have) != AX_OK) {
			return axloader_fail(diag, AX_EFORMAT, "gzip: %s", gz->fault);
		}
		err = probe_head(gz->z.window, have, image, &need, diag);
	}
	return err;
}

/*
 * The deflated kernel in the EFI application that recent distributions ship: unpacked, for the
 * guest has no firmware to start that. @image comes out describing the payload alone.
 */
static ax_err_t open_zboot(struct axloader_image *image, struct axloader_diag *diag)
{
	const uint8_t *head = image->data;
	uint64_t offset = axloader_le32(head + ZBOOT_PAYLOAD_OFFSET);
	uint64_t size = axloader_le32(head + ZBOOT_PAYLOAD_SIZE);

	if (memcmp(head + ZBOOT_COMPRESSION, "gzip", 5) != 0) {
		return axloader_fail(diag, AX_ENOTSUP, "EFI zboot: compressed with %.8s, not gzip",
				     (const char *)head + ZBOOT_COMPRESSION);
	}
	if (offset > image->size || size > image->size - offset) {
		return axloader_fail(diag, AX_EFORMAT, "EFI zboot: payload past the end");
	}
	image->data += offset;
	image->size = (size_t)size;
	image->file_size = size;
	if (!is_gzip(image)) {
		return axloader_fail(diag, AX_EFORMAT, "EFI zboot: payload is not gzip");
	}
	return AX_OK;
}

static bool is_zboot(const struct axloader_image *image)
{
	return image->size >= LINUX_HEADER && memcmp(image->data, "MZ\0\0zimg", 8) == 0;
}

ax_err_t axloader_probe(struct axloader *scratch, const void *data, size_t size,
			struct axloader_image *image, struct axloader_diag *diag)
{
	struct axloader_image found = { .data = data, .size = size, .file_size = size };
	ax_err_t err = AX_OK;
	size_t need;

	ax_assert(scratch != NULL);
	if (is_zboot(&found)) {
		err = open_zboot(&found, diag);
	}
	if (err != AX_OK) {
		return err;
	}
	if (is_gzip(&found)) {
		found.gzip = true;
		err = probe_gzip(scratch, &found, diag);
	} else {
		err = probe_head(found.data, size, &found, &need, diag);
	}
	if (err == AX_OK) {
		*image = found;
	}
	return err;
}

void axloader_raw(const void *data, size_t size, struct axloader_image *image)
{
	*image = (struct axloader_image){ .data = data, .size = size, .file_size = size };
	set_flat(image, AXLOADER_RAW, 0);
}
