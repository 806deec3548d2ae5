//! Addresses of BGP peers and prefixes, in CIDR notation.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

/// An address with or without its prefix length.
fn parse(text: &str) -> Option<(IpAddr, Option<u8>)> {
    let text = text.trim();
    if let Ok(net) = text.parse::<IpNet>() {
        return Some((net.addr(), Some(net.prefix_len())));
    }
    text.parse::<IpAddr>().ok().map(|a| (a, None))
}

/// The address without its prefix length; what is no address stays as it is.
pub fn host(text: &str) -> String {
    parse(text).map_or_else(|| text.to_owned(), |(address, _)| address.to_string())
}

/// True if both name one address; a prefix length that one of them leaves out is not compared.
pub fn same_address(a: &str, b: &str) -> bool {
    match (parse(a), parse(b)) {
        (Some((a, Some(m))), Some((b, Some(n)))) => a == b && m == n,
        (Some((a, _)), Some((b, _))) => a == b,
        _ => a == b,
    }
}

/// True if the subnets of two addresses have an address in common.
pub fn overlap(a: &str, b: &str) -> bool {
    let net = |text: &str| {
        let (address, length) = parse(text)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        IpNet::new(address, length.unwrap_or(most))
            .ok()
            .map(|n| n.trunc())
    };
    match (net(a), net(b)) {
        (Some(a), Some(b)) => a.contains(&b) || b.contains(&a),
        _ => false,
    }
}

/// True if both are the same set of prefixes, however they are written.
pub fn same_prefixes(a: &[String], b: &[String]) -> bool {
    let set = |list: &[String]| -> BTreeSet<String> {
        list.iter()
            .map(|p| {
                p.trim()
                    .parse::<IpNet>()
                    .map_or_else(|_| p.clone(), |n| n.trunc().to_string())
            })
            .collect()
    };
    set(a) == set(b)
}

/// The rule that the two addresses of an IPv4 peer break, if one: /30 or /31, both usable and
/// different, in one subnet. Source: Direct Connect User Guide, "Create a private virtual interface";
/// RFC 3021 for /31.
pub fn peer_rule(amazon: &str, customer: &str) -> Option<String> {
    let one = |text: &str| -> Result<ipnet::Ipv4Net, String> {
        let net: ipnet::Ipv4Net = text.trim().parse().map_err(|_| {
            format!("{text} is not an IPv4 address with its prefix length, as 175.45.176.1/30")
        })?;
        match net.prefix_len() {
            30 if net.addr() == net.network() || net.addr() == net.broadcast() => Err(format!(
                "{text} is the first or last address of its /30, which no host can have: use one of the two between"
            )),
            30 | 31 => Ok(net),
            other => Err(format!(
                "{text} has prefix length /{other}: AWS takes /30 or /31, as 175.45.176.1/30"
            )),
        }
    };
    let (amazon_net, customer_net) = match (one(amazon), one(customer)) {
        (Ok(a), Ok(c)) => (a, c),
        (Err(message), _) | (_, Err(message)) => return Some(message),
    };
    if amazon_net.trunc() != customer_net.trunc() || amazon_net.addr() == customer_net.addr() {
        return Some(format!(
            "{amazon} and {customer} are not two addresses of one subnet: use two of one /30 or /31, as 175.45.176.1/30 and 175.45.176.2/30"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_a_peer_share_a_subnet() {
        assert_eq!(peer_rule("175.45.176.1/30", "175.45.176.2/30"), None);
        assert_eq!(peer_rule("10.0.0.0/31", "10.0.0.1/31"), None);
        for (amazon, customer, word) in [
            ("175.45.176.1/30", "175.45.176.6/30", "one subnet"),
            ("175.45.176.1/30", "175.45.176.1/30", "one subnet"),
            ("175.45.176.0/30", "175.45.176.2/30", "first or last"),
            ("175.45.176.1/29", "175.45.176.2/29", "/30 or /31"),
            ("175.45.176.1", "175.45.176.2/30", "prefix length"),
            ("2001:db8::1/125", "2001:db8::2/125", "IPv4"),
        ] {
            let message = peer_rule(amazon, customer).unwrap_or_default();
            assert!(message.contains(word), "{amazon} {customer}: {message}");
        }
    }

    #[test]
    fn addresses_and_prefixes_compare_by_meaning() {
        assert!(same_address("10.0.0.1/30", "10.0.0.1/30"));
        assert!(same_address("10.0.0.1", "10.0.0.1/30"));
        assert!(!same_address("10.0.0.1/31", "10.0.0.1/30"));
        assert!(overlap("10.0.0.1/30", "10.0.0.2/31"));
        assert!(!overlap("10.0.0.1/30", "10.0.0.5/30"));
        assert!(same_prefixes(
            &["203.0.113.1/24".into()],
            &["203.0.113.0/24".into()]
        ));
        assert_eq!(host("10.0.0.2/30"), "10.0.0.2");
    }
}
