//! Hierarchies of synthetic classifiers, and of random links.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::{Measured, meetings_for};
use super::tree::{Class, Link, Links, Node, build};
use super::{ClassTask, ClassTree, GROUP_MEMBERS_MAX, Meeting, class_tree};
use crate::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
use crate::market::organizer::Organizer;
use crate::numeric::Matrix;
use crate::numeric::random::Stream;
use crate::semantic::{DataType, Dimensions, SemanticSpecification, Task};
use crate::specification::{IslandKey, Rkme, RkmeParameters, StatisticalSpecification};

/// A classifier of two columns: where its data lies, and its scores or label at a place.
struct Classifier {
    name: &'static str,
    centres: &'static [[f64; 2]],
    answer: fn(&[f64]) -> Vec<f64>,
    classes: &'static [&'static str],
}

const CORNERS: [[f64; 2]; 4] = [[0.0, 0.0], [0.0, 8.0], [8.0, 0.0], [8.0, 8.0]];

fn corner(at: &[f64]) -> usize {
    2 * usize::from(at[0] > 4.0) + usize::from(at[1] > 4.0)
}

fn scores(class: usize, count: usize) -> Vec<f64> {
    (0..count).map(|one| if one == class { 0.7 } else { 0.1 }).collect()
}

/// Four corners.
const FINE: Classifier = Classifier {
    name: "fine",
    centres: &CORNERS,
    answer: |at| scores(corner(at), 4),
    classes: &["poodle", "beagle", "persian", "siamese"],
};
/// The same four in another order, as one column of labels.
const RENAMED: Classifier = Classifier {
    name: "renamed",
    centres: &CORNERS,
    answer: |at| vec![[3.0, 0.0, 1.0, 2.0][corner(at)]],
    classes: &["Beagle dog", "Perser", "Siam", "Pudel"],
};
/// Left and right.
const COARSE: Classifier = Classifier {
    name: "coarse",
    centres: &CORNERS,
    answer: |at| scores(corner(at) / 2, 2),
    classes: &["dog", "cat"],
};
/// Elsewhere, where the others answer something, too.
const FOREIGN: Classifier = Classifier {
    name: "foreign",
    centres: &[[60.0, 60.0], [60.0, 70.0]],
    answer: |at| scores(usize::from(at[1] > 65.0), 2),
    classes: &["ship", "boat"],
};

fn learnware(of: &Classifier, seed: u64) -> Learnware {
    let mut stream = Stream::new(seed);
    let rows: Vec<Vec<f64>> = (0..600)
        .map(|row| of.centres[row % of.centres.len()].iter().map(|centre| centre + stream.normal()).collect())
        .collect();
    let rkme = Rkme::generate(&Matrix::from_rows(&rows).unwrap(), &RkmeParameters::default()).unwrap();
    let named = of.classes.iter().enumerate().map(|(class, name)| (class, (*name).to_owned()));
    let output = Dimensions {
        dimension: of.classes.len(),
        description: named.filter(|(_, name)| !name.is_empty()).collect(),
        ..Dimensions::default()
    };
    let semantic = SemanticSpecification {
        name: of.name.into(),
        data: vec![DataType::Table],
        task: vec![Task::Classification],
        output: Some(output),
        ..SemanticSpecification::default()
    };
    Learnware {
        id: LearnwareId(of.name.into()),
        specification: Specification { semantic, statistical: vec![StatisticalSpecification::Table(rkme)] },
        format: ModelFormat::Onnx,
    }
}

/// The tree of a market of these, each asked about all others.
fn tree_of(classifiers: &[&Classifier]) -> ClassTree {
    let members: Vec<Learnware> =
        classifiers.iter().zip(1..).map(|(one, seed)| learnware(one, seed)).collect();
    let organizer = Organizer::from_learnwares(members.clone());
    let island = organizer.island(&IslandKey::Table { dimension: 2 }).unwrap();
    let table = |place: usize| members[place].specification.statistical[0].as_table().unwrap();
    let answers = |by: usize, of: usize| {
        let answered: Vec<Vec<f64>> = table(of).points().iter_rows().map(classifiers[by].answer).collect();
        Matrix::from_rows(&answered).unwrap()
    };
    let one = |place: usize| {
        let near = meetings_for(island, &members[place].id, 256).unwrap();
        assert_eq!(near.len(), members.len() - 1);
        let others = (0..members.len()).filter(|&other| other != place);
        let meetings = others.map(|other| {
            let own = [other, place].map(|at| answers(at, at));
            let [task, asked] = [(other, &own[0]), (place, &own[1])]
                .map(|(at, answers)| ClassTask { table: table(at), answers });
            let met = Meeting::of(task, asked, &answers(place, other), island.index().kernel());
            (members[other].id.clone(), met)
        });
        let (losses, meetings) = (BTreeMap::new(), meetings.collect());
        (members[place].id.clone(), Measured { answers: answers(place, place), losses, meetings })
    };
    class_tree(island, &(0..members.len()).map(one).collect())
}

