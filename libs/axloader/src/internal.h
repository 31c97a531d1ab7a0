/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of axloader share. */
#pragma once
#include "inflate.h"
#include <axloader/loader.h>

struct axloader {
	struct axloader_image image;
	struct ax_gmem gmem;
	gpa_t at;
	ax_err_t state;   /* AX_EBUSY while there is work; else what the load ended in */
	uint32_t zeroing; /* segment whose bss is being zeroed; segment_count: all are */
	uint64_t zeroed;  /* bytes of it */
	uint64_t pos;     /* in the inflated file */
	struct gzip gz;
};

static inline uint16_t axloader_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t axloader_le32(const uint8_t *p)
{
	return (uint32_t)axloader_le16(p) | (uint32_t)axloader_le16(p + 2) << 16;
}

static inline uint64_t axloader_le64(const uint8_t *p)
{
	return (uint64_t)axloader_le32(p) | (uint64_t)axloader_le32(p + 4) << 32;
}

/* Write @diag; returns @err, for one-line failures. */
ax_err_t axloader_fail(struct axloader_diag *diag, ax_err_t err, const char *fmt, ...)
	AX_PRINTF(3, 4);

/*
 * Fill the ELF fields of @image (file_size is set) from the first @head_size bytes of the file.
 * *@need is set to a larger head, if one would help to say more; the result then means nothing.
 */
ax_err_t axloader_probe_elf(const uint8_t *head, size_t head_size, struct axloader_image *image,
			    size_t *need, struct axloader_diag *diag);
