/* SPDX-License-Identifier: Apache-2.0 */
/* What libfdt's headers and archive want of <string.h> on a machine without a libc. */
#pragma once
#include <axbase/mem.h>

void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t cap);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
