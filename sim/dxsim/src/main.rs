//! The `dxsim` command.

fn main() {}
