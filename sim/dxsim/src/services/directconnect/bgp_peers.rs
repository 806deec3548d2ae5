//! BGP peers: CreateBGPPeer, DeleteBGPPeer, and the first peer that comes with an interface.

use super::addresses::{self, Pair};
use super::input::{read, refused};
use super::virtual_interfaces::{own, view};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{
    AddressFamily, BgpPeer, BgpPeerState, Connection, Event, Secret, VirtualInterface,
    VirtualInterfaceState, VirtualInterfaceType, World,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// What a request says about a peer; the members stand in `newBGPPeer` and in every
/// `new…VirtualInterface`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    asn: Option<i64>,
    asn_long: Option<i64>,
    auth_key: Option<Secret>,
    address_family: Option<String>,
    amazon_address: Option<String>,
    customer_address: Option<String>,
}

/// The same, checked.
pub struct Checked {
    pub asn: i64,
    pub family: AddressFamily,
    auth_key: Option<Secret>,
    pub pair: Option<Pair>,
}

impl Wanted {
    /// Checks what can be checked without the interface.
    pub fn check(&self, kind: VirtualInterfaceType) -> Result<Checked, AwsError> {
        let asn =
            asn(self.asn, self.asn_long)?.ok_or_else(|| refused("asn or asnLong is required"))?;
        if let Some(Secret(key)) = &self.auth_key
            && !(6..=80).contains(&key.chars().count())
        {
            return Err(refused("authKey must have between 6 and 80 characters"));
        }
        let family = match self.address_family.as_deref() {
            None => AddressFamily::Ipv4,
            Some(text) => text
                .parse()
                .map_err(|_| refused(format!("addressFamily {text} is invalid")))?,
        };
        let pair = addresses::requested(
            kind,
            family,
            self.amazon_address.as_deref(),
            self.customer_address.as_deref(),
        )?;
        Ok(Checked {
            asn,
            family,
            auth_key: self.auth_key.clone(),
            pair,
        })
    }
}

/// The ASN of a request; `asnLong` wins. 7224 is Amazon's own, 23456 stands for 4-byte ASNs, 65535
/// is reserved (that AWS refuses the three is assumed).
fn asn(asn: Option<i64>, long: Option<i64>) -> Result<Option<i64>, AwsError> {
    let (member, value, max) = match (asn, long) {
        (_, Some(value)) => ("asnLong", value, 4_294_967_294),
        (Some(value), None) => ("asn", value, 2_147_483_646),
        (None, None) => return Ok(None),
    };
    if !(1..=max).contains(&value) {
        return Err(refused(format!(
            "{member} {value} is invalid: it must be between 1 and {max}"
        )));
    }
    if [7224, 23456, 65535].contains(&value) {
        return Err(refused(format!("{member} {value} is reserved")));
    }
    Ok(Some(value))
}

impl Checked {
    /// Checks what depends on the interface: ASN, and addresses that others have.
    pub fn check_against(
        &self,
        world: &World,
        interface: &VirtualInterface,
    ) -> Result<(), AwsError> {
        if self.asn == interface.amazon_side_asn {
            return Err(refused(format!(
                "ASN {} is also the Amazon side ASN of the gateway",
                self.asn
            )));
        }
        match &self.pair {
            Some(pair) => addresses::check_free(world, interface, pair),
            None => Ok(()),
        }
    }

