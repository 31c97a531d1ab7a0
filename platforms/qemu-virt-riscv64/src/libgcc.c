/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler calls where a hart need not have Zbb; its own library is of another float ABI. */
#include <axbase/types.h>

int __ctzdi2(uint64_t v);

/** Index of the lowest set bit: each product's six top bits are a window of a de Bruijn sequence. */
int __ctzdi2(uint64_t v)
{
	static const uint8_t index[64] = {
		0,  1,  2,  53, 3,  7,  54, 27, 4,  38, 41, 8,  34, 55, 48, 28,
		62, 5,  39, 46, 44, 42, 22, 9,  24, 35, 59, 56, 49, 18, 29, 11,
		63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10,
		51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
	};

	return index[((v & (~v + 1)) * UINT64_C(0x022fdd63cc95386d)) >> 58];
}
