/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lifecycle: every change that needs the vCPUs at rest asks them by request bit and kick, and is
 * finished by the VM's work task when the last of them has checked in. Nobody waits.
 *
 *   CREATED/OFF/FAILED --start--> LOADING --> RUNNING <--resume-- PAUSED
 *   RUNNING or PAUSED --pause, reset, stop--> QUIESCING --all parked--> PAUSED, LOADING, OFF, FAILED
 */
#include "internal.h"

/* One change of state per slice is told; the callback runs without the lock. */
static void tell(struct axvm *vm, enum axvm_state state)
{
	if (vm->host->state_changed != NULL) {
		vm->host->state_changed(vm->host->ctx, vm, state);
	}
}

static void wake(struct axvm *vm, uint32_t task)
{
	vm->host->wake(vm->host->ctx, vm, task);
}

static bool can_start(enum axvm_state state)
{
	return state == AXVM_CREATED || state == AXVM_OFF || state == AXVM_FAILED;
}

ax_err_t axvm_start(struct axvm *vm)
{
	ax_err_t err = AX_EBUSY;

	ax_spin_lock(&vm->lock);
	if (can_start(vm->state)) {
		vm->state = AXVM_LOADING;
		vm->load_index = 0;
		vm->load_phase = AXVM_LOAD_NEXT;
		wake(vm, AXVM_TASK_WORK);
		err = AX_OK;
	}
	ax_spin_unlock(&vm->lock);
	return err;
}

ax_err_t axvm_quiesce(struct axvm *vm, uint32_t goal)
{
	ax_err_t err = AX_OK;

	ax_spin_lock(&vm->lock);
	if (vm->state == AXVM_QUIESCING) {
		vm->goal = goal > vm->goal ? goal : vm->goal;
	} else if (vm->state == AXVM_RUNNING || vm->state == AXVM_PAUSED ||
		   (vm->state == AXVM_LOADING && goal >= AXVM_GOAL_OFF)) {
		vm->state = AXVM_QUIESCING;
		vm->goal = goal;
		for (uint32_t i = 0; i < vm->vcpu_count; i++) {
			axvcpu_request(&vm->vcpus[i].core, AXVCPU_REQ_STOP);
			wake(vm, i);
		}
		wake(vm, AXVM_TASK_WORK);
	} else {
		err = AX_EBUSY;
	}
	ax_spin_unlock(&vm->lock);
	return err;
}

ax_err_t axvm_pause(struct axvm *vm)
{
	return axvm_quiesce(vm, AXVM_GOAL_PAUSE);
}

ax_err_t axvm_reset(struct axvm *vm)
{
	return axvm_quiesce(vm, AXVM_GOAL_RESET);
}

ax_err_t axvm_stop(struct axvm *vm)
{
	return axvm_quiesce(vm, AXVM_GOAL_OFF);
}

void axvm_park(struct axvm_vcpu *vc)
{
	struct axvm *vm = vc->vm;

	ax_spin_lock(&vm->lock);
	if (!vc->parked) {
		vc->parked = true;
		vm->parked_count++;
	}
	if (vm->parked_count == vm->vcpu_count) {
		wake(vm, AXVM_TASK_WORK);
	}
	ax_spin_unlock(&vm->lock);
}

/* All vCPUs are parked and nobody else changes the state meanwhile: let them go. */
static void unpark_all(struct axvm *vm) AX_REQUIRES(vm->lock)
{
	vm->state = AXVM_RUNNING;
	vm->parked_count = 0;
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		(void)axvcpu_take_requests(&vm->vcpus[i].core, UINT32_MAX);
		vm->vcpus[i].parked = false;
		wake(vm, i);
	}
}

ax_err_t axvm_resume(struct axvm *vm)
{
	ax_err_t err = AX_EBUSY;

	ax_spin_lock(&vm->lock);
	if (vm->state == AXVM_PAUSED) {
		unpark_all(vm);
		wake(vm, AXVM_TASK_WORK); /* device timers count again */
		err = AX_OK;
	}
	ax_spin_unlock(&vm->lock);
	return err;
}

/* The images are in place: start the boot vCPU, unless a stop came in between. */
static void launch(struct axvm *vm)
{
	bool launched = false;

	ax_spin_lock(&vm->lock);
	if (vm->state == AXVM_LOADING) {
		ax_err_t err = axvcpu_power_on(&vm->vcpus[0].core, vm->boot_entry, vm->boot_arg);

		ax_assert(err == AX_OK);
		unpark_all(vm);
		launched = true;
	}
	ax_spin_unlock(&vm->lock);
	if (launched) {
		tell(vm, AXVM_RUNNING);
	}
}

