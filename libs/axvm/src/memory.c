/* SPDX-License-Identifier: Apache-2.0 */
/* The VM's RAM: slots of its address space, and the host's memory that some of it must lie at. */
#include "internal.h"

#define BLOCK_MAX (UINT64_C(1) << 30)

/* A walk through the blocks that all identity-mapped regions are made of. */
struct blocks {
	uint32_t region;
	uint64_t done; /* bytes of it */
};

/* The size of the next block, that begins at @at; 0: there are no more. */
static uint64_t next_block(const struct axvm *vm, struct blocks *b, hpa_t *at)
{
	for (; b->region < vm->conf.mem_count; b->region++, b->done = 0) {
		const struct axconf_mem *m = &vm->conf.mem[b->region];
		uint64_t left = m->size - b->done;
		uint64_t bytes = BLOCK_MAX;

		if (m->kind != AXCONF_MEM_IDENTITY || left == 0) {
			continue;
		}
		*at = hpa(m->base.v + b->done);
		while (bytes > left || !ax_is_aligned(at->v, bytes)) {
			bytes /= 2;
		}
		b->done += bytes;
		return bytes;
	}
	return 0;
}

ax_err_t axvm_memory_take(struct axvm *vm, struct axvm_diag *diag)
{
	const struct ax_frame_ops *frames = vm->host->frames;
	struct blocks b = { 0 };
	uint64_t bytes;
	hpa_t at;

	while ((bytes = next_block(vm, &b, &at)) != 0) {
		const struct axconf_mem *m = &vm->conf.mem[b.region];
		ax_err_t err;

		if (frames->take == NULL) {
			return axvm_refuse(diag, vm, AX_ENOTSUP,
					   "memory[%u]: this host gives no identity-mapped memory",
					   b.region);
		}
		err = frames->take(vm->host->frames_ctx, at, bytes);
		if (err != AX_OK) {
			return axvm_refuse(
				diag, vm, err,
				"memory[%u]: the host's memory at 0x%lx-0x%lx is not free: "
				"0x%lx-0x%lx is %s",
				b.region, m->base.v, m->base.v + (m->size - 1), at.v,
				at.v + (bytes - 1), err == AX_ENOENT ? "not memory" : "in use");
		}
		vm->taken_bytes += bytes;
	}
	return AX_OK;
}

void axvm_memory_give_back(struct axvm *vm)
{
	struct blocks b = { 0 };
	hpa_t at;

	while (vm->taken_bytes != 0) {
		uint64_t bytes = next_block(vm, &b, &at);

		vm->host->frames->free(vm->host->frames_ctx, at, bytes);
		vm->taken_bytes -= bytes;
	}
}

static uint32_t slot_prot(uint32_t conf_prot)
{
	return ((conf_prot & AXCONF_MEM_R) != 0 ? AXADDRSPACE_PROT_READ : 0) |
	       ((conf_prot & AXCONF_MEM_W) != 0 ? AXADDRSPACE_PROT_WRITE : 0) |
	       ((conf_prot & AXCONF_MEM_X) != 0 ? AXADDRSPACE_PROT_EXEC : 0);
}

static uint32_t slot_flags(enum axconf_mem_kind kind)
{
	switch (kind) {
	case AXCONF_MEM_LAZY:
		return AXADDRSPACE_SLOT_LAZY;
	case AXCONF_MEM_IDENTITY:
		return AXADDRSPACE_SLOT_IDENTITY;
	case AXCONF_MEM_EAGER:
		break;
	}
	return 0;
}

/* One region of RAM; all of it is there on return unless it is lazy. */
static ax_err_t make_slot(struct axvm *vm, uint32_t i, struct axvm_diag *diag)
{
	const struct axconf_mem *m = &vm->conf.mem[i];
	struct axaddrspace_slot_cfg cfg = {
		.gpa = m->base,
		.bytes = m->size,
		.prot = slot_prot(m->prot),
		.flags = slot_flags(m->kind),
	};
	uint32_t id;
	ax_err_t err = axaddrspace_add_slot(&vm->as, &cfg, &id);

	if (err == AX_OK) {
		do {
			err = axaddrspace_populate(&vm->as, id, UINT64_C(1) << 30);
		} while (err == AX_EBUSY);
	}
	return err == AX_OK ? AX_OK
			    : axvm_refuse(diag, vm, err, "memory[%u]: 0x%lx bytes at 0x%lx: %s", i,
					  m->size, m->base.v, ax_err_name(err));
}

ax_err_t axvm_memory_make(struct axvm *vm, struct axvm_diag *diag)
{
	struct axaddrspace_cfg cfg = {
		.fmt = vm->machine->fmt(),
		.input_bits = vm->machine->gpa_bits,
		.pa_bits = vm->machine->pa_bits(),
		.tag_bits = vm->machine->tag_bits,
		.frames = vm->host->frames,
		.frames_ctx = vm->host->frames_ctx,
		.tlb = vm->machine->tlb,
		.tlb_ctx = vm->machine->tlb_ctx,
		.slots = vm->slots,
		.slot_count = AX_ARRAY_SIZE(vm->slots),
	};
	ax_err_t err = axaddrspace_init(&vm->as, &cfg);

	if (err != AX_OK) {
		return axvm_refuse(diag, vm, err, "no guest-physical address space of %u bits: %s",
				   cfg.input_bits, ax_err_name(err));
	}
	for (uint32_t i = 0; err == AX_OK && i < vm->conf.mem_count; i++) {
		err = make_slot(vm, i, diag);
	}
	vm->gmem = axaddrspace_gmem_loader(&vm->as);
	return err;
}

ax_err_t axvm_memory_check_free(const struct axvm *vm, const char *name, uint64_t base,
				uint64_t size, struct axvm_diag *diag)
{
	for (uint32_t i = 0; i < vm->conf.mem_count; i++) {
		const struct axconf_mem *m = &vm->conf.mem[i];

		if (ax_ranges_overlap(base, size, m->base.v, m->size)) {
			return axvm_refuse(diag, vm, AX_EEXIST,
					   "%s at 0x%lx (0x%lx bytes) overlaps memory[%u] at 0x%lx",
					   name, base, size, i, m->base.v);
		}
	}
	return AX_OK;
}
