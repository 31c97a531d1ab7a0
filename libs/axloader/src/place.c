/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where kernel, device tree and initrd go. Fixed parts are set first; each of the others then takes
 * the lowest free place that its rules allow, above the kernel if it can.
 */
#include "internal.h"
#include <axbase/bits.h>

#define BLOCK     (UINT64_C(2) << 20) /* what both Linux protocols align a kernel to */
#define DTB_ALIGN 8                   /* arm64 and riscv booting.rst */
#define PARTS_MAX 3

struct part {
	const char *name;
	uint64_t base;
	uint64_t size; /* never 0 */
};

struct plan {
	uint64_t base;
	uint64_t last; /* of the region, inclusive */
	unsigned count;
	struct part parts[PARTS_MAX];
	struct axloader_diag *diag;
};

/* What a part that may choose its place asks for: a multiple of @align plus @offset. */
struct rule {
	uint64_t align;
	uint64_t offset;
	bool one_block; /* not across a 2 MiB boundary, if it is no larger than that */
};

static const struct part *overlapping(const struct plan *p, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (ax_ranges_overlap(p->parts[i].base, p->parts[i].size, base, size)) {
			return &p->parts[i];
		}
	}
	return NULL;
}

static bool inside(const struct plan *p, uint64_t base, uint64_t size)
{
	return base >= p->base && base <= p->last && size - 1 <= p->last - base;
}

static void add(struct plan *p, const char *name, uint64_t base, uint64_t size)
{
	p->parts[p->count++] = (struct part){ .name = name, .base = base, .size = size };
}

static ax_err_t fix(struct plan *p, const char *name, uint64_t base, uint64_t size)
{
	if (!inside(p, base, size)) {
		return axloader_fail(p->diag, AX_ETOOBIG,
				     "%s: %llu bytes at 0x%llx are not in RAM 0x%llx-0x%llx", name,
				     (unsigned long long)size, (unsigned long long)base,
				     (unsigned long long)p->base, (unsigned long long)p->last);
	}
	const struct part *other = overlapping(p, base, size);

	if (other != NULL) {
		return axloader_fail(p->diag, AX_ETOOBIG,
				     "%s: %llu bytes at 0x%llx overlap the %s, %llu at 0x%llx",
				     name, (unsigned long long)size, (unsigned long long)base,
				     other->name, (unsigned long long)other->size,
				     (unsigned long long)other->base);
	}
	add(p, name, base, size);
	return AX_OK;
}

/* @v rounded up by @r; false if that is past the end of the address space. */
static bool round_up(uint64_t v, const struct rule *r, uint64_t *out)
{
	uint64_t up = ax_align_up(v, r->align);

	if (up < v || up > UINT64_MAX - r->offset) {
		return false;
	}
	*out = up + r->offset;
	return true;
}

static bool search(const struct plan *p, const struct rule *r, uint64_t from, uint64_t size,
		   uint64_t *base)
{
	static const struct rule next_block = { .align = BLOCK };
	uint64_t at;

	for (;;) {
		if (!round_up(from, r, &at) || !inside(p, at, size)) {
			return false;
		}
		if (r->one_block && size <= BLOCK && at / BLOCK != (at + (size - 1)) / BLOCK &&
		    !round_up(at, &next_block, &at)) {
			return false;
		}
		if (!inside(p, at, size)) {
			return false;
		}
		const struct part *other = overlapping(p, at, size);

		if (other == NULL) {
			*base = at;
			return true;
		}
		uint64_t end = other->base + (other->size - 1);

		if (end == UINT64_MAX) {
			return false;
		}
		/* The offset is added by the rounding again: without this the search would jump. */
		from = end + 1 > r->offset ? ax_max_u64(end + 1 - r->offset, p->base) : p->base;
	}
}

static ax_err_t choose(struct plan *p, const char *name, const struct rule *r, uint64_t from,
		       uint64_t size, uint64_t *base)
{
	if (!search(p, r, from, size, base) && !search(p, r, p->base, size, base)) {
		return axloader_fail(p->diag, AX_ETOOBIG,
				     "%s: no room for %llu bytes in RAM 0x%llx-0x%llx", name,
				     (unsigned long long)size, (unsigned long long)p->base,
				     (unsigned long long)p->last);
	}
	add(p, name, *base, size);
	return AX_OK;
}

static struct rule kernel_rule(const struct axloader_image *kernel)
{
	switch (kernel->kind) {
	case AXLOADER_ARM64_IMAGE:
	case AXLOADER_RISCV_IMAGE:
		return (struct rule){ .align = BLOCK, .offset = kernel->load_offset };
	case AXLOADER_RAW:
	case AXLOADER_ELF64:
	default:
		return (struct rule){ .align = AX_PAGE_SIZE };
	}
}

/*
 * A riscv kernel reserves all of the 2 MiB that its end is in, so as to map them with one right; an initrd
 * in what is left of them would be refused (setup_bootmem() in Linux' arch/riscv/mm/init.c).
 */
