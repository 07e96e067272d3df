#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The end-to-end tests: a real etcd, kube-apiserver and kube-controller-manager,
# kubectl as the client, the shipped manifests and the real binary. Builds the
# control plane on the first run. README.md says more; --help lists the flags.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for argument in "$@"; do
  if [[ $argument == -h || $argument == --help ]]; then
    exec python3 "$here/run.py" --help
  fi
done
for tool in python3 etcd kubectl openssl; do
  command -v "$tool" >/dev/null || {
    echo "run.sh: $tool is not here (Debian: etcd-server, kubernetes-client, openssl, python3)" >&2
    exit 3
  }
done
# Debian 12's kubernetes-client is 1.20: its kustomize does not read the manifests, and it cannot validate strictly.
minor=$("${KUBECTL:-kubectl}" version --client -o json 2>/dev/null | python3 -c '
import json, re, sys
print(re.match(r"\d*", json.load(sys.stdin)["clientVersion"]["minor"]).group() or 0)' || echo 0)
if [ "$minor" -lt 25 ]; then
  echo "run.sh: kubectl is 1.$minor; these tests need 1.25 or newer (KUBECTL=PATH names another)" >&2
  exit 3
fi
controlplane=$("$here/build_controlplane.sh")
exec python3 "$here/run.py" --controlplane "$controlplane" "$@"
