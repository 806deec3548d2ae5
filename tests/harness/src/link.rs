//! What can happen to one process and not to another: it is cut off from Kubernetes, or held still.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use directconnect_operator::spawn::Wrap;
use futures::StreamExt;
use http::{Request, Response};
use http_body_util::{BodyExt, BodyStream, StreamBody};
use kubesim::{SimBody, SimService};
use tokio::sync::watch;
use tower::Service;

/// The way of one process to Kubernetes. While it is cut, nothing goes through in either direction; what waits goes
/// on once it is whole, as TCP does.
#[derive(Clone)]
pub struct Link {
    service: SimService,
    cut: watch::Sender<bool>,
}

async fn whole(cut: &watch::Sender<bool>) {
    let mut cut = cut.subscribe();
    // The sender lives as long as the link.
    let _whole = cut.wait_for(|cut| !cut).await;
}

impl Link {
    /// A way that is whole.
    pub fn new(service: SimService) -> Self {
        Self {
            service,
            cut: watch::Sender::new(false),
        }
    }

    /// Cuts it, or makes it whole.
    pub fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }
}

impl Service<Request<kube::client::Body>> for Link {
    type Response = Response<SimBody>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<kube::client::Body>) -> Self::Future {
        let Self { mut service, cut } = self.clone();
        Box::pin(async move {
            whole(&cut).await;
            let response = service.call(request).await?;
            whole(&cut).await;
            Ok(response.map(|body| {
                let frames = BodyStream::new(body).then(move |frame| {
                    let cut = cut.clone();
                    async move {
                        whole(&cut).await;
                        frame
                    }
                });
                StreamBody::new(frames).boxed_unsync()
            }))
        })
    }
}

#[derive(Default)]
struct Held {
    held: bool,
    waiting: Vec<Waker>,
}

/// Holds every task of a process still, as SIGSTOP does, while the clock and the world go on.
#[derive(Clone, Default)]
pub struct Hold(Arc<Mutex<Held>>);

impl Hold {
    /// From now on no task of it does anything.
    pub fn hold(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).held = true;
    }

    /// It goes on where it was.
    pub fn go_on(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.held = false;
        for waker in state.waiting.drain(..) {
            waker.wake();
        }
    }

    /// What the process's spawner does to each of its tasks.
    pub fn wrap(&self) -> Wrap {
        let hold = self.clone();
        Arc::new(move |mut task| {
            let hold = hold.clone();
            Box::pin(std::future::poll_fn(move |context| {
                {
                    let mut state = hold.0.lock().unwrap_or_else(PoisonError::into_inner);
                    if state.held {
                        state.waiting.push(context.waker().clone());
                        return Poll::Pending;
                    }
                }
                task.as_mut().poll(context)
            }))
        })
    }
}
