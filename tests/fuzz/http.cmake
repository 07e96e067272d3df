# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(http DEPS webhook_net)
