//! Virtual private gateways: DescribeVpnGateways.

use aws_sdk_ec2::types;
use directconnect_model::aws::{Part, VpcAttachment, VpnGateway};

use super::pages::{Page, pages};
use super::tags;
use crate::aws::{ApiError, Clients, Service};

/// All virtual private gateways of the region. AWS answers them at once.
pub async fn vpn_gateways(clients: &Clients) -> Result<Part<VpnGateway>, ApiError> {
    const OPERATION: &str = "DescribeVpnGateways";
    pages(OPERATION, gateway, |_| async move {
        let (answer, date) = clients
            .read(Service::Ec2, OPERATION, |probe| {
                clients
                    .ec2
                    .describe_vpn_gateways()
                    .customize()
                    .interceptor(probe)
                    .send()
            })
            .await?;
        Ok(Page {
            items: answer.vpn_gateways,
            next_token: None,
            date,
        })
    })
    .await
}

fn gateway(g: types::VpnGateway) -> VpnGateway {
    VpnGateway {
        vpn_gateway_id: g.vpn_gateway_id.unwrap_or_default(),
        state: g.state.map(|s| s.as_str().to_owned()).unwrap_or_default(),
        amazon_side_asn: g.amazon_side_asn,
        vpc_attachments: g
            .vpc_attachments
            .unwrap_or_default()
            .into_iter()
            .map(|a| VpcAttachment {
                vpc_id: a.vpc_id.unwrap_or_default(),
                state: a.state.map(|s| s.as_str().to_owned()).unwrap_or_default(),
            })
            .collect(),
        tags: tags::ec2(g.tags),
    }
}
