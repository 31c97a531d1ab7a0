/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM as tasks of axsched: one for each vCPU and one for the VM's own work. For programs that use both
 * libraries as they are; a host with a scheduler of its own calls axvm's steps from there instead.
 */
#pragma once
#include <axsched/sched.h>
#include <axvm/vm.h>

/** Caller-owned; @vm first by axvm_create(), then axguest_add(). */
struct axguest {
	struct axvm vm;
	struct axsched_task work;
	struct axsched_task vcpus[AXCONF_MAX_VCPUS];
};

/**
 * Add the tasks of the created @g to @s: each vCPU where its configuration lets it run and least
 * happens, the work beside vCPU 0. Once, before axvm_start(). @g must stay.
 */
void axguest_add(struct axguest *g, struct axsched *s);

/** For struct axvm_host_ops.wake: @vm is the one in a struct axguest. Any CPU, any lock. */
void axguest_wake(struct axvm *vm, uint32_t task);

/** The vCPU whose state is live on the calling pCPU, or NULL: for the idle of struct axsched_cfg. */
struct axvm_vcpu *axguest_live(const struct axsched *s);
