//! Autonomous system numbers.

/// The rule that an ASN of a customer's router breaks, if one. Source: `asnLong`, Direct Connect API
/// Reference; RFC 6793 (23456) and RFC 7300 (65535).
pub fn asn_rule(asn: i64) -> Option<&'static str> {
    match asn {
        7224 => Some("7224 is Amazon's own ASN: use the ASN of your router"),
        23456 | 65535 => {
            Some("23456 and 65535 are reserved (RFC 6793, RFC 7300): use the ASN of your router")
        }
        1..=4_294_967_294 => None,
        _ => Some("an ASN is a number from 1 to 4294967294: use the ASN of your router, as 65000"),
    }
}

#[cfg(test)]
mod tests {
    use super::asn_rule;

    #[test]
    fn reserved_numbers_are_refused() {
        for refused in [-1, 0, 7224, 23456, 65535, 4_294_967_295] {
            assert!(asn_rule(refused).is_some(), "{refused}");
        }
        for fine in [1, 64512, 65000, 4_200_000_000, 4_294_967_294] {
            assert_eq!(asn_rule(fine), None, "{fine}");
        }
    }
}
