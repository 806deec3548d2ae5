//! What each actor must do: the `action` of a `waitingFor` entry.

use crate::api::status::Actor;
use crate::reason::Reason;

/// What must be done for this reason. A text that asks for consent ends with the line to run.
pub(crate) fn action(reason: Reason, actor: Actor, on: &str) -> String {
    if let Some(at) = on.find("kubectl annotate ") {
        return on[at..].to_owned();
    }
    match actor {
        Actor::Operator => "nothing: the operator goes on by itself",
        Actor::AWS => by_aws(reason),
        Actor::Provider => by_provider(reason),
        Actor::Account => "accept it in the other AWS account",
        Actor::You => by_you(reason),
    }
    .to_owned()
}

fn by_aws(reason: Reason) -> &'static str {
    match reason {
        Reason::AwaitingLoa => "issue the LOA-CFA; answer AWS's e-mail if it asks",
        Reason::AwaitingVerification => "verify the prefixes and the ASN",
        Reason::FailoverTest => "end the failover test",
        Reason::Throttled => "take requests again",
        Reason::AwsUnavailable => "answer again",
        Reason::WaitingForDependents => "remove what depends on it",
        _ => "finish the change",
    }
}

fn by_provider(reason: Reason) -> &'static str {
    match reason {
        Reason::AwaitingCrossConnect | Reason::LoaExpiring => {
            "build the cross-connect that the LOA-CFA names"
        }
        _ => "bring the light on the port back",
    }
}

fn by_you(reason: Reason) -> &'static str {
    match reason {
        Reason::WaitingForDependents => "delete what depends on it",
        Reason::ReferenceNotFound => "make what the spec names, or correct the name",
        Reason::SecretNotReady => "make or correct the Secret, and let the operator read it",
        Reason::Rejected => "ask AWS Support why, then declare another",
        Reason::RouterNotConfigured | Reason::BgpDown => "configure or repair the router",
        Reason::NoPrefixes => "announce prefixes from the router",
        Reason::KeyRotationBlocked => "put the old key back, or declare a second interface",
        Reason::AccountMismatch => "correct spec.accountId or the role",
        Reason::AccountChanged => "set accountRef and region back, or declare another object",
        Reason::NamespaceNotAllowed => "allow the namespace in the AwsAccount",
        Reason::NameTaken => "choose another name, or remove what has it",
        Reason::ImportNotFound => "correct spec.import.id",
        Reason::ImportDiff => "make the spec equal AWS, or set import.onDifference: Apply",
        Reason::AlreadyManaged => "delete one of the two objects, or let one only observe",
        Reason::AlreadyExists => "take it over with spec.import, or remove it at AWS",
        Reason::OwnedByPredecessor | Reason::DuplicateOwned => {
            "delete one of the objects, or take its tags off at AWS"
        }
        Reason::OrderLimit => "raise the limit of the AwsAccount, or delete a port",
        Reason::AccessDenied => "grant the right that the message names",
        Reason::RefusedByAws => "remove what AWS names as the cause",
        Reason::Paused => "remove the annotation directconnect.dev/paused",
        Reason::Orphaned => "apply the objects again, or delete what is left at AWS",
        Reason::DeleteInterface
        | Reason::MoveInterface
        | Reason::ReplacePeer
        | Reason::RaiseMtu
        | Reason::RequireEncryption
        | Reason::Detach
        | Reason::DeleteAssociation
        | Reason::AwaitingApproval
        | Reason::RetainedPortExists
        | Reason::LookAlike
        | Reason::StaleIntent
        | Reason::LostAtAws => "give the consent that the message asks for",
        _ => "correct what the message names",
    }
}
