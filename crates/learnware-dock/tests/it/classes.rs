//! Journey 5, evolve: which classes of different learnwares are the same, or a kind of another.

use std::collections::BTreeSet;

use learnware_dock::evolve::{EvolutionReport, EvolutionState};
use learnware_dock::store::organisations::{Audience, Visibility};
use learnware_dock::viewer::Viewer;
use learnware_dock::{Dock, DockError};
use learnware_engine::learnware::LearnwareId;

use crate::packages::{LinearClassifier, broken, classifier, package};
use crate::support::{quick, request, submit};

const CORNERS: [[f64; 2]; 4] = [[0.0, 0.0], [0.0, 8.0], [8.0, 0.0], [8.0, 8.0]];
const LEFT: [f64; 3] = [-1.0, 0.0, 4.0];
const RIGHT: [f64; 3] = [1.0, 0.0, -4.0];

/// The score of the corner with these signs.
fn corner(x: f64, y: f64) -> [f64; 3] {
    [x, y, -4.0 * (x + y)]
}

/// Packages of classifiers: of the corners, of left and right, of the corners by other names, of what lies elsewhere.
fn packages() -> [Vec<u8>; 4] {
    let fine = [
        ("poodle", corner(-1.0, -1.0)),
        ("beagle", corner(-1.0, 1.0)),
        ("persian", corner(1.0, -1.0)),
        ("siamese", corner(1.0, 1.0)),
    ];
    let renamed =
        [("Beagle dog", fine[1].1), ("Perser", fine[2].1), ("Siam", fine[3].1), ("Pudel", fine[0].1)];
    let made = |seed, classes: &[(&str, [f64; 3])], centres: &[[f64; 2]]| {
        classifier(&LinearClassifier { seed, classes, centres })
    };
    [
        made(1, &fine, &CORNERS),
        made(2, &[("dog", LEFT), ("cat", RIGHT)], &CORNERS),
        made(3, &renamed, &CORNERS),
        made(4, &[("ship", [0.0, -1.0, 65.0]), ("boat", [0.0, 1.0, -65.0])], &[[60.0, 60.0], [60.0, 70.0]]),
    ]
}

async fn market(folder: &std::path::Path) -> Dock {
    let dock = Dock::open(folder, quick()).await.unwrap();
    for package in packages() {
        submit(&dock, package, None).await;
    }
    let checks = dock.check_waiting().await.unwrap();
    assert_eq!(dock.catalog().await.unwrap().market.organizer().len(), 4, "{checks:?}");
    dock
}

/// Groups as words: members, and the first member of each parent.
fn words(report: &EvolutionReport) -> BTreeSet<String> {
    let tree = &report.classes[0].tree;
    let name = |place: usize| tree.groups[place].members[0].name.clone();
    let group = |group: &learnware_engine::market::capability::classes::ClassGroup| {
        let members: Vec<&str> = group.members.iter().map(|member| member.name.as_str()).collect();
        let parents: Vec<String> = group.parents.iter().map(|parent| name(parent.group)).collect();
        format!("{} < {}", members.join("="), parents.join("+"))
    };
    tree.groups.iter().map(group).collect()
}

fn id(number: u32) -> LearnwareId {
    LearnwareId(format!("{number:08}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_and_broader_classes_are_found_under_other_names_and_stay_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let dock = market(folder.path()).await;
    assert!(dock.related_classes(&Viewer::Operator, &id(1)).await.unwrap().is_empty(), "before it evolved");
    let made = dock.evolve(|_, _| {}).await.unwrap();
    let wanted = [
        "dog < ",
        "cat < ",
        "poodle=Pudel < dog",
        "beagle=Beagle dog < dog",
        "persian=Perser < cat",
        "siamese=Siam < cat",
    ];
    assert_eq!(words(&made.report), wanted.map(String::from).into());
    assert_eq!(
        (made.report.measured, made.report.unmeasured.len(), made.state),
        (4, 0, EvolutionState::Refused)
    );
    drop(dock);

    let dock = Dock::open(folder.path(), quick()).await.unwrap();
    assert_eq!(words(&dock.evolutions(1).await.unwrap()[0].report), words(&made.report));
    let found = dock.related_classes(&Viewer::Operator, &id(2)).await.unwrap();
    let narrower: Vec<&str> = found[0].narrower.iter().map(|member| member.name.as_str()).collect();
    assert_eq!((found[0].name.as_str(), narrower), ("dog", vec!["poodle", "Pudel", "beagle", "Beagle dog"]));
    // Nothing is asked twice; what an earlier release did not measure is.
    let kept = dock.store().capabilities().await.unwrap();
    let again = dock.evolve(|_, _| {}).await.unwrap();
    assert_eq!((&again.report, dock.store().capabilities().await.unwrap()), (&made.report, kept.clone()));
    for row in &kept {
        let (old, _) = row.measured.split_once(",\"meetings\"").unwrap();
        let old = learnware_dock::store::files::CapabilityRow { measured: format!("{old}}}"), ..row.clone() };
        dock.store().keep_capability(&old).await.unwrap();
    }
    let renewed = dock.evolve(|_, _| {}).await.unwrap();
    assert_eq!((&renewed.report, dock.store().capabilities().await.unwrap()), (&made.report, kept));
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_of_new_versions_and_of_what_is_hidden_or_gone_are_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let dock = Dock::open(folder.path(), quick()).await.unwrap();
    let [fine, coarse, renamed, _] = packages();
    submit(&dock, fine, None).await;
    submit(&dock, coarse, None).await;
    let audience = Audience { owner: None, visibility: Visibility::Owner };
    let hidden = learnware_dock::submit::SubmitRequest { audience, ..request(renamed, None) };
    dock.submit(hidden).await.unwrap();
    dock.check_waiting().await.unwrap();
    dock.evolve(|_, _| {}).await.unwrap();
    let told = async |viewer: Viewer| dock.related_classes(&viewer, &id(1)).await.unwrap();
    let (all, public) = (told(Viewer::Operator).await, told(Viewer::Served(None)).await);
    assert!(all.len() == 4 && all.iter().all(|class| class.same.len() == 1 && class.broader.len() == 1));
    assert!(
        public.len() == 4 && public.iter().all(|class| class.same.is_empty() && class.broader.len() == 1)
    );
    submit(&dock, broken(8), Some(&id(1))).await;
    dock.check_waiting().await.unwrap();
    assert_eq!(told(Viewer::Operator).await, all, "a new version that failed changes nothing");
    dock.delete(&id(2)).await.unwrap();
    assert!(told(Viewer::Served(None)).await.is_empty());
    assert_eq!(told(Viewer::Operator).await.len(), 4);
    submit(&dock, package(7), Some(&id(1))).await;
    dock.check_waiting().await.unwrap();
    assert!(told(Viewer::Operator).await.is_empty(), "its new model is not known");
    let failed = dock.related_classes(&Viewer::Operator, &LearnwareId("odd".into())).await;
    assert!(matches!(failed, Err(DockError::BadId { .. })), "{failed:?}");
}
