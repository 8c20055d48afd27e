//! Promises about accounts, secrets, the audit log and what administrators do.

use learnware_dock::ids::LearnwareNumber;
use learnware_dock::jobs::{ClaimFilter, JobState, Progress};
use learnware_dock::store::figures::Figure;
use learnware_dock::store::organisations::{Audience, MemberChanged, MemberRole, Visibility};
use learnware_dock::store::people::{
    AccountAdded, AccountChange, AccountNumber, AuditRow, Identity, NewAccount, NewSecret, Role, SecretKind,
};
use learnware_dock::store::removal::Legacy;
use learnware_dock::store::rows::{ListOptions, Revision};
use learnware_dock::store::{Added, NewVersion};
use learnware_engine::learnware::CheckStatus;

use super::{Fixture, RULES};
use crate::support::{seconds, start};

pub(super) async fn what_is_taken_down_is_not_found_until_it_is_put_back(f: &Fixture) {
    let (number, version) = f.added("a", None).await;
    f.check(number, version, CheckStatus::Usable).await;
    let found = async || {
        let changes = f.changes(Revision(0)).await;
        changes.rows.iter().any(|row| row.number == number && row.usable.is_some())
    };
    assert!(found().await);
    let before = f.store.revision().await.unwrap();
    assert!(f.store.take_down(number, Some("it tells secrets")).await.unwrap());
    assert!(!found().await && f.store.revision().await.unwrap() > before);
    let row = f.store.learnware(number).await.unwrap().unwrap();
    assert_eq!(row.taken_down.as_deref(), Some("it tells secrets"));
    assert!(f.store.take_down(number, None).await.unwrap() && found().await);
    f.store.count_download(number).await.unwrap();
    assert_eq!(f.store.learnware(number).await.unwrap().unwrap().downloads, 1);
    f.store.delete(number, start()).await.unwrap();
    assert!(!f.store.take_down(number, None).await.unwrap());
}

pub(super) async fn jobs_are_listed_and_given_up(f: &Fixture) {
    f.add("a", None).await;
    f.add("b", None).await;
    let claimed = f.store.claim(&ClaimFilter::Any, &RULES, start()).await.unwrap().unwrap();
    let all = f.store.jobs(None, None, 10).await.unwrap();
    assert_eq!(
        all.iter().map(|job| job.summary.state).collect::<Vec<_>>(),
        [JobState::Open, JobState::Leased]
    );
    assert_eq!(f.store.jobs(None, Some(all[0].id), 10).await.unwrap().len(), 1);
    assert_eq!(f.store.jobs(Some(JobState::Open), None, 10).await.unwrap()[0].id, all[0].id);
    assert!(f.store.give_up_job(claimed.id, "no more").await.unwrap());
    assert!(!f.store.give_up_job(claimed.id, "no more").await.unwrap(), "it is dead already");
    assert!(!f.store.prolong(&claimed, start().plus(seconds(9))).await.unwrap(), "its fence holds");
    let dead = f.store.jobs(Some(JobState::Dead), None, 10).await.unwrap();
    assert_eq!(dead[0].summary.last_error.as_deref(), Some("no more"));
}

fn account(email: &str, name: &str) -> NewAccount {
    let (email, name) = (email.to_owned(), name.to_owned());
    NewAccount { email, name, password: Some("hash".into()), role: Role::User, confirmed: false }
}

pub(super) async fn accounts_are_told_apart_by_address_and_name(f: &Fixture) {
    let add =
        async |email: &str, name: &str| f.store.add_account(&account(email, name), start()).await.unwrap();
    let AccountAdded::Added(first) = add("Ann@Example.org", "Ann").await else { panic!("taken") };
    assert_eq!(add("ann@example.ORG", "Bob").await, AccountAdded::EmailTaken);
    assert_eq!(add("bob@example.org", "aNN").await, AccountAdded::NameTaken);
    let AccountAdded::Added(second) = add("bob@example.org", "Bob").await else { panic!("taken") };
    let row = f.store.account_by_email("ANN@example.org").await.unwrap().unwrap();
    assert_eq!((row.number, row.email.as_str(), row.confirmed_at), (first, "Ann@Example.org", None));
    assert!(!format!("{row:?}").contains("hash"));
    assert!(!f.store.has_admin().await.unwrap());
    for change in
        [AccountChange::Role(Role::Admin), AccountChange::Confirmed, AccountChange::Password("other".into())]
    {
        assert!(f.store.change_account(first, &change, start()).await.unwrap());
    }
    let row = f.store.account(first).await.unwrap().unwrap();
    assert_eq!((row.role, row.confirmed_at), (Role::Admin, Some(start())));
    assert_eq!(row.password.as_deref(), Some("other"));
    assert!(f.store.has_admin().await.unwrap());
    assert!(f.store.change_account(first, &AccountChange::Disabled(true), start()).await.unwrap());
    assert!(!f.store.has_admin().await.unwrap(), "who is locked does not count");
    assert!(!f.store.change_account(AccountNumber(99), &AccountChange::Confirmed, start()).await.unwrap());
    let listed = f.store.accounts(first, 10).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.number).collect::<Vec<_>>(), [second]);
    // Owners are kept, and lists can be cut to one.
    f.add("theirs", None).await;
    let new = NewVersion {
        audience: Audience { owner: Some(second), ..Audience::default() },
        ..Fixture::row("own", None, "own")
    };
    f.publish("own");
    let Added::Stored { number, .. } = f.store.add_version(&new, &f.blobs, start()).await.unwrap() else {
        panic!("refused")
    };
    let own = f.store.list(&ListOptions { owner: Some(second), ..ListOptions::default() }).await.unwrap();
    assert_eq!(own.iter().map(|row| row.learnware.number).collect::<Vec<_>>(), [number]);
    assert_eq!(own[0].learnware.owner, Some(second));
}

