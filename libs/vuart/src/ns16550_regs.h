/* SPDX-License-Identifier: Apache-2.0 */
/* NS16550A registers and bits: PC16550D data sheet, Summary of Registers. */
#pragma once
#include <axbase/bits.h>

#define UART_RBR          0 /* RO; a write is THR; DLL with DLAB */
#define UART_IER          1 /* RW; DLM with DLAB */
#define UART_IIR          2 /* RO; a write is FCR */
#define UART_LCR          3 /* RW */
#define UART_MCR          4 /* RW */
#define UART_LSR          5 /* RO; a read clears [4:1] */
#define UART_MSR          6 /* RO; a read clears [3:0] */
#define UART_SCR          7 /* RW */

#define UART_IER_ERBFI    UINT32_C(0x01)
#define UART_IER_ETBEI    UINT32_C(0x02)
#define UART_IER_ELSI     UINT32_C(0x04)
#define UART_IER_EDSSI    UINT32_C(0x08)
#define UART_IER_MASK     UINT32_C(0x0f)

#define UART_IIR_NONE     UINT32_C(0x01)
#define UART_IIR_MODEM    UINT32_C(0x00)
#define UART_IIR_THRE     UINT32_C(0x02)
#define UART_IIR_RDA      UINT32_C(0x04)
#define UART_IIR_RLS      UINT32_C(0x06)
#define UART_IIR_TIMEOUT  UINT32_C(0x0c)
#define UART_IIR_FIFO     UINT32_C(0xc0)

#define UART_FCR_ENABLE   UINT32_C(0x01)
#define UART_FCR_RX_RESET UINT32_C(0x02)
#define UART_FCR_TRIGGER  UINT32_C(0xc0)
#define UART_FCR_KEPT     UINT32_C(0xc9) /* enable, DMA mode, trigger; resets are pulses */

#define UART_LCR_DLAB     UINT32_C(0x80)

#define UART_MCR_DTR      UINT32_C(0x01)
#define UART_MCR_RTS      UINT32_C(0x02)
#define UART_MCR_OUT1     UINT32_C(0x04)
#define UART_MCR_OUT2     UINT32_C(0x08)
#define UART_MCR_LOOP     UINT32_C(0x10)
#define UART_MCR_MASK     UINT32_C(0x1f)

#define UART_LSR_DR       UINT32_C(0x01)
#define UART_LSR_OE       UINT32_C(0x02)
#define UART_LSR_BI       UINT32_C(0x10)
#define UART_LSR_ERRORS   UINT32_C(0x1e)
#define UART_LSR_IN_FIFO  UINT32_C(0x1c) /* PE, FE and BI belong to a character */
#define UART_LSR_THRE     UINT32_C(0x20)
#define UART_LSR_TEMT     UINT32_C(0x40)
#define UART_LSR_FIFO_ERR UINT32_C(0x80)

#define UART_MSR_DCTS     UINT32_C(0x01)
#define UART_MSR_DDSR     UINT32_C(0x02)
#define UART_MSR_TERI     UINT32_C(0x04)
#define UART_MSR_DDCD     UINT32_C(0x08)
#define UART_MSR_DELTAS   UINT32_C(0x0f)
#define UART_MSR_CTS      UINT32_C(0x10)
#define UART_MSR_DSR      UINT32_C(0x20)
#define UART_MSR_RI       UINT32_C(0x40)
#define UART_MSR_DCD      UINT32_C(0x80)
