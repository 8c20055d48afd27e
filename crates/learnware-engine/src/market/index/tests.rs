//! The index against the exhaustive scan, under changes and odd weights.

use proptest::prelude::*;

use super::scan::Scan;
use super::*;
use crate::numeric::Matrix;
use crate::numeric::random::Stream;
use crate::specification::{Embedding, mixture};

const DIMENSION: usize = 3;

/// A specification around one of some places; some have odd weights.
fn specification(seed: u64) -> Rkme {
    let mut stream = Stream::substream(4, seed);
    let place = (seed % 29) as f64 * 0.2;
    let count = 4 + stream.below(20);
    let points = (0..count * DIMENSION).map(|i| place * (i % DIMENSION) as f64 + 0.4 * stream.normal());
    let points = Matrix::new(count, DIMENSION, points.collect()).unwrap();
    let mut weights = vec![1.0 / count as f64; count];
    match seed % 31 {
        0 => weights[0] = 0.0,
        1 => weights[0] = -0.5,
        2 => weights.iter_mut().for_each(|weight| *weight *= 40.0),
        3 => weights.fill(0.0),
        _ => {}
    }
    Rkme::new(points, weights, 0.1, 100).unwrap()
}

fn kernel() -> IslandKernel {
    let first: Vec<Rkme> = (0..300).map(specification).collect();
    island_kernel(&IslandKey::Table { dimension: DIMENSION }, 300, &first.iter().collect::<Vec<_>>())
}

fn stored(number: u64, seed: u64, kernel: &IslandKernel) -> Arc<Stored> {
    Arc::new(Stored::new(LearnwareId(format!("{number:06}")), &specification(seed), kernel))
}

fn index(count: u64, kernel: &IslandKernel) -> IslandIndex {
    IslandIndex::new(kernel.clone(), (0..count).map(|i| stored(i, i, kernel)).collect())
}

/// The numbers of an answer, to the bit.
fn bits(answer: &Nearest) -> Vec<(String, u64)> {
    answer.found.iter().map(|(member, distance)| (member.id().0.clone(), distance.to_bits())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn after_any_changes_a_search_equals_the_exhaustive_one(seed in 0_u64..1000, start in 0_u64..700, count in 1_usize..40) {
        let kernel = kernel();
        let mut index = index(start, &kernel);
        let mut stream = Stream::new(seed);
        for number in start..start + 60 {
            if stream.uniform() < 0.4 {
                index = index.with_removed(&LearnwareId(format!("{:06}", stream.below(number as usize + 1))));
            }
            // Every fourth is the same as another one: ties go by identifier.
            let twin = if number % 4 == 0 { number / 2 } else { number };
            index = index.with_added(stored(number, twin, &kernel));
        }
        let odd = |id: &LearnwareId| !id.0.ends_with('3');
        for user in [seed + 5000, seed % 700] {
            let target = Embedding::new(&specification(user), &kernel);
            for wanted in [None, Some(&odd as &(dyn Fn(&LearnwareId) -> bool + Sync))] {
                let all = index.nearest_of_all(&target, count, wanted).unwrap();
                prop_assert_eq!(bits(&index.nearest(&target, count, wanted).unwrap()), bits(&all));
                let renewed = index.renewed().unwrap();
                prop_assert_eq!(bits(&renewed.nearest(&target, count, wanted).unwrap()), bits(&all));
                prop_assert_eq!(renewed.len(), index.len());
            }
        }
    }
}

#[test]
fn bounds_are_below_exact_distances() {
    let kernel = kernel();
    let index = index(600, &kernel);
    for seed in [3, 9000, 9001, 9002, 9003 * 31 + 2] {
        let target = Embedding::new(&specification(seed), &kernel);
        let bounds = Scan::new(&index, index.basis.as_deref().unwrap(), &target, None).within(f64::INFINITY);
        assert_eq!(bounds.len(), 600);
        let useful = bounds.iter().filter(|(_, bound)| *bound > 0.01).count();
        assert!(seed > 9003 || useful > 300, "{useful} bounds say something");
        for (place, bound) in bounds {
            let exact = target.distance(&index.member(place).unwrap().embedding(kernel.shape));
            assert!(f64::from(bound) <= exact.max(0.0), "{bound} {exact}");
        }
    }
}

#[test]
fn one_thread_and_two_give_the_same() {
    let answer = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let kernel = kernel();
            let index = index(500, &kernel);
            let target = Embedding::new(&specification(9999), &kernel);
            let nearest = index.nearest(&target, 10, None).unwrap();
            let near: Vec<Arc<Stored>> = nearest.found.iter().map(|found| Arc::clone(&found.0)).collect();
            let options = MixtureOptions { count_max: 5, decay: 0.995 };
            let mixed = index.mixture(&target, &near, None, options).unwrap();
            (bits(&nearest), nearest.evaluations, mixed)
        })
    };
    assert_eq!(answer(1), answer(2));
}

