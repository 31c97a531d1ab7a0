/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for a configuration on any machine. tools/vmconf/model.py checks the same, with lines. */
#include "internal.h"
#include <axbase/str.h>
#include <axport/log.h>

#define INTID_SPI_FIRST  32 /* IHI 0069 2.2.1: SPIs are INTIDs 32 to 1019 */
#define INTID_SPI_LAST   1019
#define PLIC_SOURCE_LAST 1023 /* RISC-V PLIC 1.0.0, 1: sources 1 to 1023 */
#define GICV2_MAX_CPUS   8    /* IHI 0048, GICD_TYPER.CPUNumber */
#define DEVICE_ALIGN     4
#define PLACE_MAX        48

/* A range of guest-physical addresses, with what to call it. */
struct range {
	char place[PLACE_MAX]; /* "memory[1]" */
	uint64_t base;
	uint64_t last; /* its last byte */
	uint64_t irq;
};

static bool is_name_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (!first && (c == '-' || c == '_' || c == '.'));
}

/* Text for people and paths: printable, and ended within its room. */
static ax_err_t check_text(const char *key, const char *s, size_t cap, bool required,
			   struct axconf_diag *diag)
{
	size_t len = ax_strnlen(s, cap);

	if (len == cap) {
		return axconf_fail(diag, AX_EINVAL, "%s: has no end", key);
	}
	if (required && len == 0) {
		return axconf_fail(diag, AX_EINVAL, "%s: is empty", key);
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f) {
			return axconf_fail(diag, AX_EINVAL, "%s: has a control character", key);
		}
	}
	return AX_OK;
}

/* Strings one after another, with an empty one behind them. */
static ax_err_t check_texts(const char *key, const char *s, size_t cap, struct axconf_diag *diag)
{
	ax_err_t err = AX_OK;

	for (size_t len; err == AX_OK && (cap == 0 || s[0] != '\0'); s += len, cap -= len) {
		err = check_text(key, s, cap, false, diag);
		len = ax_strnlen(s, cap) + 1;
	}
	return err;
}

static ax_err_t check_name(const struct axconf_vm *vm, struct axconf_diag *diag)
{
	ax_err_t err = check_text("name", vm->name, sizeof(vm->name), true, diag);

	for (size_t i = 0; err == AX_OK && vm->name[i] != '\0'; i++) {
		if (!is_name_char(vm->name[i], i == 0)) {
			err = axconf_fail(diag, AX_EINVAL,
					  "name: \"%s\" is not made of letters, digits and \".-_\"",
					  vm->name);
		}
	}
	return err;
}

static ax_err_t check_cpus(const struct axconf_vm *vm, struct axconf_diag *diag)
{
	uint32_t most = vm->intc == AXCONF_INTC_GICV2 ? GICV2_MAX_CPUS : AXCONF_MAX_VCPUS;

	if (vm->intc > AXCONF_INTC_PLIC) {
		return axconf_fail(diag, AX_EINVAL, "intc: %u is not known", (unsigned)vm->intc);
	}
	if (vm->vcpu_count == 0 || vm->vcpu_count > most) {
		return axconf_fail(diag, AX_EINVAL, "vcpus: %u is not within 1 to %u%s",
				   vm->vcpu_count, most, most == GICV2_MAX_CPUS ? " (GICv2)" : "");
	}
	for (uint32_t i = vm->vcpu_count; i < AXCONF_MAX_VCPUS; i++) {
		if (vm->vcpu_cpus[i] != 0) {
			return axconf_fail(diag, AX_EINVAL, "vcpu-cpus[%u]: there are %u vCPUs", i,
					   vm->vcpu_count);
		}
	}
	return AX_OK;
}

static ax_err_t check_count(const char *key, uint32_t count, uint32_t most,
			    struct axconf_diag *diag)
{
	return count <= most
		       ? AX_OK
		       : axconf_fail(diag, AX_EINVAL, "%s: %u are more than %u", key, count, most);
}

/* Size and alignment of one field of addresses; @size AUTO: only the start is known. */
static ax_err_t check_range(const char *place, const char *field, uint64_t base, uint64_t size,
			    uint64_t align, struct axconf_diag *diag)
{
	if (base % align != 0) {
		return axconf_fail(diag, AX_EINVAL, "%s.%s: 0x%llx is not a multiple of 0x%llx",
				   place, field, (unsigned long long)base,
				   (unsigned long long)align);
	}
	if (size == AXCONF_AUTO) {
		return AX_OK;
	}
	if (size == 0 || size % align != 0) {
		return axconf_fail(diag, AX_EINVAL,
				   "%s.size: 0x%llx is not a positive multiple of 0x%llx", place,
				   (unsigned long long)size, (unsigned long long)align);
	}
	if (base > UINT64_MAX - (size - 1)) {
		return axconf_fail(diag, AX_EINVAL, "%s: %s 0x%llx + size 0x%llx wraps", place,
				   field, (unsigned long long)base, (unsigned long long)size);
	}
	return AX_OK;
}