pub(super) async fn secrets_end_and_codes_work_once(f: &Fixture) {
    let AccountAdded::Added(owner) = f.store.add_account(&account("a@b", "Ann"), start()).await.unwrap()
    else {
        panic!("taken")
    };
    let new = |kind, digest: &str| NewSecret {
        kind,
        digest: digest.to_owned(),
        account: Some(owner),
        name: "n".into(),
        scopes: "read submit".into(),
        expires_at: start().plus(seconds(100)),
    };
    let id = f.store.add_secret(&new(SecretKind::Token, "t"), start()).await.unwrap();
    f.store.add_secret(&new(SecretKind::Reset, "r"), start()).await.unwrap();
    f.store.add_secret(&new(SecretKind::Session, "s"), start()).await.unwrap();
    let later = start().plus(seconds(99));
    for _ in 0..2 {
        let found = f.store.secret(SecretKind::Token, "t", later).await.unwrap().unwrap();
        assert_eq!((found.id, found.account, found.scopes.as_str()), (id, Some(owner), "read submit"));
    }
    assert_eq!(f.store.secrets(owner, SecretKind::Token, later).await.unwrap()[0].used_at, Some(later));
    assert!(f.store.secret(SecretKind::Session, "t", later).await.unwrap().is_none(), "of another kind");
    assert!(f.store.secret(SecretKind::Token, "t", start().plus(seconds(100))).await.unwrap().is_none());
    let takers = (0..8).map(|_| {
        let store = f.store.clone();
        tokio::spawn(
            async move { store.take_secret(SecretKind::Reset, "r", start()).await.unwrap().is_some() },
        )
    });
    let mut taken = 0;
    for taker in takers.collect::<Vec<_>>() {
        taken += usize::from(taker.await.unwrap());
    }
    assert_eq!(taken, 1, "a code works once");
    assert_eq!(f.store.remove_secrets(owner, SecretKind::Token, Some(id + 1000)).await.unwrap(), 0);
    assert_eq!(f.store.remove_secrets(owner, SecretKind::Token, Some(id)).await.unwrap(), 1);
    assert_eq!(f.store.forget_secrets(start().plus(seconds(100))).await.unwrap(), 1);
    assert_eq!(f.store.remove_secrets(owner, SecretKind::Session, None).await.unwrap(), 0);
}

pub(super) async fn what_was_done_stays_in_order(f: &Fixture) {
    for subject in ["1", "2", "3"] {
        let entry = AuditRow {
            id: 0,
            at: start(),
            account: None,
            action: "learnware.delete".into(),
            subject: subject.into(),
            detail: String::new(),
        };
        f.store.add_audit(&entry).await.unwrap();
    }
    let first = f.store.audit(None, 2).await.unwrap();
    assert_eq!(first.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(), ["3", "2"]);
    assert_eq!(f.store.audit(Some(first[1].id), 2).await.unwrap()[0].subject, "1");
}

pub(super) async fn organisations_keep_a_manager_and_learnwares_their_audience(f: &Fixture) {
    let add = async |name: &str| {
        let new = account(&format!("{name}@example.org"), name);
        let AccountAdded::Added(number) = f.store.add_account(&new, start()).await.unwrap() else {
            panic!("taken")
        };
        number
    };
    let (ann, bob) = (add("ann").await, add("bob").await);
    let found = async |name: &str| f.store.add_organisation(name, ann, start()).await.unwrap();
    let lab = found("Lab 实验室").await.unwrap();
    assert_eq!(found("LAB 实验室").await, None, "the name is taken");
    let set = async |account, role| f.store.set_member(lab, account, role, start()).await.unwrap();
    assert_eq!(set(ann, None).await, MemberChanged::LastManager);
    assert_eq!(set(bob, Some(MemberRole::Member)).await, MemberChanged::Done);
    assert_eq!(set(ann, Some(MemberRole::Member)).await, MemberChanged::LastManager);
    let members = f.store.members(lab).await.unwrap();
    let roles: Vec<_> = members.iter().map(|member| (member.name.as_str(), member.role)).collect();
    assert_eq!(roles, [("ann", MemberRole::Manager), ("bob", MemberRole::Member)], "nothing was half done");
    assert_eq!(set(bob, Some(MemberRole::Manager)).await, MemberChanged::Done);
    assert_eq!(set(ann, None).await, MemberChanged::Done);
    assert!(f.store.organisations_of(ann).await.unwrap().is_empty());
    let (row, role) = f.store.organisations_of(bob).await.unwrap().remove(0);
    assert_eq!((row.number, row.name.as_str(), role), (lab, "Lab 实验室", MemberRole::Manager));

    f.publish("own");
    let audience = Audience { owner: Some(bob), visibility: Visibility::Owner };
    let new = NewVersion { audience, ..Fixture::row("own", None, "own") };
    let Added::Stored { number, version } = f.store.add_version(&new, &f.blobs, start()).await.unwrap()
    else {
        panic!("refused")
    };
    f.check(number, version, CheckStatus::Usable).await;
    let before = f.store.revision().await.unwrap();
    assert!(f.store.set_visibility(number, Visibility::Organisation(lab)).await.unwrap());
    let changes = f.changes(before).await;
    let changed = Audience { owner: Some(bob), visibility: Visibility::Organisation(lab) };
    assert_eq!((changes.rows[0].number, changes.rows[0].audience), (number, changed));
    assert_eq!(f.store.learnware(number).await.unwrap().unwrap().visibility, changed.visibility);
    f.store.delete(number, start()).await.unwrap();
    assert!(!f.store.set_visibility(number, Visibility::Public).await.unwrap());
}

