/* SPDX-License-Identifier: Apache-2.0 */
/* The start of every snapshot: whose it is, in which version, and how long. Native byte order. */
#pragma once
#include <axbase/mem.h>
#include <axbase/types.h>

/** First bytes of every snapshot. */
struct ax_snap_hdr {
	uint32_t magic;
	uint16_t version;
	uint16_t
		reserved; /* 0: a reader refuses anything else, with the error of its other fields */
	uint32_t size;    /* of the whole snapshot, this header included, bytes */
};
AX_STATIC_ASSERT(sizeof(struct ax_snap_hdr) == 12);

/**
 * Is @buf, untrusted and of any alignment, a snapshot of @size bytes with this @magic and @version?
 * AX_EVERSION: @len is not @size or has no room for a header, or the header names another kind, version
 * or size. Whatever comes behind, and the reserved field, is for the caller to check.
 */
AX_NODISCARD static inline ax_err_t ax_snap_check(const void *buf, size_t len, uint32_t magic,
						  uint16_t version, size_t size)
{
	struct ax_snap_hdr hdr;

	if (len != size || len < sizeof(hdr)) {
		return AX_EVERSION;
	}
	memcpy(&hdr, buf, sizeof(hdr));
	return hdr.magic == magic && hdr.version == version && hdr.size == size ? AX_OK
										: AX_EVERSION;
}

/**
 * Copy a snapshot of fixed @size, which starts with a header, to @snap. AX_EVERSION: as
 * ax_snap_check() has it; @snap is untouched.
 */
AX_NODISCARD static inline ax_err_t ax_snap_read(void *snap, size_t size, const void *buf,
						 size_t len, uint32_t magic, uint16_t version)
{
	ax_err_t err = ax_snap_check(buf, len, magic, version, size);

	if (err == AX_OK) {
		memcpy(snap, buf, size);
	}
	return err;
}

/**
 * Hand out @snap, @size bytes that start with a filled-in header. AX_ENOSPC: @cap is too small; @buf
 * and @len are untouched.
 */
AX_NODISCARD static inline ax_err_t ax_snap_write(const void *snap, size_t size, void *buf,
						  size_t cap, size_t *len)
{
	if (cap < size) {
		return AX_ENOSPC;
	}
	memcpy(buf, snap, size);
	*len = size;
	return AX_OK;
}
