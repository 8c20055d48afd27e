//! Promises about accounts that end.

use learnware_dock::ids::LearnwareNumber;
use learnware_dock::store::organisations::{Audience, MemberRole, OrganisationNumber, Visibility};
use learnware_dock::store::people::{
    AccountAdded, AccountChange, AccountNumber, NewAccount, NewSecret, Role, SecretKind,
};
use learnware_dock::store::removal::{AccountRemoved, Legacy};
use learnware_dock::store::rows::Revision;
use learnware_dock::store::{Added, NewVersion};
use learnware_engine::learnware::CheckStatus;

use super::Fixture;
use crate::support::{seconds, start};

async fn add(f: &Fixture, name: &str, role: Role) -> AccountNumber {
    let (email, name) = (format!("{name}@example.org"), name.to_owned());
    let new = NewAccount { email, name, password: None, role, confirmed: role == Role::Admin };
    match f.store.add_account(&new, start()).await.unwrap() {
        AccountAdded::Added(number) => number,
        taken => panic!("{taken:?}"),
    }
}

/// A usable learnware of an account.
async fn own(f: &Fixture, content: &str, owner: AccountNumber, visibility: Visibility) -> LearnwareNumber {
    f.publish(content);
    let audience = Audience { owner: Some(owner), visibility };
    let new = NewVersion { audience, ..Fixture::row(content, None, content) };
    let Added::Stored { number, version } = f.store.add_version(&new, &f.blobs, start()).await.unwrap()
    else {
        panic!("refused")
    };
    f.check(number, version, CheckStatus::Usable).await;
    number
}

async fn join(f: &Fixture, organisation: OrganisationNumber, account: AccountNumber, role: MemberRole) {
    f.store.set_member(organisation, account, Some(role), start()).await.unwrap();
}

pub(super) async fn an_account_ends_with_all_that_lets_it_in(f: &Fixture) {
    let (ann, bob) = (add(f, "ann", Role::User).await, add(f, "bob", Role::User).await);
    let lab = f.store.add_organisation("lab", bob, start()).await.unwrap().unwrap();
    let alone = f.store.add_organisation("alone", ann, start()).await.unwrap().unwrap();
    join(f, lab, ann, MemberRole::Member).await;
    join(f, alone, bob, MemberRole::Member).await;
    let public = own(f, "public", ann, Visibility::Public).await;
    let shared = own(f, "shared", ann, Visibility::Organisation(lab)).await;
    let hidden = own(f, "hidden", ann, Visibility::Owner).await;
    let inside = own(f, "inside", ann, Visibility::Organisation(alone)).await;
    let bobs = own(f, "bobs", bob, Visibility::Organisation(alone)).await;
    f.store.set_member(alone, bob, None, start()).await.unwrap();
    for (kind, digest) in [
        (SecretKind::Session, "s"),
        (SecretKind::Token, "t"),
        (SecretKind::Reset, "r"),
        (SecretKind::Confirm, "c"),
    ] {
        let (name, scopes) = (String::new(), String::new());
        let expires_at = start().plus(seconds(100));
        let new = NewSecret { kind, digest: digest.into(), account: Some(ann), name, scopes, expires_at };
        f.store.add_secret(&new, start()).await.unwrap();
    }
    let before = f.store.revision().await.unwrap();
    let ended = f.store.remove_account(ann, Legacy::Keep, start()).await.unwrap();
    assert_eq!(ended, AccountRemoved::Removed { deleted: vec![hidden, inside], kept: 2 });
    assert!(f.store.account(ann).await.unwrap().is_none());
    assert!(f.store.account_by_email("ann@example.org").await.unwrap().is_none());
    assert!(f.store.secret(SecretKind::Token, "t", start()).await.unwrap().is_none());
    assert!(f.store.take_secret(SecretKind::Confirm, "c", start()).await.unwrap().is_none());
    assert_eq!(f.store.members(lab).await.unwrap().len(), 1);
    assert!(f.store.add_organisation("alone", bob, start()).await.unwrap().is_some(), "the name is free");
    let row = async |number| f.store.learnware(number).await.unwrap().unwrap();
    assert_eq!((row(public).await.owner, row(public).await.deleted_at), (None, None));
    assert_eq!(row(shared).await.visibility, Visibility::Organisation(lab));
    assert!(row(hidden).await.deleted_at.is_some() && row(inside).await.deleted_at.is_some());
    assert_eq!((row(bobs).await.owner, row(bobs).await.visibility), (Some(bob), Visibility::Owner));
    let changes = f.changes(before).await;
    let mut changed: Vec<_> = changes.rows.iter().map(|row| row.number).collect();
    changed.sort_unstable();
    assert_eq!(changed, [public, shared, hidden, inside, bobs], "searches hear of it");
    assert_eq!(f.store.remove_account(ann, Legacy::Keep, start()).await.unwrap(), AccountRemoved::Unknown);
    assert_ne!(add(f, "ann", Role::User).await, ann, "a number is never given out twice");

    let ended = f.store.remove_account(bob, Legacy::Delete, start()).await.unwrap();
    let AccountRemoved::Removed { deleted, kept } = ended else { panic!("{ended:?}") };
    assert_eq!((deleted, kept), (vec![shared, bobs], 0), "with the last member goes what only members saw");
    let found = f.changes(Revision(0)).await;
    assert_eq!(found.rows.iter().filter(|row| row.usable.is_some()).count(), 1);
}