/// Groups as words: members, and the first member of each parent.
fn words(tree: &ClassTree) -> BTreeSet<String> {
    let first = |place: usize| tree.groups[place].members[0].name.clone();
    let group = |place: usize| {
        let group = &tree.groups[place];
        let members: Vec<&str> = group.members.iter().map(|member| member.name.as_str()).collect();
        let parents: Vec<String> = group.parents.iter().map(|parent| first(parent.group)).collect();
        format!("{} < {}", members.join("="), parents.join("+"))
    };
    (0..tree.groups.len()).map(group).collect()
}

#[test]
fn coarse_fine_and_renamed_classes_are_told_apart_and_foreign_ones_stay_alone() {
    let tree = tree_of(&[&FINE, &COARSE, &RENAMED, &FOREIGN]);
    let wanted = [
        "dog < ",
        "cat < ",
        "poodle=Pudel < dog",
        "beagle=Beagle dog < dog",
        "persian=Perser < cat",
        "siamese=Siam < cat",
    ];
    assert_eq!(words(&tree), wanted.map(String::from).into());
    assert_eq!((tree.alone, tree.left_out), (2, 0), "what is elsewhere");
    assert!(tree.groups.iter().all(|group| group.share > 0.9), "{tree:?}");
    let reversed = tree_of(&[&FOREIGN, &RENAMED, &COARSE, &FINE]);
    assert_eq!(words(&reversed), words(&tree));
    let related = |name: &str, most| tree.related(&LearnwareId(name.into()), most, &|_| true);
    let fine = related("fine", 9);
    let told: Vec<_> =
        fine.iter().map(|one| (one.same[0].name.as_str(), one.broader[0].name.as_str())).collect();
    assert_eq!(told, [("Pudel", "dog"), ("Beagle dog", "dog"), ("Perser", "cat"), ("Siam", "cat")]);
    let coarse = related("coarse", 9);
    assert_eq!((coarse.len(), coarse[1].narrower.len(), coarse[1].broader.len()), (2, 4, 0));
    assert_eq!(related("coarse", 3)[1].narrower.len(), 3);
    assert!(related("foreign", 9).is_empty());
    let told = tree.related(&LearnwareId("fine".into()), 9, &|other| other.name == "cat");
    assert_eq!(told.iter().map(|one| one.class).collect::<Vec<_>>(), [2, 3], "the others are not told");
}

#[test]
fn classes_without_points_and_answers_that_are_not_finite_tell_nothing() {
    // Knows three classes, of which one has no points, and two corners; the middle name is missing.
    let odd = Classifier {
        name: "odd",
        centres: &CORNERS[..2],
        answer: |at| scores(if corner(at) == 0 { 0 } else { 2 }, 3),
        classes: &["unseen one", "", "second"],
    };
    let tree = tree_of(&[&FINE, &odd]);
    let wanted = ["poodle=unseen one < ", "beagle=second < "];
    assert_eq!(words(&tree), wanted.map(String::from).into());
    let unnamed = Classifier { classes: &["", "", "", ""], name: "unnamed", ..FINE };
    let named = words(&tree_of(&[&COARSE, &unnamed]));
    assert!(named.contains("class 0 < dog") && named.contains("class 3 < cat"), "{named:?}");
    let broken = Classifier {
        name: "broken",
        answer: |at| if at[0] > 4.0 { vec![f64::NAN, 0.0] } else { vec![0.0, f64::INFINITY] },
        ..COARSE
    };
    let tree = tree_of(&[&FINE, &broken]);
    assert_eq!((tree.groups.len(), tree.alone), (0, 4), "{tree:?}");
    assert_eq!(tree_of(&[&FINE]), ClassTree::default());
}

