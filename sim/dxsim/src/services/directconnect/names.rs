//! The operations that the simulator does not act on: lists of things that cannot exist yet are
//! truly empty, the others are refused by name.

use super::input::{read, refused};
use crate::error::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

/// Operations of the API that change things and are not simulated.
const NOT_IMPLEMENTED: [&str; 32] = [
    "AcceptDirectConnectGatewayAssociationProposal",
    "AllocateConnectionOnInterconnect",
    "AllocateHostedConnection",
    "AllocatePrivateVirtualInterface",
    "AllocatePublicVirtualInterface",
    "AllocateTransitVirtualInterface",
    "AssociateConnectionWithLag",
    "AssociateConnectionsToResiliencyGroup",
    "AssociateHostedConnection",
    "AssociateMacSecKey",
    "ConfirmConnection",
    "ConfirmCustomerAgreement",
    "ConfirmPrivateVirtualInterface",
    "ConfirmPublicVirtualInterface",
    "ConfirmTransitVirtualInterface",
    "CreateDirectConnectGatewayAssociationProposal",
    "CreateInterconnect",
    "CreateLag",
    "CreateResiliencyGroup",
    "DeleteDirectConnectGatewayAssociationProposal",
    "DeleteInterconnect",
    "DeleteLag",
    "DeleteResiliencyGroup",
    "DisassociateConnectionFromLag",
    "DisassociateConnectionsFromResiliencyGroup",
    "DisassociateMacSecKey",
    "GetResiliencyGroup",
    "ListResiliencyGroupAssociations",
    "StartBgpFailoverTest",
    "StopBgpFailoverTest",
    "UpdateLag",
    "UpdateResiliencyGroup",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names)]
struct Ids {
    connection_id: Option<String>,
    lag_id: Option<String>,
    interconnect_id: Option<String>,
}

/// Answers an operation that has no code of its own.
pub fn rest(operation: &str, input: &Value) -> Result<Value, AwsError> {
    let ids: Ids = read(input)?;
    match operation {
        "DescribeLags" => match ids.lag_id {
            Some(id) => Err(refused(format!("Could not find Lag with ID {id}"))),
            None => Ok(json!({"lags": []})),
        },
        "DescribeInterconnects" => match ids.interconnect_id {
            Some(id) => Err(no_interconnect(&id)),
            None => Ok(json!({"interconnects": []})),
        },
        "DescribeConnectionsOnInterconnect" | "DescribeInterconnectLoa" => {
            Err(no_interconnect(&ids.interconnect_id.unwrap_or_default()))
        }
        "DescribeHostedConnections" => {
            let _ = ids.connection_id;
            Ok(json!({"connections": []}))
        }
        "DescribeDirectConnectGatewayAssociationProposals" => {
            Ok(json!({"directConnectGatewayAssociationProposals": []}))
        }
        "ListVirtualInterfaceTestHistory" => Ok(json!({"virtualInterfaceTestHistory": []})),
        "ListResiliencyGroups" => Ok(json!({"items": []})),
        known if NOT_IMPLEMENTED.contains(&known) => Err(AwsError::client(
            "NotImplementedException",
            format!("dxsim does not implement {known}"),
        )),
        _ => Err(AwsError::client("UnknownOperationException", "")),
    }
}

fn no_interconnect(id: &str) -> AwsError {
    refused(format!("Could not find Interconnect with ID {id}"))
}
