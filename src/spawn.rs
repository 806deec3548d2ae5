//! Every task of the operator: tracked, so that a stop (or a crash in a test) leaves none alive.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use tokio::task::JoinSet;

/// What becomes of each task before it is spawned: tests can hold a whole process still.
pub type Wrap = Arc<dyn Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Spawns tasks that end with the operator.
#[derive(Clone, Default)]
pub struct Spawner {
    tasks: Arc<Mutex<JoinSet<()>>>,
    wrap: Option<Wrap>,
}

impl Spawner {
    /// One that wraps every task.
    pub fn wrapping(wrap: Wrap) -> Self {
        Self {
            tasks: Arc::default(),
            wrap: Some(wrap),
        }
    }

    /// Spawns a task.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while set.try_join_next().is_some() {}
        match &self.wrap {
            Some(wrap) => set.spawn(wrap(Box::pin(task))),
            None => set.spawn(task),
        };
    }

    /// Ends every task at its next await.
    pub fn abort(&self) {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }

    /// Number of tasks that run.
    pub fn running(&self) -> usize {
        let mut set = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while set.try_join_next().is_some() {}
        set.len()
    }
}
