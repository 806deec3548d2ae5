// Command controlplane is a Kubernetes control plane and its clients in one binary, for running the operator against the real thing
// where there are no containers. It does what the name it is called by says, as busybox does: the folder that holds it has one symbolic link per program.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Each program is built only when it is asked for: several registries of the Kubernetes components refuse a second registration in one process.
var programs = map[string]func(){
	"etcd":                    etcd,
	"kube-apiserver":          kubeAPIServer,
	"kube-controller-manager": kubeControllerManager,
	"kubectl":                 kubectl,
	"helm":                    helm,
}

func main() {
	name := filepath.Base(os.Args[0])
	if run, ok := programs[name]; ok {
		run()
		return
	}
	names := make([]string, 0, len(programs))
	for known := range programs {
		names = append(names, known)
	}
	sort.Strings(names)
	fmt.Fprintf(os.Stderr, "called as %q; this binary answers to: %s\n", name, strings.Join(names, ", "))
	os.Exit(2)
}
