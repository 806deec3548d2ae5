//! Peer addresses: what a request may ask for and what AWS assigns.

use super::input::refused;
use crate::error::AwsError;
use crate::world::{AddressFamily, VirtualInterface, VirtualInterfaceType, World};
use ipnet::{IpNet, Ipv4Net};
use std::net::Ipv4Addr;

/// AWS's and the customer's address of one peer, with prefix length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub amazon: String,
    pub customer: String,
}

/// The addresses that a request asks for, checked; `None`: AWS assigns them.
pub fn requested(
    kind: VirtualInterfaceType,
    family: AddressFamily,
    amazon: Option<&str>,
    customer: Option<&str>,
) -> Result<Option<Pair>, AwsError> {
    let given = |text: Option<&'_ str>| {
        text.map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let (amazon, customer) = (given(amazon), given(customer));
    if family == AddressFamily::Ipv6 {
        if amazon.is_some() || customer.is_some() {
            return Err(refused(
                "IPv6 peer addresses are assigned by Amazon and cannot be specified",
            ));
        }
        return Ok(None);
    }
    match (amazon, customer) {
        (None, None) if kind == VirtualInterfaceType::Public => Err(refused(
            "amazonAddress and customerAddress are required for an IPv4 peer of a public virtual interface",
        )),
        (None, None) => Ok(None),
        (Some(amazon), Some(customer)) => {
            check(&amazon, &customer)?;
            Ok(Some(Pair { amazon, customer }))
        }
        _ => Err(refused(
            "amazonAddress and customerAddress must be given together or not at all",
        )),
    }
}

fn check(amazon: &str, customer: &str) -> Result<(), AwsError> {
    let parse = |member: &str, text: &str| {
        text.parse::<Ipv4Net>().map_err(|_| {
            refused(format!(
                "{member} {text} is not an IPv4 address with prefix length"
            ))
        })
    };
    let (ours, theirs) = (
        parse("amazonAddress", amazon)?,
        parse("customerAddress", customer)?,
    );
    if ours.trunc() != theirs.trunc() {
        return Err(refused(format!(
            "amazonAddress {amazon} and customerAddress {customer} are not in the same subnet"
        )));
    }
    if !(30..=31).contains(&ours.prefix_len()) {
        return Err(refused(format!(
            "The subnet of {amazon} and {customer} must be a /30 or /31"
        )));
    }
    if ours.addr() == theirs.addr() {
        return Err(refused(format!(
            "amazonAddress and customerAddress are both {}",
            ours.addr()
        )));
    }
    let usable = |net: Ipv4Net| {
        net.prefix_len() == 31 || (net.addr() != net.network() && net.addr() != net.broadcast())
    };
    if usable(ours) && usable(theirs) {
        return Ok(());
    }
    Err(refused(format!(
        "amazonAddress {amazon} and customerAddress {customer} must be host addresses of their subnet"
    )))
}

/// Refuses addresses that overlap with those of another interface on the same connection or gateway.
pub fn check_free(
    world: &World,
    interface: &VirtualInterface,
    pair: &Pair,
) -> Result<(), AwsError> {
    let Ok(wanted) = pair.amazon.parse::<IpNet>() else {
        return Ok(());
    };
    let related = |other: &&VirtualInterface| {
        other.ended_at.is_none()
            && (other.id == interface.id
                || other.connection_id == interface.connection_id
                || same(
                    other.virtual_gateway_id.as_ref(),
                    interface.virtual_gateway_id.as_ref(),
                )
                || same(
                    other.direct_connect_gateway_id.as_ref(),
                    interface.direct_connect_gateway_id.as_ref(),
                ))
    };
    for other in world.virtual_interfaces.values().filter(related) {
        for peer in &other.peers {
            let Ok(taken) = peer.amazon_address.parse::<IpNet>() else {
                continue;
            };
            let (taken, wanted) = (taken.trunc(), wanted.trunc());
            if taken.contains(&wanted) || wanted.contains(&taken) {
                return Err(refused(format!(
                    "Peer addresses {} and {} overlap with BGP peer {} of virtual interface {}",
                    pair.amazon, pair.customer, peer.id, other.id
                )));
            }
        }
    }
    Ok(())
}

fn same(one: Option<&String>, other: Option<&String>) -> bool {
    one.is_some() && one == other
}

/// Addresses that AWS assigns: a /30 of 169.254.0.0/16 (API Reference, CreateBGPPeer), or a /125.
pub fn assigned(world: &mut World, family: AddressFamily) -> Pair {
    match family {
        AddressFamily::Ipv4 => {
            // 169.254.64.0 to 169.254.191.255, in turn; clear of the ranges that VPN tunnels keep.
            let turn = u32::try_from(world.ids.turn("peerAddress/ipv4") % 8192).unwrap_or_default();
            let base = u32::from(Ipv4Addr::new(169, 254, 64, 0)) + turn * 4;
            Pair {
                amazon: format!("{}/30", Ipv4Addr::from(base + 1)),
                customer: format!("{}/30", Ipv4Addr::from(base + 2)),
            }
        }
        AddressFamily::Ipv6 => {
            let turn = world.ids.turn("peerAddress/ipv6") * 8;
            Pair {
                amazon: format!(
                    "2600:9000:d:{:x}::{:x}/125",
                    turn >> 16,
                    (turn & 0xffff) + 1
                ),
                customer: format!(
                    "2600:9000:d:{:x}::{:x}/125",
                    turn >> 16,
                    (turn & 0xffff) + 2
                ),
            }
        }
    }
}