    /// Makes the peer: key and addresses are AWS's where none were given.
    pub fn make(
        self,
        world: &mut World,
        now: Timestamp,
        kind: VirtualInterfaceType,
        connection: &Connection,
    ) -> BgpPeer {
        let pair = match self.pair {
            Some(pair) => pair,
            None => addresses::assigned(world, self.family),
        };
        let auth_key = match self.auth_key {
            Some(key) => key,
            None => Secret(world.ids.token("authKey", 24)),
        };
        BgpPeer {
            id: world.ids.short("dxpeer-"),
            asn: self.asn,
            auth_key,
            address_family: self.family,
            amazon_address: pair.amazon,
            customer_address: pair.customer,
            state: if kind == VirtualInterfaceType::Public {
                BgpPeerState::Verifying
            } else {
                BgpPeerState::Pending
            },
            up: false,
            since: now,
            logical_device: connection.logical_device.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    virtual_interface_id: Option<String>,
    #[serde(rename = "newBGPPeer")]
    new_bgp_peer: Option<Wanted>,
}

/// CreateBGPPeer.
pub fn create(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Create = read(input)?;
    let id = input
        .virtual_interface_id
        .ok_or_else(|| refused("virtualInterfaceId is required"))?;
    let wanted = input
        .new_bgp_peer
        .ok_or_else(|| refused("newBGPPeer is required"))?;
    let interface = own(ctx, &id)?.clone();
    check_state(&interface)?;
    let connection = ctx
        .world
        .connections
        .get(&interface.connection_id)
        .cloned()
        .ok_or_else(|| super::connections::not_found(&interface.connection_id))?;
    let checked = wanted.check(interface.kind)?;
    let family = checked.family;
    let same_family = interface
        .peers
        .iter()
        .filter(|peer| peer.address_family == family)
        .count();
    let allowed = if connection.has_logical_redundancy == "yes" {
        2
    } else {
        1
    };
    if same_family >= allowed {
        return Err(refused(format!(
            "A BGP peer for address family {family} already exists on virtual interface {id}"
        )));
    }
    checked.check_against(ctx.world, &interface)?;

    let now = ctx.now();
    let mut peer = checked.make(ctx.world, now, interface.kind, &connection);
    if same_family == 1 {
        // With logical redundancy the second peer ends on the other logical device.
        peer.logical_device = format!("{}-2", connection.device);
    }
    let peer_id = peer.id.clone();
    let settings = &ctx.world.settings;
    let (delay, event) = if interface.kind == VirtualInterfaceType::Public {
        (
            settings.public_verification,
            Event::BgpPeerVerified(id.clone(), peer_id),
        )
    } else {
        (
            settings.bgp_peer_provision,
            Event::BgpPeerProvisioned(id.clone(), peer_id),
        )
    };
    ctx.world.virtual_interfaces.update(now, &id, |interface| {
        interface.peers.push(peer);
    });
    ctx.world.schedule(now, delay, event);
    let answer = view(ctx, own(ctx, &id)?);
    ctx.touch(id);
    Ok(json!({"virtualInterface": answer}))
}

fn check_state(interface: &VirtualInterface) -> Result<(), AwsError> {
    use VirtualInterfaceState::{Available, Down, Pending, Verifying};
    if matches!(interface.state, Available | Down | Pending | Verifying) {
        return Ok(());
    }
    Err(refused(format!(
        "Virtual interface {} is in state {}",
        interface.id, interface.state
    )))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delete {
    virtual_interface_id: Option<String>,
    asn: Option<i64>,
    asn_long: Option<i64>,
    customer_address: Option<String>,
    bgp_peer_id: Option<String>,
}

/// DeleteBGPPeer: by id, or by ASN and customer address.
pub fn delete(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Delete = read(input)?;
    let id = input
        .virtual_interface_id
        .ok_or_else(|| refused("virtualInterfaceId is required"))?;
    let interface = own(ctx, &id)?;
    check_state(interface)?;
    let asn = asn(input.asn, input.asn_long)?;
    if input.bgp_peer_id.is_none() && (asn.is_none() || input.customer_address.is_none()) {
        return Err(refused(
            "bgpPeerId, or asn and customerAddress, are required",
        ));
    }
    let fits = |peer: &&BgpPeer| match &input.bgp_peer_id {
        Some(wanted) => peer.id == *wanted,
        None => {
            Some(peer.asn) == asn && Some(&peer.customer_address) == input.customer_address.as_ref()
        }
    };
    let peer = interface.peers.iter().find(fits).ok_or_else(|| {
        refused(format!(
            "The BGP peer does not exist on virtual interface {id}"
        ))
    })?;
    let peer_id = peer.id.clone();
    let others = interface
        .peers
        .iter()
        .filter(|other| other.id != peer_id && other.state != BgpPeerState::Deleting)
        .count();
    if others == 0 && peer.state != BgpPeerState::Deleting {
        return Err(refused(
            "The last BGP Peer on a Virtual Interface cannot be deleted",
        ));
    }
    if peer.state != BgpPeerState::Deleting {
        let now = ctx.now();
        set_state(ctx.world, now, &id, &peer_id, BgpPeerState::Deleting);
        let delay = ctx.world.settings.bgp_peer_delete;
        ctx.world
            .schedule(now, delay, Event::BgpPeerDeleted(id.clone(), peer_id));
    }
    let answer = view(ctx, own(ctx, &id)?);
    ctx.touch(id);
    Ok(json!({"virtualInterface": answer}))
}

fn set_state(world: &mut World, at: Timestamp, interface: &str, peer: &str, state: BgpPeerState) {
    world.virtual_interfaces.update(at, interface, |interface| {
        for known in interface.peers.iter_mut().filter(|known| known.id == peer) {
            known.state = state;
        }
    });
}

/// verifying → pending.
pub fn verified(world: &mut World, at: Timestamp, interface: &str, peer: &str) {
    set_state(world, at, interface, peer, BgpPeerState::Pending);
    let delay = world.settings.bgp_peer_provision;
    let event = Event::BgpPeerProvisioned(interface.to_owned(), peer.to_owned());
    world.schedule(at, delay, event);
}

/// pending → available.
pub fn provisioned(world: &mut World, at: Timestamp, interface: &str, peer: &str) {
    world.virtual_interfaces.update(at, interface, |interface| {
        for known in &mut interface.peers {
            if known.id == peer && known.state == BgpPeerState::Pending {
                known.state = BgpPeerState::Available;
            }
        }
    });
}

/// deleting → gone.
pub fn gone(world: &mut World, at: Timestamp, interface: &str, peer: &str) {
    world.virtual_interfaces.update(at, interface, |interface| {
        interface.peers.retain(|known| known.id != peer);
    });
}
