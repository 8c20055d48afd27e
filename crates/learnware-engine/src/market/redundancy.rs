//! Whether what a learnware is for is served by others: a report to who submits or keeps it, never a deletion.
//!
//! A learnware is held against the others of its island that do the same task with the same outputs: the nearest one, or
//! the best mixture of a few ([`super::index`]), and the share of its data that these cover
//! ([`crate::specification::coverage`]). It is redundant when the mixture is as near as two specifications of one
//! distribution are ([`noise_of`]) and covers nearly all. Specifications tell about inputs: that the others' models answer
//! the same, or as well, is not said. In hundreds of columns nearly everything seems covered, and the distance decides.

use serde::Serialize;

use super::index::{IslandIndex, MixtureOptions, Stored};
use super::island::Island;
use super::organizer::Organizer;
use super::results::Member;
use crate::error::Result;
use crate::learnware::{LearnwareId, Specification};
use crate::numeric::parallel;
use crate::semantic::{Dimensions, SemanticSpecification};
use crate::specification::coverage::Coverage;
use crate::specification::{Embedding, IslandKernel, IslandKey, StatisticalSpecification};

/// Others in a mixture at most: more would be no simpler than keeping the one.
const OTHERS_MAX: usize = 5;
/// Nearest others from which a mixture begins, and among which equal ones are looked for.
const NEAREST: usize = 25;
/// A further other is taken when it lowers the squared distance to this part of what it was.
const DECAY: f64 = 0.9;
/// Share of the data that others have to cover.
const COVERED_MIN: f64 = 0.95;
/// Squared distance above which two specifications are not equal, whatever rounding did.
const EQUAL_MAX: f64 = 1e-4;

/// What others do of what a learnware is for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Redundancy {
    /// The island in which it was compared.
    pub island: IslandKey,
    /// Others of the island with the same task and outputs.
    pub compared: usize,
    /// Those among the nearest whose specification is equal, number by number.
    pub equal: Vec<LearnwareId>,
    /// The nearest other.
    pub nearest: Option<LearnwareId>,
    /// Squared distance of the nearest other.
    pub nearest_distance: Option<f64>,
    /// The others that come nearest together, heaviest first; weights sum to one. One where it is near enough alone.
    pub others: Vec<Member>,
    /// Squared distance of their mixture; `None` without others.
    pub distance: Option<f64>,
    /// Squared distance up to which the mixture counts as the same distribution.
    pub distance_max: Option<f64>,
    /// Share of its data that these cover, 0 to 1; `None` without others.
    pub covered: Option<f64>,
    /// Whether the others serve its data: near enough, and nearly all covered.
    pub redundant: bool,
}

impl Redundancy {
    /// The mixture's distance as a part of what is allowed; infinite without others. Small is redundant.
    pub fn ratio(&self) -> f64 {
        match (self.distance, self.distance_max) {
            (Some(distance), Some(most)) if most > 0.0 => distance / most,
            _ => f64::INFINITY,
        }
    }

    fn of_none(island: IslandKey) -> Self {
        Self {
            island,
            compared: 0,
            equal: Vec::new(),
            nearest: None,
            nearest_distance: None,
            others: Vec::new(),
            distance: None,
            distance_max: None,
            covered: None,
            redundant: false,
        }
    }

    /// Takes the others that serve, with their weights, and what follows from them.
    fn judge(&mut self, judged: &Judged, others: &[Other], distance: f64) {
        let Judged { target, noise: own_noise, kernel } = *judged;
        let weighted: Vec<(&Embedding<f32>, f64)> =
            others.iter().map(|other| (&other.embedding, other.weight)).collect();
        let seen: Vec<&Embedding<f32>> = others.iter().map(|other| &other.embedding).collect();
        let covered = Coverage::new(target, kernel, &seen).share(&weighted);
        // Independent of each other, so that the squares add up.
        let theirs: f64 = others.iter().map(|other| other.weight * other.weight * other.noise).sum();
        let allowed = own_noise + theirs;
        self.others =
            others.iter().map(|other| Member { id: other.id.clone(), weight: other.weight }).collect();
        self.distance = Some(distance.max(0.0));
        self.distance_max = Some(allowed);
        self.covered = Some(covered);
        self.redundant = distance <= allowed && covered >= COVERED_MIN;
    }
}

