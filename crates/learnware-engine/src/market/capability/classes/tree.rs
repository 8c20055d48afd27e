//! From links between single classes to groups of equal ones, and to what is a kind of what.
//!
//! Classes of one learnware exclude each other, so no group, and no group together with all it is a kind of, may hold two
//! of them. What is surer is taken up first; what contradicts that, or would close a circle, is left out.

use std::collections::{BTreeMap, BTreeSet};

/// A class: place of its learnware, and place of the class among all classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    pub(super) learnware: usize,
    pub(super) class: u16,
}

/// Part of a class that another learnware must call by one name for it to be inside that class
/// (docs/adr/0046-class-hierarchies.md).
const INSIDE_MIN: f64 = 0.8;

/// What a learnware calls a class of another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Link {
    /// Share of the class that is called so.
    pub(super) share: f64,
    /// Whether it lies where the class lies that it is called like.
    pub(super) is_within: bool,
}

/// What was found between single classes.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Of the first class most is called like the second one by that one's learnware.
    pub(super) called: BTreeMap<(Class, Class), Link>,
    /// Learnwares that were compared with each other, both ways round.
    pub(super) compared: BTreeMap<usize, BTreeSet<usize>>,
}

/// What links say of pairs of classes.
#[derive(Debug)]
struct Pairs<'a> {
    /// Shares by which the first is inside the second one, which holds more.
    inside: BTreeMap<(Class, Class), f64>,
    /// Smaller of the two shares of classes that are equal, the smaller class first.
    equal: BTreeMap<(Class, Class), f64>,
    links: &'a Links,
}

impl<'a> Pairs<'a> {
    /// A class with one class of a learnware inside and most of its own weight called like that is equal to it: what else
    /// would be in it, that learnware knows no class for. With two inside it is broader than both.
    fn of(links: &'a Links) -> Self {
        let inside = links.called.iter().filter(|(_, link)| link.is_within && link.share >= INSIDE_MIN);
        let mut counts: BTreeMap<(usize, Class), usize> = BTreeMap::new();
        for ((one, other), _) in inside.clone() {
            *counts.entry((one.learnware, *other)).or_default() += 1;
        }
        let is_alone =
            |one: &Class, other: &Class| counts.get(&(one.learnware, *other)).is_none_or(|count| *count < 2);
        let mut pairs = Self { inside: BTreeMap::new(), equal: BTreeMap::new(), links };
        for (&(one, other), &Link { share, .. }) in inside {
            // Few points may lie nowhere; what they are called tells enough here.
            let back = links.called.get(&(other, one));
            match back.filter(|_| is_alone(&one, &other) && is_alone(&other, &one)) {
                Some(back) => pairs.equal.insert((one.min(other), one.max(other)), share.min(back.share)),
                None => pairs.inside.insert((one, other), share),
            };
        }
        pairs
    }

    fn are_equal(&self, one: Class, other: Class) -> bool {
        self.equal.contains_key(&(one.min(other), one.max(other)))
    }

    /// The learnwares that one was compared with.
    fn compared(&self, learnware: usize) -> impl Iterator<Item = usize> + '_ {
        self.links.compared.get(&learnware).into_iter().flatten().copied()
    }
}

/// Equal classes, with what they are a kind of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Class by learnware.
    pub(super) members: BTreeMap<usize, u16>,
    /// Smallest share by which members are equal; 1 for a class by itself.
    pub(super) share: f64,
    /// Nodes that it is a kind of, nearest only, with the smallest share that tells it.
    pub(super) parents: BTreeMap<usize, f64>,
}

impl Node {
    fn of(class: Class) -> Self {
        Self {
            members: BTreeMap::from([(class.learnware, class.class)]),
            share: 1.0,
            parents: BTreeMap::new(),
        }
    }

    pub(super) fn classes(&self) -> impl Iterator<Item = Class> + '_ {
        self.members.iter().map(|(&learnware, &class)| Class { learnware, class })
    }

    /// Whether both hold a class of one learnware.
    fn clashes(&self, other: &Self) -> bool {
        let (few, many) =
            if self.members.len() <= other.members.len() { (self, other) } else { (other, self) };
        few.members.keys().any(|learnware| many.members.contains_key(learnware))
    }
}

/// Groups and orders `classes`, which differ; nodes are in the order of their first class.
pub(super) fn build(classes: &BTreeSet<Class>, links: &Links) -> Vec<Node> {
    let pairs = Pairs::of(links);
    let mut nodes = group(classes, &pairs);
    let mut order = Order::new(nodes.len());
    for edge in edges(&nodes, &pairs) {
        order.take(&nodes, &edge);
    }
    for (place, parents) in order.parents.into_iter().enumerate() {
        let above = &order.above;
        let is_near = |parent: &usize| !parents.keys().any(|other| above[*other].contains(parent));
        nodes[place].parents =
            parents.iter().filter(|(parent, _)| is_near(parent)).map(|(&p, &s)| (p, s)).collect();
    }
    nodes
}

