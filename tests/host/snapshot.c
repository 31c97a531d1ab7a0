/* SPDX-License-Identifier: Apache-2.0 */
/* Save and load of everything in a VM that is at rest. */
#include "snapshot.h"
#include "parts.h"
#include <axdev/snap.h>
#include <string.h>

#define BLOB_MAX 65536

/* A device, the controller or a vCPU. */
struct part {
	void *obj;
	ax_err_t (*save)(const void *obj, void *buf, size_t cap, size_t *len);
	ax_err_t (*load)(void *obj, const void *buf, size_t len);
};

static uint8_t before[BLOB_MAX], after[BLOB_MAX];

static uint32_t part_count(const struct guest *g)
{
	return g->vm.device_count + 1 + g->vm.vcpu_count;
}

static struct part part_of(const struct guest *g, uint32_t n)
{
	const struct axvm *vm = &g->vm;

	if (n < vm->device_count) {
		return (struct part){ vm->devices[n].dev, vm->devices[n].model->ops->save,
				      vm->devices[n].model->ops->load };
	}
	if (n == vm->device_count) {
		return (struct part){ vm->intc.intc.ctx, vm->intc.intc.ops->save,
				      vm->intc.intc.ops->load_state };
	}
	return (struct part){ vm->vcpus[n - vm->device_count - 1].core.arch,
			      machine_board.vcpu->save, machine_board.vcpu->load_state };
}

static bool loadable(const struct guest *g, uint32_t n)
{
	return n <= g->vm.device_count || !arch_is_stuck(part_of(g, n).obj);
}

static size_t save(const struct part *p, uint8_t *to)
{
	size_t len = 0;

	ax_assert(p->save(p->obj, to, BLOB_MAX, &len) == AX_OK);
	ax_assert(len > sizeof(struct ax_snap_hdr) && len <= BLOB_MAX);
	return len;
}

static void expect_same(const struct part *p, size_t len)
{
	ax_assert(save(p, after) == len);
	ax_assert(memcmp(before, after, len) == 0);
}

void snapshot_check(struct guest *g)
{
	for (uint32_t i = 0; i < part_count(g); i++) {
		struct part p = part_of(g, i);
		size_t len = save(&p, before);
		size_t too_short = 0;

		if (!loadable(g, i)) {
			continue;
		}
		ax_assert(p.load(p.obj, before, len) == AX_OK);
		expect_same(&p, len);
		ax_assert(p.load(p.obj, before, len - 1) != AX_OK);
		expect_same(&p, len);
		ax_assert(p.save(p.obj, after, len - 1, &too_short) == AX_ENOSPC);
	}
}

void snapshot_damage(struct guest *g, uint32_t part, uint32_t at, uint8_t flip)
{
	struct part p = part_of(g, part % part_count(g));
	size_t len = save(&p, before);

	before[at % len] ^= flip;
	if (p.load(p.obj, before, len) != AX_OK) {
		before[at % len] ^= flip;
		expect_same(&p, len);
		return;
	}
	for (uint32_t i = 0; i < g->vm.vcpu_count; i++) {
		g->vcpus[i].pc_known = false;
	}
}
