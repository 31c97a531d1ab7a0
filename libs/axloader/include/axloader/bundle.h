/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle: a newc cpio archive with the compiled configuration of each VM ("vms/<name>.vm") and
 * the images they name. Read in place, never copied. Untrusted: a damaged header ends the walk with
 * AX_EFORMAT; what came before it is good.
 */
#pragma once
#include <axbase/types.h>

struct axloader_file {
	const char *name; /* NUL-terminated, inside the bundle; a leading "./" is skipped */
	const void *data;
	size_t size; /* bytes */
};

/**
 * The entry at *@pos (0 to begin), and *@pos moved past it. AX_ENOENT: the archive's regular end.
 * AX_EFORMAT: a damaged header, a name without an end, or data past @len; *@pos stays at the
 * damage. Directories and other entries without data come too, with size 0.
 */
AX_NODISCARD ax_err_t axloader_bundle_next(const void *bundle, size_t len, size_t *pos,
					   struct axloader_file *file);

/**
 * The entry named @name, without a leading "./". AX_ENOENT: none up to the archive's end or its
 * first damage.
 */
AX_NODISCARD ax_err_t axloader_bundle_find(const void *bundle, size_t len, const char *name,
					   struct axloader_file *file);
