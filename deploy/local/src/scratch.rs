//! A folder for one run's files: removed when dropped, and by the guard if this process dies before.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Context, Result};
use crate::guard;

/// Removes this folder when this process is gone, in whatever way it ends.
pub fn remove_with_this_process(dir: &Path) -> Result<()> {
    guard::remove(dir)
}

/// A temporary folder that does not outlive this process.
pub struct Scratch(TempDir);

impl Scratch {
    /// Makes an empty folder below the system's temporary folder.
    pub fn new() -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("directconnect-")
            .tempdir()
            .context("make a temporary folder")?;
        guard::remove(dir.path())?;
        Ok(Self(dir))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Makes a folder in it.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        std::fs::create_dir_all(&path).context(path.display())?;
        Ok(path)
    }
}
