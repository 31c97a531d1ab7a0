/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to operations on a space beside the page-wise reference, which aborts at any difference: in
 * what is mapped, in leaf sizes, in what a TLB could still hold, in frames after a failure.
 */
#include "../tests/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEP_BYTES 6
#define STEPS_MAX  48

static const struct axaddrspace_fmt *const fmts[] = {
	&axaddrspace_fmt_aarch64, &axaddrspace_fmt_sv39x4, &axaddrspace_fmt_sv57x4,
	&axaddrspace_fmt_ept,     &axaddrspace_fmt_npt,
};
static const uint32_t prots[] = {
	AXADDRSPACE_PROT_READ,
	AXADDRSPACE_PROT_RWX,
	AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE,
	AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_EXEC,
};

static void step(struct model *m, const uint8_t *d)
{
	uint32_t first = (uint32_t)(d[1] | d[2] << 8) % MODEL_PAGES;
	uint32_t count = 1 + (uint32_t)(d[3] | (d[4] & 7) << 8);
	uint32_t prot = prots[d[0] >> 6];

	if ((d[4] & 0x80) != 0) { /* whole blocks */
		first = first / 512 * 512;
		count = (1 + count % 4) * 512;
	}
	count = first + count > MODEL_PAGES ? MODEL_PAGES - first : count;
	switch (d[0] & 3) {
	case 0:
	case 1: {
		/* Few places to map to, so that neighbours can be one block. */
		uint64_t delta = (uint64_t)(d[5] & 3) * MODEL_BLOCK + (d[5] & 4) / 4 * AX_PAGE_SIZE;
		uint32_t dev = (d[5] & 0x38) == 0x38 ? AXADDRSPACE_PROT_DEV : 0;

		model_map(m, first, count, (UINT64_C(3) << 30) + delta + first * AX_PAGE_SIZE,
			  prot | dev);
		break;
	}
	case 2:
		model_unmap(m, first, count);
		break;
	default:
		model_protect(m, first, count, prot);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model m;

	if (size < 2) {
		return 0;
	}
	model_init(&m, fmts[data[0] % AX_ARRAY_SIZE(fmts)], 40, 40,
		   (UINT64_C(1) << 30) - 6 * MODEL_BLOCK);
	m.fail_frames = (data[1] & 1) != 0;
	m.rng = data[1];
	for (size_t i = 0; i < STEPS_MAX && 2 + (i + 1) * STEP_BYTES <= size; i++) {
		step(&m, data + 2 + i * STEP_BYTES);
	}
	model_fini(&m);
	return 0;
}
