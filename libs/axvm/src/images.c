/* SPDX-License-Identifier: Apache-2.0 */
/* From the bundle into guest memory: what is loaded where, and the loading itself, slice by slice. */
#include "internal.h"

static ax_err_t find_image(struct axvm *vm, const char *key, const struct axconf_image *conf,
			   const void *bundle, size_t bundle_size, struct axloader_image *image,
			   struct axvm_diag *diag)
{
	struct axloader_diag why;
	struct axloader_file file;
	ax_err_t err = axloader_bundle_find(bundle, bundle_size, conf->path, &file);

	if (err != AX_OK) {
		return axvm_refuse(diag, vm, AX_ENOENT, "%s: \"%s\" is not in the bundle", key,
				   conf->path);
	}
	err = axloader_probe(vm->loader, file.data, file.size, image, &why);
	return err == AX_OK
		       ? AX_OK
		       : axvm_refuse(diag, vm, err, "%s \"%s\": %s", key, conf->path, why.text);
}

/* An image that is copied as it stands, whatever it looks like. */
static ax_err_t find_raw(struct axvm *vm, const char *key, const struct axconf_image *conf,
			 const void *bundle, size_t bundle_size, struct axloader_image *image,
			 struct axvm_diag *diag)
{
	struct axloader_file file;

	if (axloader_bundle_find(bundle, bundle_size, conf->path, &file) != AX_OK) {
		return axvm_refuse(diag, vm, AX_ENOENT, "%s: \"%s\" is not in the bundle", key,
				   conf->path);
	}
	axloader_raw(file.data, file.size, image);
	return AX_OK;
}

/* The region of RAM that holds @addr; the first one for AXCONF_AUTO; NULL if there is none. */
static const struct axconf_mem *ram_at(const struct axvm *vm, uint64_t addr)
{
	for (uint32_t i = 0; i < vm->conf.mem_count; i++) {
		const struct axconf_mem *m = &vm->conf.mem[i];

		if (addr == AXCONF_AUTO || (addr >= m->base.v && addr - m->base.v < m->size)) {
			return m;
		}
	}
	return NULL;
}

static void add_load(struct axvm *vm, const char *key, const struct axconf_image *conf,
		     const struct axloader_image *image, gpa_t at,
		     const struct axloader_window *window)
{
	vm->loads[vm->load_count++] = (struct axvm_load){
		.key = key,
		.path = conf->path,
		.image = *image,
		.at = at,
		.window = *window,
	};
}

/* A tree that the configuration brings: /chosen is set to what is loaded, the rest stays. */
static ax_err_t take_user_dtb(struct axvm *vm, struct axfdt_range initrd, const void *bundle,
			      size_t bundle_size, struct axvm_diag *diag)
{
	struct axloader_image image;
	ax_err_t err =
		find_raw(vm, "kernel.dtb_path", &vm->conf.dtb, bundle, bundle_size, &image, diag);

	if (err != AX_OK) {
		return err;
	}
	if (image.size > AXVM_DTB_BYTES) {
		return axvm_refuse(diag, vm, AX_ETOOBIG,
				   "kernel.dtb_path \"%s\": %lu bytes, more than the %lu there are",
				   vm->conf.dtb.path, (unsigned long)image.size,
				   (unsigned long)AXVM_DTB_BYTES);
	}
	memcpy(vm->dtb, image.data, image.size);
	err = axfdt_set_chosen(vm->dtb, AXVM_DTB_BYTES,
			       vm->conf.cmdline[0] != '\0' ? vm->conf.cmdline : NULL, initrd,
			       &vm->dtb_size);
	return err == AX_OK ? AX_OK
			    : axvm_refuse(diag, vm, err, "kernel.dtb_path \"%s\": %s",
					  vm->conf.dtb.path, ax_err_name(err));
}

/* What cannot be meant where the firmware is in flash, and places what it loads itself. */
static ax_err_t check_firmware(const struct axvm *vm, struct axvm_diag *diag)
{
	const struct axconf_vm *c = &vm->conf;
	const struct {
		const char *key;
		bool given;
	} keys[] = {
		{ "entry_point", c->entry != AXCONF_AUTO },
		{ "kernel_load_addr",
		  c->kernel.path[0] != '\0' && c->kernel.load_addr != AXCONF_AUTO },
		{ "ramdisk_load_addr",
		  c->ramdisk.path[0] != '\0' && c->ramdisk.load_addr != AXCONF_AUTO },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(keys); i++) {
		if (keys[i].given) {
			return axvm_refuse(diag, vm, AX_EINVAL,
					   "kernel.%s: the firmware \"%s\" chooses that itself",
					   keys[i].key, c->bios.path);
		}
	}
	if (c->ramdisk.path[0] != '\0' && c->kernel.path[0] == '\0') {
		return axvm_refuse(
			diag, vm, AX_EINVAL,
			"kernel.ramdisk_path: the firmware \"%s\" has no kernel to give it to",
			c->bios.path);
	}
	return AX_OK;
}