static enum axvm_step load_slice(struct axvm *vm)
{
	struct axvm_diag diag;
	ax_err_t err = axvm_images_step(vm, &diag);

	if (err == AX_EBUSY) {
		return AXVM_AGAIN;
	}
	if (err == AX_OK) {
		launch(vm);
		return AXVM_BLOCK;
	}
	ax_log(AX_LOG_ERROR, "%s", diag.text);
	(void)axvm_quiesce(vm, AXVM_GOAL_FAIL);
	return AXVM_AGAIN;
}

/* As after power-on, with every vCPU off. All are parked. */
static void reset_all(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		axvcpu_power_off(&vm->vcpus[i].core);
	}
	for (uint32_t i = 0; i < vm->device_count; i++) {
		vm->devices[i].model->ops->reset(vm->devices[i].dev);
	}
	vm->intc.intc.ops->reset(vm->intc.intc.ctx);
}

static enum axvm_step finish_quiesce(struct axvm *vm)
{
	enum axvm_state next = AXVM_OFF;
	uint32_t goal;

	ax_spin_lock(&vm->lock);
	if (vm->parked_count < vm->vcpu_count) {
		ax_spin_unlock(&vm->lock);
		return AXVM_BLOCK;
	}
	goal = vm->goal;
	if (goal == AXVM_GOAL_PAUSE) {
		next = AXVM_PAUSED;
		vm->state = next; /* under the lock that a stronger goal would have to take */
	}
	ax_spin_unlock(&vm->lock);

	if (goal != AXVM_GOAL_PAUSE) {
		reset_all(vm);
		next = goal == AXVM_GOAL_RESET  ? AXVM_LOADING
		       : goal == AXVM_GOAL_FAIL ? AXVM_FAILED
						: AXVM_OFF;
		ax_spin_lock(&vm->lock);
		if (vm->goal != goal) { /* something stronger came while the devices were reset */
			ax_spin_unlock(&vm->lock);
			return AXVM_AGAIN;
		}
		vm->state = next;
		vm->load_index = 0;
		vm->load_phase = AXVM_LOAD_NEXT;
		ax_spin_unlock(&vm->lock);
	}
	tell(vm, next);
	return next == AXVM_LOADING ? AXVM_AGAIN : AXVM_BLOCK;
}

static void tick_devices(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->device_count; i++) {
		const struct axvm_device *d = &vm->devices[i];

		if (d->model->deadline_ns != NULL &&
		    d->model->deadline_ns(d->dev) <= ax_port_now_ns()) {
			d->model->tick(d->dev);
		}
	}
}

enum axvm_step axvm_work_step(struct axvm *vm)
{
	switch (axvm_state(vm)) {
	case AXVM_LOADING:
		return load_slice(vm);
	case AXVM_QUIESCING:
		return finish_quiesce(vm);
	case AXVM_RUNNING:
		tick_devices(
			vm); /* a long job of a device's comes in slices that are due at once */
		return axvm_work_deadline_ns(vm) <= ax_port_now_ns() ? AXVM_AGAIN : AXVM_BLOCK;
	case AXVM_CREATED:
	case AXVM_PAUSED:
	case AXVM_OFF:
	case AXVM_FAILED:
		break;
	}
	return AXVM_BLOCK;
}

uint64_t axvm_work_deadline_ns(const struct axvm *vm)
{
	uint64_t earliest = UINT64_MAX;

	/* At rest nothing is ticked: a deadline that has passed would have this task stepped for ever. */
	if (atomic_load_explicit(&vm->vcpus[0].parked, memory_order_relaxed)) {
		return UINT64_MAX;
	}
	for (uint32_t i = 0; i < vm->device_count; i++) {
		const struct axvm_device *d = &vm->devices[i];

		if (d->model->deadline_ns != NULL) {
			earliest = ax_min_u64(earliest, d->model->deadline_ns(d->dev));
		}
	}
	return earliest;
}

enum axvm_state axvm_state(struct axvm *vm)
{
	enum axvm_state state;

	ax_spin_lock(&vm->lock);
	state = vm->state;
	ax_spin_unlock(&vm->lock);
	return state;
}

const char *axvm_state_name(enum axvm_state state)
{
	static const char *const names[] = {
		[AXVM_CREATED] = "created", [AXVM_LOADING] = "loading",
		[AXVM_RUNNING] = "running", [AXVM_QUIESCING] = "quiescing",
		[AXVM_PAUSED] = "paused",   [AXVM_OFF] = "off",
		[AXVM_FAILED] = "failed",
	};

	return (unsigned)state < AX_ARRAY_SIZE(names) ? names[state] : "?";
}
