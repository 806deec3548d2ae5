//! Sentences about sessions: how to configure the router, and which other paths are left.

use crate::api::VirtualInterface;
use crate::api::status::Actor;
use crate::aws;
use crate::guard;
use crate::kind::Kind;
use crate::managed::Managed;
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::View;

use super::named::Named;
use super::references::Gateway;

/// Other healthy paths to the same gateway, as the end of a sentence.
pub(super) fn elsewhere(view: &View, vif: &aws::VirtualInterface) -> String {
    let gateway = Gateway::of(vif);
    let Some(id) = gateway.id() else {
        return String::new();
    };
    let paths: Vec<String> = view
        .aws
        .virtual_interfaces()
        .iter()
        .filter(|v| {
            v.virtual_interface_id != vif.virtual_interface_id
                && Gateway::of(v) == gateway
                && guard::healthy(view, v)
        })
        .map(|v| {
            let port = object_named(view, Kind::Connection, &v.connection_id);
            let path = object_named(view, Kind::VirtualInterface, &v.virtual_interface_id);
            format!("{port} ({path})")
        })
        .collect();
    if paths.is_empty() {
        format!("; no other virtual interface to gateway {id} is up")
    } else {
        format!("; traffic continues on {}", paths.join(", "))
    }
}

/// The name of the object that stands for an AWS id; the id where there is none.
pub(super) fn object_named(view: &View, kind: Kind, aws_id: &str) -> String {
    view.siblings
        .iter()
        .find(|s| s.key.kind == kind && s.aws_id.as_deref() == Some(aws_id))
        .map_or_else(|| aws_id.to_owned(), |s| s.key.name.clone())
}

/// "peer v4: your address …, neighbour …".
pub(super) fn sessions(vif: &aws::VirtualInterface, peers: &[Named<'_>]) -> String {
    let all: Vec<String> = peers
        .iter()
        .map(|n| match n.actual {
            None => format!("peer {} does not exist at AWS yet", n.name),
            Some(p) => format!(
                "peer {}: your address {}, your ASN {}, neighbour {}{}",
                n.name,
                p.customer_address.as_deref().unwrap_or("not assigned yet"),
                p.asn,
                p.amazon_address.as_deref().unwrap_or("not assigned yet"),
                vif.amazon_side_asn
                    .filter(|a| *a != 0)
                    .map_or_else(String::new, |a| format!(" with ASN {a}"))
            ),
        })
        .collect();
    all.join("; ")
}

pub(super) fn never_up(
    object: &VirtualInterface,
    vif: &aws::VirtualInterface,
    peers: &[Named<'_>],
) -> Verdict {
    let secret = object
        .stored()
        .and_then(|s| s.router_configuration_secret.as_deref());
    let configuration = match (secret, &object.spec.router_configuration) {
        (Some(name), _) => format!("Secret {name} holds the router's configuration"),
        (None, Some(wanted)) => format!(
            "Secret {} is going to hold the router's configuration",
            wanted.secret_name
        ),
        (None, None) => {
            "spec.routerConfiguration would store the router's configuration in a Secret".to_owned()
        }
    };
    let keys: Vec<String> = object
        .spec
        .bgp_peers
        .iter()
        .filter_map(|p| {
            p.auth_key_secret_ref
                .as_ref()
                .map(|r| format!("{} of Secret {}", r.key, r.name))
        })
        .collect();
    let keys = if keys.is_empty() {
        String::new()
    } else {
        format!(". BGP key: {}", keys.join(", "))
    };
    Verdict::waits(
        Reason::RouterNotConfigured,
        Actor::You,
        format!(
            "{} is there and no BGP session was ever up: configure your router. VLAN {}; {}{keys}. {configuration}",
            vif.virtual_interface_id,
            vif.vlan,
            sessions(vif, peers)
        ),
        Some("the BGP session comes up"),
        false,
    )
}

pub(super) fn fell(view: &View, vif: &aws::VirtualInterface, peers: &[Named<'_>]) -> Verdict {
    Verdict::waits(
        Reason::BgpDown,
        Actor::You,
        format!(
            "BGP was up on {} and is down, with the port available: look at the router (VLAN {}; {}), its key and the number of prefixes that it announces{}",
            vif.virtual_interface_id,
            vif.vlan,
            sessions(vif, peers),
            elsewhere(view, vif)
        ),
        Some("traffic returns by itself"),
        false,
    )
}