/// Holds a learnware against all others of a market; `own` is its identifier where it is in the market itself. `None`
/// when it has no statistical specification that tells parts of the data apart, and where those of its island are kept
/// elsewhere.
///
/// # Errors
/// When points can't be read.
pub fn redundancy(
    organizer: &Organizer,
    learnware: &Specification,
    own: Option<&LearnwareId>,
) -> Result<Option<Redundancy>> {
    let home = |specification: &&StatisticalSpecification| {
        organizer
            .island(&specification.island())
            .is_some_and(|island| island.members().any(|member| own != Some(&member.id)))
    };
    let mut point_sets = learnware.statistical.iter().filter(|specification| !specification.is_direction());
    let first = point_sets.clone().next();
    let Some(specification) = point_sets.find(home).or(first) else { return Ok(None) };
    let key = specification.island();
    if organizer.outlined(&key).is_some() {
        return Ok(None);
    }
    let Some(island) = organizer.island(&key) else { return Ok(Some(Redundancy::of_none(key))) };
    let wanted = |id: &LearnwareId| {
        own != Some(id)
            && organizer
                .get(id)
                .is_some_and(|other| does_the_same(&learnware.semantic, &other.specification.semantic))
            && island.specification(id).is_some_and(|theirs| theirs.speaks(specification.languages()))
    };
    Comparison { island, specification, wanted: &wanted }.made().map(Some)
}

/// All learnwares of a market that others serve, most redundant first. Each is judged with all others kept: of two that
/// serve the same data only one can go.
///
/// # Errors
/// When points can't be read.
pub fn redundant(organizer: &Organizer) -> Result<Vec<(LearnwareId, Redundancy)>> {
    // Indexes are made before, so that the threads do not wait for one another.
    for (_, island) in organizer.islands() {
        island.index();
    }
    let all: Vec<_> = organizer.iter().collect();
    let judged = parallel::map(all.len(), |i| {
        let found = redundancy(organizer, &all[i].specification, Some(&all[i].id))?;
        Ok(found.filter(|found| found.redundant).map(|found| (all[i].id.clone(), found)))
    });
    let judged: Vec<Option<(LearnwareId, Redundancy)>> = judged.into_iter().collect::<Result<_>>()?;
    let mut found: Vec<(LearnwareId, Redundancy)> = judged.into_iter().flatten().collect();
    let is_equal = |entry: &(LearnwareId, Redundancy)| entry.1.equal.is_empty();
    found.sort_by(|a, b| {
        let order = is_equal(a).cmp(&is_equal(b)).then(a.1.ratio().total_cmp(&b.1.ratio()));
        order.then_with(|| a.0.cmp(&b.0))
    });
    Ok(found)
}

/// Squared distance at which the specification of a distribution stands from it, with room.
///
/// The mean of `n` rows stands `E |mu_n - mu|^2 = (1 - |mu|^2) / n` from its distribution, as `k(x,x) = 1`; few directions
/// carry most of it, so that twice as much is not rare. `K` random points would stand `(1 - |mu|^2) / K` from it; fitted
/// ones stand a quarter of that from their rows, or less (measured: docs/adr/0020-anchors.md).
fn noise_of(embedding: &Embedding<f32>, row_count: usize) -> f64 {
    let points = embedding.weights().len().max(1);
    // Where the number of rows is unknown there were at least as many as there are points.
    let (rows, points) = (row_count.max(points) as f64, points as f64);
    (1.0 - embedding.norm_squared()).max(0.0) * (2.0 / rows + 0.25 / points)
}

/// Whether two learnwares do the same task, with the same outputs as far as both tell.
fn does_the_same(one: &SemanticSpecification, other: &SemanticSpecification) -> bool {
    let same_outputs = match (&one.output, &other.output) {
        (Some(one), Some(other)) => same_meaning(one, other),
        _ => true,
    };
    one.task == other.task && same_outputs
}

