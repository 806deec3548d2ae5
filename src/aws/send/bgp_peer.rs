//! Requests about BGP peers of a virtual interface.

use directconnect_model::call::NewBgpPeer;

use super::{Answer, To, values};
use crate::aws::Failure;

/// CreateBGPPeer.
pub(super) async fn create(
    to: &To<'_>,
    virtual_interface_id: &str,
    peer: &NewBgpPeer,
    key: Option<&str>,
) -> Result<Answer, Failure> {
    let NewBgpPeer {
        address_family,
        asn,
        amazon_address,
        customer_address,
        auth_key: _,
    } = peer;
    let (asn, asn_long) = values::asn(*asn);
    let peer = aws_sdk_directconnect::types::NewBgpPeer::builder()
        .asn(asn)
        .set_asn_long(asn_long)
        .set_auth_key(key.map(str::to_owned))
        .set_address_family(values::address_family(address_family))
        .set_amazon_address(amazon_address.clone())
        .set_customer_address(customer_address.clone())
        .build();
    let request = to
        .clients
        .direct_connect_unpooled
        .create_bgp_peer()
        .virtual_interface_id(virtual_interface_id)
        .new_bgp_peer(peer);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// DeleteBGPPeer, by the peer's id.
pub(super) async fn delete(
    to: &To<'_>,
    virtual_interface_id: &str,
    bgp_peer_id: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .delete_bgp_peer()
        .virtual_interface_id(virtual_interface_id)
        .bgp_peer_id(bgp_peer_id);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}
