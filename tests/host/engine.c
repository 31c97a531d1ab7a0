/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to a sequence of what the world around two VMs can do: rounds of the scheduler in which their
 * guests do anything, time, input, interrupt lines, requests, moves, memory that runs out.
 */
#include "engine.h"
#include "checks.h"
#include "parts.h"
#include "player.h"
#include "snapshot.h"
#include <string.h>

/* Lines that are allowed: what two VMs may provoke a second, and a few for what happens once. */
#define LINES_PER_SECOND 20
#define LINES_PER_CHANGE 2
#define LINES_PER_DUMP   20
#define LINES_PER_DAMAGE 1
#define LINES_BASE       40

#define MACHINE_PARTS    8 /* of a VM that are saved */
#define ANY_CPU          UINT32_MAX
#define SNAPSHOT_MAX     (UINT64_C(512) << 10)

struct engine {
	struct input in;
	struct player player;
	struct engine_stats stats;
	unsigned damaged; /* loads of snapshots */
	uint32_t from;    /* the pCPU that acts, or ANY_CPU */
};

static uint8_t snapshots[MACHINE_VMS][SNAPSHOT_MAX];

static struct guest *pick_guest(struct engine *en)
{
	return &machine.guests[input_pick(&en->in, MACHINE_VMS)];
}

/* The pCPU on which the next thing happens. */
static void pick_cpu(struct engine *en)
{
	machine_on_cpu(en->from != ANY_CPU ? en->from : input_pick(&en->in, machine.cpu_count));
}

/* All host memory that describes a VM: its struct, and the block with controller, devices and vCPUs. */
static void take_picture(const struct guest *g, uint8_t *to)
{
	ax_assert(sizeof(g->vm) + g->vm.storage_bytes <= SNAPSHOT_MAX);
	memcpy(to, &g->vm, sizeof(g->vm));
	memcpy(to + sizeof(g->vm), g->vm.storage, g->vm.storage_bytes);
}

/* Apart from its tag, which a new generation of tags renews for whoever is on a pCPU. */
static void compare_picture(const struct guest *g, const uint8_t *with)
{
	const size_t tag = offsetof(struct axvm, as) + offsetof(struct axaddrspace, tag);
	const size_t behind = tag + sizeof(struct axaddrspace_tag);
	const uint8_t *vm = (const uint8_t *)&g->vm;

	ax_assert(memcmp(with, vm, tag) == 0);
	ax_assert(memcmp(with + behind, vm + behind, sizeof(g->vm) - behind) == 0);
	ax_assert(memcmp(with + sizeof(g->vm), g->vm.storage, g->vm.storage_bytes) == 0);
}

/* One VM's exits must leave the other's state alone. */
static void round_watched(uint32_t cpu)
{
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		machine.guests[k].stepped = false;
		take_picture(&machine.guests[k], snapshots[k]);
	}
	machine_round_only(cpu);
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		if (!machine.guests[k].stepped) {
			compare_picture(&machine.guests[k], snapshots[k]);
		}
	}
	checks_after_step(); /* only now: they take locks, which a picture shows */
}

static void play_round(struct engine *en)
{
	uint32_t cpu = input_pick(&en->in, machine.cpu_count);
	uint32_t before = arch_entries();

	en->player.budget = 1 + input_pick(&en->in, 16);
	if (en->stats.steps % 8 == 0) {
		round_watched(cpu);
	} else {
		machine_round(cpu);
	}
	en->player.budget = 0;
	en->stats.entries += arch_entries() - before;
}

static void pass_time(struct engine *en)
{
	static const uint64_t steps_ns[] = { 100, 10000, 1000000, 5000000, 11000000, 1000000000 };
	uint64_t deadline = UINT64_MAX;

	if (input_pick(&en->in, 2) != 0) { /* to where somebody wants to be woken */
		pick_cpu(en);
		deadline = axtest_timer_ns;
	}
	if (deadline > axtest_now_ns && deadline - axtest_now_ns < UINT64_C(3000000000)) {
		machine_advance(deadline);
	} else {
		machine_advance(axtest_now_ns +
				steps_ns[input_pick(&en->in, AX_ARRAY_SIZE(steps_ns))]);
	}
}