fn same_meaning(one: &Dimensions, other: &Dimensions) -> bool {
    let plain = |text: &String| text.trim().to_lowercase();
    let agrees = |(place, text): (&usize, &String)| {
        other.description.get(place).is_none_or(|theirs| plain(theirs) == plain(text))
    };
    one.dimension == other.dimension && one.description.iter().all(agrees)
}

/// One learnware against others of its island.
struct Comparison<'a> {
    island: &'a Island,
    specification: &'a StatisticalSpecification,
    wanted: &'a (dyn Fn(&LearnwareId) -> bool + Sync),
}

/// The learnware that is judged.
struct Judged<'a> {
    target: &'a Embedding<f32>,
    noise: f64,
    kernel: &'a IslandKernel,
}

/// A learnware that serves, with its weight.
struct Other {
    id: LearnwareId,
    weight: f64,
    embedding: Embedding<f32>,
    noise: f64,
}

impl Comparison<'_> {
    fn made(&self) -> Result<Redundancy> {
        let index: &IslandIndex = self.island.index();
        let mut found = Redundancy::of_none(self.island.key().clone());
        found.compared = self.island.members().filter(|member| (self.wanted)(&member.id)).count();
        let target = Embedding::<f32>::new(self.specification.rkme(), index.kernel());
        let nearest = index.nearest(&target, NEAREST, Some(self.wanted))?.found;
        let Some((first, first_distance)) = nearest.first() else { return Ok(found) };
        found.nearest = Some(first.id().clone());
        found.nearest_distance = Some(first_distance.max(0.0));
        let close = nearest.iter().take_while(|(_, distance)| *distance <= EQUAL_MAX);
        let equal = close.filter(|(member, _)| self.is_equal(member.id()));
        found.equal = equal.map(|(member, _)| member.id().clone()).collect();
        let noise = noise_of(&target, self.specification.rkme().row_count());
        let own = Judged { target: &target, noise, kernel: index.kernel() };
        let alone = self.other(first, 1.0);
        if *first_distance <= own.noise + alone.noise {
            found.judge(&own, &[alone], *first_distance);
            return Ok(found);
        }
        let options = MixtureOptions { count_max: OTHERS_MAX, decay: DECAY };
        let near: Vec<std::sync::Arc<Stored>> = nearest.into_iter().map(|(member, _)| member).collect();
        if let Some(mixed) = index.mixture(&target, &near, Some(self.wanted), options)? {
            let members = mixed.members.iter();
            let mut others: Vec<Other> =
                members.map(|(member, weight)| self.other(member, *weight)).collect();
            others.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.id.cmp(&b.id)));
            found.judge(&own, &others, mixed.distance);
        }
        Ok(found)
    }

    fn other(&self, member: &Stored, weight: f64) -> Other {
        let embedding = member.embedding(self.island.index().kernel().shape);
        let rows = self.island.specification(member.id()).map_or(0, |theirs| theirs.rkme().row_count());
        let noise = noise_of(&embedding, rows);
        Other { id: member.id().clone(), weight, embedding, noise }
    }

    fn is_equal(&self, id: &LearnwareId) -> bool {
        let (own, theirs) = (self.specification.rkme(), self.island.specification(id));
        theirs
            .map(StatisticalSpecification::rkme)
            .is_some_and(|theirs| theirs.points() == own.points() && theirs.weights() == own.weights())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learnware::{Learnware, ModelFormat};
    use crate::numeric::Matrix;
    use crate::numeric::random::Stream;
    use crate::semantic::Task;
    use crate::specification::{Rkme, RkmeParameters};

    /// 400 rows around the given centres.
    fn rkme(seed: u64, centres: &[f64]) -> Rkme {
        let mut stream = Stream::new(seed);
        let values = (0..400 * 3).map(|i| centres[i / 3 % centres.len()] + stream.normal());
        let data = Matrix::new(400, 3, values.collect()).unwrap();
        Rkme::generate(&data, &RkmeParameters::default()).unwrap()
    }

    fn specification(rkme: Rkme, task: Task, output: Option<&str>) -> Specification {
        let output = output.map(|text| Dimensions {
            dimension: 1,
            description: [(0, text.to_owned())].into(),
            columns: None,
        });
        let semantic = SemanticSpecification { task: vec![task], output, ..SemanticSpecification::default() };
        Specification { semantic, statistical: vec![StatisticalSpecification::Table(rkme)] }
    }

    fn organizer(specifications: &[Specification]) -> Organizer {
        Organizer::from_learnwares(specifications.iter().enumerate().map(|(place, specification)| {
            Learnware { id: id(place), specification: specification.clone(), format: ModelFormat::Onnx }
        }))
    }

    fn id(place: usize) -> LearnwareId {
        LearnwareId(format!("{:08}", place + 1))
    }

    fn regression(seed: u64, centres: &[f64]) -> Specification {
        specification(rkme(seed, centres), Task::Regression, None)
    }

    #[test]
    fn a_copy_and_a_mixture_are_redundant_and_something_new_is_not() {
        let kept = [regression(1, &[0.0]), regression(2, &[8.0]), regression(3, &[-8.0])];
        let market = organizer(&kept);
        let copy = redundancy(&market, &kept[1], None).unwrap().unwrap();
        assert!(copy.redundant, "{copy:?}");
        assert_eq!((copy.equal.as_slice(), copy.others.len()), ([id(1)].as_slice(), 1));
        let same_data = redundancy(&market, &regression(9, &[8.0]), None).unwrap().unwrap();
        assert!(same_data.redundant && same_data.equal.is_empty(), "{same_data:?}");
        assert_eq!(same_data.nearest, Some(id(1)));
        let mixed = redundancy(&market, &regression(10, &[0.0, 8.0, 0.0]), None).unwrap().unwrap();
        assert!(mixed.redundant, "{mixed:?}");
        let members: Vec<&LearnwareId> = mixed.others.iter().map(|member| &member.id).collect();
        assert_eq!(members, [&id(0), &id(1)]);
        assert!((mixed.others[0].weight - 2.0 / 3.0).abs() < 0.08, "{mixed:?}");
        let new = redundancy(&market, &regression(11, &[0.0, 16.0]), None).unwrap().unwrap();
        assert!(!new.redundant && new.covered.unwrap() < 0.7 && new.ratio() > 5.0, "{new:?}");
        let shifted = redundancy(&market, &regression(12, &[1.0]), None).unwrap().unwrap();
        assert!(!shifted.redundant, "a deviation away is new, {shifted:?}");
    }

    #[test]
    fn a_learnware_is_not_held_against_itself_or_other_tasks_and_outputs() {
        let one = organizer(&[regression(1, &[0.0])]);
        let alone = redundancy(&one, &regression(1, &[0.0]), Some(&id(0))).unwrap().unwrap();
        assert_eq!((alone.compared, alone.redundant, alone.distance), (0, false, None));
        let empty = redundancy(&Organizer::default(), &regression(1, &[0.0]), None).unwrap().unwrap();
        assert_eq!((empty.compared, empty.redundant), (0, false));
        let words = Specification { statistical: Vec::new(), ..regression(1, &[0.0]) };
        assert!(redundancy(&one, &words, None).unwrap().is_none());
        let points = || rkme(1, &[0.0]);
        let classes = specification(points(), Task::Classification, None);
        assert_eq!(redundancy(&one, &classes, None).unwrap().unwrap().compared, 0);
        let priced = organizer(&[specification(points(), Task::Regression, Some("price"))]);
        let asked = |output| specification(points(), Task::Regression, output);
        assert_eq!(redundancy(&priced, &asked(Some("weight")), None).unwrap().unwrap().compared, 0);
        assert!(redundancy(&priced, &asked(Some("Price ")), None).unwrap().unwrap().redundant);
        assert!(redundancy(&priced, &asked(None), None).unwrap().unwrap().redundant);
    }

    #[test]
    fn the_list_has_equal_ones_first_and_leaves_out_what_is_needed() {
        let twin = regression(2, &[8.0]);
        let market = organizer(&[
            regression(1, &[0.0]),
            twin.clone(),
            twin,
            regression(4, &[0.0, 8.0]),
            regression(5, &[30.0]),
        ]);
        let list: Vec<LearnwareId> = redundant(&market).unwrap().into_iter().map(|(id, _)| id).collect();
        assert_eq!(list, [id(1), id(2), id(3)]);
    }
}
