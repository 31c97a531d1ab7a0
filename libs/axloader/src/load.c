/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying an image to guest memory in steps. First every bss is zeroed, then the file streams by,
 * and each piece goes to the segments that want it: so the order of segments in a deflated file is
 * free.
 */
#include "internal.h"
#include <axbase/bits.h>
#include <axport/assert.h>

#define ZEROS 1024 /* bytes of zeros to copy from, all of them in the image */

const size_t axloader_size = sizeof(struct axloader);
const size_t axloader_align = _Alignof(struct axloader);
AX_STATIC_ASSERT(sizeof(struct axloader) <= AXLOADER_STORAGE_BYTES);
AX_STATIC_ASSERT(_Alignof(struct axloader) <= 8);

ax_err_t axloader_begin(struct axloader *l, const struct axloader_image *image, gpa_t at,
			const struct axloader_window *window, const struct ax_gmem *gmem,
			struct axloader_diag *diag)
{
	uint64_t skipped = at.v - window->base.v;

	l->state = AX_EINVAL; /* unless all goes well here, a step is a caller's bug */
	if (at.v < window->base.v || skipped > window->size ||
	    image->mem_size > window->size - skipped || at.v > UINT64_MAX - image->mem_size) {
		return axloader_fail(diag, AX_ETOOBIG,
				     "%s: %llu bytes at 0x%llx do not fit 0x%llx, %llu bytes",
				     axloader_kind_name(image->kind),
				     (unsigned long long)image->mem_size, (unsigned long long)at.v,
				     (unsigned long long)window->base.v,
				     (unsigned long long)window->size);
	}
	ax_assert(image->segment_count <= AXLOADER_MAX_SEGMENTS);
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct axloader_segment *s = &image->segments[i];

		/* What keeps all later writes inside the window. */
		ax_assert(s->file_size <= s->mem_size && s->mem_offset <= image->mem_size &&
			  s->mem_size <= image->mem_size - s->mem_offset);
	}
	if (image->gzip && axloader_gzip_begin(&l->gz, image->data, image->size) != AX_OK) {
		return axloader_fail(diag, AX_EFORMAT, "gzip: %s", l->gz.fault);
	}
	l->image = *image;
	l->gmem = *gmem;
	l->at = at;
	l->state = AX_EBUSY;
	l->zeroing = 0;
	l->zeroed = 0;
	l->pos = 0;
	return AX_OK;
}

static ax_err_t write_guest(struct axloader *l, uint64_t offset, const uint8_t *bytes, size_t n,
			    struct axloader_diag *diag)
{
	if (ax_gmem_write(&l->gmem, gpa(l->at.v + offset), bytes, n) != AX_OK) {
		return axloader_fail(diag, AX_EFAULT, "%s: no memory at 0x%llx, %zu bytes",
				     axloader_kind_name(l->image.kind),
				     (unsigned long long)(l->at.v + offset), n);
	}
	return AX_OK;
}

/* The file's bytes from l->pos on, to every segment that has some of them. */
static ax_err_t put(struct axloader *l, const uint8_t *bytes, size_t n, struct axloader_diag *diag)
{
	for (uint32_t i = 0; i < l->image.segment_count; i++) {
		const struct axloader_segment *s = &l->image.segments[i];
		uint64_t from = ax_max_u64(l->pos, s->file_offset);
		uint64_t to = ax_min_u64(l->pos + n, s->file_offset + s->file_size);

		if (from >= to) {
			continue;
		}
		ax_err_t err = write_guest(l, s->mem_offset + (from - s->file_offset),
					   bytes + (from - l->pos), (size_t)(to - from), diag);

		if (err != AX_OK) {
			return err;
		}
	}
	l->pos += n;
	return AX_OK;
}

/* Zero up to *@budget bytes of bss, and take them off it. */
static ax_err_t zero_some(struct axloader *l, size_t *budget, struct axloader_diag *diag)
{
	static const uint8_t zeros[ZEROS];

	while (*budget > 0 && l->zeroing < l->image.segment_count) {
		const struct axloader_segment *s = &l->image.segments[l->zeroing];
		uint64_t left = s->mem_size - s->file_size - l->zeroed;
		size_t n = (size_t)ax_min_u64(ax_min_u64(left, *budget), ZEROS);

		if (n == 0) {
			l->zeroing++;
			l->zeroed = 0;
			continue;
		}
		ax_err_t err =
			write_guest(l, s->mem_offset + s->file_size + l->zeroed, zeros, n, diag);

		if (err != AX_OK) {
			return err;
		}
		l->zeroed += n;
		*budget -= n;
	}
	return AX_OK;
}

static ax_err_t inflate_some(struct axloader *l, size_t budget, struct axloader_diag *diag)
{
	const uint8_t *slice;
	size_t n;
	ax_err_t end = axloader_gzip_run(&l->gz, budget, &slice, &n);

	if (n > l->image.file_size - l->pos) {
		return axloader_fail(diag, AX_EFORMAT, "gzip: inflates past its length of %llu",
				     (unsigned long long)l->image.file_size);
	}
	ax_err_t err = put(l, slice, n, diag);

	if (err != AX_OK) {
		return err;
	}
	if (end == AX_EFORMAT) {
		return axloader_fail(diag, AX_EFORMAT, "gzip: %s (after %llu bytes)", l->gz.fault,
				     (unsigned long long)l->pos);
	}
	return end;
}

/* The first byte at or after @pos that a segment wants; UINT64_MAX if there is none. */
static uint64_t next_wanted(const struct axloader_image *image, uint64_t pos)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct axloader_segment *s = &image->segments[i];

		if (pos < s->file_offset + s->file_size) {
			next = ax_min_u64(next, ax_max_u64(pos, s->file_offset));
		}
	}
	return next;
}

static ax_err_t copy_some(struct axloader *l, size_t budget, struct axloader_diag *diag)
{
	l->pos = next_wanted(&l->image, l->pos); /* debug sections are passed over */
	if (l->pos == UINT64_MAX) {
		return AX_OK;
	}
	size_t n = (size_t)ax_min_u64(l->image.file_size - l->pos, budget);
	ax_err_t err = put(l, l->image.data + l->pos, n, diag);

	return err == AX_OK ? AX_EBUSY : err;
}

ax_err_t axloader_step(struct axloader *l, size_t budget, struct axloader_diag *diag)
{
	ax_assert(budget > 0 && l->state != AX_EINVAL);
	if (l->state != AX_EBUSY) {
		return l->state;
	}
	ax_err_t err = zero_some(l, &budget, diag);

	if (err != AX_OK) {
		l->state = err;
	} else if (budget > 0) {
		l->state =
			l->image.gzip ? inflate_some(l, budget, diag) : copy_some(l, budget, diag);
	}
	return l->state;
}
