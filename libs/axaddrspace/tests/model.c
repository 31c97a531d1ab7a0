/* SPDX-License-Identifier: Apache-2.0 */
/* The reference: one entry per page, no levels, no splitting. */
#include "model.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond, page)                                                                    \
	do {                                                                                 \
		if (!(cond)) {                                                               \
			fprintf(stderr, "%s:%d: %s at page %u\n", __FILE__, __LINE__, #cond, \
				(unsigned)(page));                                           \
			abort();                                                             \
		}                                                                            \
	} while (0)

bool model_walk(const struct axaddrspace *as, uint64_t addr, struct axaddrspace_mapping *out)
{
	uint64_t table = as->root.v;

	for (uint32_t level = as->shape.levels - 1;; level--) {
		uint64_t bytes = AX_PAGE_SIZE << (9 * level);
		uint64_t index = level == as->shape.levels - 1 ? addr / bytes : addr / bytes % 512;
		const uint64_t *entry =
			as->cfg.frames->to_virt(as->cfg.frames_ctx,
						hpa(table + (index * 8 & ~UINT64_C(4095))));
		struct axaddrspace_pte pte = as->cfg.fmt->decode(entry[index % 512], level);

		if (pte.kind == AXADDRSPACE_PTE_NONE) {
			return false;
		}
		if (pte.kind == AXADDRSPACE_PTE_LEAF) {
			*out = (struct axaddrspace_mapping){ .gpa = gpa(addr / bytes * bytes),
							     .hpa = pte.addr,
							     .bytes = bytes,
							     .prot = pte.attr };
			return true;
		}
		table = pte.addr.v;
	}
}

static struct model_page page_now(const struct model *m, uint32_t page)
{
	struct axaddrspace_mapping map;
	uint64_t addr = m->base + page * AX_PAGE_SIZE;

	if (!model_walk(&m->as, addr, &map)) {
		return (struct model_page){ 0, 0 };
	}
	return (struct model_page){ map.hpa.v + (addr - map.gpa.v), map.prot };
}

static bool same(struct model_page a, struct model_page b)
{
	return a.prot == b.prot && (a.prot == 0 || a.hpa == b.hpa);
}

/** Drop the range and fill again at once, as a running guest would. */
static void invalidated(void *ctx, uint64_t start, uint64_t bytes)
{
	struct model *m = ctx;
	uint64_t end = bytes == 0 ? UINT64_MAX : start + bytes;

	/* Nothing that hardware may still walk is free before the first invalidation. */
	if (bytes != 0 && m->tlb.range_count == m->range_before + 1) {
		CHECK(m->frames.used_count >= m->used_before, 0);
	}
	for (uint32_t i = 0; i < MODEL_PAGES; i++) {
		uint64_t addr = m->base + i * AX_PAGE_SIZE;

		if (addr >= start && addr < end) {
			m->cached[i] = page_now(m, i);
		}
	}
}

/** True if the aligned block of @want is what one leaf can map. */
static bool is_block(const struct model *m, uint32_t first)
{
	const struct model_page *w = &m->want[first];

	if (w[0].prot == 0 || w[0].hpa % MODEL_BLOCK != 0) {
		return false;
	}
	for (uint32_t i = 1; i < 512; i++) {
		if (w[i].prot != w[0].prot || w[i].hpa != w[0].hpa + i * AX_PAGE_SIZE) {
			return false;
		}
	}
	return true;
}

/** The tables say what the reference says, with the largest leaves, and no TLB entry is stale. */
static void compare(struct model *m)
{
	bool block = false;

	CHECK(!m->tlb.pending, 0);
	for (uint32_t i = 0; i < MODEL_PAGES; i++) {
		struct axaddrspace_mapping map = { .prot = 0 };
		uint64_t addr = m->base + i * AX_PAGE_SIZE;
		ax_err_t err = axaddrspace_query(&m->as, gpa(addr), &map);

		if (i % 512 == 0) {
			block = is_block(m, i);
		}
		CHECK(err == (m->want[i].prot != 0 ? AX_OK : AX_ENOENT), i);
		CHECK(map.prot == m->want[i].prot, i);
		if (err == AX_OK) {
			CHECK(map.hpa.v + (addr - map.gpa.v) == m->want[i].hpa, i);
			CHECK(map.bytes == (block ? MODEL_BLOCK : AX_PAGE_SIZE), i);
		}
		CHECK(m->cached[i].prot == 0 || same(m->cached[i], m->want[i]), i);
	}
}