pub(super) async fn checks_tell_what_they_do_and_how_many_come_before(f: &Fixture) {
    let (first, _) = f.added("a", None).await;
    let (second, _) = f.added("b", None).await;
    let (third, version) = f.added("c", None).await;
    let states = async || f.store.check_states(&[third, first, LearnwareNumber(99)]).await.unwrap();
    let told = states().await;
    assert_eq!(
        told.iter().map(|state| (state.number, state.ahead)).collect::<Vec<_>>(),
        [(first, 0), (third, 2)]
    );
    let job = f.store.claim(&ClaimFilter::Any, &RULES, start()).await.unwrap().unwrap();
    assert!(f.store.set_progress(&job, Progress::Starting).await.unwrap());
    let told = states().await;
    assert_eq!((told[0].progress, told[0].status), (Some(Progress::Starting), CheckStatus::Checking));
    assert_eq!((told[1].progress, told[1].ahead), (None, 1));
    f.store.delete(second, start()).await.unwrap();
    f.check(third, version, CheckStatus::Usable).await;
    let told = states().await;
    assert_eq!((told[1].check.as_ref(), told[1].status), (None, CheckStatus::Usable));
    assert_eq!(
        f.store.job_counts().await.unwrap(),
        [(JobState::Cancelled, 1), (JobState::Done, 1), (JobState::Leased, 1)]
    );
    assert!(f.store.give_up_job(job.id, "no more").await.unwrap());
    assert!(!f.store.set_progress(&job, Progress::Model).await.unwrap(), "its fence holds");
}

pub(super) async fn an_identity_belongs_to_one_account(f: &Fixture) {
    let identity =
        |subject: &str| Identity { issuer: "https://login.example.org".into(), subject: subject.into() };
    let mut numbers = Vec::new();
    for name in ["ann", "bob"] {
        let new = account(&format!("{name}@example.org"), name);
        let AccountAdded::Added(number) = f.store.add_account(&new, start()).await.unwrap() else { panic!() };
        numbers.push(number);
    }
    assert!(f.store.account_by_identity(&identity("1")).await.unwrap().is_none());
    assert!(f.store.add_identity(&identity("1"), numbers[0], start()).await.unwrap());
    assert!(!f.store.add_identity(&identity("1"), numbers[1], start()).await.unwrap(), "it is somebody's");
    let found =
        async |subject| f.store.account_by_identity(&identity(subject)).await.unwrap().map(|row| row.number);
    assert_eq!((found("1").await, found("2").await), (Some(numbers[0]), None));
    f.store.remove_account(numbers[0], Legacy::Keep, start()).await.unwrap();
    assert_eq!(found("1").await, None);
}

pub(super) async fn what_happens_is_counted_by_day(f: &Fixture) {
    let (number, version) = f.added("a", None).await;
    f.check(number, version, CheckStatus::Usable).await;
    f.add("b", None).await;
    let day = start().to_string()[..10].to_owned();
    let figure = |what: &str, count| Figure { day: day.clone(), what: what.into(), count };
    f.store.count_on(&[figure("searches", 2), figure("requests", 5)]).await.unwrap();
    f.store.count_on(&[figure("searches", 3)]).await.unwrap();
    let found = f.store.figures(start()).await.unwrap();
    let wanted = [figure("requests", 5), figure("searches", 5), figure("submitted", 2), figure("usable", 1)];
    assert_eq!(found, wanted);
    let tomorrow = start().plus(seconds(86_400));
    assert_eq!(f.store.figures(tomorrow).await.unwrap(), []);
    let holdings = f.store.holdings().await.unwrap();
    assert_eq!((holdings.learnwares, holdings.versions, holdings.packages), (2, 2, 2));
    assert!(holdings.database_bytes > 0 && holdings.accounts == 0);
    f.store.delete(number, start()).await.unwrap();
    assert_eq!(f.store.holdings().await.unwrap().packages, 1);
}
