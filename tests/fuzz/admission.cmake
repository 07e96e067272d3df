# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(admission DEPS webhook_admission policies)
