/* SPDX-License-Identifier: Apache-2.0 */
/* What libfdt's headers and archive want of <stdlib.h> on a machine without a libc. */
#pragma once

/**
 * As in C11 7.22.1.4 for @base 0 and 2 to 36, without errno: too large a number is ULONG_MAX, and any
 * other base converts nothing.
 */
unsigned long strtoul(const char *s, char **end, int base);
