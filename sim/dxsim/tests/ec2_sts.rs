//! STS: who one is, and whose role one may take.
#![allow(clippy::unwrap_used)]

mod ec2_support;

use ec2_support::{Answer, Bench, Signer};

const WORLD: &str = r#"
accounts:
- id: "111122223333"
  accessKeys: {AKIANETWORK: netops}
- id: "444455556666"
  accessKeys: {AKIAOTHER: other}
  roles:
    dx-operator: {trustedAccounts: ["111122223333", "444455556666"], externalId: open-sesame}
"#;
const ASSUME: &str =
    "AssumeRole&RoleArn=arn:aws:iam::444455556666:role/dx-operator&RoleSessionName=test";

fn signer(answer: &Answer) -> Signer {
    Signer {
        token: answer.text("SessionToken"),
        ..Signer::key(&answer.text("AccessKeyId").unwrap())
    }
}

#[tokio::test]
async fn an_assumed_role_acts_in_its_account_until_it_expires() {
    let bench = Bench::new(WORLD);
    let me = Signer::key("AKIANETWORK");
    let identity = bench.sts_as(&me, "GetCallerIdentity").await.ok();
    assert_eq!(identity.text("Account").as_deref(), Some("111122223333"));
    assert_eq!(
        identity.text("Arn").as_deref(),
        Some("arn:aws:iam::111122223333:user/netops")
    );
    let assume = format!("{ASSUME}&ExternalId=open-sesame&DurationSeconds=900");
    let assumed = bench.sts_as(&me, &assume).await.ok();
    assert_eq!(
        assumed.text("Expiration").as_deref(),
        Some("2026-01-01T00:15:00Z")
    );
    let role = signer(&assumed);
    assert!(role.key.starts_with("ASIA"));
    let identity = bench.sts_as(&role, "GetCallerIdentity").await.ok();
    assert_eq!(
        identity.text("Arn").as_deref(),
        Some("arn:aws:sts::444455556666:assumed-role/dx-operator/test")
    );
    assert_eq!(identity.text("UserId"), assumed.text("AssumedRoleId"));

    bench.pass(24 * 3600);
    bench.sts_as(&role, "GetCallerIdentity").await.ok();
    bench.pass_wall(900);
    let expired = bench.sts_as(&role, "GetCallerIdentity").await;
    expired.refused("ExpiredToken");
    assert_eq!(expired.status, 403);
    bench
        .ec2_as(&role, "DescribeVpcs")
        .await
        .refused("RequestExpired");
}

#[tokio::test]
async fn trust_external_id_and_duration_are_checked() {
    let bench = Bench::new(WORLD);
    let me = Signer::key("AKIANETWORK");
    for (form, code) in [
        (ASSUME.to_owned(), "AccessDenied"),
        (format!("{ASSUME}&ExternalId=wrong"), "AccessDenied"),
        (ASSUME.replace("dx-operator", "nobody"), "AccessDenied"),
        (
            format!("{ASSUME}&ExternalId=open-sesame&DurationSeconds=899"),
            "ValidationError",
        ),
        (
            format!("{ASSUME}&ExternalId=open-sesame&DurationSeconds=43201"),
            "ValidationError",
        ),
        (
            "AssumeRole&RoleSessionName=test".to_owned(),
            "MissingParameter",
        ),
        ("GetFederationToken".to_owned(), "InvalidAction"),
    ] {
        bench.sts_as(&me, &form).await.refused(code);
    }
    let refused = bench
        .sts_as(&me, &format!("{ASSUME}&ExternalId=wrong"))
        .await;
    assert!(
        !refused.body.contains("sesame"),
        "the external id is a secret"
    );
    bench
        .sts_as(&Signer::key("AKIANOBODY"), "GetCallerIdentity")
        .await
        .refused("InvalidClientTokenId");
}

#[tokio::test]
async fn a_chained_role_lasts_an_hour_at_most_and_needs_its_token() {
    let bench = Bench::new(WORLD);
    let assume = format!("{ASSUME}&ExternalId=open-sesame");
    let first = bench
        .sts_as(&Signer::key("AKIANETWORK"), &assume)
        .await
        .ok();
    let role = signer(&first);
    bench.sts_as(&role, &assume).await.ok();
    bench
        .sts_as(&role, &format!("{assume}&DurationSeconds=3601"))
        .await
        .refused("ValidationError");
    bench
        .sts_as(&Signer::key(&role.key), "GetCallerIdentity")
        .await
        .refused("InvalidClientTokenId");
}
