//! Requests about virtual private gateways, their attachment and route propagation (EC2).

use aws_sdk_ec2::types::{GatewayType, ResourceType, TagSpecification};
use directconnect_model::aws::Tags;

use super::{Answer, To, tags};
use crate::aws::Failure;

/// CreateVpnGateway.
pub(super) async fn create(
    to: &To<'_>,
    amazon_side_asn: Option<i64>,
    tags: &Tags,
) -> Result<Answer, Failure> {
    let specification = (!tags.is_empty()).then(|| {
        vec![
            TagSpecification::builder()
                .resource_type(ResourceType::VpnGateway)
                .set_tags(Some(tags::ec2(tags)))
                .build(),
        ]
    });
    let request = to
        .clients
        .ec2_unpooled
        .create_vpn_gateway()
        .r#type(GatewayType::Ipsec1)
        .set_amazon_side_asn(amazon_side_asn)
        .set_tag_specifications(specification);
    let made = to
        .ec2(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer {
        id: made.vpn_gateway.and_then(|g| g.vpn_gateway_id),
    })
}

/// DeleteVpnGateway.
pub(super) async fn delete(to: &To<'_>, vpn_gateway_id: &str) -> Result<Answer, Failure> {
    let request = to
        .clients
        .ec2
        .delete_vpn_gateway()
        .vpn_gateway_id(vpn_gateway_id);
    to.ec2(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// AttachVpnGateway.
pub(super) async fn attach(
    to: &To<'_>,
    vpn_gateway_id: &str,
    vpc_id: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .ec2
        .attach_vpn_gateway()
        .vpn_gateway_id(vpn_gateway_id)
        .vpc_id(vpc_id);
    to.ec2(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// DetachVpnGateway.
pub(super) async fn detach(
    to: &To<'_>,
    vpn_gateway_id: &str,
    vpc_id: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .ec2
        .detach_vpn_gateway()
        .vpn_gateway_id(vpn_gateway_id)
        .vpc_id(vpc_id);
    to.ec2(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// EnableVgwRoutePropagation.
pub(super) async fn enable_propagation(
    to: &To<'_>,
    gateway_id: &str,
    route_table_id: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .ec2
        .enable_vgw_route_propagation()
        .gateway_id(gateway_id)
        .route_table_id(route_table_id);
    to.ec2(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// DisableVgwRoutePropagation.
pub(super) async fn disable_propagation(
    to: &To<'_>,
    gateway_id: &str,
    route_table_id: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .ec2
        .disable_vgw_route_propagation()
        .gateway_id(gateway_id)
        .route_table_id(route_table_id);
    to.ec2(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}
