/* SPDX-License-Identifier: Apache-2.0 */
/* PL011 registers and bits: ARM DDI 0183G chapter 3. */
#pragma once
#include <axbase/bits.h>

#define UARTDR         0x000 /* RW */
#define UARTRSR        0x004 /* RO; a write is UARTECR and clears */
#define UARTFR         0x018 /* RO */
#define UARTILPR       0x020 /* RW */
#define UARTIBRD       0x024 /* RW */
#define UARTFBRD       0x028 /* RW */
#define UARTLCR_H      0x02c /* RW */
#define UARTCR         0x030 /* RW */
#define UARTIFLS       0x034 /* RW */
#define UARTIMSC       0x038 /* RW */
#define UARTRIS        0x03c /* RO */
#define UARTMIS        0x040 /* RO */
#define UARTICR        0x044 /* WO, write 1 to clear */
#define UARTDMACR      0x048 /* RW */
#define UARTPeriphID0  0xfe0 /* RO, eight ID registers up to 0xffc */

#define UARTDR_FE      UINT32_C(0x100)
#define UARTDR_PE      UINT32_C(0x200)
#define UARTDR_BE      UINT32_C(0x400)
#define UARTDR_OE      UINT32_C(0x800)
#define UARTDR_IN_FIFO UINT32_C(0x7ff) /* OE is not a character's own */

#define UARTRSR_OE     UINT32_C(0x8)
#define UARTRSR_MASK   UINT32_C(0xf)

#define UARTFR_CTS     UINT32_C(0x001)
#define UARTFR_DSR     UINT32_C(0x002)
#define UARTFR_DCD     UINT32_C(0x004)
#define UARTFR_RXFE    UINT32_C(0x010)
#define UARTFR_RXFF    UINT32_C(0x040)
#define UARTFR_TXFE    UINT32_C(0x080)
#define UARTFR_RI      UINT32_C(0x100)

#define UARTLCR_H_BRK  UINT32_C(0x01)
#define UARTLCR_H_FEN  UINT32_C(0x10)

#define UARTCR_LBE     UINT32_C(0x0080)
#define UARTCR_RXE     UINT32_C(0x0200)
#define UARTCR_DTR     UINT32_C(0x0400)
#define UARTCR_RTS     UINT32_C(0x0800)
#define UARTCR_OUT1    UINT32_C(0x1000)
#define UARTCR_OUT2    UINT32_C(0x2000)
#define UARTCR_RESET   UINT32_C(0x0300)

#define UARTIFLS_RX    UINT32_C(0x38)
#define UARTIFLS_RESET UINT32_C(0x12)

/* Interrupts, the same bits in IMSC, RIS, MIS and ICR */
#define UARTINT_RI  UINT32_C(0x001)
#define UARTINT_CTS UINT32_C(0x002)
#define UARTINT_DCD UINT32_C(0x004)
#define UARTINT_DSR UINT32_C(0x008)
#define UARTINT_RX  UINT32_C(0x010)
#define UARTINT_TX  UINT32_C(0x020)
#define UARTINT_RT  UINT32_C(0x040)
#define UARTINT_FE  UINT32_C(0x080)
#define UARTINT_PE  UINT32_C(0x100)
#define UARTINT_BE  UINT32_C(0x200)
#define UARTINT_OE  UINT32_C(0x400)

/* Writable bits; the rest is reserved, reads as zero */
#define UARTILPR_MASK  UINT32_C(0xff)
#define UARTIBRD_MASK  UINT32_C(0xffff)
#define UARTFBRD_MASK  UINT32_C(0x3f)
#define UARTLCR_H_MASK UINT32_C(0xff)
#define UARTCR_MASK    UINT32_C(0xff87)
#define UARTIFLS_MASK  UINT32_C(0x3f)
#define UARTINT_MASK   UINT32_C(0x7ff)
#define UARTDMACR_MASK UINT32_C(0x7)
