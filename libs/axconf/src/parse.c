/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a blob to a struct axconf_vm. Each kind of node has a table of the properties it may have; what
 * is not in the table is refused, so that a newer or misspelt key is never silently without effect.
 * The format is described in docs/configuration.md.
 */
#include "internal.h"
#include <axbase/mem.h>
#include <axbase/str.h>
#include <axport/log.h>
#include <libfdt.h>

#define FORMAT_VERSION 1
#define COMPATIBLE     "axvisor,vm-config"
#define PLACE_MAX      48

enum prop_kind {
	PROP_U32,
	PROP_U64S,   /* exactly max values, to consecutive fields */
	PROP_MASKS,  /* 1 to max values */
	PROP_STRING, /* max bytes of room */
	PROP_CHOICE, /* one of choices[], stored as its index */
};

struct prop {
	const char *name;
	enum prop_kind kind;
	bool required;
	size_t offset; /* in the struct that the node fills */
	uint32_t max;
	const char *const *choices;
};

struct parser {
	const void *fdt;
	struct axconf_vm *vm;
	struct axconf_diag *diag;
};

static const char *const intc_names[] = { "", "gicv2", "gicv3", "plic", NULL };
static const char *const mem_kind_names[] = { "eager", "lazy", "identity", NULL };

/* PROP_CHOICE stores an index as such an enum, PROP_U64S relies on fields that follow each other. */
AX_STATIC_ASSERT(sizeof(enum axconf_intc) == sizeof(uint32_t));
AX_STATIC_ASSERT(sizeof(enum axconf_mem_kind) == sizeof(uint32_t));
AX_STATIC_ASSERT(offsetof(struct axconf_mem, size) == offsetof(struct axconf_mem, base) + 8);
AX_STATIC_ASSERT(offsetof(struct axconf_passthrough, size) ==
		 offsetof(struct axconf_passthrough, base) + 16);

/* What is in the root beside the VM itself. */
struct root {
	char compatible[32];
	uint32_t version;
};

#define VM(field)  offsetof(struct axconf_vm, field)
#define MEM(field) offsetof(struct axconf_mem, field)
#define DEV(field) offsetof(struct axconf_device, field)
#define PT(field)  offsetof(struct axconf_passthrough, field)
#define IMG(field) offsetof(struct axconf_image, field)

static const struct prop root_props[] = {
	{ "vm-name", PROP_STRING, true, VM(name), AXCONF_NAME_MAX, NULL },
	{ "id", PROP_U32, true, VM(id), 1, NULL },
	{ "vcpus", PROP_U32, true, VM(vcpu_count), 1, NULL },
	{ "vcpu-cpus", PROP_MASKS, false, VM(vcpu_cpus), AXCONF_MAX_VCPUS, NULL },
	{ "intc", PROP_CHOICE, false, VM(intc), 0, intc_names },
	{ "entry", PROP_U64S, false, VM(entry), 1, NULL },
	{ "cmdline", PROP_STRING, false, VM(cmdline), AXCONF_CMDLINE_MAX, NULL },
	{ 0 },
};

static const struct prop mem_props[] = {
	{ "range", PROP_U64S, true, MEM(base), 2, NULL },
	{ "prot", PROP_U32, true, MEM(prot), 1, NULL },
	{ "kind", PROP_CHOICE, true, MEM(kind), 0, mem_kind_names },
	{ 0 },
};

static const struct prop image_props[] = {
	{ "path", PROP_STRING, false, IMG(path), AXCONF_PATH_MAX, NULL },
	{ "load-addr", PROP_U64S, false, IMG(load_addr), 1, NULL },
	{ 0 },
};

static const struct prop device_props[] = {
	{ "label", PROP_STRING, true, DEV(name), AXCONF_NAME_MAX, NULL },
	{ "model", PROP_STRING, true, DEV(model), AXCONF_MODEL_MAX, NULL },
	{ "base", PROP_U64S, false, DEV(base), 1, NULL },
	{ "size", PROP_U64S, false, DEV(size), 1, NULL },
	{ "irq", PROP_U64S, false, DEV(irq), 1, NULL },
	{ 0 },
};

static const struct prop passthrough_props[] = {
	{ "label", PROP_STRING, true, PT(name), AXCONF_NAME_MAX, NULL },
	{ "range", PROP_U64S, true, PT(base), 3, NULL },
	{ "irq", PROP_U64S, false, PT(irq), 1, NULL },
	{ 0 },
};

