//! What a refused caller is told, what the ledger keeps, and which policies are not taken.

use crate::support::{Bench, EXPLICIT, IMPLICIT, Signer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dxsim::iam::Policy;
use serde_json::{Value, json};

const HOME: &str = r#"accounts: [{id: "999900001111", accessKeys: {AKIAHOME: home}}]"#;
const ROLE: &str = "arn:aws:iam::111122223333:role/tested";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/tested/test";

async fn under(statements: Value) -> (Bench, Signer) {
    let policy = json!({"Statement": statements}).to_string();
    let world = include_str!("world.yaml").replace("POLICY", &policy);
    let bench = Bench::new(&[&world, HOME], None);
    let signer = bench.assume("AKIAHOME", ROLE).await;
    (bench, signer)
}

#[tokio::test]
async fn direct_connect_names_principal_action_and_resource() {
    let (bench, signer) =
        under(json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})).await;
    let answer = bench
        .dx(
            &signer,
            "DeleteConnection",
            json!({"connectionId": "dxcon-bare"}),
        )
        .await;
    assert_eq!(
        (answer.status, answer.code.as_str()),
        (400, "AccessDeniedException")
    );
    assert_eq!(
        answer.message,
        format!(
            "User: {SESSION} is not authorized to perform: directconnect:DeleteConnection on resource: arn:aws:directconnect:us-east-1:111122223333:dxcon/dxcon-bare {IMPLICIT} directconnect:DeleteConnection action"
        )
    );
    let row = bench.sim.ledger().pop().unwrap();
    assert_eq!(row.outcome, "AccessDeniedException");
    assert_eq!(
        (row.effect, row.resource.as_deref()),
        (false, Some("dxcon-bare"))
    );
    assert_eq!(row.caller, SESSION);
    assert!(bench.sim.read(|world| {
        world
            .connections
            .get("dxcon-bare")
            .unwrap()
            .ended_at
            .is_none()
    }));
}

#[tokio::test]
async fn ec2_adds_an_encoded_message() {
    let (bench, signer) =
        under(json!([{"Sid": "No", "Effect": "Deny", "Action": "ec2:Delete*", "Resource": "*"}]))
            .await;
    let answer = bench
        .ec2(&signer, "DeleteVpnGateway", "VpnGatewayId=vgw-ours")
        .await;
    assert_eq!(
        (answer.status, answer.code.as_str()),
        (403, "UnauthorizedOperation")
    );
    let (plain, encoded) = answer
        .message
        .split_once(" Encoded authorization failure message: ")
        .unwrap();
    assert_eq!(
        plain,
        format!(
            "You are not authorized to perform this operation. User: {SESSION} is not authorized to perform: ec2:DeleteVpnGateway on resource: arn:aws:ec2:us-east-1:111122223333:vpn-gateway/vgw-ours {EXPLICIT}."
        )
    );
    let decoded: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap();
    assert_eq!(decoded["explicitDeny"], true);
    assert_eq!(
        decoded["matchedStatements"]["items"][0]["statementId"],
        "No"
    );
}

#[tokio::test]
async fn sts_has_its_own_code() {
    let (bench, signer) = under(json!([])).await;
    let form = json!("RoleArn=arn:aws:iam::111122223333:role/tested&RoleSessionName=again");
    let answer = bench
        .call(&signer, "sts:AssumeRole", &form)
        .await
        .refused(IMPLICIT);
    assert_eq!((answer.status, answer.code.as_str()), (403, "AccessDenied"));
}

#[tokio::test]
async fn users_and_roles_without_policies_may_do_everything() {
    let (bench, _) = under(json!([])).await;
    bench
        .dx(&Signer::user("AKIAADMIN"), "DescribeConnections", json!({}))
        .await
        .ok();
    let world = include_str!("world.yaml").replace(", policies: [POLICY]", "");
    let bench = Bench::new(&[&world, HOME], None);
    let signer = bench.assume("AKIAHOME", ROLE).await;
    bench
        .dx(
            &signer,
            "DeleteConnection",
            json!({"connectionId": "dxcon-bare"}),
        )
        .await
        .ok();
}

#[test]
fn what_cannot_be_evaluated_is_not_taken() {
    let statement = |change: Value| {
        let mut one = json!({"Sid": "S", "Effect": "Allow", "Action": "*", "Resource": "*"});
        one.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        Policy::read(json!({"Version": "2012-10-17", "Statement": [one]}))
    };
    statement(json!({})).unwrap();
    for (change, said) in [
        (json!({"Principal": "*"}), "Principal"),
        (json!({"Effect": "allow"}), "allow"),
        (json!({"NotAction": "ec2:*"}), "NotAction"),
        (json!({"Resource": []}), "Resource"),
        (
            json!({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}),
            "IpAddress",
        ),
        (
            json!({"Condition": {"StringEquals": {"aws:TagKeys": "a"}}}),
            "several values",
        ),
        (
            json!({"Condition": {"Null": {"aws:TagKeys": "yes"}}}),
            "true or false",
        ),
        (
            json!({"Condition": {"ForSome:StringLike": {"aws:TagKeys": "a"}}}),
            "ForSome",
        ),
        (
            json!({"Condition": {"StringLike": {"aws:ResourceTag/a": "${aws:username}"}}}),
            "variables",
        ),
    ] {
        let error = statement(change).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}
