//! The search by anchors against the exhaustive one, noise, and files and messages that must be refused.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::numeric::Matrix;
use crate::numeric::random::Stream;
use crate::specification::{Embedding, PrivacyBudget};

const DIMENSION: usize = 3;
const KEY: IslandKey = IslandKey::Table { dimension: DIMENSION };

/// Some rows around one of many places.
fn rows(seed: u64, count: usize) -> Matrix {
    let mut stream = Stream::substream(9, seed);
    let place = (seed % 37) as f64 * 0.15;
    let values = (0..count * DIMENSION).map(|i| place * (i % DIMENSION) as f64 + 0.4 * stream.normal());
    Matrix::new(count, DIMENSION, values.collect()).unwrap()
}

/// A specification around one of many places; one in 41 is no distribution.
fn specification(seed: u64) -> Rkme {
    let count = 4 + (seed % 9) as usize;
    let mut weights = vec![1.0 / count as f64; count];
    if seed % 41 == 7 {
        weights[0] = -0.5;
    }
    Rkme::new(rows(seed, count), weights, 0.1, 100).unwrap()
}

struct Setting {
    index: IslandIndex,
    specifications: BTreeMap<LearnwareId, Rkme>,
}

fn setting(count: u64) -> Setting {
    let specifications: BTreeMap<LearnwareId, Rkme> =
        (0..count).map(|seed| (LearnwareId(format!("{seed:06}")), specification(seed))).collect();
    let first: Vec<&Rkme> = specifications.values().take(kernel_sample(count as usize)).collect();
    let kernel = island_kernel(&KEY, count as usize, &first);
    let members = specifications.iter().map(|(id, rkme)| Arc::new(Stored::new(id.clone(), rkme, &kernel)));
    let index = IslandIndex::new(kernel.clone(), members.collect());
    Setting { index, specifications }
}

impl Setting {
    fn anchors(&self) -> Anchors {
        // As the user gets them.
        Anchors::from_bytes(&self.index.anchors(&KEY).unwrap().to_bytes()).unwrap()
    }

    fn fetched(&self, candidates: &Candidates) -> Vec<(LearnwareId, &Rkme)> {
        let ids = candidates.found.iter().map(|candidate| &candidate.id);
        ids.map(|id| (id.clone(), &self.specifications[id])).collect()
    }

    /// The whole exchange; the message takes the way over JSON.
    fn search(
        &self,
        target: &Embedding<f32>,
        message: &Message,
        options: CandidateOptions,
    ) -> (Candidates, Ranked) {
        let message = Message::from_json(&serde_json::to_value(message).unwrap()).unwrap();
        let candidates = self.index.candidates(&KEY, &message, None, options).unwrap();
        let fetched = self.fetched(&candidates);
        let ranked = self.anchors().rank(target, &candidates, &fetched, options.count).unwrap();
        (candidates, ranked)
    }
}

fn exhaustive(setting: &Setting, target: &Embedding<f32>, count: usize) -> Vec<(LearnwareId, f64)> {
    let found = setting.index.nearest_of_all(target, count, None).unwrap().found;
    found.into_iter().map(|(member, distance)| (member.id().clone(), distance)).collect()
}

