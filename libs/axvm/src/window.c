/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content behind a device's address: one block of host memory, a slot of the guest that it can read and
 * execute but not write, and for the device a way to change it and to hide it.
 */
#include "internal.h"

static bool in_window(const struct axvm_device *d, gpa_t off, size_t len)
{
	return off.v <= d->size && len <= d->size - off.v;
}

static ax_err_t content_read(void *ctx, gpa_t off, void *buf, size_t len)
{
	const struct axvm_device *d = ctx;

	if (!in_window(d, off, len)) {
		return AX_EFAULT;
	}
	memcpy(buf, (const uint8_t *)d->content + off.v, len);
	return AX_OK;
}

static ax_err_t content_write(void *ctx, gpa_t off, const void *buf, size_t len)
{
	const struct axvm_device *d = ctx;

	if (!in_window(d, off, len)) {
		return AX_EFAULT;
	}
	memcpy((uint8_t *)d->content + off.v, buf, len);
	axaddrspace_publish_host((uint8_t *)d->content + off.v, len);
	return AX_OK;
}

/* Without memory for a table the device goes on to answer; fetches find the page by a fault. */
static void show(void *ctx, bool readable)
{
	struct axvm_device *d = ctx;
	ax_err_t err = axaddrspace_show_slot(&d->vm->as, d->slot, readable);

	if (err != AX_OK && ax_log_allowed(&d->vm->guest_log)) {
		ax_log(AX_LOG_WARN, "vm %s: %s cannot be mapped: %s", d->vm->conf.name, d->name,
		       ax_err_name(err));
	}
}

ax_err_t axvm_window_make(struct axvm_device *d, struct axvm_device_env *env,
			  struct axvm_diag *diag)
{
	struct axvm *vm = d->vm;
	const struct ax_frame_ops *frames = vm->host->frames;
	struct axaddrspace_slot_cfg cfg = {
		.gpa = gpa(d->base),
		.bytes = d->size,
		.prot = AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_EXEC,
		.flags = AXADDRSPACE_SLOT_FIXED,
	};
	ax_err_t err = frames->alloc(vm->host->frames_ctx, d->size, &cfg.hpa);

	if (err == AX_OK) {
		d->content_hpa = cfg.hpa;
		d->content = frames->to_virt(vm->host->frames_ctx, cfg.hpa);
		memset(d->content, 0xff, (size_t)d->size);
		axaddrspace_publish_host(d->content, (size_t)d->size);
		err = axaddrspace_add_slot(&vm->as, &cfg, &d->slot);
	}
	if (err == AX_OK) {
		err = axaddrspace_show_slot(&vm->as, d->slot, true);
	}
	if (err != AX_OK) {
		return axvm_refuse(diag, vm, err, "%s at 0x%lx: 0x%lx bytes of memory: %s", d->name,
				   d->base, d->size, ax_err_name(err));
	}
	env->window_bytes = d->size;
	env->content = (struct ax_gmem){ .read = content_read, .write = content_write, .ctx = d };
	env->window = (struct ax_window){ .show = show, .ctx = d };
	return AX_OK;
}

void axvm_window_free(struct axvm_device *d)
{
	if (d->content != NULL) {
		d->vm->host->frames->free(d->vm->host->frames_ctx, d->content_hpa, d->size);
	}
}
