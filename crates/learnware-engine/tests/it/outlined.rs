//! Islands whose specifications are kept elsewhere: searches by heads find what the whole index finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use learnware_engine::Matrix;
use learnware_engine::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
use learnware_engine::market::index::{Head, Outline, OutlineSample};
use learnware_engine::market::outlined::{Delivered, Languages, Lookup};
use learnware_engine::market::{KernelChoice, Market, SearchOptions, SearchResults};
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::{IslandKey, Rkme, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;
use proptest::prelude::*;

const KEY: IslandKey = IslandKey::Table { dimension: 4 };

/// A task of one of forty families; some have weights that are no distribution's.
fn table(seed: u64) -> Rkme {
    let mut stream = Stream::substream(11, seed);
    let mut family = Stream::substream(12, seed % 40);
    let centre: Vec<f64> = (0..4).map(|_| 2.0 * family.normal()).collect();
    let shift: Vec<f64> = (0..4).map(|_| 0.3 * stream.normal()).collect();
    let points = (0..40).map(|i| centre[i % 4] + shift[i % 4] + 0.7 * stream.normal());
    let mut weights = vec![0.1; 10];
    if seed % 97 == 5 {
        weights[0] = -0.1;
        weights[1] = 0.3;
    }
    Rkme::new(Matrix::new(10, 4, points.collect()).unwrap(), weights, 0.1, 10).unwrap()
}

fn id(number: u64) -> LearnwareId {
    LearnwareId(format!("{number:08}"))
}

fn learnware(number: u64, seed: u64) -> Learnware {
    let semantic = SemanticSpecification { name: format!("n{number}"), ..SemanticSpecification::default() };
    let statistical = vec![StatisticalSpecification::Table(table(seed))];
    Learnware {
        id: id(number),
        specification: Specification { semantic, statistical },
        format: ModelFormat::Onnx,
    }
}

fn user(seed: u64) -> UserInfo {
    UserInfo { statistical: vec![StatisticalSpecification::Table(table(seed))], ..UserInfo::default() }
}

/// Heads and specifications as a database keeps them.
struct Elsewhere {
    outline: Arc<Outline>,
    heads: Vec<(LearnwareId, Head)>,
    learnwares: BTreeMap<LearnwareId, Learnware>,
}

impl Elsewhere {
    fn new(learnwares: Vec<Learnware>) -> Self {
        let rkme = |learnware: &Learnware| learnware.specification.statistical[0].rkme().clone();
        let mut sample = OutlineSample::new(KEY, learnwares.len());
        for (place, learnware) in learnwares.iter().enumerate() {
            if sample.wants(place) {
                sample.take(place, learnware.id.clone(), rkme(learnware)).unwrap();
            }
        }
        let bytes = sample.outline().unwrap().to_bytes().unwrap();
        let outline = Arc::new(Outline::from_bytes(bytes).unwrap());
        let head = |learnware: &Learnware| outline.head_of_member(&rkme(learnware)).unwrap();
        let heads = learnwares.iter().map(|learnware| (learnware.id.clone(), head(learnware))).collect();
        let learnwares = learnwares.into_iter().map(|learnware| (learnware.id.clone(), learnware)).collect();
        Self { outline, heads, learnwares }
    }

    fn error_max(&self) -> f64 {
        let known = self.heads.iter().map(|(_, head)| head.error).filter(|error| error.is_finite());
        known.fold(0.0, f64::max)
    }

    /// Distances in single precision, as a database computes them.
    fn distance(left: &Head, right: &Head) -> f64 {
        let squares = left.axes.iter().zip(&right.axes).map(|(a, b)| (a - b) * (a - b));
        f64::from(squares.sum::<f32>()).sqrt()
    }

    /// The nearest heads, or all within a distance, and all that say nothing.
    fn deliver(&self, lookup: &Lookup, count: usize, within: f64) -> Delivered {
        let is_wanted = |id: &LearnwareId| {
            !lookup.exclude.contains(id) && lookup.among.as_ref().is_none_or(|among| among.contains(id))
        };
        let wanted = self.heads.iter().filter(|(id, _)| is_wanted(id));
        let (known, silent): (Vec<_>, Vec<_>) = wanted.partition(|(_, head)| head.error.is_finite());
        let mut near: Vec<(f64, &LearnwareId)> =
            known.into_iter().map(|(id, head)| (Self::distance(&lookup.head, head), id)).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        let last = if count < near.len() { near[count - 1].0.min(within) } else { within };
        let found = near.iter().take(count).take_while(|(distance, _)| *distance <= within);
        let ids: Vec<&LearnwareId> =
            found.map(|(_, id)| *id).chain(silent.iter().map(|(id, _)| id)).collect();
        let all = ids.len() == near.len() + silent.len();
        let from = if all { f64::INFINITY } else { lookup.head.least(last, self.error_max()) };
        let learnwares = ids.into_iter().map(|id| self.learnwares[id].clone()).collect();
        Delivered { learnwares, others_from: Some(from) }
    }

    /// A search as the dock makes it; also how many specifications it needed.
    fn search(&self, market: &Market, user: &UserInfo, options: &SearchOptions) -> (SearchResults, usize) {
        let lookup = market.lookup(user, options).unwrap().unwrap();
        let first = self.deliver(&lookup, 64, f64::INFINITY);
        let with = market.with_delivered(&lookup.key, first.clone());
        let reach = with.reach(&lookup, user, options, self.error_max()).unwrap();
        let (with, count) = match reach {
            None => (with, first.learnwares.len()),
            Some(reach) => {
                let more = self.deliver(&lookup, usize::MAX, reach);
                let count = more.learnwares.len();
                (market.with_delivered(&lookup.key, more), count)
            }
        };
        let results = with.search(user, options).unwrap();
        let explained = with.explain(user, options, &results);
        assert!(explained.is_some_and(|explained| explained.kernel.scaled_by >= 256));
        (results, count)
    }

    /// The market that keeps nothing but words of those here.
    fn market(&self) -> Market {
        let kept: BTreeMap<LearnwareId, Languages> =
            self.learnwares.keys().map(|id| (id.clone(), Languages::from([]))).collect();
        let market = Market::from_learnwares(self.learnwares.values().cloned());
        let market = market.with_outlined(&KEY, Some(Arc::clone(&self.outline)), kept);
        assert!(market.organizer().iter().all(|learnware| learnware.specification.statistical.is_empty()));
        assert!(market.organizer().island(&KEY).is_none());
        market
    }
}

fn assert_same(left: &SearchResults, right: &SearchResults) {
    let bits = |results: &SearchResults| -> Vec<(String, Option<u64>, Option<u64>)> {
        let single = results.single.iter();
        let number = |value: Option<f64>| value.map(f64::to_bits);
        single.map(|one| (one.id.0.clone(), number(one.distance), number(one.percentile))).collect()
    };
    assert_eq!(bits(left), bits(right));
    let counts = |results: &SearchResults| {
        let funnel = &results.funnel;
        (funnel.total, funnel.excluded, funnel.semantic, funnel.comparable, funnel.certified)
    };
    assert_eq!(counts(left), counts(right));
    assert!(left.funnel.certified);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2))]
    #[test]
    fn a_search_by_heads_finds_what_the_index_finds(begin in 0_u64..1_000_000, count in 1500_u64..3000) {
        let learnwares: Vec<Learnware> = (0..count).map(|i| learnware(i, begin + i)).collect();
        let whole = Market::from_learnwares(learnwares.clone());
        let elsewhere = Elsewhere::new(learnwares);
        let market = elsewhere.market();
        let mut needed = 0;
        for query in 0..6 {
            let user = user(begin + 5_000_000 + query);
            let mut options = SearchOptions::default();
            if query % 2 == 1 {
                options.exclude = (0..count / 3).map(|i| id(3 * i)).collect();
            }
            if query == 2 {
                options.among = Some((0..count / 2).map(|i| id(2 * i)).collect());
            }
            if user.statistical[0].rkme().weights()[0] < 0.0 {
                continue; // Its head says nothing.
            }
            let (found, delivered) = elsewhere.search(&market, &user, &options);
            assert_same(&found, &whole.search(&user, &options).unwrap());
            needed += delivered;
        }
        prop_assert!(needed < 6 * count as usize / 2, "{needed} of {count} specifications needed");
    }
}

