/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of a node, read by a table of what it may have. Each value is copied out of the blob. */
#include "internal.h"
#include <axbase/str.h>
#include <libfdt.h> /* and with it memcpy() and its like, as the machine has them */

static ax_err_t wrong_size(const struct axconf_parser *p, const char *place,
			   const struct axconf_prop *prop, size_t len)
{
	return axconf_fail(p->diag, AX_EFORMAT, "%s%s: %u bytes is not its size", place, prop->name,
			   (unsigned)len);
}

/* A string has its NUL at the end of the property, and nowhere before. */
static ax_err_t check_string(const struct axconf_parser *p, const char *place, const char *name,
			     const char *val, size_t len)
{
	if (len == 0 || ax_strnlen(val, len) != len - 1) {
		return axconf_fail(p->diag, AX_EFORMAT, "%s%s: is not one string", place, name);
	}
	return AX_OK;
}

static ax_err_t store_string(const struct axconf_parser *p, const char *place,
			     const struct axconf_prop *prop, const char *val, size_t len, char *out)
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

/* Each string has a byte at least; the room behind them is zero already. */
static ax_err_t store_strings(const struct axconf_parser *p, const char *place,
			      const struct axconf_prop *prop, const char *val, size_t len,
			      char *out)
{
	size_t n = 0;

	while (n < len && val[n] != '\0') {
		n += ax_strnlen(val + n, len - n) + 1;
	}
	if (len == 0 || n != len) {
		return axconf_fail(p->diag, AX_EFORMAT, "%s%s: is not a list of strings", place,
				   prop->name);
	}
	if (len >= prop->max) {
		return axconf_fail(p->diag, AX_EFORMAT, "%s%s: has %u bytes, more than %u", place,
				   prop->name, (unsigned)len, prop->max - 1);
	}
	memcpy(out, val, len);
	return AX_OK;
}

static ax_err_t store_choice(const struct axconf_parser *p, const char *place,
			     const struct axconf_prop *prop, const char *val, size_t len, char *out)
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
static ax_err_t store(const struct axconf_parser *p, const char *place,
		      const struct axconf_prop *prop, const char *val, size_t len, char *out)
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
	case PROP_STRINGS:
		return store_strings(p, place, prop, val, len, out);
	case PROP_CHOICE:
		return store_choice(p, place, prop, val, len, out);
	}
	return AX_EFORMAT;
}

static const struct axconf_prop *find_prop(const struct axconf_prop *props, const char *name)
{
	for (; props->name != NULL; props++) {
		if (ax_streq(props->name, name)) {
			return props;
		}
	}
	return NULL;
}

ax_err_t axconf_read_props(const struct axconf_parser *p, int node, const char *place,
			   const struct axconf_prop *props, void *out, const char *const *skip)
{
	uint32_t seen = 0;
	int at;

	fdt_for_each_property_offset(at, p->fdt, node)
	{
		const char *name;
		int len;
		const char *val = fdt_getprop_by_offset(p->fdt, at, &name, &len);
		const struct axconf_prop *prop;
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
