//! Requests about virtual interfaces.

use aws_sdk_directconnect::types::{
    NewPrivateVirtualInterface, NewPublicVirtualInterface, NewTransitVirtualInterface,
};
use directconnect_model::call::NewVirtualInterface;

use super::{Answer, To, values};
use crate::aws::Failure;

/// Parameters of UpdateVirtualInterfaceAttributes; what is none stays as it is.
#[derive(Clone, Copy)]
pub(super) struct Attributes<'a> {
    pub(super) virtual_interface_name: Option<&'a str>,
    pub(super) mtu: Option<i32>,
    pub(super) enable_site_link: Option<bool>,
    pub(super) prefix_pool_allocated_count_ipv4: Option<i32>,
    pub(super) prefix_pool_allocated_count_ipv6: Option<i32>,
}

/// CreatePrivateVirtualInterface, CreatePublicVirtualInterface or CreateTransitVirtualInterface.
pub(super) async fn create(
    to: &To<'_>,
    new: &NewVirtualInterface,
    key: Option<&str>,
) -> Result<Answer, Failure> {
    match new.virtual_interface_type.as_str() {
        "private" => private(to, new, key).await,
        "public" => public(to, new, key).await,
        "transit" => transit(to, new, key).await,
        _ => Err(Failure::not_sent("no such type of virtual interface")),
    }
}

async fn private(
    to: &To<'_>,
    new: &NewVirtualInterface,
    key: Option<&str>,
) -> Result<Answer, Failure> {
    let (asn, asn_long) = values::asn(new.peer.asn);
    let interface = NewPrivateVirtualInterface::builder()
        .virtual_interface_name(&new.virtual_interface_name)
        .vlan(new.vlan)
        .asn(asn)
        .set_asn_long(asn_long)
        .set_mtu(new.mtu)
        .set_auth_key(key.map(str::to_owned))
        .set_amazon_address(new.peer.amazon_address.clone())
        .set_customer_address(new.peer.customer_address.clone())
        .set_address_family(values::address_family(&new.peer.address_family))
        .set_virtual_gateway_id(new.virtual_gateway_id.clone())
        .set_direct_connect_gateway_id(new.direct_connect_gateway_id.clone())
        .set_tags(values::tags(&new.tags))
        .set_enable_site_link(new.enable_site_link)
        .set_prefix_pool_allocated_count_ipv4(new.prefix_pool_allocated_count_ipv4)
        .set_prefix_pool_allocated_count_ipv6(new.prefix_pool_allocated_count_ipv6)
        .build()
        .map_err(|_| Failure::not_sent("the virtual interface has no name"))?;
    let request = to
        .clients
        .direct_connect_unpooled
        .create_private_virtual_interface()
        .connection_id(&new.connection_id)
        .new_private_virtual_interface(interface);
    let made = to
        .direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer {
        id: made.virtual_interface_id,
    })
}

async fn public(
    to: &To<'_>,
    new: &NewVirtualInterface,
    key: Option<&str>,
) -> Result<Answer, Failure> {
    let (asn, asn_long) = values::asn(new.peer.asn);
    let interface = NewPublicVirtualInterface::builder()
        .virtual_interface_name(&new.virtual_interface_name)
        .vlan(new.vlan)
        .asn(asn)
        .set_asn_long(asn_long)
        .set_auth_key(key.map(str::to_owned))
        .set_amazon_address(new.peer.amazon_address.clone())
        .set_customer_address(new.peer.customer_address.clone())
        .set_address_family(values::address_family(&new.peer.address_family))
        .set_route_filter_prefixes(values::prefixes(&new.route_filter_prefixes))
        .set_tags(values::tags(&new.tags))
        .build()
        .map_err(|_| Failure::not_sent("the virtual interface has no name"))?;
    let request = to
        .clients
        .direct_connect_unpooled
        .create_public_virtual_interface()
        .connection_id(&new.connection_id)
        .new_public_virtual_interface(interface);
    let made = to
        .direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer {
        id: made.virtual_interface_id,
    })
}

async fn transit(
    to: &To<'_>,
    new: &NewVirtualInterface,
    key: Option<&str>,
) -> Result<Answer, Failure> {
    let (asn, asn_long) = values::asn(new.peer.asn);
    let interface = NewTransitVirtualInterface::builder()
        .virtual_interface_name(&new.virtual_interface_name)
        .vlan(new.vlan)
        .asn(asn)
        .set_asn_long(asn_long)
        .set_mtu(new.mtu)
        .set_auth_key(key.map(str::to_owned))
        .set_amazon_address(new.peer.amazon_address.clone())
        .set_customer_address(new.peer.customer_address.clone())
        .set_address_family(values::address_family(&new.peer.address_family))
        .set_direct_connect_gateway_id(new.direct_connect_gateway_id.clone())
        .set_tags(values::tags(&new.tags))
        .set_enable_site_link(new.enable_site_link)
        .set_prefix_pool_allocated_count_ipv4(new.prefix_pool_allocated_count_ipv4)
        .set_prefix_pool_allocated_count_ipv6(new.prefix_pool_allocated_count_ipv6)
        .build();
    let request = to
        .clients
        .direct_connect_unpooled
        .create_transit_virtual_interface()
        .connection_id(&new.connection_id)
        .new_transit_virtual_interface(interface);
    let made = to
        .direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer {
        id: made.virtual_interface.and_then(|v| v.virtual_interface_id),
    })
}

/// UpdateVirtualInterfaceAttributes.
pub(super) async fn update(
    to: &To<'_>,
    virtual_interface_id: &str,
    attributes: Attributes<'_>,
) -> Result<Answer, Failure> {
    let Attributes {
        virtual_interface_name,
        mtu,
        enable_site_link,
        prefix_pool_allocated_count_ipv4,
        prefix_pool_allocated_count_ipv6,
    } = attributes;
    let request = to
        .clients
        .direct_connect
        .update_virtual_interface_attributes()
        .virtual_interface_id(virtual_interface_id)
        .set_virtual_interface_name(virtual_interface_name.map(str::to_owned))
        .set_mtu(mtu)
        .set_enable_site_link(enable_site_link)
        .set_prefix_pool_allocated_count_ipv4(prefix_pool_allocated_count_ipv4)
        .set_prefix_pool_allocated_count_ipv6(prefix_pool_allocated_count_ipv6);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// AssociateVirtualInterface: moves it to another connection or LAG.
pub(super) async fn associate(
    to: &To<'_>,
    virtual_interface_id: &str,
    connection_id: &str,
) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .associate_virtual_interface()
        .virtual_interface_id(virtual_interface_id)
        .connection_id(connection_id);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// DeleteVirtualInterface.
pub(super) async fn delete(to: &To<'_>, virtual_interface_id: &str) -> Result<Answer, Failure> {
    let request = to
        .clients
        .direct_connect
        .delete_virtual_interface()
        .virtual_interface_id(virtual_interface_id);
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}
