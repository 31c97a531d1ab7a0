/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded strings and the names of errors. */
#include <axbase/mem.h>
#include <axbase/str.h>

size_t ax_strnlen(const char *s, size_t cap)
{
	size_t n = 0;

	while (n < cap && s[n] != '\0') {
		n++;
	}
	return n;
}

bool ax_streq(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

ax_err_t ax_strcpy(char *dst, size_t cap, const char *src)
{
	size_t n = ax_strnlen(src, cap);

	dst[0] = '\0';
	if (n == cap) {
		return AX_ETOOBIG;
	}
	memcpy(dst, src, n + 1);
	return AX_OK;
}

const char *ax_err_name(ax_err_t err)
{
	switch (err) {
	case AX_OK:
		return "AX_OK";
	case AX_EINVAL:
		return "AX_EINVAL";
	case AX_ENOMEM:
		return "AX_ENOMEM";
	case AX_EBUSY:
		return "AX_EBUSY";
	case AX_ENOENT:
		return "AX_ENOENT";
	case AX_EVERSION:
		return "AX_EVERSION";
	case AX_ENOSPC:
		return "AX_ENOSPC";
	case AX_EEXIST:
		return "AX_EEXIST";
	case AX_EFAULT:
		return "AX_EFAULT";
	case AX_ENOTSUP:
		return "AX_ENOTSUP";
	case AX_EFORMAT:
		return "AX_EFORMAT";
	case AX_ETOOBIG:
		return "AX_ETOOBIG";
	}
	return "AX_E?";
}
