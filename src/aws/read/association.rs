//! Associations of one DX gateway: DescribeDirectConnectGatewayAssociations.

use aws_sdk_directconnect::types;
use directconnect_model::aws::{DirectConnectGatewayAssociation, Part};

use super::pages::{PAGE, Page, pages};
use crate::aws::{ApiError, Clients, Service};

/// All associations of a DX gateway. AWS lists them by gateway only.
pub async fn associations(
    clients: &Clients,
    direct_connect_gateway_id: &str,
) -> Result<Part<DirectConnectGatewayAssociation>, ApiError> {
    const OPERATION: &str = "DescribeDirectConnectGatewayAssociations";
    pages(OPERATION, association, |token| async move {
        let (answer, date) = clients
            .read(Service::DirectConnect, OPERATION, |probe| {
                clients
                    .direct_connect
                    .describe_direct_connect_gateway_associations()
                    .direct_connect_gateway_id(direct_connect_gateway_id)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .interceptor(probe)
                    .send()
            })
            .await?;
        Ok(Page {
            items: answer.direct_connect_gateway_associations,
            next_token: answer.next_token,
            date,
        })
    })
    .await
}

/// The deprecated `virtualGateway…` members are not read: `associatedGateway` says the same.
fn association(a: types::DirectConnectGatewayAssociation) -> DirectConnectGatewayAssociation {
    let (mut gateway_id, mut gateway_type, mut gateway_region) =
        <(String, String, String)>::default();
    if let Some(gateway) = a.associated_gateway {
        gateway_id = gateway.id.unwrap_or_default();
        gateway_type = gateway
            .r#type
            .map(|t| t.as_str().to_owned())
            .unwrap_or_default();
        gateway_region = gateway.region.unwrap_or_default();
    }
    DirectConnectGatewayAssociation {
        association_id: a.association_id.unwrap_or_default(),
        association_state: a
            .association_state
            .map(|s| s.as_str().to_owned())
            .unwrap_or_default(),
        direct_connect_gateway_id: a.direct_connect_gateway_id.unwrap_or_default(),
        direct_connect_gateway_owner_account: a
            .direct_connect_gateway_owner_account
            .unwrap_or_default(),
        gateway_id,
        gateway_type,
        gateway_region,
        allowed_prefixes: a
            .allowed_prefixes_to_direct_connect_gateway
            .unwrap_or_default()
            .into_iter()
            .filter_map(|p| p.cidr)
            .collect(),
        state_change_error: a.state_change_error,
    }
}
