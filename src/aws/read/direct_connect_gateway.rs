//! DX gateways: DescribeDirectConnectGateways.

use aws_sdk_directconnect::types;
use directconnect_model::aws::{DirectConnectGateway, Part};

use super::pages::{PAGE, Page, pages};
use super::tags;
use crate::aws::{ApiError, Clients, Service};

/// All DX gateways of the account.
pub async fn direct_connect_gateways(
    clients: &Clients,
) -> Result<Part<DirectConnectGateway>, ApiError> {
    const OPERATION: &str = "DescribeDirectConnectGateways";
    pages(OPERATION, gateway, |token| async move {
        let (answer, date) = clients
            .read(Service::DirectConnect, OPERATION, |probe| {
                clients
                    .direct_connect
                    .describe_direct_connect_gateways()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .interceptor(probe)
                    .send()
            })
            .await?;
        Ok(Page {
            items: answer.direct_connect_gateways,
            next_token: answer.next_token,
            date,
        })
    })
    .await
}

fn gateway(g: types::DirectConnectGateway) -> DirectConnectGateway {
    DirectConnectGateway {
        direct_connect_gateway_id: g.direct_connect_gateway_id.unwrap_or_default(),
        direct_connect_gateway_name: g.direct_connect_gateway_name.unwrap_or_default(),
        direct_connect_gateway_state: g
            .direct_connect_gateway_state
            .map(|s| s.as_str().to_owned())
            .unwrap_or_default(),
        owner_account: g.owner_account.unwrap_or_default(),
        amazon_side_asn: g.amazon_side_asn.unwrap_or_default(),
        state_change_error: g.state_change_error,
        tags: tags::direct_connect(g.tags),
    }
}
