//! Accounts from the invitation to the lock, as the service uses them.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use learnware_dock::accounts::{CHALLENGE_BITS, Registration, Scope};
use learnware_dock::clock::Clock;
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::jobs::JobState;
use learnware_dock::policy::Quota;
use learnware_dock::secrets::Secret;
use learnware_dock::store::organisations::{Audience, MemberRole, Visibility};
use learnware_dock::store::people::{AccountChange, Role};
use learnware_dock::store::removal::Legacy;
use learnware_dock::submit::{SubmitOutcome, SubmitRequest};
use learnware_dock::viewer::Viewer;
use learnware_dock::words::{Facet, Query, Request, Sort};
use learnware_dock::{Config, Dock, DockError};
use sha2::{Digest as _, Sha256};

use crate::packages::package;
use crate::support::{request, seconds, start};

fn wish(email: &str, name: &str) -> Registration {
    Registration { email: email.into(), name: name.into(), password: "correct horse".into() }
}

/// Does the work that registering asks for.
fn nonce(challenge: &str) -> String {
    let fits = |nonce: &String| {
        let hash = Sha256::digest(format!("{challenge}:{nonce}"));
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]).leading_zeros() >= CHALLENGE_BITS
    };
    (0..u64::MAX).map(|nonce| nonce.to_string()).find(fits).unwrap()
}

