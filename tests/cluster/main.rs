//! End to end: a real etcd, kube-apiserver and kube-controller-manager, the operator's own binary under the service account, rights,
//! arguments and environment of its chart, and dxsim as AWS. Driven by kubectl and helm, judged by what users and AWS's ledger see.
//!
//! - [`examples`]: both examples come up, are looked at, stay quiet, survive their operator, leave everything at AWS.
//! - [`bad_input`]: what cannot be done says why.
//! - [`crash`]: `kill -9`, or a second operator, at every AWS write of both examples; `make kills` repeats it.
//! - [`restore`]: status, etcd, the cluster itself are lost and come back; the CRDs are upgraded.
//! - [`api`]: what needs no operator: CRD fixtures, conformance of kubesim, charts.
//! - [`oracle`]: rules for every status that any of these ever stores; [`shapes`]: for every request of the operator.
#![allow(clippy::unwrap_used, clippy::panic)]

mod api;
mod bad_input;
mod crash;
mod examples;
mod kubectl;
mod oracle;
mod recorder;
mod restore;
mod shapes;
