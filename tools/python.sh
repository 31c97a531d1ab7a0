# SPDX-License-Identifier: Apache-2.0
# Sourced by ./run, ./bench and ./test. Sets AX_PYTHON to a Python 3.11 or newer; on Debian one is installed if
# there is none. Everything else that the commands need is python's business (tools/setup_host.py).

ax_python_ok() {
	command -v "$1" >/dev/null 2>&1 &&
		"$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

ax_find_python() {
	for AX_PYTHON in "${AX_PYTHON:-python3}" python3 /usr/bin/python3 /usr/local/bin/python3; do
		if ax_python_ok "$AX_PYTHON"; then
			return 0
		fi
	done
	return 1
}

ax_install_python() {
	as_root=
	if [ ! -f /etc/debian_version ] || ! command -v apt-get >/dev/null 2>&1; then
		echo "setup: missing: python3 >= 3.11 (this is not Debian: install it by hand)" >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		if ! command -v sudo >/dev/null 2>&1; then
			echo "setup: python3 is missing, and there is neither root nor sudo to install it" >&2
			return 1
		fi
		as_root=sudo
	fi
	echo "setup: installing python3 ..." >&2
	if ! { $as_root apt-get -qq update &&
		DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install -y \
			--no-install-recommends python3; } >/dev/null 2>&1; then
		echo "setup: apt-get could not install python3 (no network, or no such package)" >&2
		return 1
	fi
}

if ! ax_find_python; then
	ax_install_python || exit 1
	if ! ax_find_python; then
		echo "setup: python3 is older than 3.11: Debian 12 or newer is needed" >&2
		exit 1
	fi
fi
export AX_PYTHON