static ax_err_t check_irq(const struct axconf_vm *vm, const char *place, uint64_t irq,
			  struct axconf_diag *diag)
{
	bool gic = vm->intc == AXCONF_INTC_GICV2 || vm->intc == AXCONF_INTC_GICV3;
	unsigned first = gic ? INTID_SPI_FIRST : 1;
	unsigned last = gic ? INTID_SPI_LAST : PLIC_SOURCE_LAST;

	if (irq != AXCONF_AUTO && (irq < first || irq > last)) {
		return axconf_fail(diag, AX_EINVAL, "%s.irq: %llu is not within %u to %u", place,
				   (unsigned long long)irq, first, last);
	}
	return AX_OK;
}

static ax_err_t check_mem(const struct axconf_mem *m, const char *place, struct axconf_diag *diag)
{
	ax_err_t err = check_range(place, "base", m->base.v, m->size, AX_PAGE_SIZE, diag);

	if (err != AX_OK) {
		return err;
	}
	if (m->size == AXCONF_AUTO) {
		return axconf_fail(diag, AX_EINVAL, "%s.size: is not given", place);
	}
	if ((m->prot & AXCONF_MEM_R) == 0 ||
	    (m->prot & ~(AXCONF_MEM_R | AXCONF_MEM_W | AXCONF_MEM_X)) != 0) {
		return axconf_fail(diag, AX_EINVAL,
				   "%s.prot: 0x%x is not R, with or without W and X", place,
				   m->prot);
	}
	if (m->kind > AXCONF_MEM_IDENTITY) {
		return axconf_fail(diag, AX_EINVAL, "%s.kind: %u is not known", place,
				   (unsigned)m->kind);
	}
	return AX_OK;
}

static ax_err_t check_device(const struct axconf_vm *vm, const struct axconf_device *d,
			     const char *place, struct axconf_diag *diag)
{
	char key[PLACE_MAX + 8];
	ax_err_t err;

	ax_format(key, sizeof(key), "%s.name", place);
	err = check_text(key, d->name, sizeof(d->name), false, diag);
	if (err == AX_OK) {
		ax_format(key, sizeof(key), "%s.model", place);
		err = check_text(key, d->model, sizeof(d->model), true, diag);
	}
	if (err == AX_OK) {
		uint64_t base = d->base == AXCONF_AUTO ? 0 : d->base;

		err = check_range(place, "base", base, d->size, DEVICE_ALIGN, diag);
	}
	return err == AX_OK ? check_irq(vm, place, d->irq, diag) : err;
}

static ax_err_t check_passthrough(const struct axconf_vm *vm, const struct axconf_passthrough *p,
				  const char *place, struct axconf_diag *diag)
{
	char key[PLACE_MAX + 8];
	ax_err_t err;

	ax_format(key, sizeof(key), "%s.name", place);
	err = check_text(key, p->name, sizeof(p->name), false, diag);
	if (err == AX_OK && p->size == AXCONF_AUTO) {
		err = axconf_fail(diag, AX_EINVAL, "%s.size: is not given", place);
	}
	if (err == AX_OK) {
		err = check_range(place, "base", p->base.v, p->size, AX_PAGE_SIZE, diag);
	}
	if (err == AX_OK) {
		err = check_range(place, "host", p->host.v, p->size, AX_PAGE_SIZE, diag);
	}
	if (err == AX_OK) {
		err = check_irq(vm, place, p->irq, diag);
	}
	if (err == AX_OK) {
		ax_format(key, sizeof(key), "%s.compatible", place);
		err = check_texts(key, p->compatible, sizeof(p->compatible), diag);
	}
	return err;
}

/* Number @i of memory, then devices, then passed-through ranges. False past the last. */
static bool nth_range(const struct axconf_vm *vm, uint32_t i, struct range *r)
{
	uint64_t size;

	*r = (struct range){ .irq = AXCONF_AUTO };
	if (i < vm->mem_count) {
		ax_format(r->place, sizeof(r->place), "memory[%u]", i);
		r->base = vm->mem[i].base.v;
		size = vm->mem[i].size;
	} else if (i - vm->mem_count < vm->device_count) {
		const struct axconf_device *d = &vm->devices[i - vm->mem_count];

		ax_format(r->place, sizeof(r->place), "device %s", d->name);
		r->base = d->base;
		size = d->size == AXCONF_AUTO ? 1 : d->size;
		r->irq = d->irq;
	} else if (i - vm->mem_count - vm->device_count < vm->passthrough_count) {
		const struct axconf_passthrough *p =
			&vm->passthrough[i - vm->mem_count - vm->device_count];

		ax_format(r->place, sizeof(r->place), "passthrough %s", p->name);
		r->base = p->base.v;
		size = p->size;
		r->irq = p->irq;
	} else {
		return false;
	}
	r->last = r->base == AXCONF_AUTO ? AXCONF_AUTO : r->base + (size - 1);
	return true;
}

