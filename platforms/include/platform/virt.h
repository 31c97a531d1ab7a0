/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guest machines "virt" of all architectures share: the form of their tables' rows, and the flash
 * and fw_cfg that a firmware finds. For platform/virt_<arch>.h.
 */
#pragma once
#include <axvm/machine.h>
#include <vflash/cfi.h>
#include <vfwcfg/vfwcfg.h>

#define VIRT_FLASH1_SIZE UINT64_C(0x00200000) /* what a firmware keeps */

/** fw_cfg with what it offers. The first member is what the device's ops take. */
struct virt_fw_cfg {
	struct vfwcfg dev;
	struct vfwcfg_item items[9];
};

void virt_flash_rom_init(void *dev, const struct axvm_device_env *env);
void virt_flash_init(void *dev, const struct axvm_device_env *env);
uint64_t virt_flash_deadline_ns(void *dev);
void virt_flash_tick(void *dev);
void virt_fw_cfg_init(void *dev, const struct axvm_device_env *env);

/* --- Initialisers: macros, since no constant table in C can take a row from another */

/** A row of a struct axvm_model table; what else it has, by name, at the end. */
#define VIRT_MODEL(_name, _ops, _type, _bytes, _fdt, ...)                                         \
	{                                                                                         \
		.name = (_name), .ops = &(_ops), .size = sizeof(_type), .align = _Alignof(_type), \
		.reg_size = (_bytes), .fdt = (_fdt), __VA_ARGS__                                  \
	}

/** The rows for a firmware, whose flash has at most @_flash0_max bytes. */
#define VIRT_FIRMWARE_MODELS(_flash0_max)                                                       \
	VIRT_FLASH("flash0", _flash0_max, AXVM_CONTENT_FIRMWARE, virt_flash_rom_init),          \
		VIRT_FLASH("flash1", VIRT_FLASH1_SIZE, AXVM_CONTENT_ERASED, virt_flash_init),   \
		VIRT_MODEL("fw-cfg", vfwcfg_ops, struct virt_fw_cfg, VFWCFG_SIZE, AXFDT_FW_CFG, \
			   .no_irq = true, .init = virt_fw_cfg_init)

#define VIRT_FLASH(_name, _size, _content, _init)                                    \
	VIRT_MODEL(_name, vflash_cfi_ops, struct vflash_cfi, _size, AXFDT_CFI_FLASH, \
		   .content = (_content), .no_irq = true, .init = (_init),           \
		   .deadline_ns = virt_flash_deadline_ns, .tick = virt_flash_tick)