#[test]
fn no_mixture_is_nearer_than_the_gap_says() {
    let kernel = kernel();
    for count in [100, 400] {
        // Those of odd weights are left out: they are no distributions.
        let seeds = (0..count * 2).filter(|seed| seed % 31 > 3).take(count as usize);
        let members: Vec<Arc<Stored>> = seeds.map(|seed| stored(seed, seed, &kernel)).collect();
        let index = IslandIndex::new(kernel.clone(), members.clone());
        let embeddings: Vec<Embedding<f32>> = members.iter().map(|m| m.embedding(kernel.shape)).collect();
        for seed in [5004, 5008, 5017] {
            let mut points = specification(seed).points().as_slice().to_vec();
            points.extend_from_slice(specification(seed + 37).points().as_slice());
            let rows = points.len() / DIMENSION;
            let user = Matrix::new(rows, DIMENSION, points).unwrap();
            let user = Rkme::new(user, vec![1.0 / rows as f64; rows], 0.1, 100).unwrap();
            let target = Embedding::new(&user, &kernel);
            let near = index.nearest(&target, 25, None).unwrap();
            let near: Vec<Arc<Stored>> = near.found.iter().map(|found| Arc::clone(&found.0)).collect();
            let options = MixtureOptions { count_max: 4, decay: 0.995 };
            let found = index.mixture(&target, &near, None, options).unwrap().unwrap();
            let best = mixture::fit(&target, &embeddings.iter().collect::<Vec<_>>());
            assert!(found.members.len() <= 4 && found.gap >= 0.0);
            assert!((found.members.iter().map(|member| member.1).sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(found.distance >= best.distance - 1e-6);
            assert!(best.distance >= found.distance - found.gap - 1e-5, "{found:?} {}", best.distance);
            assert!(found.distance <= target.distance(&near[0].embedding(kernel.shape)) + 1e-6);
        }
    }
}

#[test]
fn adding_keeps_earlier_snapshots_and_wants_renewal_in_time() {
    let kernel = kernel();
    let first = index(260, &kernel);
    let mut index = first.clone();
    for number in 260..520 {
        assert!(!index.wants_renewal());
        index = index.with_added(stored(number, number, &kernel));
    }
    assert!(index.wants_renewal() && !index.renewed().unwrap().wants_renewal());
    assert_eq!((first.len(), index.len()), (260, 520));
    let target = Embedding::new(&specification(519), &kernel);
    assert_eq!(index.nearest(&target, 1, None).unwrap().found[0].0.id().0, "000519");
    assert!(index.size_bytes().codes > 0);
    assert!(index.nearest(&target, 0, None).unwrap().found.is_empty());
    let none = IslandIndex::new(kernel.clone(), Vec::new());
    assert!(none.is_empty() && none.nearest(&target, 3, None).unwrap().found.is_empty());
    let options = MixtureOptions { count_max: 2, decay: 0.9 };
    assert!(none.mixture(&target, &[], None, options).unwrap().is_none());
}

/// A file in memory.
#[derive(Debug)]
struct Bytes(Vec<u8>);

impl ReadAt for Bytes {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        let from = usize::try_from(offset).unwrap().min(self.0.len());
        std::io::Read::read_exact(&mut &self.0[from..], bytes)
    }

    fn length(&self) -> std::io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

#[test]
fn an_index_from_its_file_answers_the_same_and_goes_on() {
    let kernel = kernel();
    let index =
        index(700, &kernel).with_added(stored(800, 800, &kernel)).with_removed(&LearnwareId("000005".into()));
    let mut bytes = Vec::new();
    index.write(&mut bytes).unwrap();
    let opened = IslandIndex::open(Arc::new(Bytes(bytes))).unwrap();
    assert_eq!((opened.kernel(), opened.len()), (index.kernel(), index.len()));
    let id = |number: u64| LearnwareId(format!("{number:06}"));
    assert!(opened.has(&id(800), &specification(800)) && !opened.has(&id(800), &specification(801)));
    assert!(!opened.has(&id(5), &specification(5)));
    let changed = |index: &IslandIndex| index.with_added(stored(900, 77, &kernel)).with_removed(&id(9));
    for (one, other) in [(&index, &opened), (&changed(&index), &changed(&opened))] {
        for seed in [9000, 9001, 3, 77] {
            let target = Embedding::new(&specification(seed), &kernel);
            let (a, b) = (one.nearest(&target, 12, None).unwrap(), other.nearest(&target, 12, None).unwrap());
            assert_eq!(bits(&a), bits(&b));
            let near: Vec<Arc<Stored>> = a.found.iter().map(|found| Arc::clone(&found.0)).collect();
            let options = MixtureOptions { count_max: 3, decay: 0.995 };
            assert_eq!(
                one.mixture(&target, &near, None, options).unwrap(),
                other.mixture(&target, &near, None, options).unwrap()
            );
        }
    }
}

/// An island in which nearly every pair is far apart, so that the basis misses most of each norm.
fn narrow(count: u64) -> (IslandKernel, IslandIndex) {
    let kernel = IslandKernel::reference(DIMENSION, 200.0);
    let members = (0..count).map(|i| stored(i, i * 31 + 5, &kernel)).collect();
    (kernel.clone(), IslandIndex::new(kernel, members))
}

#[test]
fn where_bounds_say_little_random_features_choose_and_nothing_is_called_proved() {
    let (kernel, index) = narrow(3000);
    assert!(index.residual_share().unwrap() > 0.5, "{:?}", index.residual_share());
    let grown =
        index.with_added(stored(5000, 77 * 31 + 5, &kernel)).with_removed(&LearnwareId("000009".into()));
    let mut bytes = Vec::new();
    grown.write(&mut bytes).unwrap();
    let opened = IslandIndex::open(Arc::new(Bytes(bytes))).unwrap();
    let effort = nearest::Effort { exact: 600, likely: 400 };
    let mut hits = 0;
    for seed in 0..20 {
        let target = Embedding::new(&specification(100_000 * 31 + 5 + 31 * seed), &kernel);
        let all = grown.nearest_of_all(&target, 10, None).unwrap();
        let proved = grown.nearest(&target, 10, None).unwrap();
        assert!(proved.certified && bits(&proved) == bits(&all), "few enough to look at all");
        let likely = grown.nearest_among(&target, 10, None, effort).unwrap();
        assert!(!likely.certified && likely.found.len() == 10 && likely.evaluations == 400);
        assert_eq!(bits(&likely), bits(&opened.nearest_among(&target, 10, None, effort).unwrap()));
        let few = opened.nearest_among(&target, 10, Some(&|id| id.0.ends_with('7')), effort).unwrap();
        assert!(few.found.iter().all(|(member, _)| member.id().0.ends_with('7')));
        hits += likely.found.iter().filter(|found| all.found.contains(found)).count();
    }
    assert!(hits > 150, "{hits} of 200 are found");
}

#[test]
fn a_damaged_file_is_refused() {
    let kernel = kernel();
    let index = index(300, &kernel);
    let mut good = Vec::new();
    index.write(&mut good).unwrap();
    let target = Embedding::new(&specification(9000), &kernel);
    let opened = |bytes: Vec<u8>| {
        let index = IslandIndex::open(Arc::new(Bytes(bytes)))?;
        index.nearest_of_all(&target, 300, None).map(|found| found.found.len())
    };
    assert_eq!(opened(good.clone()).unwrap(), 300);
    let mut stream = Stream::new(1);
    for _ in 0..400 {
        let mut bytes = good.clone();
        let at = stream.below(bytes.len());
        bytes[at] ^= 1 << stream.below(8);
        let error = opened(bytes).unwrap_err().to_string();
        assert!(error.contains("delete it"), "{error}");
        assert!(opened(good[..at].to_vec()).is_err());
    }
    assert!(opened(Vec::new()).is_err());
    assert!(super::IslandIndex::new(kernel, Vec::new()).write(&mut Vec::new()).is_err());
}

/// Distances of random members that an index tells, to the bit.
fn background_bits(index: &IslandIndex) -> Vec<u64> {
    let background = index.background().unwrap();
    (0..64).map(|i| background.share_farther(f64::from(i) / 64.0).to_bits()).collect()
}

#[test]
fn distances_of_random_members_follow_from_the_members_alone() {
    let kernel = kernel();
    let whole = index(700, &kernel);
    let wanted = background_bits(&whole);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| background_bits(&index(700, &kernel))), wanted);

    // Added in another order, asked in between, with some that come and go.
    let mut grown = IslandIndex::new(kernel.clone(), Vec::new());
    for place in 0..700 {
        let number = place * 37 % 700;
        grown = grown.with_added(stored(number, number, &kernel));
        if place % 50 == 49 {
            grown.background();
        }
    }
    assert_eq!(background_bits(&grown), wanted);
    let late = grown.with_added(stored(900, 900, &kernel));
    assert_eq!(background_bits(&late), wanted, "512 first members are looked at, of 701 too");
    assert!(std::ptr::eq(late.background().unwrap(), grown.background().unwrap()), "and are kept");
    let gone = late.with_removed(&LearnwareId("000007".into()));
    assert_ne!(background_bits(&gone), wanted, "one of them is gone");
    let back = gone.with_added(stored(7, 7, &kernel));
    assert_eq!(background_bits(&back), wanted);
    assert_eq!(background_bits(&back.renewed().unwrap()), wanted);
    assert!(index(4, &kernel).background().is_none() && index(5, &kernel).background().is_some());
}

