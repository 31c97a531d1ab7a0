/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program outside the tree that uses two installed libraries, found by pkg-config alone: a vCPU of a
 * made-up machine whose guest counts down, one step per exit. Its port is its own (port_*.c).
 */
#include <axport/log.h>
#include <axvcpu/vcpu.h>
#include "demo.h"

struct countdown {
	uint64_t left;
	bool resident;
};

static ax_err_t init(void *arch, const struct axvcpu_cfg *cfg)
{
	*(struct countdown *)arch = (struct countdown){ 0 };
	return cfg->vcpu_count == 1 ? AX_OK : AX_EINVAL;
}

static void reset(void *arch, uint64_t entry, uint64_t arg)
{
	(void)entry;
	((struct countdown *)arch)->left = arg;
}

static void load(void *arch, bool flush_local)
{
	(void)flush_local;
	((struct countdown *)arch)->resident = true;
}

static void put(void *arch)
{
	((struct countdown *)arch)->resident = false;
}

static void run(void *arch, struct axvcpu_exit *exit)
{
	struct countdown *c = arch;

	exit->kind = c->left == 0 ? AXVCPU_EXIT_CPU_DOWN : AXVCPU_EXIT_IDLE;
	c->left -= c->left != 0;
}

static const struct axvcpu_ops ops = {
	.name = "countdown",
	.size = sizeof(struct countdown),
	.align = _Alignof(struct countdown),
	.init = init,
	.reset = reset,
	.load = load,
	.put = put,
	.run = run,
};

static struct countdown storage;
static struct axvcpu vcpu;

int demo(void)
{
	const struct axvcpu_cfg cfg = { .vcpu_count = 1 };
	struct axvcpu_exit exit = { 0 };
	unsigned idle = 0;

	if (axvcpu_init(&vcpu, &ops, &storage, &cfg) != AX_OK ||
	    axvcpu_power_on(&vcpu, 0x1000, 7) != AX_OK) {
		return 1;
	}
	axvcpu_start(&vcpu);
	axvcpu_load(&vcpu, false);
	for (;;) {
		axvcpu_run(&vcpu, &exit);
		if (exit.kind != AXVCPU_EXIT_IDLE) {
			break;
		}
		idle++;
	}
	axvcpu_power_off(&vcpu);
	ax_log(AX_LOG_INFO, "demo: %u steps, then %s", idle,
	       exit.kind == AXVCPU_EXIT_CPU_DOWN ? "off" : "lost");
	return idle == 7 && !storage.resident ? 0 : 1;
}
