/* SPDX-License-Identifier: Apache-2.0 */
/* The exit path: enter the guest, act on why it came out, enter again until the host is needed. */
#include "internal.h"

/*
 * Without entries a step has no end by the host's timer: vCPUs on other pCPUs that send one interrupt
 * after the other must not keep this pCPU from those it belongs to as well.
 */
#define MAX_REFUSALS 16

/* What one exit means for the loop around it. */
enum verdict { GO_ON, TO_HOST, WAIT };

/* A line about what a guest did, within its budget. */
#define GUEST_LOG(vm, ...)                                 \
	do {                                               \
		if (ax_log_allowed(&(vm)->guest_log)) {    \
			ax_log(AX_LOG_DEBUG, __VA_ARGS__); \
		}                                          \
	} while (0)

static AX_COLD enum verdict fail(struct axvm_vcpu *vc, const char *reason, uint64_t code,
				 uint64_t addr)
{
	ax_log(AX_LOG_ERROR, "vm %s: vCPU %u: %s (code 0x%lx, address 0x%lx); the VM is stopped",
	       vc->vm->conf.name, vc->core.id, reason, code, addr);
	vc->core.ops->dump(vc->core.arch);
	(void)axvm_quiesce(vc->vm, AXVM_GOAL_FAIL);
	return GO_ON; /* the request that this set ends the loop */
}

static AX_COLD enum verdict no_device(struct axvm_vcpu *vc, const char *what, uint64_t where,
				      bool write)
{
	GUEST_LOG(vc->vm, "vm %s: vCPU %u: %s of %s 0x%lx, where nothing is", vc->vm->conf.name,
		  vc->core.id, write ? "write" : "read", what, where);
	return GO_ON;
}

/* The address is not a device's: is it memory that is not there yet, or not writable for now? */
static AX_COLD enum verdict memory_fault(struct axvm_vcpu *vc, gpa_t addr, bool write, bool exec,
					 bool *resolved)
{
	ax_err_t err = axaddrspace_fault(&vc->vm->as, addr, write, exec);

	*resolved = err == AX_OK;
	if (err == AX_ENOMEM) {
		*resolved = true;
		return fail(vc, "no host memory left for the guest", 0, addr.v);
	}
	return GO_ON;
}

/* No device has carried out the access. */
static AX_COLD enum verdict mmio_refused(struct axvm_vcpu *vc, const struct axvcpu_exit *exit,
					 enum ax_io_result res)
{
	enum verdict verdict;
	bool resolved;

	if (res == AX_IO_RETRY) {
		return GO_ON;
	}
	if (res == AX_IO_UNHANDLED) {
		verdict = memory_fault(vc, exit->u.mmio.addr, exit->u.mmio.write, false, &resolved);
		if (resolved) {
			return verdict;
		}
	}
	axvcpu_fault(&vc->core, AXVCPU_FAULT_BUS);
	return no_device(vc, "address", exit->u.mmio.addr.v, exit->u.mmio.write);
}

/* An access that the back end had to decode, or one that was refused in place. */
static AX_COLD enum verdict on_mmio(struct axvm_vcpu *vc, const struct axvcpu_exit *exit)
{
	struct axbus *bus = &vc->vm->bus;
	enum ax_io_result res = vc->refused;
	uint64_t addr = exit->u.mmio.addr.v;
	uint64_t val = 0;

	vc->refused = AX_IO_HANDLED;
	if (res == AX_IO_HANDLED) {
		res = exit->u.mmio.write ? axbus_write(bus, AXBUS_MMIO, addr, exit->u.mmio.size,
						       vc->core.id, exit->u.mmio.val)
					 : axbus_read(bus, AXBUS_MMIO, addr, exit->u.mmio.size,
						      vc->core.id, &val);
	}
	if (res != AX_IO_HANDLED) {
		return mmio_refused(vc, exit, res);
	}
	axvcpu_complete(&vc->core, val);
	return GO_ON;
}

static enum verdict on_sysreg(struct axvm_vcpu *vc, const struct axvcpu_exit *exit)
{
	struct axbus *bus = &vc->vm->bus;
	uint64_t val = 0;
	enum ax_io_result res;

	if (exit->u.sysreg.write) {
		res = axbus_write(bus, AXBUS_SYSREG, exit->u.sysreg.reg, 8, vc->core.id,
				  exit->u.sysreg.val);
	} else {
		res = axbus_read(bus, AXBUS_SYSREG, exit->u.sysreg.reg, 8, vc->core.id, &val);
	}
	if (AX_LIKELY(res == AX_IO_HANDLED)) {
		axvcpu_complete(&vc->core, val);
		return GO_ON;
	}
	if (res == AX_IO_RETRY) {
		return GO_ON;
	}
	axvcpu_fault(&vc->core, AXVCPU_FAULT_UNDEFINED);
	return no_device(vc, "system register", exit->u.sysreg.reg, exit->u.sysreg.write);
}