#[test]
fn what_is_proved_equals_the_exhaustive_search_on_islands_of_all_sizes() {
    for (size, proved_min) in [(1, 4), (7, 4), (300, 4), (3000, 3)] {
        let setting = setting(size);
        let anchors = setting.anchors();
        let mut proved = 0;
        for seed in [5000, 5017] {
            let of_rows = anchors.embedding_of_rows(&rows(seed, 200)).unwrap();
            let of_points = anchors.embedding(&specification(seed)).unwrap();
            for target in [of_rows, of_points] {
                let options = CandidateOptions { count: 5, ..CandidateOptions::default() };
                let message = anchors.message(&target).unwrap();
                let (candidates, ranked) = setting.search(&target, &message, options);
                assert_eq!(candidates.compared, size as usize);
                assert!(!candidates.certified || ranked.proved, "{candidates:?}");
                if ranked.proved {
                    proved += 1;
                    assert_eq!(ranked.found, exhaustive(&setting, &target, 5));
                }
            }
        }
        assert!(proved >= proved_min, "{proved} of 4 proved among {size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn bounds_hold_and_a_cap_never_proves_too_much(
        seed in 0_u64..10_000, size in 1_u64..400, count in 1_usize..20, most in 1_usize..60,
    ) {
        let setting = setting(size);
        let target = setting.anchors().embedding_of_rows(&rows(seed, 50)).unwrap();
        let message = setting.anchors().message(&target).unwrap();
        let options = CandidateOptions { count, candidates_max: most };
        let (candidates, ranked) = setting.search(&target, &message, options);
        prop_assert!(candidates.found.len() <= most);
        let all = exhaustive(&setting, &target, size as usize);
        for (id, distance) in &all {
            match candidates.found.iter().find(|candidate| candidate.id == *id) {
                Some(candidate) => {
                    prop_assert!(candidate.lower <= distance.max(0.0));
                    prop_assert!(candidate.upper.is_none_or(|upper| upper >= *distance));
                }
                None => prop_assert!(candidates.rest.unwrap() <= distance.max(0.0)),
            }
        }
        if candidates.certified || ranked.proved {
            prop_assert!(ranked.proved);
            prop_assert_eq!(&ranked.found[..], &all[..count.min(all.len())]);
        }
    }
}

#[test]
fn noise_changes_the_message_only_and_proves_nothing_where_something_is_left() {
    let setting = setting(300);
    let anchors = setting.anchors();
    let data = rows(5003, 2000);
    let target = anchors.embedding_of_rows(&data).unwrap();
    let budget = PrivacyBudget::new(1.0, 1e-6).unwrap();
    let message = anchors.noisy_message(&data, budget, 1).unwrap();
    assert_ne!(message.coordinates, anchors.noisy_message(&data, budget, 2).unwrap().coordinates);
    assert_eq!(message.residual, None);
    let options = CandidateOptions { count: 5, ..CandidateOptions::default() };
    let (candidates, ranked) = setting.search(&target, &message, options);
    assert!(!candidates.certified && !ranked.proved && candidates.found.len() == 50);
    let all = exhaustive(&setting, &target, 300);
    for (id, distance) in &ranked.found {
        assert_eq!(all.iter().find(|(other, _)| other == id).unwrap().1, *distance);
    }
    assert_eq!(ranked.found[0], all[0], "the noise of 2000 rows hides no place");
    // Where all are delivered, exact distances prove the answer whatever the noise.
    let small = self::setting(7);
    let target = small.anchors().embedding_of_rows(&data).unwrap();
    let message = small.anchors().noisy_message(&data, budget, 1).unwrap();
    let (candidates, ranked) = small.search(&target, &message, options);
    assert!(!candidates.certified && ranked.proved);
    assert_eq!(ranked.found, exhaustive(&small, &target, 5));
}

#[test]
fn one_row_moves_a_message_by_no_more_than_its_noise_allows_for() {
    let anchors = setting(300).anchors();
    let huge = PrivacyBudget::new(100.0, 0.5).unwrap();
    let quiet = |data: &Matrix| {
        let message = anchors.noisy_message(data, huge, 3).unwrap();
        message.coordinates
    };
    let data = rows(5003, 50);
    // The same seed adds the same noise, so that it falls out.
    let before = quiet(&data);
    for value in [0.3, 40.0, -1e300] {
        let mut changed = data.clone();
        changed.row_mut(7).fill(value);
        let moved: f64 = quiet(&changed).iter().zip(&before).map(|(a, b)| (a - b) * (a - b)).sum();
        assert!(moved.sqrt() <= 2.0_f64.sqrt() / 50.0 + 1e-9, "{}", moved.sqrt());
    }
}

#[test]
fn the_anchors_of_an_island_depend_on_its_members_only_and_survive_the_file() {
    for size in [1, 7, 300] {
        let setting = setting(size);
        let anchors = setting.index.anchors(&KEY).unwrap();
        let bytes = anchors.to_bytes();
        let read = Anchors::from_bytes(&bytes).unwrap();
        assert_eq!((read.digest(), read.kernel()), (anchors.digest(), anchors.kernel()));
        assert_eq!(read.to_bytes(), bytes);
    }
    let (one, other) = (setting(7), setting(8));
    assert_ne!(one.anchors().digest(), other.anchors().digest());
    let target = one.anchors().embedding(&specification(3)).unwrap();
    let message = one.anchors().message(&target).unwrap();
    let refusal = other.index.candidates(&KEY, &message, None, CandidateOptions::default()).unwrap_err();
    assert!(refusal.to_string().contains("get the anchors again"), "{refusal}");
    let none = IslandIndex::new(one.index.kernel().clone(), Vec::new());
    assert!(none.anchors(&KEY).is_err());
    assert!(none.candidates(&KEY, &message, None, CandidateOptions::default()).is_err());
}

#[test]
fn impossible_messages_are_refused() {
    let setting = setting(7);
    let anchors = setting.anchors();
    let target = anchors.embedding(&specification(3)).unwrap();
    let sound = anchors.message(&target).unwrap();
    let refused = |change: &dyn Fn(&mut Message)| {
        let mut message = sound.clone();
        change(&mut message);
        let options = CandidateOptions::default();
        setting.index.candidates(&KEY, &message, None, options).unwrap_err().to_string()
    };
    assert!(refused(&|message| message.coordinates[1] = f64::NAN).contains("coordinate 1 is not finite"));
    assert!(refused(&|message| message.residual = Some(-1.0)).contains("residual"));
    assert!(refused(&|message| message.error = f64::INFINITY).contains("error"));
    assert!(refused(&|message| message.residual = None).contains("neither residual nor noise"));
    assert!(refused(&|message| message.coordinates.push(0.0)).contains("directions"));
    assert!(refused(&|message| message.island = IslandKey::Table { dimension: 4 }).contains("other anchors"));
    let mut value = serde_json::to_value(&sound).unwrap();
    value["coordinates"][0] = serde_json::Value::Null;
    assert!(Message::from_json(&value).is_err());
    for options in [(0, 10), (3, 0)] {
        let options = CandidateOptions { count: options.0, candidates_max: options.1 };
        assert!(setting.index.candidates(&KEY, &sound, None, options).is_err());
    }
    let odd = anchors.embedding(&specification(7)).unwrap();
    assert!(anchors.message(&odd).unwrap_err().to_string().contains("no distribution"));
    assert!(anchors.embedding_of_rows(&Matrix::zeros(4, 2)).is_err());
    assert!(anchors.embedding_of_rows(&Matrix::zeros(0, 3)).is_err());
    assert!(anchors.embedding_of_rows(&Matrix::new(1, 3, vec![0.0, f64::NAN, 0.0]).unwrap()).is_err());
}

#[test]
fn damaged_anchors_are_refused() {
    let bytes = setting(7).index.anchors(&KEY).unwrap().to_bytes();
    let refused = |bytes: &[u8]| Anchors::from_bytes(bytes).unwrap_err().to_string();
    for cut in [0, 5, 30, bytes.len() - 1] {
        assert!(refused(&bytes[..cut]).contains("get the anchors again"));
    }
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(refused(&changed).contains("digest"));
    let last = bytes.len() - 8;
    changed[last..].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(refused(&changed).contains("not finite"));
    let longer = longer_map(&bytes);
    assert!(refused(&longer).contains("norm"), "{}", refused(&longer));
    let text = String::from_utf8_lossy(&bytes).replacen("anchors/1", "anchors/2", 1);
    assert!(refused(text.as_bytes()).contains("first line"));
}

/// The file with its last number, of the map, so large that the map is too long, and with the digest of that.
fn longer_map(bytes: &[u8]) -> Vec<u8> {
    let mut longer = bytes.to_vec();
    let last = longer.len() - 8;
    longer[last..].copy_from_slice(&50.0_f64.to_le_bytes());
    let header_at = longer.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let numbers_at = header_at + longer[header_at..].iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let digest = anchors::digest(&KEY, crate::numeric::kernel::Shape::ThreeScale, &longer[numbers_at..]);
    let header = std::str::from_utf8(&longer[..numbers_at]).unwrap();
    let at = header.find("fnv1a-").unwrap();
    longer[at..at + digest.len()].copy_from_slice(digest.as_bytes());
    longer
}
