//! What the spec names: the connection and the gateway; and whether each is there.

use crate::api::VirtualInterface;
use crate::api::common::ObjectReference;
use crate::api::virtual_interface::VirtualInterfaceType;
use crate::aws;
use crate::identity;
use crate::kind::{Kind, ObjectKey};
use crate::managed::Managed;
use crate::reason::Reason;
use crate::view::{Blocked, Referenced, View};

/// What a virtual interface leads to, by AWS id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gateway {
    /// AWS's public networks.
    None,
    /// A virtual private gateway.
    Virtual(String),
    /// A Direct Connect gateway.
    DirectConnect(String),
}

impl Gateway {
    /// The gateway of an interface at AWS.
    pub(super) fn of(vif: &aws::VirtualInterface) -> Self {
        let some = |id: &Option<String>| id.clone().filter(|i| !i.is_empty());
        match (
            some(&vif.direct_connect_gateway_id),
            some(&vif.virtual_gateway_id),
        ) {
            (Some(id), _) => Self::DirectConnect(id),
            (None, Some(id)) => Self::Virtual(id),
            (None, None) => Self::None,
        }
    }

    /// Its AWS id.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Virtual(id) | Self::DirectConnect(id) => Some(id),
        }
    }

    /// The ASN of Amazon's side, where it is known.
    pub(super) fn asn(&self, view: &View) -> Option<i64> {
        match self {
            Self::None => None,
            Self::Virtual(id) => view.aws.vpn_gateway(id).and_then(|g| g.amazon_side_asn),
            Self::DirectConnect(id) => view
                .aws
                .direct_connect_gateway(id)
                .map(|g| g.amazon_side_asn)
                .filter(|a| *a != 0),
        }
    }
}

pub(super) fn blocked(reason: Reason, message: String) -> Blocked {
    Blocked {
        reason,
        message,
        stalled: false,
    }
}

pub(super) fn stalled(reason: Reason, message: String) -> Blocked {
    Blocked {
        reason,
        message,
        stalled: true,
    }
}

fn not_ready(key: &ObjectKey, found: &Referenced) -> Blocked {
    let why = match found.reason.as_str() {
        _ if found.deleting => "it is being deleted",
        "" => "not looked at yet",
        reason => reason,
    };
    blocked(
        Reason::WaitingForReference,
        format!("{key} is not ready: {why}"),
    )
}

/// The AWS id of an object that the spec names.
fn id_of(view: &View, field: &str, key: &ObjectKey) -> Result<String, Blocked> {
    let Some(found) = view.references.get(key) else {
        return Err(blocked(
            Reason::ReferenceNotFound,
            format!(
                "spec.{field}.name is {}, and namespace {} has no {} of that name: make it, or correct the name",
                key.name, key.namespace, key.kind
            ),
        ));
    };
    if let (Some(account), Some(theirs)) = (view.account(), &found.account_id)
        && *theirs != account.account_id
    {
        return Err(stalled(
            Reason::Invalid,
            format!(
                "spec.{field}: {key} is in account {theirs} and this object in account {}: an interface and what it uses share one account; correct spec.accountRef or the reference",
                account.account_id
            ),
        ));
    }
    found.aws_id.clone().ok_or_else(|| not_ready(key, found))
}

/// What is said of an AWS id that AWS does not list.
fn unlisted(view: &View, field: &str, id: &str) -> Blocked {
    let (account, region) = view
        .account()
        .map_or(("", ""), |a| (a.account_id.as_str(), a.region.as_str()));
    let more = if field == "virtualPrivateGatewayId" {
        "; one of another region is reached through a DirectConnectGateway"
    } else {
        ""
    };
    blocked(
        Reason::ReferenceNotFound,
        format!(
            "spec.{field} is {id}, which account {account} does not have in region {region}: correct the id, or spec.accountRef and spec.region{more}"
        ),
    )
}

impl VirtualInterface {
    /// The identity tag of this object.
    pub(super) fn identity(&self, view: &View) -> String {
        identity::identity(&view.cluster_id, &self.key())
    }

    fn object(&self, kind: Kind, reference: &ObjectReference) -> ObjectKey {
        ObjectKey::new(
            kind,
            self.metadata.namespace.as_deref().unwrap_or_default(),
            &reference.name,
        )
    }

    /// The VirtualPrivateGateway that the spec names.
    pub(super) fn virtual_private_gateway(&self) -> Option<ObjectKey> {
        self.spec
            .virtual_private_gateway_ref
            .as_ref()
            .map(|r| self.object(Kind::VirtualPrivateGateway, r))
    }

    /// The Connection that the spec names.
    pub(super) fn connection(&self) -> Option<ObjectKey> {
        self.spec
            .connection_ref
            .as_ref()
            .map(|r| self.object(Kind::Connection, r))
    }

