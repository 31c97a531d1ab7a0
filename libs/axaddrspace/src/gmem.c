/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory read and written by the host, across slots and pages. */
#include "internal.h"
#include <axbase/mem.h>

/** Where the bytes at a guest address are; @p is NULL for memory that does not exist yet. */
struct piece {
	struct axaddrspace_slot *slot;
	uint8_t *p;
	uint64_t bytes; /* that lie together, from the address on */
};

static bool piece_at(struct axaddrspace *as, uint64_t addr, uint64_t len, struct piece *out)
{
	struct axaddrspace_slot *s = axaddrspace_slot_at(as, addr);
	struct axaddrspace_leaf leaf;
	uint64_t end;

	if (s == NULL) {
		return false;
	}
	bool mapped = axaddrspace_walk(as, addr, &leaf);
	uint64_t where = leaf.hpa.v + (addr - leaf.gpa);

	end = leaf.gpa + axaddrspace_entry_bytes(leaf.level);
	if (!mapped) {
		mapped = axaddrspace_slot_is_fixed(s);
		where = s->cfg.hpa.v + (addr - s->cfg.gpa.v);
	}
	end = ax_min_u64(end, axaddrspace_slot_end(s));
	*out = (struct piece){ .slot = s, .bytes = ax_min_u64(end - addr, len) };
	if (mapped) {
		uint8_t *page = as->cfg.frames->to_virt(as->cfg.frames_ctx,
							hpa(ax_align_down(where, AX_PAGE_SIZE)));

		out->p = page + (where & (AX_PAGE_SIZE - 1));
	}
	return true;
}

/** AX_EFAULT: some byte is in no slot, or in one without @prot. */
static ax_err_t check_range(struct axaddrspace *as, uint64_t addr, uint64_t len, uint32_t prot)
{
	if (len == 0) {
		return AX_OK;
	}
	if (!ax_range_valid(addr, len)) {
		return AX_EFAULT;
	}
	for (uint64_t last = addr + (len - 1);;) {
		const struct axaddrspace_slot *s = axaddrspace_slot_at(as, addr);

		if (s == NULL || (s->cfg.prot & prot) != prot) {
			return AX_EFAULT;
		}
		if (axaddrspace_slot_end(s) - 1 >= last) {
			return AX_OK;
		}
		addr = axaddrspace_slot_end(s);
	}
}

static ax_err_t gmem_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	struct axaddrspace *as = ctx;
	uint8_t *to = buf;
	struct piece piece;

	ax_spin_lock(&as->lock);
	ax_err_t err = check_range(as, addr.v, len, AXADDRSPACE_PROT_READ);

	while (err == AX_OK && len > 0) {
		bool found = piece_at(as, addr.v, len, &piece);

		ax_assert(found);
		if (piece.p != NULL) {
			memcpy(to, piece.p, (size_t)piece.bytes);
		} else {
			memset(to, 0, (size_t)piece.bytes);
		}
		to += piece.bytes;
		addr.v += piece.bytes;
		len -= (size_t)piece.bytes;
	}
	ax_spin_unlock(&as->lock);
	return err;
}

/** Memory for all of a range that lies in slots. AX_ENOMEM: for part of it there is none. */
static ax_err_t populate_range(struct axaddrspace *as, uint64_t addr, uint64_t len)
{
	uint64_t stop = addr + len;

	while (addr < stop) {
		ax_err_t err =
			axaddrspace_slot_populate(as, axaddrspace_slot_at(as, addr), addr, &addr);

		if (err != AX_OK) {
			return err;
		}
	}
	return AX_OK;
}

static ax_err_t write_to(struct axaddrspace *as, gpa_t addr, const void *buf, size_t len,
			 uint32_t prot)
{
	const uint8_t *from = buf;
	struct piece piece;

	ax_spin_lock(&as->lock);
	ax_err_t err = check_range(as, addr.v, len, prot);

	if (err == AX_OK) {
		err = populate_range(as, addr.v, len);
	}
	while (err == AX_OK && len > 0) {
		bool found = piece_at(as, addr.v, len, &piece);

		ax_assert(found && piece.p != NULL);
		memcpy(piece.p, from, (size_t)piece.bytes);
		axaddrspace_log_mark(piece.slot, addr.v, piece.bytes);
		from += piece.bytes;
		addr.v += piece.bytes;
		len -= (size_t)piece.bytes;
	}
	ax_spin_unlock(&as->lock);
	return err;
}

static ax_err_t gmem_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	return write_to(ctx, addr, buf, len, AXADDRSPACE_PROT_WRITE);
}

static ax_err_t loader_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	return write_to(ctx, addr, buf, len, 0);
}

struct ax_gmem axaddrspace_gmem(struct axaddrspace *as)
{
	return (struct ax_gmem){ .read = gmem_read, .write = gmem_write, .ctx = as };
}

struct ax_gmem axaddrspace_gmem_loader(struct axaddrspace *as)
{
	return (struct ax_gmem){ .read = gmem_read, .write = loader_write, .ctx = as };
}

void axaddrspace_publish(struct axaddrspace *as, gpa_t addr, uint64_t bytes)
{
	uint64_t at = addr.v;
	uint64_t left = ax_min_u64(bytes, ~UINT64_C(0) - at);

	while (left > 0) {
		struct piece piece;
		uint64_t step = AX_PAGE_SIZE - (at & (AX_PAGE_SIZE - 1));

		ax_spin_lock(&as->lock);
		if (piece_at(as, at, left, &piece)) {
			step = piece.bytes;
			if (piece.p != NULL) {
				axaddrspace_hw_publish(piece.p, (size_t)step);
			}
		}
		ax_spin_unlock(&as->lock);
		step = ax_min_u64(step, left);
		at += step;
		left -= step;
	}
}

void axaddrspace_publish_host(const void *p, size_t bytes)
{
	axaddrspace_hw_publish(p, bytes);
}
