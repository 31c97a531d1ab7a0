/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest memory as its consumers see it. axaddrspace provides it; tests give a byte array. Both calls
 * cross region boundaries, copy (so that a value is checked and used from one fetch), and are safe
 * while the guest runs; a guest writing at the same time gets torn data, never a fault of the host.
 */
#pragma once
#include <axbase/types.h>

struct ax_gmem {
	/** AX_EFAULT: some byte of the range has no memory behind it; nothing useful is in @buf then. */
	ax_err_t (*read)(void *ctx, gpa_t addr, void *buf, size_t len);
	/** AX_EFAULT: some byte has no writable memory behind it; nothing was written. */
	ax_err_t (*write)(void *ctx, gpa_t addr, const void *buf, size_t len);
	void *ctx;
};

AX_NODISCARD static inline ax_err_t ax_gmem_read(const struct ax_gmem *m, gpa_t addr, void *buf,
						 size_t len)
{
	return m->read(m->ctx, addr, buf, len);
}

AX_NODISCARD static inline ax_err_t ax_gmem_write(const struct ax_gmem *m, gpa_t addr,
						  const void *buf, size_t len)
{
	return m->write(m->ctx, addr, buf, len);
}
