/* SPDX-License-Identifier: Apache-2.0 */
/* What a firmware finds on every guest machine "virt": two banks of flash, and fw_cfg. */
#include <axbase/mem.h>
#include <axbase/str.h>
#include <platform/virt.h>

static void init_flash(void *dev, const struct axvm_device_env *env, bool read_only)
{
	vflash_cfi_init(dev, &(struct vflash_cfi_cfg){
				     .content = env->content,
				     .size = env->window_bytes,
				     .read_only = read_only,
				     .window = env->window,
			     });
}

void virt_flash_rom_init(void *dev, const struct axvm_device_env *env)
{
	init_flash(dev, env, true);
}

void virt_flash_init(void *dev, const struct axvm_device_env *env)
{
	init_flash(dev, env, false);
}

uint64_t virt_flash_deadline_ns(void *dev)
{
	return vflash_cfi_deadline_ns(dev);
}

void virt_flash_tick(void *dev)
{
	vflash_cfi_tick(dev);
}

/* What QEMU offers when it is given -bios and -kernel; the command line with its final zero. */
void virt_fw_cfg_init(void *dev, const struct axvm_device_env *env)
{
	const struct axvm_firmware *fw = env->firmware;
	struct virt_fw_cfg *f = dev;
	uint32_t kernel = (uint32_t)fw->kernel_size, initrd = (uint32_t)fw->initrd_size;
	uint32_t cmdline = (uint32_t)ax_strnlen(fw->cmdline, AXCONF_CMDLINE_MAX) + 1;
	const struct vfwcfg_item items[] = {
		{ .key = VFWCFG_NB_CPUS, .size = 2, .value = fw->vcpu_count },
		{ .key = VFWCFG_MAX_CPUS, .size = 2, .value = fw->vcpu_count },
		{ .key = VFWCFG_KERNEL_SIZE, .size = 4, .value = kernel },
		{ .key = VFWCFG_KERNEL_DATA, .size = kernel, .data = fw->kernel },
		{ .key = VFWCFG_INITRD_SIZE, .size = 4, .value = initrd },
		{ .key = VFWCFG_INITRD_DATA, .size = initrd, .data = fw->initrd },
		{ .key = VFWCFG_CMDLINE_SIZE, .size = 4, .value = cmdline },
		{ .key = VFWCFG_CMDLINE_DATA, .size = cmdline, .data = fw->cmdline },
		{ .key = VFWCFG_SETUP_SIZE, .size = 4, .value = 0 },
	};

	AX_STATIC_ASSERT(sizeof(items) == sizeof(f->items));
	memcpy(f->items, items, sizeof(items));
	vfwcfg_init(&f->dev, &env->gmem, f->items, AX_ARRAY_SIZE(f->items));
}
