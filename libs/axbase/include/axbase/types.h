/* SPDX-License-Identifier: Apache-2.0 */
/* The words every other header is written in: address types, errors, attributes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AX_NODISCARD                       __attribute__((warn_unused_result))
#define AX_PRINTF(fmt, arg)                __attribute__((format(printf, fmt, arg)))
#define AX_ALIGNED(n)                      __attribute__((aligned(n)))
#define AX_PACKED                          __attribute__((packed))
#define AX_COLD                            __attribute__((cold, noinline))
#define AX_NOINLINE                        __attribute__((noinline))
#define AX_ALWAYS_INLINE                   inline __attribute__((always_inline))
#define AX_LIKELY(x)                       __builtin_expect(!!(x), 1)
#define AX_UNLIKELY(x)                     __builtin_expect(!!(x), 0)
#define AX_STATIC_ASSERT(e)                _Static_assert(e, #e)
#define AX_ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define AX_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define AX_PAGE_SHIFT                      12
#define AX_PAGE_SIZE                       (UINT64_C(1) << AX_PAGE_SHIFT)

/** Guest-physical address. A struct of its own, so that it cannot be passed where an hpa_t is due. */
typedef struct {
	uint64_t v;
} gpa_t;

/** Host-physical address. */
typedef struct {
	uint64_t v;
} hpa_t;

static inline gpa_t gpa(uint64_t v)
{
	return (gpa_t){ v };
}

static inline hpa_t hpa(uint64_t v)
{
	return (hpa_t){ v };
}

/** Result of every call that can fail: AX_OK or a negative value. Never shown to a guest as it is. */
typedef enum ax_err {
	AX_OK = 0,
	AX_EINVAL = -1, /* an argument or an input field has a value outside its documented range */
	AX_ENOMEM = -2, /* no frame or no room in caller-given storage to build with */
	AX_EBUSY = -3,  /* the object is in a state that forbids the call now */
	AX_ENOENT = -4, /* nothing of that name, address or id exists */
	AX_EVERSION = -5, /* snapshot or blob of another kind, version or size */
	AX_ENOSPC = -6,   /* the caller's output buffer is too small */
	AX_EEXIST = -7,   /* the range, name or id is taken */
	AX_EFAULT = -8,   /* a guest address range is not wholly backed by memory */
	AX_ENOTSUP = -9,  /* known, but not available on this machine or in this build */
	AX_EFORMAT = -10, /* input bytes do not follow their format */
	AX_ETOOBIG = -11, /* the input is larger than the room it is meant for */
} ax_err_t;

/** Name of @err for a log line, "AX_EINVAL" style; "AX_E?" for a value not in the enum. */
const char *ax_err_name(ax_err_t err);
