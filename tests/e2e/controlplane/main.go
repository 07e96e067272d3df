// SPDX-License-Identifier: Apache-2.0

// Controlplane is a real Kubernetes control plane in one binary, for the e2e
// tests: kube-apiserver and kube-controller-manager share nearly all of their
// code, so linking them once halves the build.
//
//	controlplane kube-apiserver --etcd-servers=... ...
//	controlplane kube-controller-manager --kubeconfig=... ...
package main

import (
	"fmt"
	"os"
	_ "time/tzdata" // time zones of CronJobs, without the machine's files

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	commands := map[string]func() *cobra.Command{
		"kube-apiserver":          apiserver.NewAPIServerCommand,
		"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: controlplane kube-apiserver|kube-controller-manager [flags]")
		os.Exit(2)
	}
	os.Args = os.Args[1:] // the component sees its own name first, as if it were alone
	os.Exit(cli.Run(commands[os.Args[0]]()))
}
