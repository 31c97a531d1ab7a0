/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshot of a PL011. The FIFO is stored from its oldest character on, so equal states are equal
 * bytes.
 */
#include <axbase/mem.h>
#include <axdev/snap.h>
#include "pl011_regs.h"
#include "pl011_snap.h"

#define SNAP_MAGIC   UINT32_C(0x31313050) /* "P011" */
#define SNAP_VERSION 1

struct snap {
	struct ax_snap_hdr hdr;
	uint32_t ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, ris, dmacr, rsr;
	uint8_t overrun; /* 0 or 1 */
	uint8_t count;
	uint8_t reserved[2];
	uint16_t fifo[VUART_PL011_FIFO];
};
AX_STATIC_ASSERT(sizeof(struct snap) == VUART_PL011_SNAP_SIZE);

ax_err_t vuart_pl011_pack(const struct vuart_pl011_state *s, void *buf, size_t cap, size_t *len)
{
	struct snap snap = {
		.hdr = { .magic = SNAP_MAGIC, .version = SNAP_VERSION, .size = sizeof(snap) },
		.ilpr = s->ilpr,
		.ibrd = s->ibrd,
		.fbrd = s->fbrd,
		.lcr_h = s->lcr_h,
		.cr = s->cr,
		.ifls = s->ifls,
		.imsc = s->imsc,
		.ris = s->ris,
		.dmacr = s->dmacr,
		.rsr = s->rsr,
		.overrun = s->overrun,
		.count = s->count,
	};

	for (uint32_t i = 0; i < s->count; i++) {
		snap.fifo[i] = s->fifo[(s->head + i) % VUART_PL011_FIFO];
	}
	return ax_snap_write(&snap, sizeof(snap), buf, cap, len);
}

static bool fifo_is_valid(const struct snap *snap)
{
	if (snap->count > VUART_PL011_FIFO) {
		return false;
	}
	if (snap->count == 0 && (snap->ris & (UARTINT_RX | UARTINT_RT)) != 0) {
		return false; /* these two could never be cleared by reading */
	}
	for (uint32_t i = 0; i < VUART_PL011_FIFO; i++) {
		uint32_t allowed = i < snap->count ? UARTDR_IN_FIFO : 0;

		if ((snap->fifo[i] & ~allowed) != 0) {
			return false;
		}
	}
	return true;
}

static bool is_valid(const struct snap *snap)
{
	uint32_t excess = (snap->ilpr & ~UARTILPR_MASK) | (snap->ibrd & ~UARTIBRD_MASK) |
			  (snap->fbrd & ~UARTFBRD_MASK) | (snap->lcr_h & ~UARTLCR_H_MASK) |
			  (snap->cr & ~UARTCR_MASK) | (snap->ifls & ~UARTIFLS_MASK) |
			  (snap->imsc & ~UARTINT_MASK) | (snap->ris & ~UARTINT_MASK) |
			  (snap->dmacr & ~UARTDMACR_MASK) | (snap->rsr & ~UARTRSR_MASK);

	return excess == 0 && snap->overrun <= 1 && snap->reserved[0] == 0 &&
	       snap->reserved[1] == 0 && snap->hdr.reserved == 0 && fifo_is_valid(snap);
}

ax_err_t vuart_pl011_unpack(struct vuart_pl011_state *s, const void *buf, size_t len)
{
	struct snap snap;
	ax_err_t err = ax_snap_read(&snap, sizeof(snap), buf, len, SNAP_MAGIC, SNAP_VERSION);

	if (err != AX_OK) {
		return err;
	}
	if (!is_valid(&snap)) {
		return AX_EINVAL;
	}
	*s = (struct vuart_pl011_state){
		.ilpr = snap.ilpr,
		.ibrd = snap.ibrd,
		.fbrd = snap.fbrd,
		.lcr_h = snap.lcr_h,
		.cr = snap.cr,
		.ifls = snap.ifls,
		.imsc = snap.imsc,
		.ris = snap.ris,
		.dmacr = snap.dmacr,
		.rsr = snap.rsr,
		.overrun = snap.overrun != 0,
		.count = snap.count,
	};
	memcpy(s->fifo, snap.fifo, sizeof(s->fifo));
	return AX_OK;
}