static void type_something(struct engine *en)
{
	struct guest *g = pick_guest(en);
	uint8_t bytes[40];
	size_t n = 1 + input_pick(&en->in, sizeof(bytes));

	memset(bytes, (int)input_pick(&en->in, 256), n);
	pick_cpu(en);
	machine_type(g, bytes, n);
}

/* Lines of devices that are not there: every input but those that hardware drives. */
static void move_line(struct engine *en)
{
	struct guest *g = pick_guest(en);
	uint32_t vcpu = input_pick(&en->in, g->vm.vcpu_count);
	uint32_t line = input_pick(&en->in, GUEST_LINES);
	bool level = input_pick(&en->in, 2) != 0;

	pick_cpu(en);
	if (arch_line_is_free(line)) {
		g->vm.intc.intc.ops->set_irq(g->vm.intc.intc.ctx, vcpu, line, level);
	}
}

static void request_something(struct engine *en)
{
	static const uint8_t likely[] = { MACHINE_PAUSE,  MACHINE_PAUSE, MACHINE_PAUSE,
					  MACHINE_RESUME, MACHINE_RESET, MACHINE_STOP,
					  MACHINE_START,  MACHINE_RESUME };
	struct guest *g = pick_guest(en);

	pick_cpu(en);
	(void)machine_request(g, (enum machine_request)likely[input_pick(&en->in, 8)]);
}

static void keep_going(struct engine *en)
{
	pick_cpu(en);
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		struct guest *g = &machine.guests[k];

		if (checks_may_call(MACHINE_START, g->vm.state)) {
			(void)machine_request(g, MACHINE_START);
		}
		if (g->vm.state == AXVM_PAUSED) {
			(void)machine_request(g, MACHINE_RESUME);
		}
	}
}

static void poke_vcpu(struct engine *en)
{
	struct guest *g = pick_guest(en);
	uint32_t id = input_pick(&en->in, g->vm.vcpu_count);

	pick_cpu(en);
	axvcpu_request(&g->vm.vcpus[id].core,
		       input_pick(&en->in, 2) != 0 ? AXVCPU_REQ_TLB : AXVCPU_REQ_IRQ);
}

static void run_dry(struct engine *en)
{
	if (input_pick(&en->in, 8) == 0) {
		machine.frames.fail_at = 1 + input_pick(&en->in, 4);
		for (uint32_t k = 0; k < MACHINE_VMS; k++) {
			machine.guests[k].may_fail = true;
		}
	}
}

/* Save and load want a VM at rest. */
static void snapshot_something(struct engine *en)
{
	struct guest *g = pick_guest(en);

	if (g->vm.state != AXVM_PAUSED && g->vm.state != AXVM_OFF && g->vm.state != AXVM_CREATED) {
		return;
	}
	pick_cpu(en);
	if (input_pick(&en->in, 2) != 0) {
		en->damaged += 2 * MACHINE_PARTS;
		snapshot_check(g);
	} else {
		uint32_t part = input_pick(&en->in, 16);
		uint32_t at = (uint32_t)input_bits(&en->in, 2);

		en->damaged++;
		snapshot_damage(g, part, at, (uint8_t)input_bits(&en->in, 1));
	}
}

/* Dirty logging as a live migration does it, with a write of the host's in between. */
static void log_writes(struct engine *en)
{
	struct guest *g = pick_guest(en);
	struct ax_gmem m = axaddrspace_gmem(&g->vm.as);
	uint64_t out[AX_ARRAY_SIZE(g->log)];
	uint32_t page = (uint32_t)input_bits(&en->in, 2) % 64; /* below the canary */
	uint64_t word = 0;
	uint32_t slot;

	ax_assert(axaddrspace_find_slot(&g->vm.as, gpa(GUEST_RAM), &slot) == AX_OK);
	if (!g->logged) {
		g->logged = axaddrspace_log_enable(&g->vm.as, slot, g->log,
						   AX_ARRAY_SIZE(g->log)) == AX_OK;
		ax_assert(g->logged);
	} else if (input_pick(&en->in, 4) == 0) {
		ax_assert(axaddrspace_log_disable(&g->vm.as, slot) == AX_OK);
		g->logged = false;
	} else if (ax_gmem_read(&m, gpa(GUEST_RAM + page * AX_PAGE_SIZE), &word, 8) == AX_OK &&
		   ax_gmem_write(&m, gpa(GUEST_RAM + page * AX_PAGE_SIZE), &word, 8) == AX_OK) {
		ax_assert(axaddrspace_log_take(&g->vm.as, slot, out, AX_ARRAY_SIZE(out)) == AX_OK);
		ax_assert(ax_bitmap_test(out, page));
	}
}

