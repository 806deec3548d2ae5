//! The HTTP server: loopback only, a thin shell around [`Sim::request`].

use crate::sim::Sim;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

impl Sim {
    /// Serves until `shutdown` is done; open connections are dropped then.
    /// Refuses a listener that is reachable from elsewhere.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        if !listener.local_addr()?.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "dxsim checks no signatures: it listens on loopback only",
            ));
        }
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        connections.spawn(connection(self.clone(), stream));
                    }
                }
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
    }
}

/// One TCP connection. A reset is an error of the service: hyper then closes without an answer.
async fn connection(sim: Sim, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let sim = sim.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            let answer = sim
                .request(Request::from_parts(head, body))
                .await
                .map_err(io::Error::other)?;
            Ok::<_, io::Error>(answer.map(Full::<Bytes>::new))
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}