ax_err_t axvm_firmware_find(struct axvm *vm, const void *bundle, size_t bundle_size,
			    struct axvm_diag *diag)
{
	const struct axconf_vm *conf = &vm->conf;
	struct axloader_image bios, kernel = { 0 }, ramdisk = { 0 };
	ax_err_t err = AX_OK;

	if (conf->bios.path[0] == '\0') {
		return AX_OK;
	}
	if (conf->bios.load_addr != AXCONF_AUTO || vm->machine->firmware == NULL) {
		return conf->kernel.path[0] == '\0'
			       ? AX_OK
			       : axvm_refuse(
					 diag, vm, AX_EINVAL,
					 "kernel.kernel_path: the firmware \"%s\" is not in flash, "
					 "where it would find a kernel",
					 conf->bios.path);
	}
	err = check_firmware(vm, diag);
	if (err == AX_OK) {
		err = find_raw(vm, "kernel.bios_path", &conf->bios, bundle, bundle_size, &bios,
			       diag);
	}
	if (err == AX_OK && conf->kernel.path[0] != '\0') {
		err = find_raw(vm, "kernel.kernel_path", &conf->kernel, bundle, bundle_size,
			       &kernel, diag);
	}
	if (err == AX_OK && conf->ramdisk.path[0] != '\0') {
		err = find_raw(vm, "kernel.ramdisk_path", &conf->ramdisk, bundle, bundle_size,
			       &ramdisk, diag);
	}
	if (err == AX_OK) {
		vm->firmware = (struct axvm_firmware){
			.image = bios.data,
			.image_size = bios.size,
			.kernel = kernel.data,
			.kernel_size = kernel.size,
			.initrd = ramdisk.data,
			.initrd_size = ramdisk.size,
			.cmdline = conf->cmdline,
			.vcpu_count = vm->vcpu_count,
		};
	}
	return err;
}

static ax_err_t write_tree(struct axvm *vm, const struct axvm_intc_kind *intc,
			   struct axfdt_range initrd, const void *bundle, size_t bundle_size,
			   struct axvm_diag *diag)
{
	return vm->conf.dtb.path[0] != '\0' ? take_user_dtb(vm, initrd, bundle, bundle_size, diag)
					    : axvm_graph_write_fdt(vm, intc, initrd, diag);
}

/* The firmware into its flash, the device tree to the start of memory, where firmware looks for it. */
static ax_err_t place_firmware(struct axvm *vm, struct axvm_diag *diag)
{
	gpa_t dtb = vm->conf.dtb.load_addr == AXCONF_AUTO ? vm->conf.mem[0].base
							  : gpa(vm->conf.dtb.load_addr);
	const struct axconf_mem *mem = ram_at(vm, dtb.v);
	struct axloader_image image;

	axloader_raw(vm->firmware.image, vm->firmware.image_size, &image);
	for (uint32_t i = 0; i < vm->device_count; i++) {
		const struct axvm_device *d = &vm->devices[i];
		const struct axloader_window window = { gpa(d->base), d->size };

		if (d->model->content == AXVM_CONTENT_FIRMWARE) {
			add_load(vm, "kernel.bios_path", &vm->conf.bios, &image, window.base,
				 &window);
			vm->boot_entry = d->base;
		}
	}
	vm->dtb_at = dtb;
	vm->boot_arg = dtb.v; /* and where the register that a kernel would find it in points */
	if (mem == NULL || !ax_is_aligned(dtb.v, 8) ||
	    mem->size - (dtb.v - mem->base.v) < AXVM_DTB_BYTES) {
		return axvm_refuse(diag, vm, AX_EINVAL,
				   "kernel.dtb_load_addr: no place for a device tree at 0x%lx",
				   dtb.v);
	}
	return AX_OK;
}

/* A kernel, or a firmware like one, into memory, with all that belongs to it. */
static ax_err_t place_kernel(struct axvm *vm, const void *bundle, size_t bundle_size,
			     struct axfdt_range *initrd, struct axvm_diag *diag)
{
	const struct axconf_vm *conf = &vm->conf;
	bool firmware = conf->bios.path[0] != '\0';
	const struct axconf_image *boot = firmware ? &conf->bios : &conf->kernel;
	const char *key = firmware ? "kernel.bios_path" : "kernel.kernel_path";
	const char *ramdisk_key = "kernel.ramdisk_path";
	const struct axconf_mem *mem = ram_at(vm, boot->load_addr);
	struct axloader_image kernel;
	struct axloader_image ramdisk = { 0 };
	struct axloader_window window;
	struct axloader_layout layout;
	struct axloader_diag why;
	ax_err_t err = find_image(vm, key, boot, bundle, bundle_size, &kernel, diag);

