//! Where things are: the checkout, the binaries, the cache.

use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Result};

/// The root of the checkout that this was built from.
pub fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A binary of this workspace, from the same build as the running one.
pub fn binary(name: &str) -> Result<PathBuf> {
    let exe = std::env::current_exe().context("find the running program")?;
    let mut dir = exe.parent().unwrap_or(Path::new("/"));
    if dir.ends_with("deps") {
        dir = dir.parent().unwrap_or(dir);
    }
    Ok(dir.join(name))
}

/// The folder that outlives checkouts: `DIRECTCONNECT_CACHE`, else below the user's cache folder.
pub fn cache() -> Result<PathBuf> {
    let from = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(cache) = from("DIRECTCONNECT_CACHE") {
        return std::path::absolute(cache).context("DIRECTCONNECT_CACHE");
    }
    from("XDG_CACHE_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".cache")))
        .map(|base| base.join("directconnect-operator"))
        .ok_or_else(|| Error::new("no place for the cache: set HOME or DIRECTCONNECT_CACHE"))
}