#[test]
fn newer_learnwares_are_found_beside_those_kept_elsewhere() {
    let learnwares: Vec<Learnware> = (0..600).map(|i| learnware(i, i)).collect();
    let elsewhere = Elsewhere::new(learnwares.clone());
    let market = elsewhere.market();
    let user = user(9_000_017);
    let options = SearchOptions::default();
    let refused = market.search(&user, &options).unwrap_err();
    assert!(refused.to_string().contains("kept elsewhere"), "{refused}");
    let (before, _) = elsewhere.search(&market, &user, &options);
    let best = before.single[0].id.clone();

    // The best one goes; another one is replaced by a better one; one is new.
    let twin = |number: u64| {
        let mut twin = learnware(number, 0);
        twin.specification.statistical.clone_from(&user.statistical);
        twin
    };
    let replaced = before.single[1].id.0.parse::<u64>().unwrap();
    let market = market.with_removed(&best).with_added(twin(replaced)).with_added(twin(700));
    let (after, _) = elsewhere.search(&market, &user, &options);
    assert_eq!([&after.single[0].id, &after.single[1].id], [&id(replaced), &id(700)]);
    assert!(after.single.iter().all(|single| single.id != best));
    assert_eq!((after.funnel.total, after.funnel.comparable), (600, 600));
    let outlined = market.organizer().outlined(&KEY).unwrap();
    assert_eq!((outlined.len(), outlined.fresh().count(), outlined.keeps(&best)), (600, 2, false));
    assert!(!outlined.wants_renewal());

    // What was replaced may be kept elsewhere again.
    let mut less = learnware(replaced, 0);
    less.specification.statistical.clear();
    let market = market.with_added(less).with_kept(&KEY, &id(replaced), Languages::from([]));
    assert!(market.organizer().outlined(&KEY).unwrap().keeps(&id(replaced)));
}

