# SPDX-License-Identifier: Apache-2.0
"""What the cases stand on: processes, keys, a cluster, Tollgate beside it."""
