# SPDX-License-Identifier: Apache-2.0
"""Parts of axconf.py and axbundle.py: TOML with line numbers, the schema, the blob, the archive."""