static ax_err_t check_pair(const struct range *a, const struct range *b, struct axconf_diag *diag)
{
	if (a->base != AXCONF_AUTO && b->base != AXCONF_AUTO && a->base <= b->last &&
	    b->base <= a->last) {
		return axconf_fail(diag, AX_EINVAL, "%s: 0x%llx-0x%llx overlaps %s: 0x%llx-0x%llx",
				   b->place, (unsigned long long)b->base,
				   (unsigned long long)b->last, a->place,
				   (unsigned long long)a->base, (unsigned long long)a->last);
	}
	if (a->irq != AXCONF_AUTO && a->irq == b->irq) {
		return axconf_fail(diag, AX_EINVAL, "%s: irq %llu is taken by %s", b->place,
				   (unsigned long long)b->irq, a->place);
	}
	return AX_OK;
}

/* No two ranges share an address, and no two devices an interrupt. */
static ax_err_t check_conflicts(const struct axconf_vm *vm, struct axconf_diag *diag)
{
	struct range a, b;
	ax_err_t err = AX_OK;

	for (uint32_t j = 1; err == AX_OK && nth_range(vm, j, &b); j++) {
		for (uint32_t i = 0; err == AX_OK && i < j && nth_range(vm, i, &a); i++) {
			err = check_pair(&a, &b, diag);
		}
	}
	return err;
}

static ax_err_t check_inside_memory(const struct axconf_vm *vm, const char *key, uint64_t addr,
				    struct axconf_diag *diag)
{
	if (addr == AXCONF_AUTO) {
		return AX_OK;
	}
	for (uint32_t i = 0; i < vm->mem_count; i++) {
		if (addr >= vm->mem[i].base.v && addr - vm->mem[i].base.v < vm->mem[i].size) {
			return AX_OK;
		}
	}
	return axconf_fail(diag, AX_EINVAL, "%s: 0x%llx is outside of the VM's memory", key,
			   (unsigned long long)addr);
}

static ax_err_t check_images(const struct axconf_vm *vm, struct axconf_diag *diag)
{
	const struct {
		const char *path_key, *addr_key;
		const struct axconf_image *image;
	} images[] = {
		{ "images/kernel.path", "images/kernel.load-addr", &vm->kernel },
		{ "images/ramdisk.path", "images/ramdisk.load-addr", &vm->ramdisk },
		{ "images/dtb.path", "images/dtb.load-addr", &vm->dtb },
		{ "images/bios.path", "images/bios.load-addr", &vm->bios },
	};
	ax_err_t err = AX_OK;

	for (size_t i = 0; err == AX_OK && i < AX_ARRAY_SIZE(images); i++) {
		const struct axconf_image *image = images[i].image;

		err = check_text(images[i].path_key, image->path, sizeof(image->path), false, diag);
		/* 0 without a path is a field that nobody set. */
		if (err == AX_OK && (image->path[0] != '\0' || image->load_addr != 0)) {
			err = check_inside_memory(vm, images[i].addr_key, image->load_addr, diag);
		}
	}
	if (err == AX_OK && vm->kernel.path[0] == '\0' && vm->bios.path[0] == '\0') {
		err = axconf_fail(diag, AX_EINVAL, "images: neither a kernel nor a bios");
	}
	return err;
}

/* Every entry of the three arrays, by itself. */
static ax_err_t check_entries(const struct axconf_vm *vm, struct axconf_diag *diag)
{
	char place[PLACE_MAX];
	ax_err_t err = AX_OK;

	for (uint32_t i = 0; err == AX_OK && i < vm->mem_count; i++) {
		ax_format(place, sizeof(place), "memory[%u]", i);
		err = check_mem(&vm->mem[i], place, diag);
	}
	for (uint32_t i = 0; err == AX_OK && i < vm->device_count; i++) {
		ax_format(place, sizeof(place), "devices[%u]", i);
		err = check_device(vm, &vm->devices[i], place, diag);
	}
	for (uint32_t i = 0; err == AX_OK && i < vm->passthrough_count; i++) {
		ax_format(place, sizeof(place), "passthrough[%u]", i);
		err = check_passthrough(vm, &vm->passthrough[i], place, diag);
	}
	return err;
}

ax_err_t axconf_validate(const struct axconf_vm *vm, struct axconf_diag *diag)
{
	ax_err_t err = check_name(vm, diag);

	if (err == AX_OK) {
		err = check_cpus(vm, diag);
	}
	if (err == AX_OK) {
		err = check_count("memory", vm->mem_count, AXCONF_MAX_MEM, diag);
	}
	if (err == AX_OK && vm->mem_count == 0) {
		err = axconf_fail(diag, AX_EINVAL, "memory: there is none");
	}
	if (err == AX_OK) {
		err = check_count("devices", vm->device_count, AXCONF_MAX_DEVICES, diag);
	}
	if (err == AX_OK) {
		err = check_count("passthrough", vm->passthrough_count, AXCONF_MAX_PASSTHROUGH,
				  diag);
	}
	if (err == AX_OK) {
		err = check_entries(vm, diag);
	}
	if (err == AX_OK) {
		err = check_conflicts(vm, diag);
	}
	if (err == AX_OK) {
		err = check_text("cmdline", vm->cmdline, sizeof(vm->cmdline), false, diag);
	}
	if (err == AX_OK) {
		err = check_inside_memory(vm, "entry", vm->entry, diag);
	}
	return err == AX_OK ? check_images(vm, diag) : err;
}
