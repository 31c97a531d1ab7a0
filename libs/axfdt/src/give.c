/* SPDX-License-Identifier: Apache-2.0 */
/* Devicetree Specification v0.3: 2.3.1 (compatible), 2.4 (interrupts), 3.6 (chosen). Default deny. */
#include "reader.h"
#include <axbase/bits.h>
#include <axbase/str.h>
#include <axfdt/give.h>

static bool is_withheld(const void *fdt, int node)
{
	/* A CPU, memory or PCI; a controller; what has a wire to a controller of a CPU's own. */
	static const char *const signs[] = { "device_type", "interrupt-controller",
					     "interrupts-extended" };

	for (size_t i = 0; i < AX_ARRAY_SIZE(signs); i++) {
		if (fdt_getprop(fdt, node, signs[i], NULL) != NULL) {
			return true;
		}
	}
	return !axfdt_is_enabled(fdt, node) || axfdt_get_string(fdt, node, "compatible") == NULL ||
	       fdt_node_check_compatible(fdt, node, "syscon") == 0;
}

static struct axfdt_range whole_pages(struct axfdt_range r)
{
	uint64_t base = ax_align_down(r.base, AX_PAGE_SIZE);

	return (struct axfdt_range){ base, ax_align_up(r.base - base + r.size, AX_PAGE_SIZE) };
}

enum answer { ELSEWHERE, GIVE, WITHHOLD };

/* What @node says about @pages. */
static enum answer ask(const void *fdt, int node, struct axfdt_range pages)
{
	int parent = axfdt_parent(fdt, node);
	enum answer answer = ELSEWHERE;
	struct axfdt_range r;

	for (int i = 0; axfdt_get_reg(fdt, parent, node, i, &r); i++) {
		if (r.size == 0 || !axfdt_translate(fdt, parent, &r)) {
			continue;
		}
		r = whole_pages(r);
		if (!ax_ranges_overlap(r.base, r.size, pages.base, pages.size)) {
			continue;
		}
		if (is_withheld(fdt, node)) {
			return WITHHOLD;
		}
		if (pages.base >= r.base && pages.size <= r.size &&
		    pages.base - r.base <= r.size - pages.size) {
			answer = GIVE;
		}
	}
	return answer;
}

/* What @host was told to use itself. */
static bool is_hosts(const struct axfdt_host *host, struct axfdt_range pages)
{
	struct axfdt_range r = whole_pages(host->uart);
	bool own = ax_ranges_overlap(r.base, r.size, pages.base, pages.size);

	for (uint32_t i = 0; i < host->intc_reg_count; i++) {
		r = whole_pages(host->intc_reg[i]);
		own = own || ax_ranges_overlap(r.base, r.size, pages.base, pages.size);
	}
	return own;
}

bool axfdt_may_give(const void *fdt, const struct axfdt_host *host, struct axfdt_range pages)
{
	bool found = false;

	if (!ax_range_valid(pages.base, pages.size) || is_hosts(host, pages)) {
		return false;
	}
	for (int node = fdt_next_node(fdt, 0, NULL); node >= 0;
	     node = fdt_next_node(fdt, node, NULL)) {
		enum answer answer = ask(fdt, node, pages);

		if (answer == WITHHOLD) {
			return false;
		}
		found = found || answer == GIVE;
	}
	return found;
}
