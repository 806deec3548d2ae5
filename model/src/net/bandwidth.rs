//! Bandwidths as AWS writes them.

/// A bandwidth as AWS writes it (`1Gbps`, `500Mbps`), in Mbps; 0 for what is not one.
pub fn bandwidth_mbps(text: &str) -> u64 {
    let parse = |suffix: &str, factor: u64| {
        text.strip_suffix(suffix)
            .and_then(|n| n.trim().parse::<f64>().ok())
            .filter(|n| n.is_finite() && *n >= 0.0)
            .map(|n| {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "port speeds are far below 2^52"
                )]
                let mbps = (n * factor as f64).round() as u64;
                mbps
            })
    };
    parse("Mbps", 1)
        .or_else(|| parse("Gbps", 1_000))
        .or_else(|| parse("Tbps", 1_000_000))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn bandwidths_compare() {
        assert_eq!(super::bandwidth_mbps("1Gbps"), 1_000);
        assert_eq!(super::bandwidth_mbps("500Mbps"), 500);
        assert_eq!(super::bandwidth_mbps("1.6Tbps"), 1_600_000);
        assert_eq!(super::bandwidth_mbps("banana"), 0);
    }
}
