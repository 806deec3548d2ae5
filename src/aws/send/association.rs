//! Requests about DX gateway associations.

use super::{Answer, To, values};
use crate::aws::Failure;

/// CreateDirectConnectGatewayAssociation with a virtual private or transit gateway.
pub(super) async fn create(
    to: &To<'_>,
    direct_connect_gateway_id: &str,
    gateway_id: &str,
    allowed_prefixes: &[String],
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect_unpooled
        .create_direct_connect_gateway_association()
        .direct_connect_gateway_id(direct_connect_gateway_id)
        .gateway_id(gateway_id)
        .set_add_allowed_prefixes_to_direct_connect_gateway(values::prefixes(allowed_prefixes));
    let made = to
        .direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer {
        id: made
            .direct_connect_gateway_association
            .and_then(|a| a.association_id),
    })
}

/// UpdateDirectConnectGatewayAssociation: allowed prefixes that come and go.
pub(super) async fn update(
    to: &To<'_>,
    association_id: &str,
    add: &[String],
    remove: &[String],
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .update_direct_connect_gateway_association()
        .association_id(association_id)
        .set_add_allowed_prefixes_to_direct_connect_gateway(values::prefixes(add))
        .set_remove_allowed_prefixes_to_direct_connect_gateway(values::prefixes(remove));
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// DeleteDirectConnectGatewayAssociation, by the association's own id.
pub(super) async fn delete(to: &To<'_>, association_id: &str) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .delete_direct_connect_gateway_association()
        .association_id(association_id);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}
