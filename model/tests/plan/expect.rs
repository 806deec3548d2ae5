//! What a plan case expects of the decision.

use directconnect_model::decide::{Action, Decision};
use directconnect_model::managed::Managed;
use directconnect_model::reason::Reason;
use directconnect_model::step::Care;
use directconnect_model::verdict::Verdict;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What is expected; what is not named is not compared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expect {
    action: String,
    call: Option<Value>,
    care: Option<String>,
    slot: Option<String>,
    event: Option<String>,
    ready: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    message: Vec<String>,
    stalled: Option<bool>,
    provisioned: Option<bool>,
    actor: Option<String>,
    guarded: Option<String>,
    #[serde(default)]
    status: Map<String, Value>,
    again: Option<String>,
    bypassed: Option<bool>,
    in_the_way: Option<Reason>,
}

/// All that a verdict says, in one text.
fn text(verdict: &Verdict) -> String {
    let waiting = verdict.waiting_for.iter().map(|w| w.on.clone());
    let statements = verdict.statements.iter().map(|s| s.message.clone());
    std::iter::once(verdict.message.clone())
        .chain(waiting)
        .chain(statements)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The consent that a verdict asks for.
pub fn code(verdict: &Verdict) -> String {
    let text = text(verdict);
    let found = Regex::new("consent=([0-9a-f]+)")
        .expect("a pattern")
        .captures(&text);
    found.unwrap_or_else(|| panic!("no consent is asked for: {text}"))[1].to_owned()
}

/// True if every member of `part` is in `whole`. `null` stands for absent.
fn within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(k, v)| within(v, whole.get(k).unwrap_or(&Value::Null))),
        _ => part == whole,
    }
}

impl Expect {
    /// Panics unless what stands in the way of an order once its intent is stored is what is expected.
    pub fn stands(&self, reason: Option<Reason>) {
        if self.in_the_way.is_some() {
            assert_eq!(self.in_the_way, reason, "in the way of a stored order");
        }
    }

    /// Panics with the difference, if there is one.
    pub fn compare<K: Managed>(&self, decision: &Decision<K::Status>) {
        let verdict = &decision.verdict;
        let (action, step) = match &decision.action {
            Action::Nothing => ("nothing", None),
            Action::Store(_) => ("store", None),
            Action::AddFinalizer => ("addFinalizer", None),
            Action::RemoveFinalizer(_) => ("removeFinalizer", None),
            Action::Fetch(_) => ("fetch", None),
            Action::Call(step) => (step.call.operation(), Some(step)),
        };
        let mut wrong = vec![];
        let mut compare = |what: &str, wanted: Option<&str>, found: &str| {
            if let Some(wanted) = wanted.filter(|w| *w != found) {
                wrong.push(format!("{what}: wanted {wanted}, found {found}"));
            }
        };
        compare("action", Some(&self.action), action);
        let ready: &str = verdict.ready.into();
        compare("ready", self.ready.as_deref(), ready);
        compare(
            "reason",
            self.reason.as_deref(),
            &verdict.reason.to_string(),
        );
        let bools = [
            ("stalled", self.stalled, verdict.stalled),
            ("provisioned", self.provisioned, verdict.provisioned),
        ];
        for (what, wanted, found) in bools {
            compare(
                what,
                wanted.map(|w| w.to_string()).as_deref(),
                &found.to_string(),
            );
        }
        let actor = verdict
            .waiting_for
            .first()
            .map_or("nobody".to_owned(), |w| w.actor.to_string());
        compare("actor", self.actor.as_deref(), &actor);
        let guarded = verdict.statements.iter().find(|s| s.condition == "Guarded");
        let guarded = guarded.map_or("no".to_owned(), |s| s.reason.to_string());
        compare("guarded", self.guarded.as_deref(), &guarded);
        compare(
            "again",
            self.again.as_deref(),
            &decision
                .again_at
                .map_or("never".to_owned(), |t| t.to_string()),
        );
        let event = match (&decision.action, step) {
            (_, Some(step)) => step.event.to_string(),
            (Action::Store(Some(note)) | Action::RemoveFinalizer(Some(note)), _) => {
                note.reason.to_string()
            }
            _ => "none".to_owned(),
        };
        compare("event", self.event.as_deref(), &event);
        if let Some(step) = step {
            let care = match &step.care {
                Care::Harmless => "harmless",
                Care::Create => "create",
                Care::CreateChild => "createChild",
                Care::Disruptive(_) => "disruptive",
            };
            compare("care", self.care.as_deref(), care);
            compare("slot", self.slot.as_deref(), &step.slot);
            let bypassed = self.bypassed.map(|b| b.to_string());
            compare(
                "bypassed",
                bypassed.as_deref(),
                &step.bypassed.is_some().to_string(),
            );
            let call = serde_json::to_value(&step.call).expect("plain data");
            if let Some(wanted) = self.call.as_ref().filter(|w| !within(w, &call)) {
                wrong.push(format!("call: wanted {wanted}, found {call}"));
            }
        }
        for entry in &verdict.waiting_for {
            let action = entry.action.as_deref().unwrap_or_default();
            if action.is_empty() || entry.on.is_empty() {
                wrong.push(format!("waitingFor: nothing to be done: {entry:?}"));
            }
            if entry.on.contains("consent=") && !action.starts_with("kubectl annotate ") {
                wrong.push(format!("waitingFor: the line to run is not in {action:?}"));
            }
        }
        let said = text(verdict);
        for part in self.message.iter().filter(|p| !said.contains(*p)) {
            wrong.push(format!("message: {part:?} is not in {said:?}"));
        }
        let status = serde_json::to_value(&decision.status).expect("plain data");
        let wanted = Value::Object(self.status.clone());
        if !within(&wanted, &status) {
            wrong.push(format!("status: wanted {wanted}, found {status}"));
        }
        assert!(
            wrong.is_empty(),
            "\n  {}\n  said: {said}",
            wrong.join("\n  ")
        );
    }
}
