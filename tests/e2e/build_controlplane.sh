#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the control plane of the e2e tests once and prints where it is. The
# binary lives outside the tree, under a name made of its sources, so a second
# run prints the path and does nothing else. Progress goes to stderr.
#
#   --cached   print the path if there is something to run already, else exit 1
#   TOLLGATE_E2E_CONTROLPLANE=/path   use this instead: such a binary, or a
#              folder with ready kube-apiserver and kube-controller-manager
set -euo pipefail

say() { echo "build_controlplane: $*" >&2; }

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/controlplane" && pwd)

given=${TOLLGATE_E2E_CONTROLPLANE:-}
if [[ -n $given ]]; then
  if [[ -d $given && -x $given/kube-apiserver && -x $given/kube-controller-manager ]] ||
     [[ -f $given && -x $given ]]; then
    echo "$given"
    exit 0
  fi
  say "TOLLGATE_E2E_CONTROLPLANE=$given: neither a binary nor a folder with kube-apiserver and kube-controller-manager"
  exit 2
fi

key=$(cd "$source_dir" && sha256sum go.mod main.go | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tollgate/e2e/$key
binary=$cache/controlplane
if [[ -x $binary ]]; then
  echo "$binary"
  exit 0
fi
[[ ${1:-} == --cached ]] && exit 1

if ! command -v go >/dev/null; then
  say "no Go here: install Go 1.26 or point TOLLGATE_E2E_CONTROLPLANE at ready binaries"
  exit 3
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9   # two runs at once: the second waits for the first one's binary
if [[ ! -x $binary ]]; then
  cd "$source_dir"
  version=$(go list -mod=readonly -m -f '{{.Version}}' k8s.io/kubernetes)
  IFS=. read -r major minor _ <<<"${version#v}"
  stamp=
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    stamp+=" -X $package.gitVersion=$version -X $package.gitMajor=$major -X $package.gitMinor=$minor"
    stamp+=" -X $package.gitTreeState=clean"
  done
  say "building Kubernetes $version into $cache (once; minutes)"
  SECONDS=0
  CGO_ENABLED=0 go build -mod=readonly -trimpath -buildvcs=false \
    -ldflags "-s -w$stamp" -o "$binary.part" . >&2
  mv "$binary.part" "$binary"
  say "built in ${SECONDS} s"
fi
echo "$binary"
