/* SPDX-License-Identifier: Apache-2.0 */
/* One space with room for a few slots, made new for each test. */
#include "ram.h"

struct axtest_frames frames;
struct axaddrspace_tlb_fake tlb;
struct axaddrspace as;
static struct axaddrspace_slot slots[SLOTS];
struct ax_gmem gmem;

static int make_fmt(const struct axaddrspace_fmt *fmt)
{
	axtest_port_reset();
	axtest_frames_init(&frames);
	tlb = (struct axaddrspace_tlb_fake){ .range_count = 0 };
	ax_err_t err =
		axaddrspace_init(&as, &(struct axaddrspace_cfg){ .fmt = fmt,
								 .input_bits = 40,
								 .pa_bits = 40,
								 .tag_bits = 8,
								 .frames = &axtest_frame_ops,
								 .frames_ctx = &frames,
								 .tlb = &axaddrspace_tlb_fake,
								 .tlb_ctx = &tlb,
								 .slots = slots,
								 .slot_count = SLOTS });
	gmem = axaddrspace_gmem(&as);
	return err;
}

int make(void **st)
{
	(void)st;
	return make_fmt(&axaddrspace_fmt_aarch64);
}

int make_riscv(void **st)
{
	(void)st;
	return make_fmt(&axaddrspace_fmt_sv39x4);
}

int drop(void **st)
{
	(void)st;
	axaddrspace_fini(&as);
	return (int)axtest_frames_fini(&frames);
}

uint32_t add(uint64_t at, uint64_t bytes, uint32_t prot, uint32_t flags, uint64_t to)
{
	uint32_t id = UINT32_MAX;

	assert_int_equal(axaddrspace_add_slot(&as,
					      &(struct axaddrspace_slot_cfg){ .gpa = gpa(at),
									      .bytes = bytes,
									      .prot = prot,
									      .flags = flags,
									      .hpa = hpa(to) },
					      &id),
			 AX_OK);
	return id;
}

ax_err_t fault(uint64_t at, bool write)
{
	return axaddrspace_fault(&as, gpa(at), write, false);
}

struct axaddrspace_mapping query(uint64_t at)
{
	struct axaddrspace_mapping map = { .bytes = 0 };

	if (axaddrspace_query(&as, gpa(at), &map) != AX_OK) {
		map.bytes = 0;
	}
	return map;
}
