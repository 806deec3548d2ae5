//! The election, step by step.

use k8s_openapi::jiff::Timestamp;

use super::*;

fn date(second: i64) -> MicroTime {
    MicroTime(Timestamp::from_second(second).expect("small"))
}

/// A lease as stored.
fn lease(holder: &str, renewed: i64, version: &str) -> Lease {
    Lease {
        metadata: ObjectMeta {
            name: Some("lease".to_owned()),
            resource_version: Some(version.to_owned()),
            ..ObjectMeta::default()
        },
        spec: Some(LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            renew_time: Some(date(renewed)),
            lease_duration_seconds: Some(15),
            lease_transitions: Some(3),
            ..LeaseSpec::default()
        }),
    }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn replaces(action: &Action) -> &Lease {
    match action {
        Action::Replace(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[test]
fn none_is_created_and_one_without_holder_is_taken_at_once() {
    let now = Instant::now();
    let mut me = Election::new("lease", "me");
    assert_eq!(me.next(now, &date(0)), Action::Look);
    me.observe(None, now);
    let Action::Create(first) = me.next(now, &date(5)) else {
        panic!("it is not created");
    };
    assert_eq!(holder(&first), "me");
    let spec = first.spec.expect("a spec");
    assert_eq!(spec.lease_transitions, Some(0));
    assert_eq!(spec.lease_duration_seconds, Some(15));
    assert_eq!(spec.acquire_time, Some(date(5)));
    me.observe(Some(lease("", 1, "7")), now);
    let taken = replaces(&me.next(now, &date(6))).clone();
    assert_eq!(taken.metadata.resource_version.as_deref(), Some("7"));
    assert_eq!(taken.spec.and_then(|s| s.lease_transitions), Some(4));
}

#[test]
fn anothers_lease_runs_out_when_it_was_seen_unchanged_whatever_its_times_say() {
    let now = Instant::now();
    let mut me = Election::new("lease", "me");
    // Its clock is a year behind ours, or ahead: neither is looked at.
    for (n, stamp) in [0, 4_000_000_000].into_iter().enumerate() {
        let seen = now + seconds(100 * n as u64);
        me.observe(Some(lease("other", stamp, "1")), seen);
        assert_eq!(me.next(seen, &date(9)), Action::Wait(seen + seconds(15)));
        // Read again, unchanged but for an annotation: the time goes on.
        me.observe(Some(lease("other", stamp, "2")), seen + seconds(14));
        assert_eq!(
            me.next(seen + seconds(14), &date(9)),
            Action::Wait(seen + seconds(15))
        );
        let taken = me.next(seen + seconds(15), &date(9));
        let version = &replaces(&taken).metadata.resource_version;
        assert_eq!(version.as_deref(), Some("2"));
    }
    // A renewal begins it anew.
    let later = now + seconds(1_000);
    me.observe(Some(lease("other", 1, "3")), later);
    me.notice(Some(lease("other", 2, "4")), later + seconds(14));
    assert_eq!(
        me.next(later + seconds(20), &date(9)),
        Action::Wait(later + seconds(29))
    );
}

#[test]
fn a_leader_renews_and_its_term_counts_from_when_it_asked() {
    let now = Instant::now();
    let mut me = Election::new("lease", "me");
    me.observe(None, now);
    assert_eq!(me.leads_until(), None);
    me.written(lease("me", 1, "1"), now, now + seconds(3));
    assert_eq!(me.leads_until(), Some(now + RENEW_WITHIN));
    let soon = now + seconds(1);
    assert_eq!(me.next(soon, &date(2)), Action::Wait(now + RENEW_EVERY));
    let renewal = replaces(&me.next(now + RENEW_EVERY, &date(2))).clone();
    let spec = renewal.spec.expect("a spec");
    assert_eq!(spec.lease_transitions, Some(3), "it is no transition");
    assert_eq!(spec.renew_time, Some(date(2)));
    // Failures do not shorten the term, nor lengthen it; it is not slept through.
    me.failed(now + RENEW_WITHIN - seconds(1) / 2);
    assert_eq!(
        me.next(now + RENEW_WITHIN - seconds(1) / 2, &date(3)),
        Action::Wait(now + RENEW_WITHIN)
    );
    assert_eq!(me.next(now + seconds(11), &date(3)), Action::Look);
}

#[test]
fn a_restarted_process_takes_its_own_lease_at_once() {
    let now = Instant::now();
    let mut me = Election::new("lease", "me");
    me.observe(Some(lease("me", 1, "8")), now);
    assert_eq!(me.leads_until(), None, "it has not renewed yet");
    replaces(&me.next(now, &date(2)));
}

#[test]
fn a_leader_believes_a_read_and_looks_after_what_a_watch_shows() {
    let now = Instant::now();
    let mut me = Election::new("lease", "me");
    me.observe(None, now);
    me.written(lease("me", 1, "2"), now, now);
    // The watch is late: it shows who held it before, and then our own write.
    me.notice(Some(lease("other", 0, "1")), now);
    assert_eq!(me.leads_until(), Some(now + RENEW_WITHIN));
    assert_eq!(me.next(now, &date(2)), Action::Look);
    me.observe(Some(lease("me", 1, "2")), now);
    me.notice(Some(lease("me", 1, "2")), now);
    assert_eq!(me.next(now, &date(2)), Action::Wait(now + RENEW_EVERY));
    // Taken away, or removed, and read: it is over at once.
    me.notice(None, now);
    assert_eq!(me.next(now, &date(2)), Action::Look);
    me.observe(Some(lease("other", 5, "3")), now);
    assert_eq!(me.leads_until(), None);
    assert_eq!(me.next(now, &date(2)), Action::Wait(now + DURATION));
}

#[test]
fn what_failed_is_looked_into_after_a_pause() {
    let now = Instant::now();
    let mut me = Election::new("lease", "me");
    me.observe(Some(lease("", 1, "1")), now);
    me.failed(now);
    // Events do not make it try faster.
    me.notice(Some(lease("", 1, "2")), now);
    assert_eq!(me.next(now, &date(2)), Action::Wait(now + RETRY));
    me.failed(now);
    assert_eq!(me.next(now + RETRY, &date(2)), Action::Look);
}

#[test]
fn only_its_own_lease_is_released() {
    let freed = released(lease("me", 1, "4"), "me", &date(2)).expect("it is ours");
    assert_eq!(holder(&freed), "");
    assert_eq!(freed.metadata.resource_version.as_deref(), Some("4"));
    assert_eq!(released(lease("other", 1, "4"), "me", &date(2)), None);
}
