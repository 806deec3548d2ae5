//! The one list of kinds.

use std::sync::Arc;

use directconnect_model::api::{
    Connection, DirectConnectGateway, DirectConnectGatewayAssociation, VirtualInterface,
    VirtualPrivateGateway,
};
use directconnect_model::kind::Kind;
use directconnect_model::managed::Managed;
use directconnect_model::view::{Referenced, Sibling};
use kube::api::{DynamicObject, ListParams};
use tokio_util::sync::CancellationToken;

use crate::engine::store::{self, Trouble};
use crate::engine::{Shared, controller, index};
use crate::spawn::Spawner;

/// Calls a macro with every managed kind.
macro_rules! kinds {
    ($each:ident) => {
        $each!(
            Connection,
            DirectConnectGateway,
            DirectConnectGatewayAssociation,
            VirtualPrivateGateway,
            VirtualInterface
        )
    };
}

/// Starts the controllers of every managed kind in every namespace.
pub fn start(context: &Shared, spawner: &Spawner, stop: &CancellationToken) {
    macro_rules! each {
        ($($kind:ident),+) => {
            $(for namespace in &context.namespaces {
                let queue = context.wakes.queue(<$kind as Managed>::KIND, namespace);
                spawner.spawn(controller::run::<$kind>(
                    Arc::clone(context),
                    namespace.clone(),
                    queue,
                    stop.clone(),
                ));
            })+
        };
    }
    kinds!(each);
}

/// What an object read without a type looks like to those that refer to it.
pub fn referenced(kind: Kind, object: DynamicObject) -> Option<Referenced> {
    macro_rules! each {
        ($($kind:ident),+) => {
            match kind {
                $(Kind::$kind => object.try_parse::<$kind>().ok().map(|o| index::referenced(&o)),)+
                Kind::AwsAccount => None,
            }
        };
    }
    kinds!(each)
}

/// Every managed object in every namespace, read uncached: as a sibling, with the AwsAccount it names.
pub async fn objects(context: &Shared) -> Result<Vec<(Sibling, String)>, Trouble> {
    let mut all = vec![];
    macro_rules! each {
        ($($kind:ident),+) => {
            $(for namespace in &context.namespaces {
                let api: kube::Api<$kind> = store::api(context, namespace);
                let list = store::attempt(api.list(&ListParams::default())).await?;
                all.extend(list.items.iter().map(|o| {
                    (index::sibling(o), o.common().account_ref.name.clone())
                }));
            })+
        };
    }
    kinds!(each);
    Ok(all)
}

/// Every managed kind.
pub fn managed() -> Vec<Kind> {
    macro_rules! each {
        ($($kind:ident),+) => { vec![$(<$kind as Managed>::KIND),+] };
    }
    kinds!(each)
}