static void rare_thing(struct engine *en)
{
	switch (input_pick(&en->in, 7)) {
	case 0:
		machine_place(input_pick(&en->in, 8));
		break;
	case 1:
		machine_recreate(pick_guest(en));
		break;
	case 2:
		machine_settle();
		break;
	case 3:
		run_dry(en);
		break;
	case 4:
		poke_vcpu(en);
		break;
	case 5:
		log_writes(en);
		break;
	default:
		pick_cpu(en);
		ax_port_cpu_kick(input_pick(&en->in, machine.cpu_count));
		break;
	}
}

/* What other pCPUs can do while a guest runs on this one. */
static void elsewhere(void *ctx)
{
	struct engine *en = ctx;
	uint32_t here = axtest_cpu_id;

	if (machine.cpu_count == 1) {
		return;
	}
	en->from = (here + 1 + input_pick(&en->in, machine.cpu_count - 1)) % machine.cpu_count;
	switch (input_pick(&en->in, 8)) {
	case 0:
		request_something(en);
		break;
	case 1:
		type_something(en);
		break;
	case 2:
		poke_vcpu(en);
		break;
	default:
		move_line(en);
		break;
	}
	en->from = ANY_CPU;
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		machine.guests[k].stepped = true; /* not by an exit */
	}
	machine_on_cpu(here);
}

static void step(struct engine *en)
{
	switch (input_pick(&en->in, 40)) {
	case 0:
	case 1:
	case 2:
		pass_time(en);
		break;
	case 3:
		type_something(en);
		break;
	case 4:
	case 5:
	case 6:
		move_line(en);
		break;
	case 7:
		request_something(en);
		break;
	case 8:
	case 9:
		keep_going(en);
		break;
	case 10:
	case 11:
		rare_thing(en);
		break;
	case 12:
		snapshot_something(en);
		break;
	default:
		play_round(en);
		break;
	}
}

static void check_lines(const struct engine *en)
{
	unsigned allowed = LINES_BASE + LINES_PER_DAMAGE * en->damaged +
			   LINES_PER_SECOND * (1 + (unsigned)(axtest_now_ns / 1000000000));

	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		allowed += LINES_PER_CHANGE * machine.guests[k].told_count +
			   LINES_PER_DUMP * machine.guests[k].fail_count;
	}
	ax_assert(axtest_log_count <= allowed);
}

static void power_on(struct engine *en)
{
	struct machine_cfg cfg;

	cfg.cpus = 1 + input_pick(&en->in, MACHINE_MAX_CPUS);
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		cfg.vcpus[k] = 1 + input_pick(&en->in, MACHINE_MAX_VCPUS);
		cfg.intc[k] = input_pick(&en->in, ARCH_INTCS);
	}
	machine_on(&cfg);
	machine.play = player_play;
	machine.play_ctx = &en->player;
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		(void)machine_request(&machine.guests[k], MACHINE_START);
	}
	machine_settle();
}

struct engine_stats engine_run(const uint8_t *bytes, size_t size, unsigned max_steps)
{
	struct engine en = { .in = { bytes, size }, .from = ANY_CPU };

	en.player = (struct player){ .in = &en.in, .elsewhere = elsewhere, .ctx = &en };
	power_on(&en);
	while (en.in.left != 0 && en.stats.steps < max_steps) {
		step(&en);
		en.stats.steps++;
	}
	check_lines(&en);
	en.stats.lines = axtest_log_count;
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		en.stats.starts += machine.guests[k].start_count;
		en.stats.fails += machine.guests[k].fail_count;
	}
	machine_off();
	return en.stats;
}