/// Joins equal classes, surest first, where at least half of what was compared says so.
fn group(classes: &BTreeSet<Class>, pairs: &Pairs<'_>) -> Vec<Node> {
    let mut nodes: Vec<Option<Node>> = classes.iter().map(|class| Some(Node::of(*class))).collect();
    let mut home: BTreeMap<Class, usize> = classes.iter().copied().zip(0..).collect();
    let of = |(&(one, other), &share): (&(Class, Class), &f64)| (share, one, other);
    let mut equal: Vec<(f64, Class, Class)> = pairs.equal.iter().map(of).collect();
    equal.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    // Sizes of pairs that were refused: those who clash always will, the others until one of them grows.
    let mut refused: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (share, one, other) in equal {
        let (Some(&one), Some(&other)) = (home.get(&one), home.get(&other)) else { continue };
        let (Some(left), Some(right)) = (&nodes[one], &nodes[other]) else { continue };
        let (pair, size) = ((one.min(other), one.max(other)), left.members.len() + right.members.len());
        if one == other || refused.get(&pair) == Some(&size) {
            continue;
        }
        if left.clashes(right) || !agree(left, right, pairs) {
            refused.insert(pair, size);
            continue;
        }
        let (kept, gone) =
            if left.members.len() >= right.members.len() { (one, other) } else { (other, one) };
        if let (Some(moved), Some(node)) = (nodes[gone].take(), &mut nodes[kept]) {
            node.share = node.share.min(moved.share).min(share);
            moved.classes().for_each(|class| {
                home.insert(class, kept);
            });
            node.members.extend(moved.members);
        }
    }
    let mut nodes: Vec<Node> = nodes.into_iter().flatten().collect();
    nodes.sort_by_cached_key(|node| node.classes().next());
    nodes
}

/// Whether of the pairs between two groups that were compared at least half are equal.
fn agree(one: &Node, other: &Node, pairs: &Pairs<'_>) -> bool {
    let (mut equal, mut all) = (0, 0);
    for (one, other) in compared(one, other, pairs) {
        equal += usize::from(pairs.are_equal(one, other));
        all += 1;
    }
    2 * equal >= all
}

/// The pairs between two groups whose learnwares were compared.
fn compared<'a>(
    one: &'a Node,
    other: &'a Node,
    pairs: &'a Pairs<'a>,
) -> impl Iterator<Item = (Class, Class)> + 'a {
    let turned = one.members.len() > other.members.len();
    let (few, many) = if turned { (other, one) } else { (one, other) };
    few.classes().flat_map(move |class| {
        pairs.compared(class.learnware).filter_map(move |learnware| {
            let found = Class { learnware, class: *many.members.get(&learnware)? };
            Some(if turned { (found, class) } else { (class, found) })
        })
    })
}

/// That one node is a kind of another one.
struct Edge {
    from: usize,
    to: usize,
    /// Sum of the shares that say so, in parts of all that was compared.
    strength: f64,
    /// The smallest of them.
    share: f64,
}

/// Edges that at least half of what was compared supports, surest first.
fn edges(nodes: &[Node], pairs: &Pairs<'_>) -> Vec<Edge> {
    let home: BTreeMap<Class, usize> = nodes
        .iter()
        .enumerate()
        .flat_map(|(place, node)| node.classes().map(move |class| (class, place)))
        .collect();
    let between = pairs.inside.keys().filter_map(|(one, other)| Some((*home.get(one)?, *home.get(other)?)));
    let wanted: BTreeSet<(usize, usize)> = between.filter(|(from, to)| from != to).collect();
    let edge = |(from, to): (usize, usize)| {
        let (mut told, mut all, mut sum, mut share) = (0, 0, 0.0, 1.0_f64);
        for pair in compared(&nodes[from], &nodes[to], pairs) {
            all += 1;
            if let Some(found) = pairs.inside.get(&pair) {
                told += 1;
                sum += found;
                share = share.min(*found);
            }
        }
        (told > 0 && 2 * told >= all).then(|| Edge { from, to, strength: sum / f64::from(all), share })
    };
    let mut edges: Vec<Edge> = wanted.into_iter().filter_map(edge).collect();
    edges.sort_by(|a, b| b.strength.total_cmp(&a.strength).then((a.from, a.to).cmp(&(b.from, b.to))));
    edges
}

/// What is above and below what, growing.
struct Order {
    parents: Vec<BTreeMap<usize, f64>>,
    above: Vec<BTreeSet<usize>>,
    below: Vec<BTreeSet<usize>>,
}

impl Order {
    fn new(count: usize) -> Self {
        let none = vec![BTreeSet::new(); count];
        Self { parents: vec![BTreeMap::new(); count], above: none.clone(), below: none }
    }

    /// Takes up an edge unless it is known, closes a circle or contradicts what was taken up.
    fn take(&mut self, nodes: &[Node], edge: &Edge) {
        let &Edge { from, to, share, .. } = edge;
        if self.above[from].contains(&to) || self.above[to].contains(&from) {
            return;
        }
        let lower: Vec<usize> = self.below[from].iter().copied().chain([from]).collect();
        let upper: Vec<usize> = self.above[to].iter().copied().chain([to]).collect();
        let known: BTreeSet<usize> =
            lower.iter().flat_map(|&low| self.above[low].iter().copied().chain([low])).collect();
        let clash = |high: usize| known.iter().any(|&one| one != high && nodes[one].clashes(&nodes[high]));
        if upper.iter().any(|&high| clash(high)) {
            return;
        }
        for &low in &lower {
            self.above[low].extend(&upper);
        }
        for &high in &upper {
            self.below[high].extend(&lower);
        }
        self.parents[from].insert(to, share);
    }
}