    fn direct_connect_gateway(&self) -> Option<ObjectKey> {
        self.spec
            .direct_connect_gateway_ref
            .as_ref()
            .map(|r| self.object(Kind::DirectConnectGateway, r))
    }

    /// Objects that the spec names.
    pub(super) fn referenced(&self) -> Vec<ObjectKey> {
        [
            self.connection(),
            self.virtual_private_gateway(),
            self.direct_connect_gateway(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// AWS id of the connection that the spec names.
    pub(super) fn wanted_connection(&self, view: &View) -> Result<String, Blocked> {
        match (self.connection(), &self.spec.connection_id) {
            (Some(key), _) => id_of(view, "connectionRef", &key),
            (None, Some(id)) => Ok(id.clone()),
            (None, None) => Err(stalled(
                Reason::Invalid,
                "spec has no connection: set connectionRef or connectionId".to_owned(),
            )),
        }
    }

    /// The connection that the spec names, once it can carry an interface: AWS has processed the
    /// order (assumed: CreatePrivateVirtualInterface is refused while it is `requested` or `ordering`).
    pub(super) fn usable_connection<'a>(
        &self,
        view: &'a View,
    ) -> Result<&'a aws::Connection, Blocked> {
        let id = self.wanted_connection(view)?;
        let reference = self
            .connection()
            .and_then(|key| view.references.get(&key).map(|found| (key, found)));
        if let Some((key, found)) = reference.as_ref().filter(|(_, found)| found.deleting) {
            return Err(not_ready(key, found));
        }
        let Some(connection) = view.aws.connection(&id) else {
            return Err(match &reference {
                Some((key, _)) => blocked(
                    Reason::WaitingForReference,
                    format!("{key} is not ready: AWS does not list {id}"),
                ),
                None => unlisted(view, "connectionId", &id),
            });
        };
        match (connection.connection_state.as_str(), reference) {
            ("available" | "down", _) => Ok(connection),
            (_, Some((key, found))) => Err(not_ready(&key, found)),
            (state, None) => Err(blocked(
                Reason::WaitingForReference,
                format!("connection {id} is not ready: AWS has it in state {state}"),
            )),
        }
    }

    /// The gateway that the spec names.
    pub(super) fn wanted_gateway(&self, view: &View) -> Result<Gateway, Blocked> {
        let spec = &self.spec;
        if spec.virtual_interface_type == Some(VirtualInterfaceType::Public) {
            return Ok(Gateway::None);
        }
        if let Some(key) = self.direct_connect_gateway() {
            return id_of(view, "directConnectGatewayRef", &key).map(Gateway::DirectConnect);
        }
        if let Some(id) = &spec.direct_connect_gateway_id {
            return Ok(Gateway::DirectConnect(id.clone()));
        }
        if let Some(key) = self.virtual_private_gateway() {
            return id_of(view, "virtualPrivateGatewayRef", &key).map(Gateway::Virtual);
        }
        match &spec.virtual_private_gateway_id {
            Some(id) => Ok(Gateway::Virtual(id.clone())),
            None => Err(stalled(
                Reason::Invalid,
                "spec has no gateway: set one of virtualPrivateGatewayRef, virtualPrivateGatewayId, directConnectGatewayRef and directConnectGatewayId".to_owned(),
            )),
        }
    }

    /// The gateway that the spec names, once AWS says that it is available.
    pub(super) fn usable_gateway(&self, view: &View) -> Result<Gateway, Blocked> {
        let gateway = self.wanted_gateway(view)?;
        let (field, key, state) = match &gateway {
            Gateway::None => return Ok(gateway),
            Gateway::Virtual(id) => (
                "virtualPrivateGatewayId",
                self.virtual_private_gateway(),
                view.aws.vpn_gateway(id).map(|g| g.state.clone()),
            ),
            Gateway::DirectConnect(id) => (
                "directConnectGatewayId",
                self.direct_connect_gateway(),
                view.aws
                    .direct_connect_gateway(id)
                    .map(|g| g.direct_connect_gateway_state.clone()),
            ),
        };
        let id = gateway.id().unwrap_or_default();
        match (state.as_deref(), key) {
            (Some("available"), _) => Ok(gateway),
            (None, None) => Err(unlisted(view, field, id)),
            (state, key) => {
                let who = key.map_or_else(|| id.to_owned(), |k| k.to_string());
                let state = state.map_or_else(
                    || format!("AWS does not list {id}"),
                    |s| format!("AWS has it in state {s}"),
                );
                Err(blocked(
                    Reason::WaitingForReference,
                    format!("{who} is not ready: {state}"),
                ))
            }
        }
    }
}
