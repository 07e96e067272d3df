# SPDX-License-Identifier: Apache-2.0
"""The phases in the order of a roll-out: base, enforcement, an outage, the way out."""

from cases import base, down, enforce, update

PHASES = [base.phase, enforce.phase, update.phase, down.phase]
