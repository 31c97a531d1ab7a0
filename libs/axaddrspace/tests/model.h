/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A space beside a reference that knows one page at a time, and a TLB that caches all it can. Every
 * operation is done to both and the outcomes compared; a difference aborts. Used by tests and fuzzer.
 */
#pragma once
#include <axaddrspace/space.h>
#include <axtest/axtest.h>

#define MODEL_BLOCK (UINT64_C(2) << 20)
#define MODEL_PAGES (12 * 512) /* 24 MiB */

struct model_page {
	uint64_t hpa;
	uint32_t prot; /* 0: not mapped */
};

struct model {
	struct axaddrspace as;
	struct axtest_frames frames;
	struct axaddrspace_tlb_fake tlb;
	uint64_t base;    /* of the window, 2 MiB aligned */
	bool fail_frames; /* each operation may run out of frames */
	struct model_page want[MODEL_PAGES];
	struct model_page cached[MODEL_PAGES];
	unsigned used_before;
	unsigned range_before;
	uint64_t rng;
};

/** @base: first guest-physical address of the window. */
void model_init(struct model *m, const struct axaddrspace_fmt *fmt, uint32_t input_bits,
		uint32_t pa_bits, uint64_t base);
/** Unmaps all, checks that only the root is left, ends the space and checks for leaks. */
void model_fini(struct model *m);

/** [@first, @first + @count) in pages of the window. */
void model_map(struct model *m, uint32_t first, uint32_t count, uint64_t to, uint32_t prot);
void model_unmap(struct model *m, uint32_t first, uint32_t count);
void model_protect(struct model *m, uint32_t first, uint32_t count, uint32_t prot);

/** What the tables say now, without the library's own walk. False: nothing. */
bool model_walk(const struct axaddrspace *as, uint64_t addr, struct axaddrspace_mapping *out);
