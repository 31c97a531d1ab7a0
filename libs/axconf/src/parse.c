/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a blob to a struct axconf_vm. Each kind of node has a table of the properties it may have; what
 * is not in the table is refused, so that a newer or misspelt key is never silently without effect.
 * The format is described in docs/configuration.md.
 */
#include "internal.h"
#include <axbase/str.h>
#include <axport/log.h>
#include <libfdt.h> /* and with it memcpy() and its like, as the machine has them */

#define FORMAT_VERSION 1
#define COMPATIBLE     "axvisor,vm-config"
#define PLACE_MAX      48

static const char *const intc_names[] = { "", "gicv2", "gicv3", "plic", NULL };
static const char *const mem_kind_names[] = { "eager", "lazy", "identity", NULL };

/* PROP_CHOICE stores an index as such an enum, PROP_U64S relies on fields that follow each other. */
AX_STATIC_ASSERT(sizeof(enum axconf_intc) == sizeof(uint32_t));
AX_STATIC_ASSERT(sizeof(enum axconf_mem_kind) == sizeof(uint32_t));
AX_STATIC_ASSERT(offsetof(struct axconf_mem, size) == offsetof(struct axconf_mem, base) + 8);
AX_STATIC_ASSERT(offsetof(struct axconf_passthrough, size) ==
		 offsetof(struct axconf_passthrough, base) + 16);

#define VM(field)  offsetof(struct axconf_vm, field)
#define MEM(field) offsetof(struct axconf_mem, field)
#define DEV(field) offsetof(struct axconf_device, field)
#define PT(field)  offsetof(struct axconf_passthrough, field)
#define IMG(field) offsetof(struct axconf_image, field)

static const struct axconf_prop root_props[] = {
	{ "vm-name", PROP_STRING, true, VM(name), AXCONF_NAME_MAX, NULL },
	{ "id", PROP_U32, true, VM(id), 1, NULL },
	{ "vcpus", PROP_U32, true, VM(vcpu_count), 1, NULL },
	{ "vcpu-cpus", PROP_MASKS, false, VM(vcpu_cpus), AXCONF_MAX_VCPUS, NULL },
	{ "intc", PROP_CHOICE, false, VM(intc), 0, intc_names },
	{ "entry", PROP_U64S, false, VM(entry), 1, NULL },
	{ "cmdline", PROP_STRING, false, VM(cmdline), AXCONF_CMDLINE_MAX, NULL },
	{ 0 },
};

static const struct axconf_prop mem_props[] = {
	{ "range", PROP_U64S, true, MEM(base), 2, NULL },
	{ "prot", PROP_U32, true, MEM(prot), 1, NULL },
	{ "kind", PROP_CHOICE, true, MEM(kind), 0, mem_kind_names },
	{ 0 },
};

static const struct axconf_prop image_props[] = {
	{ "path", PROP_STRING, false, IMG(path), AXCONF_PATH_MAX, NULL },
	{ "load-addr", PROP_U64S, false, IMG(load_addr), 1, NULL },
	{ 0 },
};

static const struct axconf_prop device_props[] = {
	{ "label", PROP_STRING, true, DEV(name), AXCONF_NAME_MAX, NULL },
	{ "model", PROP_STRING, true, DEV(model), AXCONF_MODEL_MAX, NULL },
	{ "base", PROP_U64S, false, DEV(base), 1, NULL },
	{ "size", PROP_U64S, false, DEV(size), 1, NULL },
	{ "irq", PROP_U64S, false, DEV(irq), 1, NULL },
	{ 0 },
};

static const struct axconf_prop passthrough_props[] = {
	{ "label", PROP_STRING, true, PT(name), AXCONF_NAME_MAX, NULL },
	{ "range", PROP_U64S, true, PT(base), 3, NULL },
	{ "irq", PROP_U64S, false, PT(irq), 1, NULL },
	{ "compatible", PROP_STRINGS, false, PT(compatible), AXCONF_COMPATIBLE_MAX, NULL },
	{ 0 },
};

static const struct axconf_prop no_props[] = { { 0 } };

static const char *node_name(const struct axconf_parser *p, int node)
{
	const char *name = fdt_get_name(p->fdt, node, NULL);

	return name != NULL ? name : "?";
}

static ax_err_t unknown_node(const struct axconf_parser *p, const char *place, int node)
{
	return axconf_fail(p->diag, AX_EFORMAT, "%s%.40s: unknown node", place, node_name(p, node));
}

