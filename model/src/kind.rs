//! The closed list of kinds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of this API group.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[allow(missing_docs, reason = "each has its own documentation in `api`")]
pub enum Kind {
    AwsAccount,
    Connection,
    DirectConnectGateway,
    DirectConnectGatewayAssociation,
    VirtualPrivateGateway,
    VirtualInterface,
}

impl Kind {
    /// Plural name in the API.
    pub fn plural(self) -> &'static str {
        match self {
            Self::AwsAccount => "awsaccounts",
            Self::Connection => "connections",
            Self::DirectConnectGateway => "directconnectgateways",
            Self::DirectConnectGatewayAssociation => "directconnectgatewayassociations",
            Self::VirtualPrivateGateway => "virtualprivategateways",
            Self::VirtualInterface => "virtualinterfaces",
        }
    }

    /// Lower-case singular, as kubectl takes it and messages print it.
    pub fn singular(self) -> String {
        self.to_string().to_lowercase()
    }
}

/// Names one object of this API group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectKey {
    /// Kind.
    pub kind: Kind,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectKey {
    /// A key.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl std::fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.singular(), self.name)
    }
}
