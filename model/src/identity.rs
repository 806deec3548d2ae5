//! Identity: which AWS object is whose, told by tags that survive any loss in Kubernetes.

use sha2::{Digest, Sha256};

use crate::aws::Tags;
use crate::call::hex;
use crate::kind::{Kind, ObjectKey};

/// Prefix of every tag and annotation of ours.
pub const PREFIX: &str = "directconnect.dev/";
/// Tag: `<clusterId>/<Kind>/<namespace>/<name>`.
pub const IDENTITY: &str = "directconnect.dev/identity";
/// Tag: uid of the Kubernetes object that wrote the tags last. Evidence, not identity.
pub const UID: &str = "directconnect.dev/uid";
/// Tag: the create token.
pub const INTENT: &str = "directconnect.dev/intent";
/// Tag: what was adopted by `import`.
pub const IMPORTED: &str = "directconnect.dev/imported";
/// Tag: since when nobody in Kubernetes claims the object.
pub const RETAINED_AT: &str = "directconnect.dev/retained-at";
/// Prefix of the tag on a taggable parent that proves ownership of an untaggable child.
pub const CHILD: &str = "directconnect.dev/child.";

/// `<clusterId>/<Kind>/<namespace>/<name>`.
pub fn identity(cluster_id: &str, key: &ObjectKey) -> String {
    format!("{cluster_id}/{}/{}/{}", key.kind, key.namespace, key.name)
}

/// Reads an identity tag back: cluster id and object.
pub fn parse(identity: &str) -> Option<(&str, ObjectKey)> {
    let mut parts = identity.splitn(5, '/');
    let cluster = parts.next()?;
    let kind: Kind = parts.next()?.parse().ok()?;
    let namespace = parts.next()?;
    let name = parts.next()?;
    Some((cluster, ObjectKey::new(kind, namespace, name)))
}

/// Tag key on the parent of an untaggable child of this AWS type and natural key.
pub fn child_tag(aws_type: &str, natural_key: &str) -> String {
    format!(
        "{CHILD}{}",
        hex(&Sha256::digest(format!("{aws_type}/{natural_key}")), 16)
    )
}

/// True if the tag is ours to write.
pub fn is_ours(tag_key: &str) -> bool {
    tag_key.starts_with(PREFIX)
}

/// An AWS object as far as identity is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// AWS id.
    pub id: String,
    /// Its tags; for an untaggable object those that its parent's tags prove.
    pub tags: Tags,
    /// Where it is in its life.
    pub presence: Presence,
    /// It has the natural key of the declared object, so that AWS would refuse a second.
    pub natural: bool,
    /// What the declared object has otherwise and AWS cannot change, ready to print.
    pub immutable_differences: Vec<String>,
    /// Owner account, where AWS says it.
    pub owner_account: Option<String>,
    /// It would serve the same purpose: same place and size.
    pub alike: bool,
    /// It has the name that the declared object would get.
    pub same_name: bool,
}

/// Where an AWS object is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// It exists, in whatever state.
    #[default]
    Live,
    /// It is being deleted, or was deleted or rejected and is still listed.
    Gone,
}