/** The guest touches everything: the TLB is as full as it can be. */
static void begin(struct model *m)
{
	for (uint32_t i = 0; i < MODEL_PAGES; i++) {
		m->cached[i] = m->want[i];
	}
	m->used_before = m->frames.used_count;
	m->range_before = m->tlb.range_count;
	m->frames.fail_at = m->fail_frames ? (unsigned)(axtest_random(&m->rng) % 6) : 0;
}

/** True if the operation took place. */
static bool finish(struct model *m, ax_err_t err, ax_err_t want)
{
	m->frames.fail_at = 0;
	if (err == AX_ENOMEM && m->fail_frames && want == AX_OK) {
		CHECK(m->frames.used_count == m->used_before, 0);
		return false;
	}
	CHECK(err == want, 0);
	return err == AX_OK;
}

void model_map(struct model *m, uint32_t first, uint32_t count, uint64_t to, uint32_t prot)
{
	ax_err_t want = AX_OK;

	begin(m);
	for (uint32_t i = first; i < first + count; i++) {
		want = m->want[i].prot != 0 ? AX_EEXIST : want;
	}
	if (finish(m,
		   axaddrspace_map(&m->as, gpa(m->base + first * AX_PAGE_SIZE), hpa(to),
				   count * AX_PAGE_SIZE, prot),
		   want)) {
		for (uint32_t i = 0; i < count; i++) {
			m->want[first + i] = (struct model_page){ to + i * AX_PAGE_SIZE, prot };
		}
	}
	compare(m);
}

void model_unmap(struct model *m, uint32_t first, uint32_t count)
{
	begin(m);
	if (finish(m,
		   axaddrspace_unmap(&m->as, gpa(m->base + first * AX_PAGE_SIZE),
				     count * AX_PAGE_SIZE),
		   AX_OK)) {
		memset(&m->want[first], 0, count * sizeof(m->want[0]));
	}
	compare(m);
}

void model_protect(struct model *m, uint32_t first, uint32_t count, uint32_t prot)
{
	begin(m);
	if (finish(m,
		   axaddrspace_protect(&m->as, gpa(m->base + first * AX_PAGE_SIZE),
				       count * AX_PAGE_SIZE, prot),
		   AX_OK)) {
		for (uint32_t i = first; i < first + count; i++) {
			if (m->want[i].prot != 0) {
				m->want[i].prot = (m->want[i].prot & AXADDRSPACE_PROT_DEV) | prot;
			}
		}
	}
	compare(m);
}

void model_init(struct model *m, const struct axaddrspace_fmt *fmt, uint32_t input_bits,
		uint32_t pa_bits, uint64_t base)
{
	memset(m, 0, sizeof(*m));
	axtest_frames_init(&m->frames);
	m->base = base;
	m->rng = 1;
	m->tlb.observe = invalidated;
	m->tlb.observe_ctx = m;
	CHECK(axaddrspace_init(&m->as, &(struct axaddrspace_cfg){ .fmt = fmt,
								  .input_bits = input_bits,
								  .pa_bits = pa_bits,
								  .tag_bits = 8,
								  .frames = &axtest_frame_ops,
								  .frames_ctx = &m->frames,
								  .tlb = &axaddrspace_tlb_fake,
								  .tlb_ctx = &m->tlb }) == AX_OK,
	      0);
}

void model_fini(struct model *m)
{
	unsigned root = (unsigned)(m->as.shape.root_bytes / AX_PAGE_SIZE);

	m->fail_frames = false;
	model_unmap(m, 0, MODEL_PAGES);
	CHECK(m->frames.used_count == root, 0);
	axaddrspace_fini(&m->as);
	CHECK(axtest_frames_fini(&m->frames) == 0, 0);
}