static const struct prop no_props[] = { { 0 } };

static ax_err_t wrong_size(const struct parser *p, const char *place, const struct prop *prop,
			   size_t len)
{
	return axconf_fail(p->diag, AX_EFORMAT, "%s%s: %u bytes is not its size", place, prop->name,
			   (unsigned)len);
}

/* A string has its NUL at the end of the property, and nowhere before. */
static ax_err_t check_string(const struct parser *p, const char *place, const char *name,
			     const char *val, size_t len)
{
	if (len == 0 || ax_strnlen(val, len) != len - 1) {
		return axconf_fail(p->diag, AX_EFORMAT, "%s%s: is not one string", place, name);
	}
	return AX_OK;
}

static ax_err_t store_string(const struct parser *p, const char *place, const struct prop *prop,
			     const char *val, size_t len, char *out)
{
	ax_err_t err = check_string(p, place, prop->name, val, len);

	if (err == AX_OK && len > prop->max) {
		err = axconf_fail(p->diag, AX_EFORMAT, "%s%s: has %u bytes, more than %u", place,
				  prop->name, (unsigned)len - 1, prop->max - 1);
	}
	if (err == AX_OK) {
		memcpy(out, val, len);
	}
	return err;
}

static ax_err_t store_choice(const struct parser *p, const char *place, const struct prop *prop,
			     const char *val, size_t len, char *out)
{
	ax_err_t err = check_string(p, place, prop->name, val, len);

	if (err != AX_OK) {
		return err;
	}
	for (uint32_t i = 0; prop->choices[i] != NULL; i++) {
		if (val[0] != '\0' && ax_streq(val, prop->choices[i])) {
			memcpy(out, &i, sizeof(i));
			return AX_OK;
		}
	}
	return axconf_fail(p->diag, AX_EFORMAT, "%s%s: \"%.24s\" is not known", place, prop->name,
			   val);
}

/* Property values are big-endian and, for 64 bits, not aligned. */
static ax_err_t store(const struct parser *p, const char *place, const struct prop *prop,
		      const char *val, size_t len, char *out)
{
	size_t room = prop->max * sizeof(uint64_t);

	switch (prop->kind) {
	case PROP_U32:
		if (len != sizeof(uint32_t)) {
			return wrong_size(p, place, prop, len);
		}
		memcpy(out, &(uint32_t){ fdt32_ld((const fdt32_t *)(const void *)val) }, len);
		return AX_OK;
	case PROP_U64S:
	case PROP_MASKS:
		if (len > room || len % sizeof(uint64_t) != 0 || len == 0 ||
		    (prop->kind == PROP_U64S && len != room)) {
			return wrong_size(p, place, prop, len);
		}
		for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
			uint64_t v = fdt64_ld((const fdt64_t *)(const void *)(val + i));

			memcpy(out + i, &v, sizeof(v));
		}
		return AX_OK;
	case PROP_STRING:
		return store_string(p, place, prop, val, len, out);
	case PROP_CHOICE:
		return store_choice(p, place, prop, val, len, out);
	}
	return AX_EFORMAT;
}

static const struct prop *find_prop(const struct prop *props, const char *name)
{
	for (; props->name != NULL; props++) {
		if (ax_streq(props->name, name)) {
			return props;
		}
	}
	return NULL;
}

/*
 * Read all properties of @node into @out by @props. @place goes before names in messages
 * ("memory[1]."). @skip names one property that was read before.
 */
