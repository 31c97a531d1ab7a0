/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for axfdt where there is no libfdt: knows the tree of QEMU's virt machine, no more. */
#include <axbase/mem.h>
#include <axbase/str.h>
#include "internal.h"

#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROP       3
#define FDT_NOP        4
#define MAX_DEPTH      8

struct node {
	const char *name;
	const uint8_t *reg;
	uint32_t reg_len;
	const uint8_t *interrupts;
	const char *compatible;
	const char *device_type;
	const char *method;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static bool starts(const char *s, const char *prefix)
{
	return memcmp(s, prefix, ax_strnlen(prefix, 64)) == 0;
}

static void take_chosen(struct axfdt_host *h, const char *name, const uint8_t *v, uint32_t len)
{
	uint64_t n = len == 8 ? be64(v) : len == 4 ? be32(v) : 0;

	if (ax_streq(name, "bootargs")) {
		size_t copy = len < sizeof(h->bootargs) - 1 ? len : sizeof(h->bootargs) - 1;

		memcpy(h->bootargs, v, copy);
	} else if (ax_streq(name, "linux,initrd-start")) {
		h->initrd.base = n;
	} else if (ax_streq(name, "linux,initrd-end")) {
		h->initrd.size = n; /* made a size at the end */
	}
}

static void take_gic(struct axfdt_host *h, const struct node *n, enum axfdt_intc_kind kind)
{
	h->has_intc = true;
	h->intc = kind;
	for (uint32_t i = 0; i < 4 && 16 * i < n->reg_len; i++) {
		h->intc_reg[i] =
			(struct axfdt_range){ be64(n->reg + 16 * i), be64(n->reg + 16 * i + 8) };
		h->intc_reg_count = i + 1;
	}
}

static void take_node(struct axfdt_host *h, const struct node *n)
{
	if (n->device_type != NULL && ax_streq(n->device_type, "memory") &&
	    h->mem_count < AXFDT_MAX_MEM) {
		h->mem[h->mem_count++] = (struct axfdt_range){ be64(n->reg), be64(n->reg + 8) };
	} else if (n->device_type != NULL && ax_streq(n->device_type, "cpu") &&
		   h->cpu_count < AXFDT_HOST_MAX_CPUS) {
		h->cpu_reg[h->cpu_count++] = n->reg_len == 8 ? be64(n->reg) : be32(n->reg);
	} else if (n->method != NULL && starts(n->name, "psci")) {
		h->psci_smc = ax_streq(n->method, "smc");
		h->psci_hvc = ax_streq(n->method, "hvc");
	} else if (n->compatible != NULL && ax_streq(n->compatible, "arm,gic-v3")) {
		take_gic(h, n, AXFDT_INTC_GICV3);
	} else if (n->compatible != NULL && ax_streq(n->compatible, "arm,cortex-a15-gic")) {
		take_gic(h, n, AXFDT_INTC_GICV2);
	} else if (n->compatible != NULL && ax_streq(n->compatible, "arm,pl011") &&
		   be64(n->reg) == BOARD_EARLY_UART) {
		h->uart = (struct axfdt_range){ be64(n->reg), be64(n->reg + 8) };
		h->uart_irq = be32(n->interrupts + 4) + 32;
		memcpy(h->uart_compatible, "arm,pl011", 10);
	}
}

static void take_property(struct node *n, const char *name, const uint8_t *v, uint32_t len)
{
	if (ax_streq(name, "reg")) {
		n->reg = v;
		n->reg_len = len;
	} else if (ax_streq(name, "interrupts")) {
		n->interrupts = v;
	} else if (ax_streq(name, "compatible")) {
		n->compatible = (const char *)v;
	} else if (ax_streq(name, "device_type")) {
		n->device_type = (const char *)v;
	} else if (ax_streq(name, "method")) {
		n->method = (const char *)v;
	}
}

ax_err_t axfdt_read_host(const void *fdt, size_t max_bytes, struct axfdt_host *h,
			 struct axfdt_diag *diag)
{
	const uint8_t *base = fdt;
	const uint8_t *at = base + be32(base + 8);
	const char *strings = (const char *)base + be32(base + 12);
	const uint8_t *end = base + max_bytes;
	struct node stack[MAX_DEPTH];
	uint32_t depth = 0;

	memset(h, 0, sizeof(*h));
	h->size = be32(base + 4);
	while (at + 12 < end) {
		uint32_t token = be32(at);

		at += 4;
		if (token == FDT_BEGIN_NODE && depth < MAX_DEPTH) {
			stack[depth] = (struct node){ .name = (const char *)at };
			at += ax_align_up(ax_strnlen((const char *)at, 256) + 1, 4);
			depth++;
		} else if (token == FDT_END_NODE && depth > 0) {
			depth--;
			if (stack[depth].reg != NULL || stack[depth].method != NULL) {
				take_node(h, &stack[depth]);
			}
		} else if (token == FDT_PROP && depth > 0) {
			uint32_t len = be32(at);
			const char *name = strings + be32(at + 4);

			take_property(&stack[depth - 1], name, at + 8, len);
			if (depth == 2 && ax_streq(stack[1].name, "chosen")) {
				take_chosen(h, name, at + 8, len);
			}
			at += 8 + ax_align_up(len, 4);
		} else if (token != FDT_NOP) {
			break;
		}
	}
	if (h->initrd.base != 0) {
		h->initrd.size -= h->initrd.base;
	}
	if (h->mem_count == 0 || h->cpu_count == 0) {
		(void)!ax_strcpy(diag->text, sizeof(diag->text), "no memory or no CPUs");
		return AX_EFORMAT;
	}
	return AX_OK;
}
