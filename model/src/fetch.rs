//! Reads with a product, and the documents that they fill.

/// Work beside AWS writes: reads with a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// DescribeLoa, once, into a ConfigMap.
    Loa {
        /// Port.
        connection_id: String,
        /// ConfigMap.
        config_map: String,
    },
    /// DescribeRouterConfiguration into a Secret.
    RouterConfiguration {
        /// Virtual interface.
        virtual_interface_id: String,
        /// Router type, as AWS names it.
        router_type_identifier: Option<String>,
        /// Secret.
        secret: String,
        /// Changes whenever the text would: recorded once written.
        fingerprint: String,
    },
    /// ListVirtualInterfaceRoutes, counted.
    Routes {
        /// Virtual interface.
        virtual_interface_id: String,
    },
}

/// A ConfigMap or Secret in the object's namespace that the operator writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
pub enum Document {
    /// The LOA-CFA.
    #[strum(to_string = "ConfigMap {0}")]
    ConfigMap(String),
    /// The router's configuration.
    #[strum(to_string = "Secret {0}")]
    Secret(String),
}

impl Fetch {
    /// What it writes; none where only the status tells.
    pub fn document(&self) -> Option<Document> {
        match self {
            Self::Loa { config_map, .. } => Some(Document::ConfigMap(config_map.clone())),
            Self::RouterConfiguration { secret, .. } => Some(Document::Secret(secret.clone())),
            Self::Routes { .. } => None,
        }
    }
}