#[test]
fn a_class_that_is_said_of_everything_is_broader_than_all() {
    let constant = Classifier { name: "constant", answer: |_| vec![1.0], classes: &["no", "animal"], ..FINE };
    let tree = tree_of(&[&FINE, &COARSE, &constant]);
    let found = words(&tree);
    assert!(found.contains("animal < ") && found.contains("dog < animal"), "{found:?}");
    assert!(found.contains("poodle < dog"), "the nearest only: {found:?}");
}

/// A node of a class of so many learnwares.
fn node(members: usize, class: u16, parents: &[(usize, f64)]) -> Node {
    let members = (0..members).map(|learnware| (learnware, class)).collect();
    Node { members, share: 1.0, parents: parents.iter().copied().collect() }
}

#[test]
fn too_many_members_and_groups_leave_the_others_told_and_joined() {
    let semantic = Dimensions::default();
    let measured =
        Measured { answers: Matrix::default(), losses: BTreeMap::new(), meetings: BTreeMap::new() };
    let ids: Vec<LearnwareId> = (0..25_000).map(|place| LearnwareId(format!("{place}"))).collect();
    let classifiers: Vec<super::Classifier<'_>> = ids
        .iter()
        .map(|id| super::Classifier {
            id,
            measured: &measured,
            output: Some(&semantic),
            inputs: BTreeMap::new(),
            classes: BTreeSet::new(),
        })
        .collect();
    let mut nodes = vec![node(25_000, 0, &[]), node(3, 1, &[(0, 0.9)])];
    let tree = super::told(nodes.clone(), &classifiers);
    let told: Vec<_> = tree.groups.iter().map(|group| (group.members.len(), group.left_out)).collect();
    assert_eq!(told, [(GROUP_MEMBERS_MAX, 24_000), (3, 0)]);
    // Twenty large groups fill the report; a small one between two others is jumped over.
    nodes = (2..21).map(|class| node(2000, class, &[])).collect();
    nodes.extend([node(900, 21, &[]), node(200, 22, &[(19, 0.9)]), node(100, 23, &[(20, 0.8)])]);
    let tree = super::told(nodes, &classifiers);
    let last = tree.groups.last().unwrap();
    assert_eq!((tree.left_out, last.members.len(), last.parents.len()), (1, 100, 1), "what fits is told");
    assert_eq!((tree.groups[last.parents[0].group].members.len(), last.parents[0].share), (900, 0.8));
}

fn class(learnware: usize, class: u16) -> Class {
    Class { learnware, class }
}

/// Links among learnwares that were all compared with each other.
fn links(pairs: &[(Class, Class, f64)]) -> (BTreeSet<Class>, Links) {
    let mut found = Links::default();
    let mut classes = BTreeSet::new();
    for &(one, other, share) in pairs {
        found.called.insert((one, other), Link { share, is_within: true });
        for (one, other) in [(one, other), (other, one)] {
            classes.insert(one);
            found.compared.entry(one.learnware).or_default().insert(other.learnware);
        }
    }
    (classes, found)
}

#[test]
fn a_chain_between_two_classes_of_one_learnware_is_cut_at_its_weakest_link() {
    let (a, b, c, other) = (class(0, 0), class(1, 0), class(2, 0), class(0, 1));
    let chain = [(a, b, 0.99), (b, c, 0.85), (c, other, 0.95)];
    let both = chain.iter().flat_map(|&(one, other, share)| [(one, other, share), (other, one, share)]);
    let (classes, mut found) = links(&both.collect::<Vec<_>>());
    // Those at the ends of the chain were never compared.
    found.compared.get_mut(&0).unwrap().remove(&2);
    found.compared.get_mut(&2).unwrap().remove(&0);
    let nodes = build(&classes, &found);
    let members: Vec<Vec<Class>> = nodes.iter().map(|node| node.classes().collect()).collect();
    assert_eq!(members, [vec![a, b], vec![other, c]]);
    assert!(nodes.iter().all(|node| node.parents.is_empty()), "{nodes:?}");
}

#[test]
fn circles_and_kinds_of_what_excludes_them_are_left_out() {
    let (a, b, c) = (class(0, 0), class(1, 0), class(2, 0));
    let (classes, found) = links(&[(a, b, 0.95), (b, c, 0.9), (c, a, 0.82)]);
    let nodes = build(&classes, &found);
    let parents: Vec<Vec<usize>> = nodes.iter().map(|node| node.parents.keys().copied().collect()).collect();
    assert_eq!(parents, [vec![1], vec![2], vec![]], "the weakest is gone");
    let (classes, found) = links(&[(a, b, 0.95), (b, class(0, 1), 0.9)]);
    let nodes = build(&classes, &found);
    assert_eq!(nodes.iter().map(|node| node.parents.len()).sum::<usize>(), 1, "{nodes:?}");
}

