/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From image bytes to guest memory: says what an image is and what room it wants, then copies (or
 * inflates) it in bounded steps, so that a pCPU never disappears into a large copy. Images are
 * untrusted; nothing outside the window given is written.
 */
#pragma once
#include <axdev/gmem.h>

enum axloader_kind {
	AXLOADER_RAW,
	AXLOADER_ARM64_IMAGE, /* Linux Documentation/arch/arm64/booting.rst */
	AXLOADER_RISCV_IMAGE, /* Linux Documentation/arch/riscv/boot-image-header.rst */
	AXLOADER_ELF64,       /* EM_AARCH64, EM_RISCV or EM_X86_64, placed by p_paddr */
};

struct axloader_diag {
	char text[160];
};

/** Memory that an image may go to: one region of the guest's RAM. */
struct axloader_window {
	gpa_t base;
	uint64_t size; /* bytes */
};

#define AXLOADER_MAX_SEGMENTS 16

/** A piece of the (inflated) file and its place; what mem_size has past file_size is zeroed. */
struct axloader_segment {
	uint64_t file_offset;
	uint64_t file_size;  /* bytes, never more than mem_size */
	uint64_t mem_offset; /* from the load address */
	uint64_t mem_size;   /* bytes */
};

/** What axloader_probe() found out. Read it; only the two functions below write one. */
struct axloader_image {
	const uint8_t *data; /* in the bundle (of EFI zboot: its payload); must stay until loaded */
	size_t size;
	bool gzip; /* @data is deflated; kind and the rest describe what is inside */
	enum axloader_kind kind;
	uint64_t file_size;     /* inflated, bytes; @size if not deflated */
	uint64_t mem_size;      /* room from the load address on, bss included, bytes */
	uint64_t load_offset;   /* arm64/riscv: wanted distance from a 2 MiB boundary */
	uint64_t elf_base;      /* ELF: lowest physical address of a segment */
	uint64_t entry_offset;  /* entry - load address (ELF: - elf_base) */
	uint32_t segment_count; /* one, unless it is an ELF */
	struct axloader_segment segments[AXLOADER_MAX_SEGMENTS];
};

/**
 * A load in progress, or the scratch of a probe. Opaque but for its size; holds the inflate window,
 * so not for a stack. Needs no initialisation and no end. For storage that is sized when compiled,
 * AXLOADER_STORAGE_BYTES aligned to 8 is enough.
 */
struct axloader;
extern const size_t axloader_size;
extern const size_t axloader_align;
#define AXLOADER_STORAGE_BYTES 40960

/**
 * Find out what @data is. @scratch must not be a load in progress; it is free again afterwards. Of
 * a deflated image a few KiB are inflated. AX_EFORMAT: looks like a known format but breaks it (a
 * cut ELF header, a gzip header or length that cannot be, a program header past the file); @diag
 * names what. AX_ENOTSUP: an EFI zboot image with another compression than gzip. Anything else is
 * RAW.
 */
AX_NODISCARD ax_err_t axloader_probe(struct axloader *scratch, const void *data, size_t size,
				     struct axloader_image *image, struct axloader_diag *diag);

/**
 * @data as it is, whatever it may look like: a device tree, or an initrd that its guest inflates.
 */
void axloader_raw(const void *data, size_t size, struct axloader_image *image);

/** "raw image", "arm64 Image", … for a log line. */
const char *axloader_kind_name(enum axloader_kind kind);

/** Where the parts of a Linux-style guest go. */
struct axloader_layout {
	gpa_t kernel;
	gpa_t entry;
	gpa_t initrd; /* undefined if @initrd_size was 0 */
	gpa_t dtb;    /* undefined if @dtb_size was 0 */
};

/** Addresses that the configuration fixes; AXLOADER_AUTO leaves one to axloader_place(). */
#define AXLOADER_AUTO UINT64_MAX
struct axloader_wish {
	uint64_t kernel;
	uint64_t entry;
	uint64_t initrd;
	uint64_t dtb;
};

/**
 * Lay out kernel, initrd (@initrd_size 0: none) and a device tree of @dtb_size bytes (0: none) in
 * @ram, by the boot protocol of the image's kind and @wish. Left alone, the kernel goes as low as
 * its protocol allows, the device tree after it and the initrd after that; after a RAW image, whose
 * bss nobody knows, from the middle of the free room on. An ELF goes where it is linked to.
 * AX_ETOOBIG: a part does not fit the region, or parts overlap; @diag names it, its size and the
 * room. AX_EINVAL: a wish has an alignment that the protocol forbids, or @ram is empty or wraps.
 */
AX_NODISCARD ax_err_t axloader_place(const struct axloader_image *kernel, uint64_t initrd_size,
				     uint64_t dtb_size, const struct axloader_window *ram,
				     const struct axloader_wish *wish,
				     struct axloader_layout *layout, struct axloader_diag *diag);

/**
 * Begin to load @image (copied) at @at, within @window. @gmem (copied; its ctx must stay) is
 * written by axloader_step() alone. No guest memory is touched yet. AX_ETOOBIG: it does not fit
 * @window. AX_EFORMAT: the gzip header is broken.
 */
AX_NODISCARD ax_err_t axloader_begin(struct axloader *l, const struct axloader_image *image,
				     gpa_t at, const struct axloader_window *window,
				     const struct ax_gmem *gmem, struct axloader_diag *diag);

/**
 * Move on by about @budget (at least 1) bytes of output. AX_EBUSY: more to do. AX_OK: all is in
 * place, bss zeroed. AX_EFORMAT: the deflated data is damaged (bad block, wrong CRC-32 or length;
 * bytes after its end). AX_EFAULT: the window has no memory behind it. After AX_OK the same again;
 * after an error the load is over, and calling on returns that error.
 */
AX_NODISCARD ax_err_t axloader_step(struct axloader *l, size_t budget, struct axloader_diag *diag);