static uint64_t size_of(const struct axloader_image *kernel)
{
	uint64_t size = ax_max_u64(kernel->mem_size, 1);

	return kernel->kind == AXLOADER_RISCV_IMAGE && size <= UINT64_MAX - BLOCK
		       ? ax_align_up(size, BLOCK)
		       : size;
}

static ax_err_t check_wish(const struct axloader_image *kernel, const struct axloader_wish *wish,
			   uint64_t dtb_size, struct axloader_diag *diag)
{
	struct rule r = kernel_rule(kernel);
	bool is_linux = r.align == BLOCK;

	if (is_linux && wish->kernel != AXLOADER_AUTO &&
	    !ax_is_aligned(wish->kernel - r.offset, BLOCK)) {
		return axloader_fail(diag, AX_EINVAL,
				     "kernel: 0x%llx is not a multiple of 2 MiB plus 0x%llx",
				     (unsigned long long)wish->kernel,
				     (unsigned long long)r.offset);
	}
	if (dtb_size != 0 && wish->dtb != AXLOADER_AUTO && !ax_is_aligned(wish->dtb, DTB_ALIGN)) {
		return axloader_fail(diag, AX_EINVAL, "dtb: 0x%llx is not a multiple of 8",
				     (unsigned long long)wish->dtb);
	}
	return AX_OK;
}

/* Where to look for room for the parts that follow the kernel. */
static uint64_t after_kernel(const struct plan *p, const struct axloader_image *kernel,
			     uint64_t base, uint64_t size)
{
	uint64_t last = base + (size - 1);

	if (last == UINT64_MAX) {
		return last;
	}
	return kernel->kind == AXLOADER_RAW ? last + 1 + (p->last - last) / 2 : last + 1;
}

static ax_err_t place_fixed(struct plan *p, const struct axloader_wish *wish, uint64_t kernel_size,
			    uint64_t initrd_size, uint64_t dtb_size)
{
	ax_err_t err = AX_OK;

	if (wish->kernel != AXLOADER_AUTO) {
		err = fix(p, "kernel", wish->kernel, kernel_size);
	}
	if (err == AX_OK && dtb_size != 0 && wish->dtb != AXLOADER_AUTO) {
		err = fix(p, "dtb", wish->dtb, dtb_size);
	}
	if (err == AX_OK && initrd_size != 0 && wish->initrd != AXLOADER_AUTO) {
		err = fix(p, "initrd", wish->initrd, initrd_size);
	}
	return err;
}

ax_err_t axloader_place(const struct axloader_image *kernel, uint64_t initrd_size,
			uint64_t dtb_size, const struct axloader_window *ram,
			const struct axloader_wish *wish, struct axloader_layout *layout,
			struct axloader_diag *diag)
{
	static const struct rule dtb_rule = { .align = DTB_ALIGN, .one_block = true };
	static const struct rule initrd_rule = { .align = AX_PAGE_SIZE };
	struct rule rule = kernel_rule(kernel);
	uint64_t kernel_size = size_of(kernel);
	struct axloader_wish at = *wish;

	if (!ax_range_valid(ram->base.v, ram->size)) {
		return axloader_fail(diag, AX_EINVAL, "RAM: 0x%llx, %llu bytes is no region",
				     (unsigned long long)ram->base.v,
				     (unsigned long long)ram->size);
	}
	struct plan p = {
		.base = ram->base.v,
		.last = ram->base.v + (ram->size - 1),
		.diag = diag,
	};

	if (kernel->kind == AXLOADER_ELF64 && at.kernel == AXLOADER_AUTO) {
		at.kernel = kernel->elf_base;
	}
	ax_err_t err = check_wish(kernel, &at, dtb_size, diag);

	if (err == AX_OK) {
		err = place_fixed(&p, &at, kernel_size, initrd_size, dtb_size);
	}
	if (err == AX_OK && at.kernel == AXLOADER_AUTO) {
		err = choose(&p, "kernel", &rule, p.base, kernel_size, &at.kernel);
	}
	if (err != AX_OK) {
		return err;
	}
	uint64_t from = after_kernel(&p, kernel, at.kernel, kernel_size);

	if (dtb_size != 0 && at.dtb == AXLOADER_AUTO) {
		err = choose(&p, "dtb", &dtb_rule, from, dtb_size, &at.dtb);
	}
	if (err == AX_OK && initrd_size != 0 && at.initrd == AXLOADER_AUTO) {
		err = choose(&p, "initrd", &initrd_rule, from, initrd_size, &at.initrd);
	}
	if (err != AX_OK) {
		return err;
	}
	*layout = (struct axloader_layout){
		.kernel = gpa(at.kernel),
		.entry = gpa(at.entry != AXLOADER_AUTO ? at.entry
						       : at.kernel + kernel->entry_offset),
		.initrd = gpa(at.initrd),
		.dtb = gpa(at.dtb),
	};
	return AX_OK;
}
