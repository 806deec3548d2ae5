package main

import (
	"os"
	_ "time/tzdata" // the components expect a time zone database

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // the JSON log format
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // the version metric
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func kubeAPIServer() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
