//! Requests about ports.

use aws_sdk_directconnect::types::RequestBillingMode;
use directconnect_model::aws::Tags;

use super::{Answer, To, values};
use crate::aws::Failure;

/// Parameters of CreateConnection.
#[derive(Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) location: &'a str,
    pub(super) bandwidth: &'a str,
    pub(super) connection_name: &'a str,
    pub(super) provider_name: Option<&'a str>,
    pub(super) request_macsec: Option<bool>,
    pub(super) billing_mode: Option<&'a str>,
    pub(super) tags: &'a Tags,
}

/// CreateConnection: an order.
pub(super) async fn create(to: &To<'_>, order: Order<'_>) -> Result<Answer, Failure> {
    let Order {
        location,
        bandwidth,
        connection_name,
        provider_name,
        request_macsec,
        billing_mode,
        tags,
    } = order;
    let request = to
        .clients
        .direct_connect_unpooled
        .create_connection()
        .location(location)
        .bandwidth(bandwidth)
        .connection_name(connection_name)
        .set_provider_name(provider_name.map(str::to_owned))
        .set_request_mac_sec(request_macsec)
        .set_billing_mode(billing_mode.map(RequestBillingMode::from))
        .set_tags(values::tags(tags));
    let made = to
        .direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer {
        id: made.connection_id,
    })
}

/// UpdateConnection: what is none stays as it is.
pub(super) async fn update(
    to: &To<'_>,
    connection_id: &str,
    connection_name: Option<&str>,
    encryption_mode: Option<&str>,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .update_connection()
        .connection_id(connection_id)
        .set_connection_name(connection_name.map(str::to_owned))
        .set_encryption_mode(encryption_mode.map(str::to_owned));
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// UpdateConnectionsBillingMode, of one port.
pub(super) async fn update_billing_mode(
    to: &To<'_>,
    connection_id: &str,
    billing_mode: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .update_connections_billing_mode()
        .connection_ids(connection_id)
        .billing_mode(RequestBillingMode::from(billing_mode));
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// DeleteConnection.
pub(super) async fn delete(to: &To<'_>, connection_id: &str) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .delete_connection()
        .connection_id(connection_id);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}
