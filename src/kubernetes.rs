//! The client of the Kubernetes API.
//!
//! The engine retries: a write that the client repeats by itself could not be told from two. No request waits for ever: a
//! connection whose other end is gone without a word would otherwise hold a first list, or a watch, for good.

use std::time::Duration;

use http::Request;
use kube::client::{Body, Client, ClientBuilder};
use tower::layer::layer_fn;
use tower::{BoxError, Service, ServiceExt};

/// An answer begins within this time. Lists of many objects come in pages.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A watch is ended by the API server after 290 s (`timeoutSeconds` of kube's watcher): longer silence is a dead connection.
const SILENCE: Duration = Duration::from_secs(295);

/// The service, with a limit on the time until an answer begins.
pub fn limited<S>(
    service: S,
) -> impl Service<Request<Body>, Response = S::Response, Error = BoxError, Future: Send + 'static>
+ Send
+ 'static
where
    S: Service<Request<Body>, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
{
    let service = service.map_err(Into::<BoxError>::into);
    service.map_future(|answer| async move {
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(answer) => answer,
            Err(late) => Err(BoxError::from(late)),
        }
    })
}

/// A client over this configuration.
pub fn client(mut config: kube::Config) -> kube::Result<Client> {
    config.default_retry = false;
    config.read_timeout = Some(SILENCE);
    Ok(ClientBuilder::try_from(config)?
        .with_layer(&layer_fn(limited))
        .build())
}
