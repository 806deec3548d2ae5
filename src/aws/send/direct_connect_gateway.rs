//! Requests about DX gateways.

use directconnect_model::aws::Tags;

use super::{Answer, To, values};
use crate::aws::Failure;

/// CreateDirectConnectGateway.
pub(super) async fn create(
    to: &To<'_>,
    name: &str,
    amazon_side_asn: Option<i64>,
    tags: &Tags,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect_unpooled
        .create_direct_connect_gateway()
        .direct_connect_gateway_name(name)
        .set_amazon_side_asn(amazon_side_asn)
        .set_tags(values::tags(tags));
    let made = to
        .direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer {
        id: made
            .direct_connect_gateway
            .and_then(|g| g.direct_connect_gateway_id),
    })
}

/// UpdateDirectConnectGateway: a new name is all that it takes.
pub(super) async fn rename(
    to: &To<'_>,
    direct_connect_gateway_id: &str,
    name: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .update_direct_connect_gateway()
        .direct_connect_gateway_id(direct_connect_gateway_id)
        .new_direct_connect_gateway_name(name);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// DeleteDirectConnectGateway.
pub(super) async fn delete(
    to: &To<'_>,
    direct_connect_gateway_id: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .delete_direct_connect_gateway()
        .direct_connect_gateway_id(direct_connect_gateway_id);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}