/// Who asks, and what is remembered.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Identity tag of the object that asks.
    pub identity: &'a str,
    /// Its uid.
    pub uid: &'a str,
    /// This cluster.
    pub cluster_id: &'a str,
    /// AWS id in its status.
    pub recorded: Option<&'a str>,
    /// `spec.import.id`, while nothing is recorded.
    pub import: Option<&'a str>,
    /// Tokens of its open creates, with earlier ones.
    pub tokens: Vec<&'a str>,
    /// The account that must own what is imported.
    pub account_id: &'a str,
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located<'a> {
    /// Nothing of ours.
    Absent,
    /// The recorded object.
    Recorded(&'a Candidate),
    /// The recorded object, on its way out.
    Going(&'a Candidate),
    /// The recorded id is not listed.
    Missing,
    /// An open create completed.
    Created(&'a Candidate),
    /// Found by identity: same uid (status was lost) or none lives with the tagged one.
    Readopt(&'a Candidate),
    /// Named by `import`.
    Import(&'a Candidate),
    /// `import` names what is not there.
    ImportNotFound(String),
    /// Another object or cluster manages it.
    AlreadyManaged(String),
    /// Something with our natural key exists and nothing says that it is ours.
    AlreadyExists(String),
    /// Ours by identity, but an object that lives owns it, or it cannot be what is declared.
    OwnedByPredecessor(String),
    /// More than one AWS object carries this identity.
    DuplicateOwned(Vec<String>),
}

/// Finds the AWS object of a claim among the candidates of one complete list.
///
/// `lives` answers whether a Kubernetes object with this uid exists, `owner` who records an AWS id.
pub fn locate<'a>(
    claim: &Claim<'_>,
    candidates: &'a [Candidate],
    lives: impl Fn(&str) -> bool,
    owner: impl Fn(&str) -> Option<ObjectKey>,
) -> Located<'a> {
    let tag = |c: &'a Candidate, key: &str| c.tags.get(key).map(String::as_str);
    if let Some(id) = claim.recorded {
        return match candidates.iter().find(|c| c.id == id) {
            Some(c) if c.presence == Presence::Live => Located::Recorded(c),
            Some(c) => Located::Going(c),
            None => Located::Missing,
        };
    }
    let live = || candidates.iter().filter(|c| c.presence == Presence::Live);
    let ours: Vec<_> = live()
        .filter(|c| tag(c, IDENTITY) == Some(claim.identity))
        .collect();
    if ours.len() > 1 {
        return Located::DuplicateOwned(ours.iter().map(|c| c.id.clone()).collect());
    }
    if let Some(c) = live().find(|c| tag(c, INTENT).is_some_and(|t| claim.tokens.contains(&t))) {
        return Located::Created(c);
    }
    if let Some(c) = ours.first() {
        let uid = tag(c, UID).unwrap_or_default();
        if uid != claim.uid && lives(uid) {
            return Located::OwnedByPredecessor(format!(
                "{} carries this identity and belongs to another live object (uid {uid})",
                c.id
            ));
        }
        if !c.immutable_differences.is_empty() {
            return Located::OwnedByPredecessor(format!(
                "{} carries this identity but cannot become what is declared: {}",
                c.id,
                c.immutable_differences.join("; ")
            ));
        }
        return Located::Readopt(c);
    }
    if let Some(id) = claim.import {
        let Some(c) = live().find(|c| c.id == id) else {
            return Located::ImportNotFound(id.to_owned());
        };
        if c.owner_account
            .as_deref()
            .is_some_and(|o| o != claim.account_id)
        {
            return Located::ImportNotFound(id.to_owned());
        }
        if let Some(other) = owner(&c.id) {
            return Located::AlreadyManaged(other.to_string());
        }
        if let Some(identity) = tag(c, IDENTITY) {
            let ours = parse(identity).is_some_and(|(cluster, _)| cluster == claim.cluster_id);
            if !ours || tag(c, UID).is_some_and(&lives) {
                return Located::AlreadyManaged(identity.to_owned());
            }
        }
        return Located::Import(c);
    }
    match live().find(|c| c.natural) {
        Some(c) => Located::AlreadyExists(c.id.clone()),
        None => Located::Absent,
    }
}

/// Ids of live AWS objects that carry this identity, beside the one that is recorded.
pub fn twins<'a>(
    identity: &'a str,
    recorded: &'a str,
    candidates: &'a [Candidate],
) -> impl Iterator<Item = &'a str> {
    let ours = move |c: &&Candidate| {
        c.presence == Presence::Live
            && c.id != recorded
            && c.tags.get(IDENTITY).map(String::as_str) == Some(identity)
    };
    candidates.iter().filter(ours).map(|c| c.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str, tags: &[(&str, &str)]) -> Candidate {
        Candidate {
            id: id.into(),
            tags: tags
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
            ..Candidate::default()
        }
    }

    fn claim() -> Claim<'static> {
        Claim {
            identity: "c/Connection/ns/a",
            uid: "u1",
            cluster_id: "c",
            recorded: None,
            import: None,
            tokens: vec![],
            account_id: "1",
        }
    }

    #[test]
    fn an_identity_reads_back() {
        let key = ObjectKey::new(Kind::VirtualInterface, "ns", "a");
        assert_eq!(parse(&identity("c", &key)), Some(("c", key)));
    }

    #[test]
    fn another_uid_is_taken_over_unless_it_lives() {
        let all = [candidate(
            "x",
            &[(IDENTITY, "c/Connection/ns/a"), (UID, "u0")],
        )];
        assert!(matches!(
            locate(&claim(), &all, |_| false, |_| None),
            Located::Readopt(_)
        ));
        assert!(matches!(
            locate(&claim(), &all, |_| true, |_| None),
            Located::OwnedByPredecessor(_)
        ));
    }

    #[test]
    fn two_with_one_identity_stop_everything() {
        let tags = [(IDENTITY, "c/Connection/ns/a"), (UID, "u1")];
        let all = [candidate("x", &tags), candidate("y", &tags)];
        assert!(matches!(
            locate(&claim(), &all, |_| false, |_| None),
            Located::DuplicateOwned(_)
        ));
    }

    #[test]
    fn an_import_of_what_another_cluster_manages_is_refused() {
        let all = [candidate(
            "x",
            &[(IDENTITY, "other/Connection/ns/a"), (UID, "u9")],
        )];
        let claim = Claim {
            import: Some("x"),
            ..claim()
        };
        assert!(matches!(
            locate(&claim, &all, |_| false, |_| None),
            Located::AlreadyManaged(_)
        ));
    }
}
