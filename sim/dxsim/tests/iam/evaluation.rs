//! The rules of evaluation, as data: `cases.yaml`.

use crate::support::{Bench, EXPLICIT, IMPLICIT};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ROLE: &str = "arn:aws:iam::111122223333:role/tested";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    calls: BTreeMap<String, Call>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    action: String,
    input: Value,
}

/// A statement that allows, or everything allowed and a statement that denies, or whole statements.
/// Action and Resource are `*` where nothing else is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    allow: Option<Value>,
    deny: Option<Value>,
    statements: Option<Vec<Value>>,
    call: String,
    expect: Expect,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Expect {
    Allowed,
    Denied,
    NotAllowed,
}

fn statement(effect: &str, mut body: Value) -> Value {
    body["Effect"] = json!(effect);
    for (name, other) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        if body.get(name).is_none() && body.get(other).is_none() {
            body[name] = json!("*");
        }
    }
    body
}

impl Case {
    fn policy(&self) -> Value {
        let mut all = self.statements.clone().unwrap_or_default();
        all.extend(self.allow.clone().map(|body| statement("Allow", body)));
        if let Some(body) = self.deny.clone() {
            all.push(statement("Allow", json!({})));
            all.push(statement("Deny", body));
        }
        json!({"Version": "2012-10-17", "Statement": all})
    }
}

#[tokio::test]
async fn every_case_is_decided_as_documented() {
    let table: Table = serde_saphyr::from_str(include_str!("cases.yaml")).unwrap();
    assert!(table.cases.len() >= 60, "{}", table.cases.len());
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in &table.cases {
        assert!(names.insert(&case.name), "{} twice", case.name);
        let role =
            json!({"accounts": [{"id": "999900001111", "accessKeys": {"AKIAHOME": "home"}}]});
        let world = include_str!("world.yaml").replace("POLICY", &case.policy().to_string());
        let bench = Bench::new(&[&world, &role.to_string()], None);
        let signer = bench.assume("AKIAHOME", ROLE).await;
        let call = &table.calls[&case.call];
        let answer = bench.call(&signer, &call.action, &call.input).await;
        assert_ne!(answer.code, "SerializationException", "{}", answer.message);
        let got = match (answer.denied(), answer.message.contains(EXPLICIT)) {
            (false, _) => Expect::Allowed,
            (true, true) => Expect::Denied,
            (true, false) => Expect::NotAllowed,
        };
        if got == Expect::NotAllowed {
            assert!(answer.message.contains(IMPLICIT), "{}", answer.message);
        }
        if got != case.expect {
            wrong.push(format!(
                "{}: {got:?}, {} {}",
                case.name, answer.status, answer.message
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