static enum verdict on_pio(struct axvm_vcpu *vc, const struct axvcpu_exit *exit)
{
	struct axbus *bus = &vc->vm->bus;
	uint64_t val = 0;
	enum ax_io_result res;

	if (exit->u.pio.write) {
		res = axbus_write(bus, AXBUS_PIO, exit->u.pio.port, exit->u.pio.size, vc->core.id,
				  exit->u.pio.val);
	} else {
		res = axbus_read(bus, AXBUS_PIO, exit->u.pio.port, exit->u.pio.size, vc->core.id,
				 &val);
	}
	if (res == AX_IO_RETRY) {
		return GO_ON;
	}
	if (res !=
	    AX_IO_HANDLED) { /* an empty port floats: reads are all ones, writes go nowhere */
		val = ax_byte_mask(exit->u.pio.size);
		no_device(vc, "port", exit->u.pio.port, exit->u.pio.write);
	}
	axvcpu_complete(&vc->core, val);
	return GO_ON;
}

/* Mapped and permitted, and still refused to the walker: repeated, it would fault for ever. */
static bool walks_device(struct axvm_vcpu *vc, const struct axvcpu_exit *exit)
{
	struct axaddrspace_mapping m;

	return exit->u.fault.walk &&
	       axaddrspace_query(&vc->vm->as, exit->u.fault.addr, &m) == AX_OK &&
	       (m.prot & AXADDRSPACE_PROT_DEV) != 0;
}

/* If nothing is there, @exit may become an access to a device, for the loop to carry out. */
static AX_COLD enum verdict on_page_fault(struct axvm_vcpu *vc, struct axvcpu_exit *exit)
{
	enum verdict verdict = GO_ON;
	bool resolved = false;

	if (!walks_device(vc, exit)) {
		verdict = memory_fault(vc, exit->u.fault.addr, exit->u.fault.write,
				       exit->u.fault.exec, &resolved);
	}
	if (!resolved) {
		(void)vc->core.ops->decode(vc->core.arch, exit);
	}
	return verdict;
}

static enum verdict on_cpu_up(struct axvm_vcpu *vc, const struct axvcpu_exit *exit)
{
	struct axvm *vm = vc->vm;
	uint32_t target = exit->u.cpu_up.target;
	enum axvcpu_up_result result = AXVCPU_UP_NO_SUCH_CPU;
	uint32_t slot;

	if (target < vm->vcpu_count) {
		if (axaddrspace_find_slot(&vm->as, gpa(exit->u.cpu_up.entry), &slot) != AX_OK) {
			result = AXVCPU_UP_BAD_ENTRY;
		} else {
			ax_err_t err = axvcpu_power_on(&vm->vcpus[target].core,
						       exit->u.cpu_up.entry, exit->u.cpu_up.arg);

			result = err == AX_OK       ? AXVCPU_UP_OK
				 : err == AX_EEXIST ? AXVCPU_UP_ALREADY_ON
						    : AXVCPU_UP_PENDING;
		}
	}
	if (result == AXVCPU_UP_OK) {
		vm->host->wake(vm->host->ctx, vm, target);
	}
	axvcpu_complete(&vc->core, result);
	return GO_ON;
}

static AX_COLD enum verdict on_cpu_down(struct axvm_vcpu *vc)
{
	struct axvm *vm = vc->vm;

	axvm_vcpu_switch_out(vc);
	axvcpu_power_off(&vc->core);
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		if (axvcpu_power(&vm->vcpus[i].core) != AXVCPU_OFF) {
			return WAIT;
		}
	}
	ax_log(AX_LOG_INFO, "vm %s: its last vCPU switched itself off", vm->conf.name);
	(void)axvm_quiesce(vm, AXVM_GOAL_OFF);
	return TO_HOST; /* step again: there is a request to see */
}

static AX_COLD enum verdict on_cpu_query(struct axvm_vcpu *vc, uint32_t target)
{
	const struct axvm *vm = vc->vm;

	axvcpu_complete(&vc->core, target < vm->vcpu_count ? axvcpu_power(&vm->vcpus[target].core)
							   : AXVCPU_NO_SUCH_CPU);
	return GO_ON;
}