pub(super) async fn somebody_stays_to_administer_and_to_manage(f: &Fixture) {
    let (ann, bob) = (add(f, "ann", Role::Admin).await, add(f, "bob", Role::Admin).await);
    let lab = f.store.add_organisation("Lab", ann, start()).await.unwrap().unwrap();
    join(f, lab, bob, MemberRole::Member).await;
    let end = async |account| f.store.remove_account(account, Legacy::Keep, start()).await.unwrap();
    assert_eq!(end(ann).await, AccountRemoved::LastManager("Lab".into()));
    join(f, lab, bob, MemberRole::Manager).await;
    f.store.change_account(bob, &AccountChange::Disabled(true), start()).await.unwrap();
    assert_eq!(end(ann).await, AccountRemoved::LastAdmin, "who is locked does not count");
    f.store.change_account(bob, &AccountChange::Disabled(false), start()).await.unwrap();
    // Of the two who go at once one stays.
    let goers = [ann, bob].map(|account| {
        let store = f.store.clone();
        tokio::spawn(async move { store.remove_account(account, Legacy::Keep, start()).await.unwrap() })
    });
    let mut gone = 0;
    for goer in goers {
        gone += usize::from(matches!(goer.await.unwrap(), AccountRemoved::Removed { .. }));
    }
    assert_eq!(gone, 1);
    assert!(f.store.has_admin().await.unwrap());
}

pub(super) async fn accounts_that_nobody_confirms_end(f: &Fixture) {
    let (ann, bob) = (add(f, "ann", Role::User).await, add(f, "bob", Role::User).await);
    let (eve, zoe) = (add(f, "eve", Role::User).await, add(f, "zoe", Role::User).await);
    f.store.change_account(bob, &AccountChange::Confirmed, start()).await.unwrap();
    f.store.change_account(zoe, &AccountChange::Disabled(true), start()).await.unwrap();
    own(f, "own", eve, Visibility::Public).await;
    assert!(
        f.store
            .forget_unconfirmed(start().minus(std::time::Duration::from_secs(1)))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(f.store.forget_unconfirmed(start()).await.unwrap(), [ann]);
    assert!(f.store.forget_unconfirmed(start()).await.unwrap().is_empty());
    for stays in [bob, eve, zoe] {
        assert!(f.store.account(stays).await.unwrap().is_some(), "{stays:?}");
    }
    add(f, "ann", Role::User).await; // Address and name are free.
}
