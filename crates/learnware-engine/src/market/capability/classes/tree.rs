//! From inclusions of single classes to groups of equal ones, and to what is a kind of what.
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

/// What was found between single classes.
#[derive(Debug, Default)]
pub(super) struct Inclusions {
    /// Share of the first class that is inside the second one, where that is enough to say so.
    pub(super) inside: BTreeMap<(Class, Class), f64>,
    /// Learnwares that were compared with each other, both ways round.
    pub(super) compared: BTreeMap<usize, BTreeSet<usize>>,
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
pub(super) fn build(classes: &BTreeSet<Class>, inclusions: &Inclusions) -> Vec<Node> {
    let mut nodes = group(classes, inclusions);
    let mut order = Order::new(nodes.len());
    for edge in edges(&nodes, inclusions) {
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

/// Joins classes that are inside each other, surest first, where at least half of what was compared says so.
fn group(classes: &BTreeSet<Class>, inclusions: &Inclusions) -> Vec<Node> {
    let mut nodes: Vec<Option<Node>> = classes.iter().map(|class| Some(Node::of(*class))).collect();
    let mut home: BTreeMap<Class, usize> = classes.iter().copied().zip(0..).collect();
    let both = |(&(one, other), &share): (&(Class, Class), &f64)| {
        let back = inclusions.inside.get(&(other, one)).filter(|_| one < other)?;
        Some((share.min(*back), one, other))
    };
    let mut equal: Vec<(f64, Class, Class)> = inclusions.inside.iter().filter_map(both).collect();
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
        if left.clashes(right) || !agree(left, right, inclusions) {
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
fn agree(one: &Node, other: &Node, inclusions: &Inclusions) -> bool {
    let (mut equal, mut all) = (0, 0);
    for (one, other) in compared(one, other, inclusions) {
        let inside = |pair| usize::from(inclusions.inside.contains_key(&pair));
        equal += inside((one, other)) * inside((other, one));
        all += 1;
    }
    2 * equal >= all
}

/// The pairs between two groups whose learnwares were compared.
fn compared<'a>(
    one: &'a Node,
    other: &'a Node,
    inclusions: &'a Inclusions,
) -> impl Iterator<Item = (Class, Class)> + 'a {
    let turned = one.members.len() > other.members.len();
    let (few, many) = if turned { (other, one) } else { (one, other) };
    few.classes().flat_map(move |class| {
        let near = inclusions.compared.get(&class.learnware).into_iter().flatten();
        near.filter_map(move |&learnware| {
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
fn edges(nodes: &[Node], inclusions: &Inclusions) -> Vec<Edge> {
    let home: BTreeMap<Class, usize> = nodes
        .iter()
        .enumerate()
        .flat_map(|(place, node)| node.classes().map(move |class| (class, place)))
        .collect();
    let between =
        inclusions.inside.keys().filter_map(|(one, other)| Some((*home.get(one)?, *home.get(other)?)));
    let pairs: BTreeSet<(usize, usize)> = between.filter(|(from, to)| from != to).collect();
    let edge = |(from, to): (usize, usize)| {
        let (mut told, mut all, mut sum, mut share) = (0, 0, 0.0, 1.0_f64);
        for pair in compared(&nodes[from], &nodes[to], inclusions) {
            all += 1;
            if let Some(found) = inclusions.inside.get(&pair) {
                told += 1;
                sum += found;
                share = share.min(*found);
            }
        }
        (told > 0 && 2 * told >= all).then(|| Edge { from, to, strength: sum / f64::from(all), share })
    };
    let mut edges: Vec<Edge> = pairs.into_iter().filter_map(edge).collect();
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