#[test]
fn the_only_class_inside_another_one_is_the_same_and_one_of_two_is_a_kind_of_it() {
    let (part, rest, whole) = (class(0, 0), class(0, 1), class(1, 0));
    let shares = [(part, whole, 0.9), (whole, part, 0.7)];
    let (classes, found) = links(&shares);
    let nodes = build(&classes, &found);
    assert_eq!((nodes.len(), nodes[0].members.len(), nodes[0].share), (1, 2, 0.7));
    let (classes, mut found) = links(&shares);
    found.called.get_mut(&(whole, part)).unwrap().is_within = false;
    assert_eq!(build(&classes, &found).len(), 1, "what it is called is enough");
    found.called.get_mut(&(part, whole)).unwrap().is_within = false;
    assert_eq!(build(&classes, &found).len(), 2, "one of them has to lie where the other does");
    let (classes, found) = links(&[&shares[..], &[(rest, whole, 0.85)]].concat());
    let nodes = build(&classes, &found);
    let parents: Vec<Vec<usize>> = nodes.iter().map(|node| node.parents.keys().copied().collect()).collect();
    assert_eq!(parents, [vec![2], vec![2], vec![]]);
    let (classes, found) = links(&[(part, whole, 0.79), (whole, part, 0.79)]);
    let nodes = build(&classes, &found);
    assert_eq!(nodes.iter().map(|node| node.members.len() + node.parents.len()).collect::<Vec<_>>(), [1, 1]);
}

/// All that is above a node, by its parents.
fn above(nodes: &[Node], place: usize) -> BTreeSet<usize> {
    super::reached(place, |at| nodes[at].parents.keys().copied().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_built_is_an_order_of_classes_that_exclude_each_other(
        drawn in proptest::collection::vec((0_usize..6, 0_u16..3, 0_usize..6, 0_u16..3, 0.8_f64..1.0, any::<bool>()), 1..60),
        turn in 0_usize..6,
    ) {
        let mut pairs = Vec::new();
        for (one, first, other, second, share, is_equal) in drawn.into_iter().filter(|pair| pair.0 != pair.2) {
            pairs.push((class(one, first), class(other, second), share));
            if is_equal {
                pairs.push((class(other, second), class(one, first), share * 0.999));
            }
        }
        let (classes, found) = links(&pairs);
        let nodes = build(&classes, &found);
        prop_assert_eq!(nodes.iter().map(|node| node.members.len()).sum::<usize>(), classes.len());
        for (place, node) in nodes.iter().enumerate() {
            let above_it = above(&nodes, place);
            prop_assert!(!above_it.contains(&place), "a circle");
            let held: Vec<usize> = above_it.iter().chain([&place]).flat_map(|&at| nodes[at].members.keys().copied()).collect();
            prop_assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len(), "two classes of one learnware");
            for parent in node.parents.keys() {
                let others = node.parents.keys().filter(|other| *other != parent);
                prop_assert!(!others.into_iter().any(|other| above(&nodes, *other).contains(parent)), "told twice");
            }
        }
        // The same with the learnwares in another order.
        let turned = |of: Class| class((of.learnware + turn) % 6, of.class);
        let moved: Vec<_> = pairs.iter().rev().map(|&(one, other, share)| (turned(one), turned(other), share)).collect();
        let last: BTreeMap<(Class, Class), Link> = pairs.iter().map(|&(one, other, share)| ((turned(one), turned(other)), Link { share, is_within: true })).collect();
        let (classes, mut found) = links(&moved);
        found.called = last;
        let again = build(&classes, &found);
        let groups = |nodes: &[Node], name: &dyn Fn(Class) -> Class| -> BTreeSet<(BTreeSet<Class>, BTreeSet<BTreeSet<Class>>)> {
            let members = |node: &Node| node.classes().map(name).collect::<BTreeSet<_>>();
            nodes.iter().map(|node| (members(node), node.parents.keys().map(|&at| members(&nodes[at])).collect())).collect()
        };
        prop_assert_eq!(groups(&nodes, &turned), groups(&again, &|of| of));
    }
}
