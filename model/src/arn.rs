//! ARNs of Direct Connect resources (Service Authorization Reference, "Resource types defined by AWS
//! Direct Connect").

use crate::view::View;

/// The partition that a region belongs to (AWS General Reference, "Amazon Resource Names"; the
/// prefixes are those of the SDKs' `partitions.json`).
pub fn partition(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PREFIXES
        .into_iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("aws", |(_, partition)| partition)
}

/// ARN of a resource of the object's account and region, as `dxcon/<id>`.
pub(crate) fn regional(view: &View, resource: &str) -> String {
    arn(view, true, resource)
}

/// ARN of a resource that has no region, as `dx-gateway/<id>`.
pub(crate) fn global(view: &View, resource: &str) -> String {
    arn(view, false, resource)
}

fn arn(view: &View, regional: bool, resource: &str) -> String {
    let (region, account) = view
        .account()
        .map_or(("", ""), |a| (a.region.as_str(), a.account_id.as_str()));
    let partition = partition(region);
    let place = if regional { region } else { "" };
    format!("arn:{partition}:directconnect:{place}:{account}:{resource}")
}

#[cfg(test)]
mod tests {
    use super::partition;

    #[test]
    fn each_region_has_its_partition() {
        for (region, wanted) in [
            ("us-east-1", "aws"),
            ("eu-central-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-northwest-1", "aws-cn"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(region), wanted, "{region}");
        }
    }
}
