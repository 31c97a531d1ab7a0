/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which level of the guest's stage 1 a table walk had reached when stage 2 stopped it: ESR_EL2 tells the
 * level of stage 2 only, and the guest is owed its own. Formats as in DDI 0487 D8.2; no LPA2.
 */
#include <axbase/bits.h>
#include "../../state.h"

#define TCR_T0SZ   AX_MASK64(5, 0)
#define TCR_TG0    AX_MASK64(15, 14)
#define TCR_T1SZ   AX_MASK64(21, 16)
#define TCR_TG1    AX_MASK64(31, 30)
#define TTBR_BADDR AX_MASK64(47, 1)
#define DESC_TABLE 3

/* Address bits inside a page, by TCR_EL1.TG0 and, in its own order, TG1. */
static const uint8_t tg0_bits[] = { 12, 16, 14, 12 };
static const uint8_t tg1_bits[] = { 12, 14, 12, 16 };

static bool read_desc(const struct vcpu_aarch64 *v, uint64_t at, uint64_t *desc)
{
	uint8_t b[8];

	if (v->cfg.gmem == NULL || ax_gmem_read(v->cfg.gmem, gpa(at), b, sizeof(b)) != AX_OK) {
		return false;
	}
	*desc = 0;
	for (unsigned i = 0; i < sizeof(b); i++) {
		*desc |= (uint64_t)b[i] << (8 * i);
	}
	return true;
}

unsigned vcpu_aarch64_walk_level(struct vcpu_aarch64 *v, uint64_t va, uint64_t stopped_at)
{
	bool high = (va & AX_BIT64(55)) != 0;
	unsigned level = 0;

	vcpu_aarch64_pull(v);
	uint64_t tcr = v->sys[SYS_TCR_EL1];
	uint64_t base = v->sys[high ? SYS_TTBR1_EL1 : SYS_TTBR0_EL1] & TTBR_BADDR;
	unsigned page =
		high ? tg1_bits[AX_FIELD_GET(TCR_TG1, tcr)] : tg0_bits[AX_FIELD_GET(TCR_TG0, tcr)];
	unsigned stride = page - 3;
	unsigned tsz = (unsigned)(high ? AX_FIELD_GET(TCR_T1SZ, tcr) : AX_FIELD_GET(TCR_T0SZ, tcr));
	unsigned top = 64 - (tsz < 16 ? 16 : tsz > 48 ? 48 : tsz); /* address bits in use */

	while (level < 3 && page + stride * (3 - level) >= top) {
		level++;
	}
	for (;; level++) {
		unsigned shift = page + stride * (3 - level);
		uint64_t index = (va & AX_MASK64(top - 1, 0)) >> shift;
		uint64_t at = base + 8 * index;
		uint64_t desc;

		if (level == 3 || (at ^ stopped_at) < AX_PAGE_SIZE || !read_desc(v, at, &desc) ||
		    (desc & 3) != DESC_TABLE) {
			return level;
		}
		top = shift;
		base = desc & AX_MASK64(47, page);
	}
}