/* A node whose properties are all there is to it. */
static ax_err_t read_leaf(const struct axconf_parser *p, int node, const char *place,
			  const struct axconf_prop *props, void *out)
{
	int child = fdt_first_subnode(p->fdt, node);

	if (child >= 0) {
		return unknown_node(p, place, child);
	}
	return axconf_read_props(p, node, place, props, out, NULL);
}

/* Room for one more entry of an array of @max, or the error. */
static ax_err_t next_entry(const struct axconf_parser *p, const char *key, uint32_t count,
			   uint32_t max, char *place)
{
	if (count == max) {
		return axconf_fail(p->diag, AX_EINVAL, "%s: more than %u", key, max);
	}
	ax_format(place, PLACE_MAX, "%s[%u].", key, count);
	return AX_OK;
}

static bool has_prefix(const char *s, const char *prefix)
{
	size_t n = ax_strnlen(prefix, PLACE_MAX);

	return ax_strnlen(s, n) == n && memcmp(s, prefix, n) == 0;
}

static ax_err_t read_memory(const struct axconf_parser *p, int node)
{
	struct axconf_vm *vm = p->vm;
	char place[PLACE_MAX];
	ax_err_t err = next_entry(p, "memory", vm->mem_count, AXCONF_MAX_MEM, place);

	return err != AX_OK ? err : read_leaf(p, node, place, mem_props, &vm->mem[vm->mem_count++]);
}

static ax_err_t read_image(const struct axconf_parser *p, int node)
{
	static const char *const names[] = { "kernel", "ramdisk", "dtb", "bios" };
	struct axconf_image *const images[] = { &p->vm->kernel, &p->vm->ramdisk, &p->vm->dtb,
						&p->vm->bios };
	char place[PLACE_MAX];

	for (size_t i = 0; i < AX_ARRAY_SIZE(names); i++) {
		if (!ax_streq(node_name(p, node), names[i])) {
			continue;
		}
		if (images[i]->path[0] != '\0' || images[i]->load_addr != AXCONF_AUTO) {
			return axconf_fail(p->diag, AX_EFORMAT, "images/%s: is given twice",
					   names[i]);
		}
		ax_format(place, sizeof(place), "images/%s.", names[i]);
		return read_leaf(p, node, place, image_props, images[i]);
	}
	return unknown_node(p, "images/", node);
}

static ax_err_t read_device(const struct axconf_parser *p, int node)
{
	struct axconf_vm *vm = p->vm;
	struct axconf_device *d;
	char place[PLACE_MAX];
	ax_err_t err = next_entry(p, "devices", vm->device_count, AXCONF_MAX_DEVICES, place);

	if (err != AX_OK) {
		return err;
	}
	d = &vm->devices[vm->device_count++];
	d->base = d->size = d->irq = AXCONF_AUTO;
	return read_leaf(p, node, place, device_props, d);
}

static ax_err_t read_passthrough(const struct axconf_parser *p, int node)
{
	struct axconf_vm *vm = p->vm;
	struct axconf_passthrough *range;
	char place[PLACE_MAX];
	ax_err_t err =
		next_entry(p, "passthrough", vm->passthrough_count, AXCONF_MAX_PASSTHROUGH, place);

	if (err != AX_OK) {
		return err;
	}
	range = &vm->passthrough[vm->passthrough_count++];
	range->irq = AXCONF_AUTO;
	return read_leaf(p, node, place, passthrough_props, range);
}

/* A node without properties, that holds entries whose names begin with @prefix. */
static ax_err_t read_folder(const struct axconf_parser *p, int node, const char *prefix,
			    ax_err_t (*read_entry)(const struct axconf_parser *p, int node))
{
	const char *name = node_name(p, node);
	char place[PLACE_MAX];
	ax_err_t err;
	int child;

	ax_format(place, sizeof(place), "%s/", name);
	err = axconf_read_props(p, node, place, no_props, NULL, NULL);
	fdt_for_each_subnode(child, p->fdt, node)
	{
		if (err != AX_OK) {
			break;
		}
		if (!has_prefix(node_name(p, child), prefix)) {
			err = unknown_node(p, place, child);
		} else {
			err = read_entry(p, child);
		}
	}
	return err;
}

