//! Which class of one learnware is the same as, or a kind of, a class of another, whatever they are called and however many
//! classes each has.
//!
//! Each classifier says what it calls the points of others near it. A class is inside another one when nearly all its weight on
//! its learnware's reduced set is called so by the other learnware and it lies where the other class does: a model always
//! answers one of its classes, also where it knows nothing ([`Meeting`]). Where it is the only one of its learnware inside
//! that class, and most of that class is called like it, both are the same one. Equal classes make groups, and the other
//! inclusions an order of groups.
//!
//! Related: hierarchies of labels over many models (arXiv 2408.11449), and what models lose on each other's reduced sets
//! (Liu, Tan, Zhou, AAAI 2024). What is told is about the reduced sets: a class of which most rows look alike to another
//! model is called a kind of what that model calls them. Chosen and measured: docs/adr/0046-class-hierarchies.md.

mod meeting;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::tree::{Class, Link, Links, Node};
use super::super::island::Island;
use super::Measured;
use crate::hetero::words::{Described, are_alike, described};
use crate::learnware::LearnwareId;
use crate::numeric::parallel;
use crate::semantic::Dimensions;

pub use meeting::{ClassTask, Meeting};

/// Groups that are told at most: those with the most members.
const GROUPS_MAX: usize = 1000;
/// Members of one group that are told at most.
const GROUP_MEMBERS_MAX: usize = 1000;
/// Members of all groups together that are told at most.
const MEMBERS_MAX: usize = 20_000;

/// A class of a learnware.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClassMember {
    /// Whose.
    pub id: LearnwareId,
    /// Which, from 0.
    pub class: usize,
    /// What its learnware calls it; `class 0` where it does not say.
    pub name: String,
}

/// What a group is a kind of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassParent {
    /// Place of the broader group.
    pub group: usize,
    /// Smallest share of a member that a member of the broader group calls its own.
    pub share: f64,
}

/// Classes that are the same one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassGroup {
    /// By learnware, of each one at most.
    pub members: Vec<ClassMember>,
    /// Members that are not told, because there are too many.
    pub left_out: usize,
    /// Groups that it is a kind of; not those that a nearer one is a kind of.
    pub parents: Vec<ClassParent>,
    /// The weakest link between its members: the share of one that another calls its own; 1 for one member.
    pub share: f64,
}

/// Classes of an island's learnwares that have to do with each other: a directed graph without circles.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClassTree {
    /// Groups of at least two members, or with a broader or narrower group, in the order of their first members.
    pub groups: Vec<ClassGroup>,
    /// Such groups that are not told, because there are too many.
    pub left_out: usize,
    /// Classes that were compared with those of others and have to do with none.
    pub alone: usize,
}

/// What others have to do with a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedClass {
    /// The class, from 0.
    pub class: usize,
    /// Its name.
    pub name: String,
    /// Classes of others that are the same one.
    pub same: Vec<ClassMember>,
    /// Classes of others that are kinds of it.
    pub narrower: Vec<ClassMember>,
    /// Classes of others that it is a kind of.
    pub broader: Vec<ClassMember>,
}

impl ClassTree {
    /// What others have to do with the classes of a learnware: of each kind at most `most` of those that `is_told` takes.
    /// Classes with which nobody has are absent.
    pub fn related(
        &self,
        id: &LearnwareId,
        most: usize,
        is_told: &dyn Fn(&ClassMember) -> bool,
    ) -> Vec<RelatedClass> {
        let up =
            |place: usize| self.groups[place].parents.iter().map(|parent| parent.group).collect::<Vec<_>>();
        let mut children = vec![Vec::new(); self.groups.len()];
        for place in 0..self.groups.len() {
            for parent in up(place) {
                children[parent].push(place);
            }
        }
        let members = |places: BTreeSet<usize>| {
            let members = places.into_iter().flat_map(|place| &self.groups[place].members);
            members.filter(|other| other.id != *id && is_told(other)).take(most).cloned().collect()
        };
        let own = self.groups.iter().enumerate().flat_map(|(place, group)| {
            let mine = group.members.iter().filter(|member| member.id == *id);
            mine.map(move |member| (place, member))
        });
        let related = own.map(|(place, member)| RelatedClass {
            class: member.class,
            name: member.name.clone(),
            same: members(BTreeSet::from([place])),
            narrower: members(reached(place, |at| children[at].clone())),
            broader: members(reached(place, up)),
        });
        let mut related: Vec<RelatedClass> = related.filter(|one| one.others().next().is_some()).collect();
        related.sort_by_key(|one| one.class);
        related
    }
}

impl RelatedClass {
    /// The classes of others, of all three kinds.
    pub fn others(&self) -> impl Iterator<Item = &ClassMember> {
        self.same.iter().chain(&self.narrower).chain(&self.broader)
    }
}

/// What is reached from a place, without it.
fn reached(place: usize, next: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), next(place));
    while let Some(at) = open.pop() {
        if found.insert(at) {
            open.extend(next(at));
        }
    }
    found
}

/// A classifier whose answers are known.
struct Classifier<'a> {
    id: &'a LearnwareId,
    measured: &'a Measured,
    output: Option<&'a Dimensions>,
    inputs: Described,
    classes: BTreeSet<u16>,
}