#[test]
fn an_unproved_first_stage_and_the_reference_kernel_prove_nothing() {
    let elsewhere = Elsewhere::new((0..500).map(|i| learnware(i, i)).collect());
    let market = elsewhere.market();
    let user = user(9_000_003);
    let options = SearchOptions::default();
    let lookup = market.lookup(&user, &options).unwrap().unwrap();
    let mut delivered = elsewhere.deliver(&lookup, 100, f64::INFINITY);
    delivered.others_from = None;
    let with = market.with_delivered(&lookup.key, delivered.clone());
    let results = with.search(&user, &options).unwrap();
    assert!(results.single.len() == 10 && !results.funnel.certified);
    assert!(results.multiple.is_none_or(|multiple| multiple.gap.is_none()));
    let reference = SearchOptions { kernel: KernelChoice::Reference, ..options };
    delivered.others_from = Some(1.0);
    let results = market.with_delivered(&lookup.key, delivered).search(&user, &reference).unwrap();
    assert!(!results.single.is_empty() && !results.funnel.certified);
}

#[test]
fn an_island_that_others_search_is_only_counted() {
    let mut less = learnware(2, 2);
    less.specification.statistical.clear();
    let market = Market::from_learnwares([less]).with_kept(&KEY, &id(2), Languages::from([]));
    let other = Rkme::new(Matrix::new(1, 1, vec![0.0]).unwrap(), vec![1.0], 0.1, 1).unwrap();
    let other = UserInfo { statistical: vec![StatisticalSpecification::Table(other)], ..UserInfo::default() };
    let found = market.search(&other, &SearchOptions::default()).unwrap();
    assert_eq!(found.funnel.other_islands, [(KEY, 1)]);
    assert!(market.lookup(&user(5), &SearchOptions::default()).unwrap().is_none());
    assert!(market.search(&user(5), &SearchOptions::default()).is_err());
    assert!(market.with_removed(&id(2)).organizer().outlined(&KEY).is_none());
}

#[test]
fn damaged_outlines_are_refused() {
    let outline = Elsewhere::new((0..300).map(|i| learnware(i, i)).collect()).outline;
    let mut bytes = outline.to_bytes().unwrap();
    assert!(Outline::from_bytes(bytes[..bytes.len() / 2].to_vec()).is_err());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    assert!(Outline::from_bytes(bytes).is_err());
    assert!(
        outline
            .head_of_user(&Rkme::new(Matrix::new(1, 1, vec![0.0]).unwrap(), vec![1.0], 0.1, 1).unwrap())
            .is_err()
    );
}
