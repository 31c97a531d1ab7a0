/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshot of an NS16550A. The FIFO is stored from its oldest character on, so equal states are
 * equal bytes.
 */
#include <axbase/mem.h>
#include <axdev/snap.h>
#include "ns16550_regs.h"
#include "ns16550_snap.h"

#define SNAP_MAGIC   UINT32_C(0x30353531) /* "1550" */
#define SNAP_VERSION 1

struct snap {
	struct ax_snap_hdr hdr;
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm, errors, deltas;
	uint8_t thre_pending; /* 0 or 1 */
	uint8_t count;
	uint8_t reserved;
	uint16_t fifo[VUART_NS16550_FIFO];
};
AX_STATIC_ASSERT(sizeof(struct snap) == VUART_NS16550_SNAP_SIZE);

ax_err_t vuart_ns16550_pack(const struct vuart_ns16550_state *s, void *buf, size_t cap, size_t *len)
{
	struct snap snap = {
		.hdr = { .magic = SNAP_MAGIC, .version = SNAP_VERSION, .size = sizeof(snap) },
		.ier = s->ier,
		.fcr = s->fcr,
		.lcr = s->lcr,
		.mcr = s->mcr,
		.scr = s->scr,
		.dll = s->dll,
		.dlm = s->dlm,
		.errors = s->errors,
		.deltas = s->deltas,
		.thre_pending = s->thre_pending,
		.count = s->count,
	};

	for (uint32_t i = 0; i < s->count; i++) {
		snap.fifo[i] = s->fifo[(s->head + i) % VUART_NS16550_FIFO];
	}
	return ax_snap_write(&snap, sizeof(snap), buf, cap, len);
}

static bool fifo_is_valid(const struct snap *snap)
{
	bool enabled = (snap->fcr & UART_FCR_ENABLE) != 0;

	if (snap->count > (enabled ? VUART_NS16550_FIFO : 1)) {
		return false;
	}
	for (uint32_t i = 0; i < VUART_NS16550_FIFO; i++) {
		uint32_t allowed = i < snap->count ? (UART_LSR_IN_FIFO << 8 | 0xff) : 0;

		if ((snap->fifo[i] & ~allowed) != 0) {
			return false;
		}
	}
	return true;
}

static bool is_valid(const struct snap *snap)
{
	uint32_t fcr_mask = (snap->fcr & UART_FCR_ENABLE) != 0 ? UART_FCR_KEPT : 0;
	uint32_t excess = (snap->ier & ~UART_IER_MASK) | (snap->fcr & ~fcr_mask) |
			  (snap->mcr & ~UART_MCR_MASK) | (snap->errors & ~UART_LSR_ERRORS) |
			  (snap->deltas & ~UART_MSR_DELTAS);

	return excess == 0 && snap->thre_pending <= 1 && snap->reserved == 0 &&
	       snap->hdr.reserved == 0 && fifo_is_valid(snap);
}

ax_err_t vuart_ns16550_unpack(struct vuart_ns16550_state *s, const void *buf, size_t len)
{
	struct snap snap;
	ax_err_t err = ax_snap_read(&snap, sizeof(snap), buf, len, SNAP_MAGIC, SNAP_VERSION);

	if (err != AX_OK) {
		return err;
	}
	if (!is_valid(&snap)) {
		return AX_EINVAL;
	}
	*s = (struct vuart_ns16550_state){
		.ier = snap.ier,
		.fcr = snap.fcr,
		.lcr = snap.lcr,
		.mcr = snap.mcr,
		.scr = snap.scr,
		.dll = snap.dll,
		.dlm = snap.dlm,
		.errors = snap.errors,
		.deltas = snap.deltas,
		.thre_pending = snap.thre_pending != 0,
		.count = snap.count,
	};
	memcpy(s->fifo, snap.fifo, sizeof(s->fifo));
	return AX_OK;
}