/// How the classes of an island's learnwares have to do with each other; `measured` holds at least those whose meetings
/// count. Only learnwares that met both ways round are compared, and not those that describe their inputs as other things.
pub fn class_tree(island: &Island, measured: &BTreeMap<LearnwareId, Measured>) -> ClassTree {
    let classifiers = classifiers(island, measured);
    let places: BTreeMap<&LearnwareId, usize> = classifiers.iter().map(|one| one.id).zip(0..).collect();
    let found = parallel::map(classifiers.len(), |own| links_of(own, &classifiers, &places));
    let mut links = Links::default();
    for (place, (called, compared)) in found.into_iter().enumerate() {
        links.called.extend(called);
        links.compared.insert(place, compared);
    }
    let classes = classifiers
        .iter()
        .enumerate()
        .flat_map(|(learnware, one)| one.classes.iter().map(move |&class| Class { learnware, class }));
    told(tree::build(&classes.collect(), &links), &classifiers)
}

fn classifiers<'a>(island: &'a Island, measured: &'a BTreeMap<LearnwareId, Measured>) -> Vec<Classifier<'a>> {
    let met: Vec<(&LearnwareId, &Measured)> =
        measured.iter().filter(|(id, one)| !one.meetings.is_empty() && island.member(id).is_some()).collect();
    if met.len() < 2 {
        return Vec::new();
    }
    let one = |place: usize| {
        let (id, measured) = met[place];
        let semantic = &island.member(id)?.specification.semantic;
        let table = island.specification(id)?.as_table()?;
        let classes = ClassTask { table, answers: &measured.answers }.classes();
        Some(Classifier {
            id,
            measured,
            output: semantic.output.as_ref(),
            inputs: described(semantic.input.as_ref()),
            classes,
        })
    };
    parallel::map(met.len(), one).into_iter().flatten().collect()
}

/// Links, and the learnwares that were compared.
type Found = (Vec<((Class, Class), Link)>, BTreeSet<usize>);

/// The links of a learnware's classes to those of others.
fn links_of(own: usize, classifiers: &[Classifier<'_>], places: &BTreeMap<&LearnwareId, usize>) -> Found {
    let me = &classifiers[own];
    let (mut links, mut compared) = (Vec::new(), BTreeSet::new());
    // Whom I met has met me if what it calls my classes is known.
    for (&place, they) in me.measured.meetings.keys().filter_map(|id| {
        let place = places.get(id)?;
        Some((place, &classifiers[*place]))
    }) {
        let Some(meeting) = they.measured.meetings.get(me.id) else { continue };
        if place == own || !are_alike(&me.inputs, &they.inputs) {
            continue;
        }
        compared.insert(place);
        let pair =
            |class, called| (Class { learnware: own, class }, Class { learnware: place, class: called });
        links.extend(meeting.iter().map(|(class, called, link)| (pair(class, called), link)));
    }
    (links, compared)
}

/// What is told of the nodes: those that have to do with others, the largest first where there are too many.
fn told(nodes: Vec<Node>, classifiers: &[Classifier<'_>]) -> ClassTree {
    let broader: BTreeSet<usize> = nodes.iter().flat_map(|node| node.parents.keys().copied()).collect();
    let is_related = |place: &usize| {
        let node = &nodes[*place];
        node.members.len() > 1 || !node.parents.is_empty() || broader.contains(place)
    };
    let mut related: Vec<usize> = (0..nodes.len()).filter(is_related).collect();
    let (count, alone) = (related.len(), nodes.len() - related.len());
    related.sort_by_key(|&place| std::cmp::Reverse(nodes[place].members.len()));
    let mut room = MEMBERS_MAX;
    let fits = |place: &usize| {
        let left = room.checked_sub(nodes[*place].members.len().min(GROUP_MEMBERS_MAX));
        room = left.unwrap_or(room);
        left.is_some()
    };
    let mut kept: Vec<usize> = related.into_iter().filter(fits).take(GROUPS_MAX).collect();
    kept.sort_unstable();
    let places: BTreeMap<usize, usize> = kept.iter().copied().zip(0..).collect();
    let group = |place: &usize| {
        let node = &nodes[*place];
        let told = node.members.iter().take(GROUP_MEMBERS_MAX);
        let parents = kept_parents(&nodes, *place, &places).into_iter();
        ClassGroup {
            members: told.map(|(&of, &class)| member(&classifiers[of], class)).collect(),
            left_out: node.members.len().saturating_sub(GROUP_MEMBERS_MAX),
            parents: parents.map(|(group, share)| ClassParent { group, share }).collect(),
            share: node.share,
        }
    };
    let groups: Vec<ClassGroup> = kept.iter().map(group).collect();
    ClassTree { left_out: count - groups.len(), groups, alone }
}

/// The nearest nodes above one that are told, by their new places, each with the smallest share on the way to it.
fn kept_parents(nodes: &[Node], place: usize, places: &BTreeMap<usize, usize>) -> BTreeMap<usize, f64> {
    let mut found = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(usize, f64)> = nodes[place].parents.iter().map(|(&at, &share)| (at, share)).collect();
    while let Some((at, share)) = open.pop() {
        if let Some(&kept) = places.get(&at) {
            found.entry(kept).or_insert(share);
        } else if seen.insert(at) {
            open.extend(nodes[at].parents.iter().map(|(&above, &next)| (above, share.min(next))));
        }
    }
    found
}

fn member(of: &Classifier<'_>, class: u16) -> ClassMember {
    let class = usize::from(class);
    // What describes a single output tells what is answered, not a class.
    let named = of.output.filter(|output| output.dimension > 1);
    let name = named.and_then(|output| output.description.get(&class)).filter(|name| !name.trim().is_empty());
    let name = name.map_or_else(|| format!("class {class}"), |name| name.trim().to_owned());
    ClassMember { id: of.id.clone(), class, name }
}