static AX_NOINLINE enum verdict on_host_irq(struct axvm_vcpu *vc)
{
	const struct axvm *vm = vc->vm;
	const struct axvm_host_ops *host = vm->host;

	if (host->take_irq(host->ctx)) {
		vm->intc.intc.ops->set_irq(vm->intc.intc.ctx, vc->core.id, vm->machine->timer_irq,
					   true);
		return GO_ON;
	}
	if (host->wants_cpu == NULL || host->wants_cpu(host->ctx)) {
		return TO_HOST;
	}
	/* A kick, likely: its request is done with, since interrupts are looked at before each entry. */
	(void)axvcpu_take_requests(&vc->core, AXVCPU_REQ_IRQ);
	return GO_ON;
}

/*
 * An IPI, most often: nobody but the two vCPUs has to do with it. The interrupt is taken first, then the
 * request, then the causes are looked at, here and by the back end. Who makes another one does it the other
 * way round, cause, request, kick, and finds this vCPU in the guest all the time: its kick is pending at the
 * entry if its cause has not been seen.
 */
bool axvm_host_irq(void *access_ctx)
{
	struct axvm_vcpu *vc = access_ctx;
	const struct ax_intc *intc = &vc->vm->intc.intc;

	if (*vc->watch.sync != 0) {
		intc->ops->sync(intc->ctx, vc->core.id);
	}
	if (on_host_irq(vc) != GO_ON) {
		return false; /* and asked again, by the loop, the host wants the same */
	}
	if (atomic_load_explicit(vc->watch.flush, memory_order_acquire) != 0) {
		intc->ops->flush(intc->ctx, vc->core.id);
	}
	return atomic_load_explicit(&vc->core.requests, memory_order_relaxed) == 0;
}

static enum verdict on_idle(struct axvm_vcpu *vc)
{
	const struct axvm *vm = vc->vm;

	/* Who asked while this vCPU counted as being in the guest has sent a kick and does not wake it. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&vc->core.requests, memory_order_relaxed) != 0) {
		return GO_ON;
	}
	return vm->intc.prepare_idle(vm->intc.intc.ctx, vc->core.id) ? GO_ON : WAIT;
}

static enum verdict on_request(struct axvm_vcpu *vc)
{
	uint32_t taken = axvcpu_take_requests(&vc->core, AXVCPU_REQ_IRQ | AXVCPU_REQ_TLB);

	if ((taken & AXVCPU_REQ_TLB) != 0) {
		/* As if another vCPU of the VM had run here: coming in again drops what is cached. */
		vc->vm->last_vcpu[ax_port_cpu_id()] = 0;
		axvm_vcpu_switch_out(vc);
		return TO_HOST;
	}
	/* Interrupts are looked at before each entry anyway. */
	return taken != 0 && ++vc->refusals < MAX_REFUSALS ? GO_ON : TO_HOST;
}

/* All but accesses and interrupts, which come most; may turn @exit into an access to a device. */
static AX_NOINLINE enum verdict on_exit(struct axvm_vcpu *vc, struct axvcpu_exit *exit)
{
	struct axvm *vm = vc->vm;

	switch (exit->kind) {
	case AXVCPU_EXIT_IDLE:
		return on_idle(vc);
	case AXVCPU_EXIT_REQUEST:
		return on_request(vc);
	case AXVCPU_EXIT_TIMER:
		return TO_HOST;
	case AXVCPU_EXIT_PIO:
		return on_pio(vc, exit);
	case AXVCPU_EXIT_PAGE_FAULT:
		return on_page_fault(vc, exit);
	case AXVCPU_EXIT_HYPERCALL:
		axvcpu_complete(&vc->core,
				UINT64_MAX); /* NOT_SUPPORTED: this machine offers none */
		return GO_ON;
	case AXVCPU_EXIT_CPU_UP:
		return on_cpu_up(vc, exit);
	case AXVCPU_EXIT_CPU_DOWN:
		return on_cpu_down(vc);
	case AXVCPU_EXIT_CPU_QUERY:
		return on_cpu_query(vc, exit->u.cpu_query.target);
	case AXVCPU_EXIT_SYSTEM:
		(void)axvm_quiesce(vm, exit->u.system == AXVCPU_SYSTEM_OFF ? AXVM_GOAL_OFF
									   : AXVM_GOAL_RESET);
		return GO_ON; /* the request that this set ends the loop */
	case AXVCPU_EXIT_FATAL:
		return fail(vc, exit->u.fatal.reason, exit->u.fatal.code, exit->u.fatal.addr);
	case AXVCPU_EXIT_MMIO: /* these three are the loop's own */
	case AXVCPU_EXIT_SYSREG:
	case AXVCPU_EXIT_HOST_IRQ:
		break;
	}
	return fail(vc, "unknown exit", exit->kind, 0);
}

