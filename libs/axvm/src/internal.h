/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of axvm share. */
#pragma once
#include <axbase/mem.h>
#include <axbase/str.h>
#include <axport/assert.h>
#include <axvm/vm.h>

/** What a VM comes to rest for; the larger wins. */
enum { AXVM_GOAL_PAUSE = 1, AXVM_GOAL_RESET, AXVM_GOAL_OFF, AXVM_GOAL_FAIL };

/** Bytes of one slice of loading or populating. */
#define AXVM_SLICE_BYTES (UINT64_C(1) << 20)

/** Room for a generated or patched device tree. */
#define AXVM_DTB_BYTES (UINT64_C(16) << 10)

/** Write "vm NAME: …" into @diag and return @err. */
AX_COLD ax_err_t axvm_refuse(struct axvm_diag *diag, const struct axvm *vm, ax_err_t err,
			     const char *fmt, ...) AX_PRINTF(4, 5);

/**
 * memory.c: take the host's memory that identity-mapped regions lie at. On failure part of it may be
 * taken, too.
 */
AX_NODISCARD ax_err_t axvm_memory_take(struct axvm *vm, struct axvm_diag *diag);
/** memory.c: and give it back. The address space is gone already. */
void axvm_memory_give_back(struct axvm *vm);
/** memory.c: the address space, with RAM as configured. */
AX_NODISCARD ax_err_t axvm_memory_make(struct axvm *vm, struct axvm_diag *diag);
/** memory.c: no device may stand where RAM is; the configuration cannot see the machine's own addresses. */
AX_NODISCARD ax_err_t axvm_memory_check_free(const struct axvm *vm, const char *name, uint64_t base,
					     uint64_t size, struct axvm_diag *diag);

/** passthrough.c: map the host's devices, if the board's list has them and nothing else is in the way. */
AX_NODISCARD ax_err_t axvm_passthrough_map(struct axvm *vm, struct axvm_diag *diag);
/** passthrough.c: and give the VM their interrupts. On failure it may have some of them. */
AX_NODISCARD ax_err_t axvm_passthrough_bind(struct axvm *vm, struct axvm_diag *diag);
/** passthrough.c: take those back that it has. */
void axvm_passthrough_release(struct axvm *vm);

/** graph.c: choose models, addresses and interrupts for vm->devices; find the controller kind. */
AX_NODISCARD ax_err_t axvm_graph_resolve(struct axvm *vm, const struct axvm_intc_kind **intc,
					 struct axvm_diag *diag);
/** graph.c: the guest's device tree for the resolved graph, into vm->dtb. */
AX_NODISCARD ax_err_t axvm_graph_write_fdt(struct axvm *vm, const struct axvm_intc_kind *intc,
					   struct axfdt_range initrd, struct axvm_diag *diag);

/** images.c: find the files of a firmware in flash for vm->firmware, if the VM has one. */
AX_NODISCARD ax_err_t axvm_firmware_find(struct axvm *vm, const void *bundle, size_t bundle_size,
					 struct axvm_diag *diag);
/** window.c: memory behind the device's address, and what its model may do with it. */
AX_NODISCARD ax_err_t axvm_window_make(struct axvm_device *d, struct axvm_device_env *env,
				       struct axvm_diag *diag);
/** window.c: give the memory back. The address space is gone already. */
void axvm_window_free(struct axvm_device *d);

/** images.c: find images in the bundle, place them, fill vm->loads and the boot registers. */
AX_NODISCARD ax_err_t axvm_images_prepare(struct axvm *vm, const struct axvm_intc_kind *intc,
					  const void *bundle, size_t bundle_size,
					  struct axvm_diag *diag);
/** images.c: one slice of the load; AX_EBUSY while there is more. */
AX_NODISCARD ax_err_t axvm_images_step(struct axvm *vm, struct axvm_diag *diag);

/** access.c: a device access within axvcpu_run(), see struct axvcpu_cfg; the ctx is a struct axvm_vcpu. */
enum axvcpu_access axvm_access_read(void *access_ctx, gpa_t addr, uint32_t size, uint64_t *val);
enum axvcpu_access axvm_access_write(void *access_ctx, gpa_t addr, uint32_t size, uint64_t val);

/** step.c: an interrupt of the host within axvcpu_run(), see struct axvcpu_cfg; the ctx as above. */
bool axvm_host_irq(void *access_ctx);

/** life.c: bring all vCPUs to rest for @goal. */
ax_err_t axvm_quiesce(struct axvm *vm, uint32_t goal);
/** life.c: @vc is at rest. On its pCPU, nothing of it resident. */
void axvm_park(struct axvm_vcpu *vc);
