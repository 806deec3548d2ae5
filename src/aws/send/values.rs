//! Values that several requests share. What is empty is left out: AWS refuses empty lists.

use aws_sdk_directconnect::types::{AddressFamily, RouteFilterPrefix, Tag};
use directconnect_model::aws::Tags;

/// The highest number that goes into `asn`: "If you enter a 4-byte ASN for the asn parameter, the API
/// returns an error" (Direct Connect API Reference, NewPrivateVirtualInterface).
const SHORT_ASN: i64 = 65_535;

/// An ASN as requests carry it: in `asn` or in `asnLong`, never in both. `asn` 0 is not sent.
pub(super) fn asn(asn: i64) -> (i32, Option<i64>) {
    match i32::try_from(asn) {
        Ok(short) if asn <= SHORT_ASN => (short, None),
        _ => (0, Some(asn)),
    }
}

/// An address family; AWS takes ipv4 where none is given.
pub(super) fn address_family(family: &str) -> Option<AddressFamily> {
    (!family.is_empty()).then(|| AddressFamily::from(family))
}

/// Tags of Direct Connect.
pub(super) fn tags(tags: &Tags) -> Option<Vec<Tag>> {
    let tags = tags.iter().map(|(key, value)| {
        Tag::builder()
            .key(key)
            .value(value)
            .build()
            .expect("a tag with a key can be built")
    });
    some(tags.collect())
}

/// Prefixes.
pub(super) fn prefixes(cidrs: &[String]) -> Option<Vec<RouteFilterPrefix>> {
    some(
        cidrs
            .iter()
            .map(|cidr| RouteFilterPrefix::builder().cidr(cidr).build())
            .collect(),
    )
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asn_goes_into_one_member() {
        assert_eq!(asn(1), (1, None));
        assert_eq!(asn(65_535), (65_535, None));
        assert_eq!(asn(65_536), (0, Some(65_536)));
        assert_eq!(asn(2_147_483_647), (0, Some(2_147_483_647)));
        assert_eq!(asn(4_294_967_294), (0, Some(4_294_967_294)));
    }

    #[test]
    fn empty_lists_are_left_out() {
        assert_eq!(tags(&Tags::new()), None);
        assert_eq!(prefixes(&[]), None);
        assert_eq!(
            prefixes(&["10.0.0.0/8".to_owned()]).map(|p| p.len()),
            Some(1)
        );
        assert_eq!(address_family(""), None);
        assert_eq!(address_family("ipv6"), Some(AddressFamily::IPv6));
    }
}
