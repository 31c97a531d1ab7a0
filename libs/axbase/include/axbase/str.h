/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded strings in caller's arrays; always NUL-terminated. */
#pragma once
#include <axbase/types.h>

/** Bytes before the NUL in @s, at most @cap. */
size_t ax_strnlen(const char *s, size_t cap);

/** True if both NUL-terminated strings are equal. */
bool ax_streq(const char *a, const char *b);

/**
 * Copy @src into @dst of @cap bytes. AX_ETOOBIG: @src with its NUL does not fit; @dst is then the
 * empty string. @cap must not be 0.
 */
AX_NODISCARD ax_err_t ax_strcpy(char *dst, size_t cap, const char *src);
