/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of axconf share: a diagnosis in one line, and properties read by table. */
#pragma once
#include <axconf/vm.h>

/** Store the line, with anything unprintable that came from a blob made visible; returns @err. */
ax_err_t axconf_fail(struct axconf_diag *diag, ax_err_t err, const char *fmt, ...) AX_PRINTF(3, 4);

enum axconf_prop_kind {
	PROP_U32,
	PROP_U64S,    /* exactly max values, to consecutive fields */
	PROP_MASKS,   /* 1 to max values */
	PROP_STRING,  /* max bytes of room */
	PROP_STRINGS, /* max bytes of room, an empty string behind them included */
	PROP_CHOICE,  /* one of choices[], stored as its index */
};

struct axconf_prop {
	const char *name;
	enum axconf_prop_kind kind;
	bool required;
	size_t offset; /* in the struct that the node fills */
	uint32_t max;
	const char *const *choices;
};

/** A parse in progress. */
struct axconf_parser {
	const void *fdt;
	struct axconf_vm *vm;
	struct axconf_diag *diag;
};

/**
 * Read all properties of @node into @out by @props, whose last entry has no name. @place goes before
 * names in messages ("memory[1]."); @skip, or NULL, has two names that were read before.
 */
ax_err_t axconf_read_props(const struct axconf_parser *p, int node, const char *place,
			   const struct axconf_prop *props, void *out, const char *const *skip);
