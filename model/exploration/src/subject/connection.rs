//! Connection: paid, and not unique at AWS.

use std::sync::Arc;

use directconnect_model::api::Connection;
use directconnect_model::api::common::ManagedSpec;
use directconnect_model::api::connection::{ConnectionSpec, ConnectionStatus, DedicatedConnection};
use directconnect_model::aws::{self, Location, Part, Snapshot, Tags};
use directconnect_model::call::Call;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{ACCOUNT, Explored, REGION};

const LOCATION: &str = "EqDC2";
const BANDWIDTH: &str = "1Gbps";

impl Explored for Connection {
    const CREATE: &'static str = "CreateConnection";
    const DELETE: &'static str = "DeleteConnection";

    fn build(metadata: ObjectMeta, common: ManagedSpec, status: Option<ConnectionStatus>) -> Self {
        Self {
            metadata,
            spec: ConnectionSpec {
                common,
                dedicated: Some(DedicatedConnection {
                    location: LOCATION.to_owned(),
                    bandwidth: BANDWIDTH.to_owned(),
                    provider_name: None,
                    request_macsec: None,
                }),
                connection_name: None,
                encryption_mode: None,
                billing_mode: None,
                loa: None,
            },
            status,
        }
    }

    fn snapshot(begun: Timestamp, items: Vec<(String, bool, Tags)>) -> Snapshot {
        let items = items.into_iter().map(|(id, gone, tags)| aws::Connection {
            connection_id: id,
            connection_name: "port".to_owned(),
            connection_state: if gone { "deleted" } else { "available" }.to_owned(),
            owner_account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            location: LOCATION.to_owned(),
            bandwidth: BANDWIDTH.to_owned(),
            tags,
            ..aws::Connection::default()
        });
        Snapshot {
            connections: Some(Arc::new(Part {
                begun,
                items: items.collect(),
            })),
            virtual_interfaces: Some(Arc::new(Part {
                begun,
                items: vec![],
            })),
            locations: Some(Arc::new(Part {
                begun,
                items: vec![Location {
                    location_code: LOCATION.to_owned(),
                    region: REGION.to_owned(),
                    available_port_speeds: vec![BANDWIDTH.to_owned()],
                    ..Location::default()
                }],
            })),
            ..Snapshot::default()
        }
    }

    fn creates(call: &Call) -> bool {
        matches!(call, Call::CreateConnection { .. })
    }

    fn deletes(call: &Call) -> Option<&str> {
        match call {
            Call::DeleteConnection { connection_id } => Some(connection_id),
            _ => None,
        }
    }
}