static ax_err_t read_props(const struct parser *p, int node, const char *place,
			   const struct prop *props, void *out, const char *const *skip)
{
	uint32_t seen = 0;
	int at;

	fdt_for_each_property_offset(at, p->fdt, node)
	{
		const char *name;
		int len;
		const char *val = fdt_getprop_by_offset(p->fdt, at, &name, &len);
		const struct prop *prop;
		ax_err_t err;

		if (val == NULL) {
			return axconf_fail(p->diag, AX_EFORMAT, "%sproperty at 0x%x: %s", place,
					   (unsigned)at, fdt_strerror(len));
		}
		if (skip != NULL && (ax_streq(name, skip[0]) || ax_streq(name, skip[1]))) {
			continue;
		}
		prop = find_prop(props, name);
		if (prop == NULL) {
			return axconf_fail(p->diag, AX_EFORMAT, "%s%.40s: unknown property", place,
					   name);
		}
		if ((seen & UINT32_C(1) << (prop - props)) != 0) {
			return axconf_fail(p->diag, AX_EFORMAT, "%s%s: is given twice", place,
					   name);
		}
		seen |= UINT32_C(1) << (prop - props);
		err = store(p, place, prop, val, (size_t)len, (char *)out + prop->offset);
		if (err != AX_OK) {
			return err;
		}
	}
	for (uint32_t i = 0; props[i].name != NULL; i++) {
		if (props[i].required && (seen & UINT32_C(1) << i) == 0) {
			return axconf_fail(p->diag, AX_EFORMAT, "%s%s: is missing", place,
					   props[i].name);
		}
	}
	return AX_OK;
}

static const char *node_name(const struct parser *p, int node)
{
	const char *name = fdt_get_name(p->fdt, node, NULL);

	return name != NULL ? name : "?";
}

static ax_err_t unknown_node(const struct parser *p, const char *place, int node)
{
	return axconf_fail(p->diag, AX_EFORMAT, "%s%.40s: unknown node", place, node_name(p, node));
}

/* A node whose properties are all there is to it. */
static ax_err_t read_leaf(const struct parser *p, int node, const char *place,
			  const struct prop *props, void *out)
{
	int child = fdt_first_subnode(p->fdt, node);

	if (child >= 0) {
		return unknown_node(p, place, child);
	}
	return read_props(p, node, place, props, out, NULL);
}

/* Room for one more entry of an array of @max, or the error. */
static ax_err_t next_entry(const struct parser *p, const char *key, uint32_t count, uint32_t max,
			   char *place)
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

static ax_err_t read_memory(const struct parser *p, int node)
{
	struct axconf_vm *vm = p->vm;
	char place[PLACE_MAX];
	ax_err_t err = next_entry(p, "memory", vm->mem_count, AXCONF_MAX_MEM, place);

	return err != AX_OK ? err : read_leaf(p, node, place, mem_props, &vm->mem[vm->mem_count++]);
}

static ax_err_t read_image(const struct parser *p, int node)
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

static ax_err_t read_device(const struct parser *p, int node)
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

static ax_err_t read_passthrough(const struct parser *p, int node)
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
static ax_err_t read_folder(const struct parser *p, int node, const char *prefix,
			    ax_err_t (*read_entry)(const struct parser *p, int node))
{
	const char *name = node_name(p, node);
	char place[PLACE_MAX];
	ax_err_t err;
	int child;

	ax_format(place, sizeof(place), "%s/", name);
	err = read_props(p, node, place, no_props, NULL, NULL);
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

static ax_err_t read_root_node(const struct parser *p, int node)
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
static ax_err_t check_kind(const struct parser *p)
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
static ax_err_t check_mask_count(const struct parser *p)
{
	int len = 0;

	if (fdt_getprop(p->fdt, 0, "vcpu-cpus", &len) != NULL &&
	    (size_t)len != p->vm->vcpu_count * sizeof(uint64_t)) {
		return axconf_fail(p->diag, AX_EFORMAT, "vcpu-cpus: %u masks for %u vCPUs",
				   (unsigned)len / 8, p->vm->vcpu_count);
	}
	return AX_OK;
}

static ax_err_t read_tree(const struct parser *p)
{
	static const char *const known[] = { "compatible", "version" };
	ax_err_t err = check_kind(p);
	int node;

	if (err == AX_OK) {
		err = read_props(p, 0, "", root_props, p->vm, known);
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
	damage = fdt_check_full(blob, len);
	if (damage != 0) {
		return axconf_fail(diag, AX_EFORMAT, "not a whole device tree: %s",
				   fdt_strerror(damage));
	}
	if (fdt_version(blob) < 17) { /* older ones do not say how long their structure is */
		return axconf_fail(diag, AX_EFORMAT, "a device tree of format %u, not 17",
				   fdt_version(blob));
	}
	return AX_OK;
}

ax_err_t axconf_parse(const void *blob, size_t len, struct axconf_vm *vm, struct axconf_diag *diag)
{
	const struct parser p = { .fdt = blob, .vm = vm, .diag = diag };
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