async fn fixture() -> (tempfile::TempDir, Dock, Clock) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(start());
    let dock = Dock::open(folder.path().join("dock"), Config { clock: clock.clone(), ..Config::default() });
    (folder, dock.await.unwrap(), clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_begins_with_work_and_a_confirmed_address() {
    let (_folder, dock, clock) = fixture().await;
    let challenge = dock.registration_challenge().await.unwrap();
    let bad = dock.register(wish("a@b.c", "Ann"), challenge.reveal(), "no work").await;
    assert!(matches!(bad, Err(DockError::BadCode)));
    let nonce = nonce(challenge.reveal());
    for (email, name) in
        [("a@b", "x"), ("nobody", "Ann"), ("a b@c.d", "Ann"), ("a@b.c", " Ann"), ("a@b@c", "Ann")]
    {
        let bad = dock.register(wish(email, name), challenge.reveal(), &nonce).await;
        assert!(matches!(bad, Err(DockError::BadAccount { .. })), "{email} {name}");
    }
    let (account, code) = dock.register(wish("a@b.c", "Ann"), challenge.reveal(), &nonce).await.unwrap();
    let again = dock.register(wish("d@e.f", "Dan"), challenge.reveal(), &nonce).await;
    assert!(matches!(again, Err(DockError::BadCode)), "work counts once");
    let early = dock.login("A@B.C", "correct horse").await;
    assert!(matches!(early, Err(DockError::NotConfirmed)));
    assert_eq!(dock.confirm(code.reveal()).await.unwrap(), account);
    assert!(matches!(dock.confirm(code.reveal()).await, Err(DockError::BadCode)));
    for (email, password) in [("a@b.c", "wrong"), ("x@y.z", "correct horse")] {
        assert!(matches!(dock.login(email, password).await, Err(DockError::WrongLogin)));
    }
    let (session, row) = dock.login("A@B.C", "correct horse").await.unwrap();
    assert_eq!(row.number, account);
    let principal = dock.authenticate(session.reveal()).await.unwrap().unwrap();
    assert_eq!((principal.account, principal.role, principal.name.as_str()), (account, Role::User, "Ann"));
    assert!(principal.needs(Scope::Submit).is_ok() && principal.needs(Scope::Admin).is_err());
    clock.advance(seconds(15 * 86_400));
    assert!(dock.authenticate(session.reveal()).await.unwrap().is_none(), "sessions end");
    if let Clock::Manual(now) = &clock {
        now.store(start().microseconds(), Ordering::SeqCst);
    }
    assert!(dock.authenticate(session.reveal()).await.unwrap().is_some());
    dock.logout(session.reveal()).await.unwrap();
    assert!(dock.authenticate(session.reveal()).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_allow_what_they_say_and_passwords_end_sessions() {
    let (_folder, dock, _) = fixture().await;
    let account = dock.add_account(wish("a@b.c", "Ann"), Role::User, true).await.unwrap();
    let (session, _) = dock.login("a@b.c", "correct horse").await.unwrap();
    let ann = dock.authenticate(session.reveal()).await.unwrap().unwrap();
    let scopes = BTreeSet::from([Scope::Read]);
    let (token, id) = dock.create_token(&ann, "laptop", &scopes, 30).await.unwrap();
    let by_token = dock.authenticate(token.reveal()).await.unwrap().unwrap();
    assert_eq!(by_token.scopes, scopes);
    let more = dock.create_token(&by_token, "more", &scopes, 30).await;
    assert!(matches!(more, Err(DockError::Forbidden { .. })), "a token makes no tokens without the scope");
    let admin = dock.create_token(&ann, "admin", &BTreeSet::from([Scope::Admin]), 30).await;
    assert!(matches!(admin, Err(DockError::Forbidden { .. })));
    for days in [0, 400] {
        assert!(dock.create_token(&ann, "laptop", &scopes, days).await.is_err());
    }
    let client = dock.login_by_token("A@b.c", token.reveal()).await.unwrap();
    assert_eq!(dock.authenticate(client.reveal()).await.unwrap().unwrap().scopes, scopes);
    assert!(dock.login_by_token("x@b.c", token.reveal()).await.is_err());
    assert!(dock.login_by_token("a@b.c", client.reveal()).await.is_err(), "a session begins no session");
    assert_eq!(dock.token_number(account, token.reveal()).await.unwrap(), Some(id));
    assert_eq!(dock.token_number(account, client.reveal()).await.unwrap(), None);
    assert_eq!(dock.tokens(account).await.unwrap().iter().map(|token| token.id).collect::<Vec<_>>(), [id]);
    assert!(dock.revoke_token(account, id).await.unwrap() && !dock.revoke_token(account, id).await.unwrap());
    assert!(dock.authenticate(token.reveal()).await.unwrap().is_none());
    assert!(dock.authenticate(client.reveal()).await.unwrap().is_none(), "its sessions end with it");
    assert!(dock.authenticate(session.reveal()).await.unwrap().is_some(), "others go on");

    let wrong = dock.change_password(&ann, "wrong horse".into(), "battery staple".into()).await;
    assert!(matches!(wrong, Err(DockError::WrongLogin)));
    dock.change_password(&ann, "correct horse".into(), "battery staple".into()).await.unwrap();
    assert!(dock.authenticate(session.reveal()).await.unwrap().is_none());
    assert!(dock.reset_code("nobody@b.c").await.unwrap().is_none());
    let code = dock.reset_code("a@B.c").await.unwrap().unwrap();
    assert!(dock.reset_password(code.reveal(), "short".into()).await.is_err());
    dock.reset_password(code.reveal(), "third password".into()).await.unwrap();
    assert!(dock.login("a@b.c", "battery staple").await.is_err());
    dock.login("a@b.c", "third password").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_comes_by_invitation_and_rules_over_others() {
    let (_folder, dock, _) = fixture().await;
    let invitation = dock.first_invitation().await.unwrap().unwrap();
    let bad = dock.accept_invitation("lwd_guess", wish("x@b.c", "Mallory")).await;
    assert!(matches!(bad, Err(DockError::BadCode)));
    dock.add_account(wish("early@b.c", "Early"), Role::User, true).await.unwrap();
    let taken = dock.accept_invitation(invitation.reveal(), wish("early@b.c", "Chief")).await;
    assert!(matches!(taken, Err(DockError::Taken { .. })), "and the invitation stands");
    let chief = dock.accept_invitation(invitation.reveal(), wish("a@b.c", "Chief")).await.unwrap();
    assert!(dock.first_invitation().await.unwrap().is_none());
    let late = dock.accept_invitation(invitation.reveal(), wish("x@b.c", "Mallory")).await;
    assert!(matches!(late, Err(DockError::BadCode)));
    let (session, _) = dock.login("a@b.c", "correct horse").await.unwrap();
    let admin = dock.authenticate(session.reveal()).await.unwrap().unwrap();
    admin.needs(Scope::Admin).unwrap();
    let user = dock.add_account(wish("u@b.c", "User"), Role::User, true).await.unwrap();
    let (session, _) = dock.login("u@b.c", "correct horse").await.unwrap();
    let other = dock.authenticate(session.reveal()).await.unwrap().unwrap();
    let rise = AccountChange::Role(Role::Admin);
    assert!(dock.change_account(Some(&other), user, rise.clone()).await.is_err());
    assert!(dock.change_account(Some(&admin), chief, AccountChange::Disabled(true)).await.is_err());

    let wish = SubmitRequest {
        audience: Audience { owner: Some(user), ..Audience::default() },
        ..request(package(0), None)
    };
    let SubmitOutcome::Accepted(own) = dock.submit(wish).await.unwrap() else { panic!("refused") };
    let row = dock.store().learnware(LearnwareNumber::from_id(&own.id).unwrap()).await.unwrap().unwrap();
    other.may_change(&row).unwrap();
    admin.may_change(&row).unwrap();
    let waiting = dock.give_out(None, &own.id, None).await;
    assert!(matches!(waiting, Err(DockError::NotUsable { .. })));
    dock.give_out(Some(&other), &own.id, None).await.unwrap();
    let jobs = dock.jobs(Some(JobState::Open), None, 10).await.unwrap();
    assert!(dock.give_up_job(Some(&other), jobs[0].id).await.is_err());
    assert!(dock.give_up_job(Some(&admin), jobs[0].id).await.unwrap());
    assert!(dock.check_waiting().await.unwrap().is_empty());
    dock.retry_job(Some(&admin), &dock.jobs(Some(JobState::Dead), None, 10).await.unwrap()[0]).await.unwrap();
    assert_eq!(dock.check_waiting().await.unwrap().len(), 1);
    dock.give_out(None, &own.id, None).await.unwrap();
    assert!(dock.take_down(Some(&admin), &own.id, Some(" ")).await.is_err());
    dock.take_down(Some(&admin), &own.id, Some("it is a copy")).await.unwrap();
    let gone = dock.give_out(None, &own.id, None).await.unwrap_err().to_string();
    assert!(gone.contains("it is a copy"), "{gone}");
    dock.give_out(Some(&other), &own.id, None).await.unwrap();
    assert!(dock.catalog().await.unwrap().market.organizer().is_empty());

    dock.change_account(Some(&admin), user, AccountChange::Disabled(true)).await.unwrap();
    assert!(dock.authenticate(session.reveal()).await.unwrap().is_none());
    assert!(dock.login("u@b.c", "correct horse").await.is_err());
    let done: Vec<String> =
        dock.store().audit(None, 100).await.unwrap().into_iter().map(|row| row.action).collect();
    let wanted = ["account.change", "learnware.take_down", "job.retry", "job.give_up"];
    assert_eq!(done, [&wanted[..], &["account.add"; 3]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_with_an_organisation_is_found_by_its_members_only() {
    let (_folder, dock, _) = fixture().await;
    let mut people = Vec::new();
    for name in ["ann", "bob", "eve"] {
        let email = format!("{name}@example.org");
        dock.add_account(wish(&email, name), Role::User, true).await.unwrap();
        people.push(dock.login(&email, "correct horse").await.unwrap().0);
    }
    let who = async |index: usize| dock.authenticate(people[index].reveal()).await.unwrap().unwrap();
    let lab = dock.add_organisation(&who(0).await, " Lab ").await.unwrap();
    let shared = Visibility::Organisation(lab);
    assert!(matches!(who(2).await.audience(shared), Err(DockError::UnknownOrganisation)));
    let by_eve = dock.set_member(&who(2).await, lab, "eve", Some(MemberRole::Member)).await;
    assert!(
        matches!(by_eve, Err(DockError::UnknownOrganisation)),
        "who is outside is not told that it is there"
    );
    dock.set_member(&who(0).await, lab, "bob", Some(MemberRole::Member)).await.unwrap();
    let by_member = dock.set_member(&who(1).await, lab, "eve", Some(MemberRole::Member)).await;
    assert!(matches!(by_member, Err(DockError::Forbidden { .. })));
    let nobody = dock.set_member(&who(0).await, lab, "zoe", Some(MemberRole::Member)).await;
    assert!(matches!(nobody, Err(DockError::UnknownAccount)));

    let audience = who(0).await.audience(shared).unwrap();
    let submitted = dock.submit(SubmitRequest { audience, ..request(package(0), None) }).await.unwrap();
    let SubmitOutcome::Accepted(submission) = submitted else { panic!("{submitted:?}") };
    dock.check_waiting().await.unwrap();
    let page = || Request {
        query: Query::default(),
        sort: Sort::Id,
        limit: 10,
        cursor: None,
        facets: vec![Facet::Task],
    };
    for (index, seen) in [(Some(0), 1), (Some(1), 1), (Some(2), 0), (None, 0)] {
        let viewer = match index {
            Some(index) => Some(who(index).await),
            None => None,
        };
        let (found, _) = dock.find_for(&Viewer::Served(viewer.clone()), page()).await.unwrap();
        assert_eq!((found.total, found.searched), (seen, seen), "{index:?}");
        assert_eq!(found.facets[0].counts.iter().map(|(_, count)| count).sum::<u64>(), seen);
        let got = dock.give_out(viewer.as_ref(), &submission.id, None).await;
        match seen {
            1 => assert!(got.is_ok(), "{index:?}"),
            _ => assert!(matches!(got, Err(DockError::UnknownLearnware { .. })), "{index:?}"),
        }
    }
    assert_eq!(dock.find(page()).await.unwrap().0.total, 1, "the operator sees everything");
    dock.set_member(&who(1).await, lab, "bob", None).await.unwrap(); // He leaves.
    let bob = Viewer::Served(Some(who(1).await));
    assert_eq!(dock.find_for(&bob, page()).await.unwrap().0.total, 0);
    let by_bob = dock.set_visibility(&who(1).await, &submission.id, Visibility::Public).await;
    assert!(matches!(by_bob, Err(DockError::Forbidden { .. })));
    dock.set_visibility(&who(0).await, &submission.id, Visibility::Public).await.unwrap();
    assert_eq!(dock.find_for(&Viewer::Served(None), page()).await.unwrap().0.total, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_keeps_as_much_as_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let quota = Quota { versions: 3, bytes: u64::MAX, waiting: 2 };
    let dock = Dock::open(folder.path().join("dock"), Config { quota, ..Config::default() }).await.unwrap();
    let user = dock.add_account(wish("a@b.c", "Ann"), Role::User, true).await.unwrap();
    let audience = Audience { owner: Some(user), ..Audience::default() };
    let submit = async |content| {
        let outcome = dock.submit(SubmitRequest { audience, ..request(package(content), None) }).await?;
        let SubmitOutcome::Accepted(submission) = outcome else { panic!("{outcome:?}") };
        Ok::<_, DockError>(submission.id)
    };
    let first = submit(0).await.unwrap();
    submit(1).await.unwrap();
    let refused = submit(2).await.unwrap_err().to_string();
    assert!(refused.contains("2 of your versions wait"), "{refused}");
    dock.check_waiting().await.unwrap();
    submit(2).await.unwrap();
    let refused = submit(3).await.unwrap_err().to_string();
    assert!(refused.contains("3 versions"), "{refused}");
    dock.submit(request(package(4), None)).await.unwrap(); // The operator's own is not counted.
    dock.delete(&first).await.unwrap();
    submit(3).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_ends_by_its_password_or_by_an_administrator() {
    let (_folder, dock, _) = fixture().await;
    let mut people = Vec::new();
    for (name, role) in [("chief", Role::Admin), ("ann", Role::User), ("bob", Role::User)] {
        dock.add_account(wish(&format!("{name}@b.c"), name), role, true).await.unwrap();
        people.push(dock.login(&format!("{name}@b.c"), "correct horse").await.unwrap().0);
    }
    let who = async |index: usize| dock.authenticate(people[index].reveal()).await.unwrap().unwrap();
    let (chief, ann, bob) = (who(0).await, who(1).await, who(2).await);
    let audience = Audience { owner: Some(ann.account), ..Audience::default() };
    let submitted = dock.submit(SubmitRequest { audience, ..request(package(0), None) }).await.unwrap();
    let SubmitOutcome::Accepted(own) = submitted else { panic!("{submitted:?}") };
    dock.check_waiting().await.unwrap();

    let wrong = dock.leave(&ann, "wrong horse".into(), Legacy::Keep).await;
    assert!(matches!(wrong, Err(DockError::WrongLogin)));
    let last = dock.leave(&chief, "correct horse".into(), Legacy::Keep).await.unwrap_err().to_string();
    assert!(last.contains("last administrator"), "{last}");
    for (by, number) in [(&bob, ann.account), (&chief, chief.account)] {
        let refused = dock.remove_account(Some(by), number, Legacy::Keep).await;
        assert!(matches!(refused, Err(DockError::Forbidden { .. })), "{refused:?}");
    }
    let estate = dock.leave(&ann, "correct horse".into(), Legacy::Keep).await.unwrap();
    assert_eq!((estate.kept, estate.deleted), (1, Vec::new()));
    assert!(dock.authenticate(people[1].reveal()).await.unwrap().is_none());
    assert!(matches!(dock.login("ann@b.c", "correct horse").await, Err(DockError::WrongLogin)));
    dock.give_out(None, &own.id, None).await.unwrap();
    assert_eq!(dock.catalog().await.unwrap().market.organizer().len(), 1);
    dock.remove_account(Some(&chief), bob.account, Legacy::Delete).await.unwrap();
    let again = dock.remove_account(None, bob.account, Legacy::Delete).await;
    assert!(matches!(again, Err(DockError::UnknownAccount)));
    let audit = dock.store().audit(None, 2).await.unwrap();
    let lines: Vec<_> =
        audit.iter().map(|row| (row.account, row.action.as_str(), row.detail.as_str())).collect();
    let ended = [
        (Some(chief.account), "account.delete", "learnwares: 0 kept, 0 deleted"),
        (Some(ann.account), "account.delete", "learnwares: 1 kept, 0 deleted"),
    ];
    assert_eq!(lines, ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_never_confirmed_gives_its_address_back() {
    let (_folder, dock, clock) = fixture().await;
    let account = dock.add_account(wish("a@b.c", "Ann"), Role::User, false).await.unwrap();
    clock.advance(seconds(13 * 86_400));
    assert_eq!(dock.sweep(Config::default().sweep_age).await.unwrap().account_count, 0);
    let taken = dock.add_account(wish("A@b.c", "Other"), Role::User, true).await;
    assert!(matches!(taken, Err(DockError::Taken { .. })));
    clock.advance(seconds(86_400));
    assert_eq!(dock.sweep(Config::default().sweep_age).await.unwrap().account_count, 1);
    dock.add_account(wish("A@b.c", "Ann"), Role::User, true).await.unwrap();
    let audit = dock.store().audit(None, 2).await.unwrap();
    assert_eq!(
        (audit[1].action.as_str(), audit[1].subject.clone()),
        ("account.forget", account.0.to_string())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_and_end_their_sessions() {
    let (_folder, dock, _) = fixture().await;
    dock.add_account(wish("a@b.c", "Ann"), Role::User, true).await.unwrap();
    dock.add_account(wish("b@b.c", "Bob"), Role::User, true).await.unwrap();
    let login = async |email: &str| dock.login(email, "correct horse").await.unwrap().0;
    let (here, there, other) = (login("a@b.c").await, login("a@b.c").await, login("b@b.c").await);
    let who = async |secret: &Secret| dock.authenticate(secret.reveal()).await.unwrap();
    let (ann, bob) = (who(&here).await.unwrap(), who(&other).await.unwrap());
    let (token, _) = dock.create_token(&ann, "laptop", &BTreeSet::from([Scope::Read]), 30).await.unwrap();
    dock.login_by_token("a@b.c", token.reveal()).await.unwrap();
    let by_token = who(&token).await.unwrap();
    assert!(matches!(dock.sessions(&by_token).await, Err(DockError::Forbidden { .. })));
    let sessions = dock.sessions(&ann).await.unwrap();
    let seen: Vec<_> =
        sessions.iter().map(|session| (session.is_current, session.row.name.as_str())).collect();
    let name = format!("token {}", dock.tokens(ann.account).await.unwrap()[0].id);
    assert_eq!(seen, [(true, ""), (false, ""), (false, name.as_str())]);
    assert_eq!(dock.end_sessions(&bob, Some(sessions[1].id)).await.unwrap(), 0, "it is not his");
    assert_eq!(dock.end_sessions(&ann, Some(sessions[1].id)).await.unwrap(), 1);
    assert!(who(&there).await.is_none() && who(&here).await.is_some());
    assert_eq!(dock.end_sessions(&ann, None).await.unwrap(), 2);
    assert!(who(&here).await.is_none());
    assert!(who(&token).await.is_some() && who(&other).await.is_some(), "tokens and others go on");
}