#[test]
fn nearer_is_nearer_than_more_random_members() {
    let kernel = kernel();
    let background = index(100, &kernel).background().unwrap().clone();
    let shares: Vec<f64> = (0..300).map(|i| background.share_farther(f64::from(i) / 100.0)).collect();
    assert!(shares.is_sorted_by(|a, b| a >= b));
    assert_eq!(background.share_farther(f64::INFINITY), 0.0);
    assert!((background.share_farther(background.median()) - 0.5).abs() < 0.01);
    assert_eq!(background.pair_count(), 1024);
}

#[test]
fn a_layout_keeps_like_members_together() {
    let kernel = kernel();
    // Those with odd weights are far from all others.
    let seeds: Vec<u64> = (0..900).filter(|seed| seed % 31 > 3).collect();
    let index = |count: usize| {
        let stored = seeds[..count].iter().map(|&seed| stored(seed, seed, &kernel));
        IslandIndex::new(kernel.clone(), stored.collect())
    };
    for count in [1, 20, 700] {
        let layout = index(count).layout().unwrap();
        assert_eq!(layout.places().len(), count);
        assert!((0.0..=1.0).contains(&layout.explained()));
        let at = |seed: u64| layout.places()[seeds.iter().position(|&other| other == seed).unwrap()].1;
        let apart = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        if count > 1 {
            // 7 and 36 are around one place, 18 is around another. 36 is no member of the smaller island.
            let like = layout.place(&specification(36));
            assert!(apart(at(7), like) < 0.5 * apart(at(7), at(18)), "{count}");
            assert!(apart(at(7), layout.place(&specification(7))) < 0.02, "{count}");
        }
        assert_eq!(layout.places(), index(count).layout().unwrap().places());
    }
}