	if (err == AX_OK && conf->ramdisk.path[0] != '\0') {
		err = find_raw(vm, ramdisk_key, &conf->ramdisk, bundle, bundle_size, &ramdisk,
			       diag);
	}
	if (err != AX_OK) {
		return err;
	}
	if (mem == NULL) {
		return axvm_refuse(diag, vm, AX_EINVAL, "%s: load address 0x%lx is not in memory",
				   key, boot->load_addr);
	}
	window = (struct axloader_window){ mem->base, mem->size };
	err = axloader_place(&kernel, ramdisk.size, AXVM_DTB_BYTES, &window,
			     &(struct axloader_wish){ boot->load_addr, conf->entry,
						      conf->ramdisk.load_addr,
						      conf->dtb.load_addr },
			     &layout, &why);
	if (err != AX_OK) {
		return axvm_refuse(diag, vm, err, "%s \"%s\": %s", key, boot->path, why.text);
	}
	add_load(vm, key, boot, &kernel, layout.kernel, &window);
	if (ramdisk.size != 0) {
		add_load(vm, ramdisk_key, &conf->ramdisk, &ramdisk, layout.initrd, &window);
	}
	vm->dtb_at = layout.dtb;
	vm->boot_entry = layout.entry.v;
	vm->boot_arg = layout.dtb.v;
	*initrd = (struct axfdt_range){ layout.initrd.v, ramdisk.size };
	return AX_OK;
}

ax_err_t axvm_images_prepare(struct axvm *vm, const struct axvm_intc_kind *intc, const void *bundle,
			     size_t bundle_size, struct axvm_diag *diag)
{
	struct axfdt_range initrd = { 0 };
	ax_err_t err = vm->firmware.image != NULL
			       ? place_firmware(vm, diag)
			       : place_kernel(vm, bundle, bundle_size, &initrd, diag);

	return err == AX_OK ? write_tree(vm, intc, initrd, bundle, bundle_size, diag) : err;
}

/* Into the tree's places for seeds, if it has any: it is no longer parsed here. */
static AX_COLD void set_seeds(struct axvm *vm, bool (*fill)(void *ctx, void *at, size_t bytes))
{
	for (uint32_t i = 0; i < AXFDT_SEED_COUNT; i++) {
		const struct axfdt_value *v = &vm->seeds[i];
		bool filled =
			v->size == 0 || fill(vm->host->ctx, (uint8_t *)vm->dtb + v->at, v->size);

		ax_assert(filled); /* it was promised when the tree was written */
	}
}

static bool wipe(void *ctx, void *at, size_t bytes)
{
	(void)ctx;
	memset(at, 0, bytes);
	return true;
}

/* The device tree is small enough for one slice. Its seeds are the guest's alone. */
static ax_err_t load_dtb(struct axvm *vm, struct axvm_diag *diag)
{
	set_seeds(vm, vm->host->random);
	ax_err_t err = ax_gmem_write(&vm->gmem, vm->dtb_at, vm->dtb, vm->dtb_size);

	set_seeds(vm, wipe);
	if (err != AX_OK) {
		return axvm_refuse(diag, vm, err, "device tree at 0x%lx: %s", vm->dtb_at.v,
				   ax_err_name(err));
	}
	axaddrspace_publish(&vm->as, vm->dtb_at, vm->dtb_size);
	return AX_OK;
}

/* Clean the next slice of what was copied: a guest that starts with its caches off must see it. */
static void publish_slice(struct axvm *vm, const struct axvm_load *load)
{
	uint64_t left = load->image.mem_size - vm->published;
	uint64_t bytes = ax_min_u64(left, AXVM_SLICE_BYTES);

	axaddrspace_publish(&vm->as, gpa(load->at.v + vm->published), bytes);
	vm->published += bytes;
	if (bytes == left) {
		vm->load_index++;
		vm->load_phase = AXVM_LOAD_NEXT;
	}
}

static ax_err_t copy_slice(struct axvm *vm, const struct axvm_load *load, struct axvm_diag *diag)
{
	struct axloader_diag why;
	ax_err_t err = AX_OK;

	if (vm->load_phase == AXVM_LOAD_NEXT) {
		err = axloader_begin(vm->loader, &load->image, load->at, &load->window, &vm->gmem,
				     &why);
		vm->load_phase = AXVM_LOAD_COPYING;
	}
	if (err == AX_OK) {
		err = axloader_step(vm->loader, AXVM_SLICE_BYTES, &why);
	}
	if (err == AX_OK) {
		vm->load_phase = AXVM_LOAD_PUBLISHING;
		vm->published = 0;
		return AX_EBUSY;
	}
	return err == AX_EBUSY ? err
			       : axvm_refuse(diag, vm, err, "%s \"%s\": %s", load->key, load->path,
					     why.text);
}

ax_err_t axvm_images_step(struct axvm *vm, struct axvm_diag *diag)
{
	const struct axvm_load *load = &vm->loads[vm->load_index];

	if (vm->load_index == vm->load_count) {
		return load_dtb(vm, diag);
	}
	if (vm->load_phase == AXVM_LOAD_PUBLISHING) {
		publish_slice(vm, load);
		return AX_EBUSY;
	}
	return copy_slice(vm, load, diag);
}