static ax_err_t read_root_node(const struct axconf_parser *p, int node)
{
	const char *name = node_name(p, node);

	if (has_prefix(name, "memory-")) {
		return read_memory(p, node);
	}
	if (ax_streq(name, "images")) {
		return read_folder(p, node, "", read_image);
	}
	if (ax_streq(name, "devices")) {
		return read_folder(p, node, "device-", read_device);
	}
	if (ax_streq(name, "passthrough")) {
		return read_folder(p, node, "range-", read_passthrough);
	}
	return unknown_node(p, "", node);
}

/* The two properties that say what the tree is come first: the rest depends on them. */
static ax_err_t check_kind(const struct axconf_parser *p)
{
	int len;
	const char *compatible = fdt_getprop(p->fdt, 0, "compatible", &len);
	const fdt32_t *version;

	if (compatible == NULL || len != sizeof(COMPATIBLE) ||
	    memcmp(compatible, COMPATIBLE, sizeof(COMPATIBLE)) != 0) {
		return axconf_fail(p->diag, AX_EFORMAT, "compatible: is not \"%s\"", COMPATIBLE);
	}
	version = fdt_getprop(p->fdt, 0, "version", &len);
	if (version == NULL || len != sizeof(*version)) {
		return axconf_fail(p->diag, AX_EFORMAT, "version: is missing");
	}
	if (fdt32_ld(version) != FORMAT_VERSION) {
		return axconf_fail(p->diag, AX_EVERSION, "version: %u is not %u", fdt32_ld(version),
				   FORMAT_VERSION);
	}
	return AX_OK;
}

/* Either every vCPU has a mask or none has. */
static ax_err_t check_mask_count(const struct axconf_parser *p)
{
	int len = 0;

	if (fdt_getprop(p->fdt, 0, "vcpu-cpus", &len) != NULL &&
	    (size_t)len != p->vm->vcpu_count * sizeof(uint64_t)) {
		return axconf_fail(p->diag, AX_EFORMAT, "vcpu-cpus: %u masks for %u vCPUs",
				   (unsigned)len / 8, p->vm->vcpu_count);
	}
	return AX_OK;
}

static ax_err_t read_tree(const struct axconf_parser *p)
{
	static const char *const known[] = { "compatible", "version" };
	ax_err_t err = check_kind(p);
	int node;

	if (err == AX_OK) {
		err = axconf_read_props(p, 0, "", root_props, p->vm, known);
	}
	if (err == AX_OK) {
		err = check_mask_count(p);
	}
	if (err == AX_OK) {
		fdt_for_each_subnode(node, p->fdt, 0)
		{
			err = read_root_node(p, node);
			if (err != AX_OK) {
				break;
			}
		}
	}
	return err == AX_OK ? axconf_validate(p->vm, p->diag) : err;
}

/* All that libfdt wants to be true before anything in @blob is looked at. */
static ax_err_t check_tree(const void *blob, size_t len, struct axconf_diag *diag)
{
	int damage;

	if ((uintptr_t)blob % 8 != 0) {
		return axconf_fail(diag, AX_EFORMAT, "the blob is not aligned to 8 bytes");
	}
	/*
	 * Older formats do not say how long their structure is, and libfdt 1.6's fdt_check_full() reads
	 * through NULL below 16: so the version comes before everything else.
	 */
	damage = len < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_header(blob);
	if (damage == 0 && fdt_version(blob) < 17) {
		return axconf_fail(diag, AX_EFORMAT, "a device tree of format %u, not 17",
				   fdt_version(blob));
	}
	if (damage == 0) {
		damage = fdt_check_full(blob, len);
	}
	if (damage != 0) {
		return axconf_fail(diag, AX_EFORMAT, "not a whole device tree: %s",
				   fdt_strerror(damage));
	}
	return AX_OK;
}

ax_err_t axconf_parse(const void *blob, size_t len, struct axconf_vm *vm, struct axconf_diag *diag)
{
	const struct axconf_parser p = { .fdt = blob, .vm = vm, .diag = diag };
	ax_err_t err;

	memset(vm, 0, sizeof(*vm));
	err = check_tree(blob, len, diag);
	if (err != AX_OK) {
		return err;
	}
	vm->entry = AXCONF_AUTO;
	vm->kernel.load_addr = vm->ramdisk.load_addr = AXCONF_AUTO;
	vm->dtb.load_addr = vm->bios.load_addr = AXCONF_AUTO;
	err = read_tree(&p);
	if (err != AX_OK) {
		memset(vm, 0, sizeof(*vm));
	}
	return err;
}
