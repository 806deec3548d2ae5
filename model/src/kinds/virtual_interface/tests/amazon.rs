//! What AWS does with a call in the small world, and as time passes; it refuses what AWS refuses.

use crate::aws::{self, AuthKey};
use crate::call::{Call, NewBgpPeer, SecretUse};
use crate::identity;
use crate::view::SecretState;

use super::world::{World, foreign, peer};

impl World {
    fn find(&mut self, id: &str) -> &mut aws::VirtualInterface {
        self.interfaces
            .iter_mut()
            .find(|v| {
                v.virtual_interface_id == id
                    || id.ends_with(&format!("/{}", v.virtual_interface_id))
            })
            .expect("AWS knows it")
    }

    /// What AWS does; it refuses what AWS refuses.
    pub(super) fn effect(&mut self, call: Call) -> Option<String> {
        match call {
            Call::CreateVirtualInterface(new) => {
                self.made += 1;
                let id = format!("dxvif-{}", self.made);
                assert!(
                    !self
                        .interfaces
                        .iter()
                        .any(|v| v.connection_id == new.connection_id && v.vlan == new.vlan),
                    "VLAN in use"
                );
                let peer = self.peer(&new.peer);
                self.interfaces.push(aws::VirtualInterface {
                    virtual_interface_id: id.clone(),
                    virtual_interface_state: "pending".into(),
                    connection_id: new.connection_id,
                    vlan: new.vlan,
                    virtual_interface_name: new.virtual_interface_name,
                    virtual_interface_type: new.virtual_interface_type,
                    mtu: Some(new.mtu.unwrap_or(1500)),
                    site_link_enabled: Some(new.enable_site_link.unwrap_or(false)),
                    virtual_gateway_id: new.virtual_gateway_id,
                    direct_connect_gateway_id: new.direct_connect_gateway_id,
                    route_filter_prefixes: new.route_filter_prefixes,
                    bgp_peers: vec![peer],
                    tags: new.tags,
                    ..foreign("", "", 0)
                });
                return Some(id);
            }
            Call::UpdateVirtualInterfaceAttributes {
                virtual_interface_id,
                virtual_interface_name,
                mtu,
                enable_site_link,
                prefix_pool_allocated_count_ipv4,
                prefix_pool_allocated_count_ipv6,
            } => {
                let vif = self.find(&virtual_interface_id);
                assert!(
                    matches!(vif.virtual_interface_state.as_str(), "available" | "down"),
                    "a change is under way"
                );
                vif.virtual_interface_name =
                    virtual_interface_name.unwrap_or_else(|| vif.virtual_interface_name.clone());
                vif.mtu = mtu.or(vif.mtu);
                vif.site_link_enabled = enable_site_link.or(vif.site_link_enabled);
                vif.prefix_pool_allocated_count_ipv4 =
                    prefix_pool_allocated_count_ipv4.or(vif.prefix_pool_allocated_count_ipv4);
                vif.prefix_pool_allocated_count_ipv6 =
                    prefix_pool_allocated_count_ipv6.or(vif.prefix_pool_allocated_count_ipv6);
                vif.virtual_interface_state = "pending".into();
            }
            Call::AssociateVirtualInterface {
                virtual_interface_id,
                connection_id,
            } => {
                self.find(&virtual_interface_id).connection_id = connection_id;
            }
            Call::DeleteVirtualInterface {
                virtual_interface_id,
            } => {
                self.find(&virtual_interface_id).virtual_interface_state = "deleted".into();
            }
            Call::CreateBgpPeer {
                virtual_interface_id,
                peer,
            } => {
                let new = self.peer(&peer);
                let redundant = self
                    .connections
                    .iter()
                    .any(|c| c.has_logical_redundancy.as_deref() == Some("yes"));
                let vif = self.find(&virtual_interface_id);
                let same = vif
                    .bgp_peers
                    .iter()
                    .filter(|p| p.address_family == new.address_family)
                    .count();
                assert!(
                    same <= usize::from(redundant),
                    "address family {} is in use",
                    new.address_family
                );
                vif.bgp_peers.push(new);
            }
            Call::DeleteBgpPeer {
                virtual_interface_id,
                bgp_peer_id,
            } => {
                let vif = self.find(&virtual_interface_id);
                let left = vif
                    .bgp_peers
                    .iter()
                    .filter(|p| p.bgp_peer_id != bgp_peer_id && p.bgp_peer_state == "available")
                    .count();
                assert!(left > 0, "the last BGP peer cannot be deleted");
                let peer = vif
                    .bgp_peers
                    .iter_mut()
                    .find(|p| p.bgp_peer_id == bgp_peer_id)
                    .expect("AWS knows it");
                peer.bgp_peer_state = "deleting".into();
                peer.bgp_status = "down".into();
            }
            Call::TagResource {
                resource_arn, tags, ..
            } => self.find(&resource_arn).tags.extend(tags),
            Call::UntagResource {
                resource_arn,
                tag_keys,
                ..
            } => {
                self.find(&resource_arn)
                    .tags
                    .retain(|k, _| !tag_keys.contains(k));
            }
            other => panic!("not a call of this kind: {other:?}"),
        }
        None
    }

    fn peer(&mut self, new: &NewBgpPeer) -> aws::BgpPeer {
        self.made += 1;
        let n = self.made;
        let (amazon, customer) = match (&new.amazon_address, new.address_family.as_str()) {
            (Some(amazon), _) => (amazon.clone(), new.customer_address.clone().expect("both")),
            (None, "ipv4") => (format!("169.254.{n}.1/30"), format!("169.254.{n}.2/30")),
            (None, _) => (
                format!("2001:db8:{n}::1/125"),
                format!("2001:db8:{n}::2/125"),
            ),
        };
        let auth = new
            .auth_key
            .as_ref()
            .map_or_else(|| format!("made-by-aws-{n}"), |used| self.reveal(used));
        aws::BgpPeer {
            asn: new.asn,
            bgp_peer_state: "pending".into(),
            bgp_status: "down".into(),
            ..peer(
                &format!("dxpeer-{n}"),
                &new.address_family,
                &amazon,
                &customer,
                &auth,
            )
        }
    }

    fn reveal(&self, used: &SecretUse) -> String {
        match self.secrets.get(&(used.name.clone(), used.key.clone())) {
            Some(SecretState::Value {
                resource_version,
                value,
                ..
            }) if *resource_version == used.resource_version => value.expose().to_owned(),
            other => panic!("the Secret is not what was planned with: {other:?}"),
        }
    }

    pub(super) fn world_turns(&mut self) {
        let router = self.router.clone();
        for vif in &mut self.interfaces {
            vif.bgp_peers.retain(|p| p.bgp_peer_state != "deleting");
            let held = vif.virtual_interface_state == "pending";
            for peer in &mut vif.bgp_peers {
                let verified = !held || vif.virtual_interface_type != "public";
                if peer.bgp_peer_state == "pending" && verified {
                    peer.bgp_peer_state = "available".into();
                }
                let agrees = router.as_deref() == peer.auth_key.as_ref().map(AuthKey::expose)
                    && peer.bgp_peer_state == "available";
                if vif.tags.contains_key(identity::IDENTITY) {
                    peer.bgp_status = if agrees { "up".into() } else { "down".into() };
                }
            }
            if matches!(
                vif.virtual_interface_state.as_str(),
                "pending" | "available" | "down"
            ) {
                let up = vif.bgp_peers.iter().any(|p| p.bgp_status == "up");
                vif.virtual_interface_state = if up {
                    "available".into()
                } else {
                    "down".into()
                };
            }
        }
    }
}