static void make_resident(struct axvm_vcpu *vc)
{
	struct axvm *vm = vc->vm;
	uint32_t cpu = ax_port_cpu_id();
	bool flush = vm->last_vcpu[cpu] != vc->core.id + 1;

	if ((axaddrspace_tag_get(vm->tags, &vm->as.tag, cpu) & AXADDRSPACE_TAG_FLUSH_LOCAL) != 0) {
		flush = true;
	}
	if (vc->root_tag != axaddrspace_tag_number(&vm->as.tag)) { /* all else in them stays */
		vc->root_tag = axaddrspace_tag_number(&vm->as.tag);
		flush = true; /* the number may have been another VM's, by way of its own tables */
		vc->core.ops->set_root(vc->core.arch, axaddrspace_root_value(&vm->as),
				       axaddrspace_control_value(&vm->as));
	}
	axvcpu_load(&vc->core, flush);
	vm->intc.intc.ops->load(vm->intc.intc.ctx, vc->core.id);
	vm->last_vcpu[cpu] = vc->core.id + 1;
}

/* Everything that can keep a vCPU from running, looked at once per step. */
static bool ready(struct axvm_vcpu *vc)
{
	uint32_t taken;

	if (atomic_load_explicit(&vc->parked, memory_order_acquire)) {
		return false;
	}
	/* The request to look at interrupts is met by the flush before the entry. */
	taken = axvcpu_take_requests(&vc->core,
				     AXVCPU_REQ_PAUSE | AXVCPU_REQ_STOP | AXVCPU_REQ_IRQ);
	if ((taken & ~AXVCPU_REQ_IRQ) != 0) {
		axvm_vcpu_switch_out(vc);
		axvm_park(vc);
		return false;
	}
	axvcpu_start(&vc->core);
	if (axvcpu_power(&vc->core) != AXVCPU_ON) {
		return false;
	}
	if (vc->core.resident_on == AXVCPU_NO_CPU) {
		make_resident(vc);
	}
	return true;
}

enum axvm_step axvm_vcpu_step(struct axvm_vcpu *vc)
{
	const struct ax_intc *intc = &vc->vm->intc.intc;
	const struct ax_intc_watch due = vc->watch;
	struct axvcpu_exit exit;
	enum verdict verdict = GO_ON;

	if (!ready(vc)) {
		return AXVM_BLOCK;
	}
	vc->core.ops->tick(vc->core.arch);
	vc->refusals = 0;
	do {
		if (atomic_load_explicit(due.flush, memory_order_acquire) != 0) {
			intc->ops->flush(intc->ctx, vc->core.id);
		}
		axvcpu_run(&vc->core, &exit);
		if (*due.sync != 0) {
			intc->ops->sync(intc->ctx, vc->core.id);
		}
		if (exit.kind != AXVCPU_EXIT_MMIO) {
			verdict = exit.kind == AXVCPU_EXIT_SYSREG     ? on_sysreg(vc, &exit)
				  : exit.kind == AXVCPU_EXIT_HOST_IRQ ? on_host_irq(vc)
								      : on_exit(vc, &exit);
		}
		if (exit.kind == AXVCPU_EXIT_MMIO) { /* at once, or by on_exit() */
			verdict = on_mmio(vc, &exit);
		}
	} while (verdict == GO_ON);
	return verdict == WAIT ? AXVM_BLOCK : AXVM_AGAIN;
}

void axvm_vcpu_switch_in(struct axvm_vcpu *vc)
{
	if (vc->core.resident_on == AXVCPU_NO_CPU && axvcpu_power(&vc->core) == AXVCPU_ON &&
	    !atomic_load_explicit(&vc->parked, memory_order_acquire)) {
		make_resident(vc);
	}
}

void axvm_vcpu_switch_out(struct axvm_vcpu *vc)
{
	if (vc->core.resident_on != AXVCPU_NO_CPU) {
		/* The vCPU's timer stops first, so that no interrupt of it comes that nobody would end. */
		axvcpu_put(&vc->core);
		vc->vm->intc.intc.ops->put(vc->vm->intc.intc.ctx, vc->core.id);
		axaddrspace_tag_put(vc->vm->tags, ax_port_cpu_id());
	}
}

uint64_t axvm_vcpu_deadline_ns(const struct axvm_vcpu *vc)
{
	if (atomic_load_explicit(&vc->parked, memory_order_relaxed) ||
	    axvcpu_power(&vc->core) != AXVCPU_ON) {
		return UINT64_MAX;
	}
	return vc->core.ops->deadline_ns(vc->core.arch);
}

void axvm_vcpu_take_irq(struct axvm_vcpu *vc)
{
	(void)on_host_irq(vc);
}

void axvm_console_input(struct axvm *vm)
{
	if (vm->console != NULL) {
		vm->console->model->input(vm->console->dev);
	}
}
