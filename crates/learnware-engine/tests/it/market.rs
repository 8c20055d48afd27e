//! Behaviour of the market on made-up islands.

use learnware_engine::Matrix;
use learnware_engine::embedder::EmbedderId;
use learnware_engine::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
use learnware_engine::market::redundancy::redundancy;
use learnware_engine::market::{
    KernelChoice, LeftOutReason, Market, MixtureMethod, SearchOptions, SearchResults, Verdict,
};
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::{Dimensions, SemanticSpecification};
use learnware_engine::specification::{
    Embedding, IslandKey, ParameterVector, Rkme, RkmeParameters, StatisticalSpecification,
};
use learnware_engine::user_info::UserInfo;

/// A specification around a centre that depends on `place`.
fn table(place: f64, scale: f64, seed: u64) -> Rkme {
    let mut stream = Stream::new(seed);
    let points = (0..40 * 3).map(|i| scale * (place * f64::from(i % 3 + 1) + stream.normal())).collect();
    Rkme::new(Matrix::new(40, 3, points).unwrap(), vec![1.0 / 40.0; 40], 0.1, 40).unwrap()
}

fn learnware(id: usize, table: Rkme) -> Learnware {
    Learnware {
        id: LearnwareId(format!("{id:08}")),
        specification: Specification {
            semantic: SemanticSpecification::default(),
            statistical: vec![StatisticalSpecification::Table(table)],
        },
        format: ModelFormat::Onnx,
    }
}

fn user(table: Rkme) -> UserInfo {
    UserInfo { statistical: vec![StatisticalSpecification::Table(table)], ..UserInfo::default() }
}

fn ids(market: &Market, user: &UserInfo, options: &SearchOptions) -> Vec<String> {
    market.search(user, options).unwrap().single.into_iter().map(|single| single.id.0).collect()
}

#[test]
fn certified_search_equals_the_exhaustive_one() {
    let tables: Vec<Rkme> = (0..600).map(|i| table(f64::from(i % 23) * 0.3, 1.0, i as u64)).collect();
    let market = Market::from_learnwares(tables.iter().cloned().enumerate().map(|(i, t)| learnware(i, t)));
    let island = market.organizer().island(&IslandKey::Table { dimension: 3 }).unwrap();
    let kernel = island.index().kernel();
    let embeddings: Vec<Embedding<f32>> = tables.iter().map(|t| Embedding::new(t, kernel)).collect();
    for seed in 0..20 {
        let wanted = table(f64::from(seed) * 0.37, 1.0, 9_000 + seed as u64);
        let target = Embedding::<f32>::new(&wanted, kernel);
        let mut order: Vec<(f64, usize)> =
            embeddings.iter().enumerate().map(|(i, embedding)| (target.distance(embedding), i)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let exhaustive: Vec<String> = order.iter().take(10).map(|(_, i)| format!("{i:08}")).collect();
        let options = SearchOptions { mixture: MixtureMethod::None, ..SearchOptions::default() };
        let results = market.search(&user(wanted), &options).unwrap();
        let found: Vec<String> = results.single.iter().map(|single| single.id.0.clone()).collect();
        assert_eq!(found, exhaustive, "query {seed}");
        assert!(results.funnel.evaluated < 600, "{} of 600 evaluated", results.funnel.evaluated);
    }
}

#[test]
fn one_learnware_of_absurd_scale_does_not_blind_the_island() {
    for scale in [1e4, 1e150] {
        let honest = (0..10).map(|i| learnware(i, table(i as f64 * 0.5, 1.0, i as u64)));
        let market = Market::from_learnwares(honest).with_added(learnware(99, table(1.0, scale, 99)));
        let results = market.search(&user(table(1.5, 1.0, 500)), &SearchOptions::default()).unwrap();
        assert_eq!(results.single[0].id.0, "00000003", "scale {scale}");
        assert!(results.single[3].similarity.unwrap() < 0.99, "scale {scale}: {:?}", results.single);
    }
}

#[test]
fn data_of_another_scale_are_told_that_nothing_fits() {
    let market = Market::from_learnwares((0..10).map(|i| learnware(i, table(i as f64 * 0.5, 1.0, i as u64))));
    let near = market.search(&user(table(1.5, 1.0, 500)), &SearchOptions::default()).unwrap();
    assert_eq!(near.verdict, Verdict::Fits, "covered {:?}", near.covered);
    for scale in [100.0, 1e45] {
        let far = market.search(&user(table(40.0, scale, 500)), &SearchOptions::default()).unwrap();
        assert_eq!(far.verdict, Verdict::NothingFits, "scale {scale}: covered {:?}", far.covered);
    }
}

#[test]
fn adding_and_removing_gives_the_market_of_what_is_left() {
    let all: Vec<Learnware> = (0..8).map(|i| learnware(i, table(i as f64, 1.0, i as u64))).collect();
    let mut market = Market::default();
    for item in all.iter().rev() {
        market = market.with_added(item.clone());
    }
    market = market.with_removed(&all[3].id).with_removed(&LearnwareId("none".into()));
    let direct = Market::from_learnwares(all.iter().filter(|item| item.id != all[3].id).cloned());
    let wanted = user(table(3.0, 1.0, 77));
    let options = SearchOptions::default();
    assert_eq!(market.search(&wanted, &options).unwrap(), direct.search(&wanted, &options).unwrap());
    let excluded = SearchOptions { exclude: vec![all[2].id.clone()], ..options.clone() };
    assert!(!ids(&direct, &wanted, &excluded).contains(&all[2].id.0));
    let few = [&all[2], &all[6]].map(|item| item.id.clone());
    let among = SearchOptions { among: Some(few.clone().into()), ..options };
    let found = direct.search(&wanted, &among).unwrap();
    assert_eq!((found.funnel.semantic, found.funnel.comparable), (2, 2));
    assert_eq!(found.single.iter().map(|single| single.id.clone()).collect::<Vec<_>>(), few);
}

#[test]
fn empty_market_lone_learnware_and_other_widths_are_answered() {
    let wanted = user(table(0.0, 1.0, 1));
    let empty = Market::default().search(&wanted, &SearchOptions::default()).unwrap();
    assert!(empty.single.is_empty() && empty.verdict == Verdict::Unknown);
    let lone = Market::from_learnwares([learnware(0, table(0.0, 1.0, 2))]);
    assert_eq!(lone.search(&wanted, &SearchOptions::default()).unwrap().single.len(), 1);
    let narrow = Rkme::new(Matrix::zeros(2, 1), vec![0.5; 2], 0.1, 2).unwrap();
    let other = lone.search(&user(narrow), &SearchOptions::default()).unwrap();
    assert!(other.single.is_empty() && other.funnel.other_islands.len() == 1);
}

#[test]
fn a_large_island_after_changes_answers_as_one_made_at_once() {
    let all: Vec<Learnware> =
        (0..420).map(|i| learnware(i, table(f64::from(i as u32 % 23) * 0.3, 1.0, i as u64))).collect();
    let wanted = user(table(1.3, 1.0, 7_000));
    let mut market = Market::from_learnwares(all[..300].to_vec());
    for (step, item) in all[300..].iter().enumerate() {
        market.search(&wanted, &SearchOptions::default()).unwrap();
        market = market.with_added(item.clone());
        if step % 3 == 0 {
            market = market.with_removed(&all[step * 3].id).with_added(all[step * 2 + 1].clone());
        }
    }
    let direct = Market::from_learnwares(market.organizer().iter().cloned());
    let adopted = market.adopting(&market.renewed().unwrap());
    let answers =
        [&market, &direct, &adopted].map(|market| market.search(&wanted, &SearchOptions::default()).unwrap());
    assert!(answers.iter().all(|answer| answer.funnel.certified && answer.single == answers[0].single));
    assert_eq!(answers[0].covered, answers[1].covered);
}

#[test]
fn ones_own_specification_is_nearer_than_every_random_pair() {
    let tables: Vec<Rkme> = (0..40).map(|i| table(f64::from(i) * 0.3, 1.0, i as u64)).collect();
    let market = Market::from_learnwares(tables.iter().cloned().enumerate().map(|(i, t)| learnware(i, t)));
    let results = market.search(&user(tables[17].clone()), &SearchOptions::default()).unwrap();
    assert_eq!((results.single[0].id.0.as_str(), results.single[0].percentile), ("00000017", Some(1.0)));
    let percentiles: Vec<f64> = results.single.iter().map(|single| single.percentile.unwrap()).collect();
    assert!(percentiles.is_sorted_by(|a, b| a >= b) && percentiles[9] < 1.0, "{percentiles:?}");
    let far = market.search(&user(table(90.0, 1.0, 3)), &SearchOptions::default()).unwrap();
    assert!(far.single[0].percentile.unwrap() < 0.5, "{far:?}");

    let reference = SearchOptions { kernel: KernelChoice::Reference, ..SearchOptions::default() };
    let results = market.search(&user(tables[17].clone()), &reference).unwrap();
    assert_eq!(results.single[0].percentile, None);
    let few = Market::from_learnwares(tables[..4].iter().cloned().enumerate().map(|(i, t)| learnware(i, t)));
    assert_eq!(few.search(&user(tables[2].clone()), &reference).unwrap().single[0].percentile, None);
    assert_eq!(
        few.search(&user(tables[2].clone()), &SearchOptions::default()).unwrap().single[0].percentile,
        None
    );
}

#[test]
fn every_learnware_near_but_not_used_has_its_reason() {
    // Two places make the user's data; a twin of the first one and one in between are near as well.
    let mut tables = vec![table(0.0, 1.0, 1), table(3.0, 1.0, 2), table(0.0, 1.0, 1), table(0.1, 1.0, 3)];
    tables.extend((0..8).map(|i| table(6.0 + f64::from(i), 1.0, 10 + i as u64)));
    let market = Market::from_learnwares(tables.iter().cloned().enumerate().map(|(i, t)| learnware(i, t)));
    let rows: Vec<f64> =
        [&tables[0], &tables[1]].iter().flat_map(|t| t.points().as_slice().to_vec()).collect();
    let both = Rkme::new(Matrix::new(80, 3, rows).unwrap(), vec![1.0 / 80.0; 80], 0.1, 80).unwrap();
    let user = user(both);
    let options = SearchOptions { single_max: 5, ..SearchOptions::default() };
    let results = market.search(&user, &options).unwrap();
    let explanation = market.explain(&user, &options, &results).unwrap();
    let used = &results.multiple.as_ref().unwrap().members;
    assert_eq!(used.len(), 2, "{results:?}");
    assert_eq!(explanation.left_out.len(), results.single.len() - 2);
    let twin = explanation.left_out.iter().find(|entry| entry.id.0 == "00000002").unwrap();
    assert_eq!(
        (twin.reason, twin.most_like.0.as_str()),
        (LeftOutReason::AddsNothing, "00000000"),
        "{twin:?}"
    );
    assert!(twin.similarity > 0.999 && twin.gain < 1e-6, "{twin:?}");
    assert_eq!(explanation.others_from, results.single.last().unwrap().distance);
    assert_eq!(explanation.kernel.widths, [2.0, 1.0, 0.5]);
    assert_eq!((explanation.kernel.scaled_by, explanation.kernel.constant_columns), (12, 0));
    assert_eq!(explanation.background.unwrap().pairs, 66);

    let one = SearchOptions { max_learnwares: 1, ..options.clone() };
    let results = market.search(&user, &one).unwrap();
    let left_out = market.explain(&user, &one, &results).unwrap().left_out;
    assert!(left_out.iter().any(|entry| entry.reason == LeftOutReason::Full), "{left_out:?}");
    let none = SearchOptions { mixture: MixtureMethod::None, ..options };
    let results = market.search(&user, &none).unwrap();
    let left_out = market.explain(&user, &none, &results).unwrap().left_out;
    assert!(left_out.iter().all(|entry| entry.reason == LeftOutReason::NoMixture), "{left_out:?}");
    let words = UserInfo::default();
    let results = market.search(&words, &none).unwrap();
    assert!(market.explain(&words, &none, &results).is_none());
}

/// 400 rows, of which a share comes from where no learnware was trained.
fn partly_unseen(unseen: f64, seed: u64) -> Rkme {
    let mut stream = Stream::new(seed);
    let (count, width) = (400, 5);
    let new = (unseen * count as f64).round() as usize;
    let places = [stream.below(8), stream.below(8)];
    let mut values = Vec::new();
    for row in 0..count {
        let place = if row < new { 30.0 } else { places[row % 2] as f64 };
        values.extend((0..width).map(|axis| centre(place, axis) + stream.normal()));
    }
    Rkme::generate(&Matrix::new(count, width, values).unwrap(), &RkmeParameters::default()).unwrap()
}

fn centre(place: f64, axis: usize) -> f64 {
    2.0 * (place * (axis as f64 + 1.3)).sin() * (1.0 + place / 10.0)
}

#[test]
fn the_share_that_nobody_covers_is_told() {
    let market = Market::from_learnwares((0..8).map(|place| {
        let mut stream = Stream::new(place as u64);
        let values = (0..400 * 5).map(|i| centre(place as f64, i % 5) + stream.normal()).collect();
        let data = Matrix::new(400, 5, values).unwrap();
        learnware(place, Rkme::generate(&data, &RkmeParameters::default()).unwrap())
    }));
    let (mut cases, mut right) = (0, 0);
    for unseen in [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6] {
        for seed in 0..4 {
            let found = market.search(&user(partly_unseen(unseen, 100 + seed)), &SearchOptions::default());
            let covered = found.unwrap().covered.unwrap();
            cases += 1;
            right += usize::from((1.0 - covered - unseen).abs() <= 0.1);
        }
    }
    assert!(right * 10 >= cases * 9, "{right} of {cases} within a tenth");
    let strange = market.search(&user(partly_unseen(1.0, 7)), &SearchOptions::default()).unwrap();
    assert_eq!(strange.verdict, Verdict::NothingFits, "covered {:?}", strange.covered);
}

/// 200 rows of twelve columns that are nearly always 0 and eight that are not.
fn rare_valued(place: f64, seed: u64) -> Rkme {
    let mut stream = Stream::new(seed);
    let mut values = Vec::new();
    for _ in 0..200 {
        values.extend((0..8).map(|axis| centre(place, axis) / 2.0 + stream.normal()));
        for _ in 0..12 {
            let is_there = stream.below(200) == 0;
            values.push(if is_there { 8.0 + stream.normal() } else { 0.0 });
        }
    }
    Rkme::generate(&Matrix::new(200, 20, values).unwrap(), &RkmeParameters::default()).unwrap()
}

#[test]
fn columns_that_are_seldom_off_their_usual_value_do_not_hide_ones_own_data() {
    let market = Market::from_learnwares((0..8).map(|i| learnware(i, rare_valued((i % 4) as f64, i as u64))));
    let mut sum = 0.0;
    for seed in 0..4 {
        let wanted = user(rare_valued(seed as f64, 100 + seed));
        let found = market.search(&wanted, &SearchOptions::default()).unwrap();
        assert!(found.covered.unwrap() > 0.8, "seed {seed}: covered {:?}", found.covered);
        sum += found.covered.unwrap();
        let strange = user(rare_valued(40.0, 200 + seed));
        let found = market.search(&strange, &SearchOptions::default()).unwrap();
        assert_eq!(found.verdict, Verdict::NothingFits, "seed {seed}: covered {:?}", found.covered);
    }
    assert!(sum > 4.0 * 0.9, "{} covered on average", sum / 4.0);
}

/// 600 rows in equal parts around the given ones of twelve places at least ten deviations apart.
fn clusters(chosen: &[usize], seed: u64) -> Rkme {
    let mut stream = Stream::new(seed);
    let values = (0..600 * 3).map(|i| {
        let place = chosen[i / 3 % chosen.len()];
        let step = [place % 3, place / 3 % 2, place / 6][i % 3];
        10.0 * step as f64 + stream.normal()
    });
    Rkme::generate(&Matrix::new(600, 3, values.collect()).unwrap(), &RkmeParameters::default()).unwrap()
}

#[test]
fn clusters_between_those_of_learnwares_are_covered_by_nobody() {
    // Places 4, 7 and 9 have none.
    let seen = [0, 1, 2, 3, 5, 6, 8, 10, 11];
    let market = Market::from_learnwares(
        (0..9).map(|i| learnware(i, clusters(&[seen[i], seen[(4 * i + 1) % 9]], i as u64))),
    );
    for (chosen, wanted) in [(&[1, 5][..], 1.0), (&[1, 1, 5, 5, 4][..], 0.8), (&[1, 5, 4, 7, 9][..], 0.4)] {
        let found = market.search(&user(clusters(chosen, 77)), &SearchOptions::default()).unwrap();
        let covered = found.covered.unwrap();
        assert!((covered - wanted).abs() <= 0.1, "{covered} instead of {wanted}");
    }
}

#[test]
fn weights_of_no_distribution_and_other_kernel_widths_are_refused() {
    let market = Market::from_learnwares((0..5).map(|i| learnware(i, table(i as f64, 1.0, i as u64))));
    let with = |factor: f64, gamma: f64| {
        let own = table(1.0, 1.0, 50);
        let weights = own.weights().iter().map(|weight| weight * factor).collect();
        user(Rkme::new(own.points().clone(), weights, gamma, 40).unwrap())
    };
    let options = SearchOptions::default();
    for factor in [0.0, -1.0, 7.0] {
        let error = market.search(&with(factor, 0.1), &options).unwrap_err().to_string();
        assert!(error.contains("sum to"), "{error}");
    }
    assert_eq!(market.search(&with(1.02, 3.0), &options).unwrap().single.len(), 5);
    let reference = SearchOptions { kernel: KernelChoice::Reference, ..options };
    let error = market.search(&with(1.0, 3.0), &reference).unwrap_err().to_string();
    assert!(error.contains("gamma) 3"), "{error}");
    assert!(!market.search(&with(1.0, 0.1), &reference).unwrap().single.is_empty());
    let twins = Market::from_learnwares((0..5).map(|i| learnware(i, table(1.0, 1.0, 9))));
    let found = twins.search(&with(1.0, 0.1), &SearchOptions::default()).unwrap();
    assert!(found.single.is_sorted_by(|a, b| a.id < b.id));
}

/// A change of a base model of 500 parameters, near one of a few topics.
fn change(topic: u64, seed: u64, base: &str) -> StatisticalSpecification {
    let (mut topic, mut own) = (Stream::new(topic), Stream::new(1000 + seed));
    let numbers: Vec<f64> = (0..500).map(|_| topic.normal() + own.normal()).collect();
    let base = EmbedderId { name: base.into(), digest: "d".into(), dimension: 500 };
    StatisticalSpecification::Parameters(ParameterVector::new(numbers, base, 0).unwrap())
}

fn language_model(number: usize, statistical: StatisticalSpecification) -> Learnware {
    Learnware {
        id: LearnwareId(format!("{number:08}")),
        specification: Specification {
            semantic: SemanticSpecification::default(),
            statistical: vec![statistical],
        },
        format: ModelFormat::Python,
    }
}

#[test]
fn language_models_are_found_by_what_texts_change() {
    // More than an index needs for a basis, which there is none for directions.
    let learnwares = (0..400).map(|i| language_model(i, change(i as u64 % 8, i as u64, "one")));
    let other = language_model(900, change(3, 7, "another base"));
    let market = Market::from_learnwares(learnwares.chain([other]));
    let user = |base| UserInfo { statistical: vec![change(3, 5000, base)], ..UserInfo::default() };
    let options = SearchOptions { single_max: 60, ..SearchOptions::default() };
    let found = market.search(&user("one"), &options).unwrap();
    let topics: Vec<usize> =
        found.single.iter().map(|result| result.id.0.parse::<usize>().unwrap() % 8).collect();
    assert!(topics[..50].iter().all(|&topic| topic == 3), "{topics:?}");
    assert!(topics[50..].iter().all(|&topic| topic != 3));
    let first = &found.single[0];
    assert!((first.similarity.unwrap() - 0.5).abs() < 0.15, "half of the change is the topic's");
    assert!((first.distance.unwrap() - 0.5 * (1.0 - first.similarity.unwrap())).abs() < 1e-9);
    assert!(first.percentile.unwrap() > 0.8 && first.covered.is_none() && found.covered.is_none());
    assert!(found.multiple.is_none() && found.verdict == Verdict::Unknown);
    assert!(found.funnel.certified && found.funnel.comparable == 400);
    assert_eq!(found.funnel.other_islands.len(), 1);
    assert!(!market.wants_renewal());
    let explanation = market.explain(&user("one"), &options, &found).unwrap();
    assert!(explanation.left_out.is_empty() && explanation.background.unwrap().median > 0.4);

    // One learnware more, alone of its base: the reference's score of it is lifted.
    let reference = SearchOptions { kernel: KernelChoice::Reference, ..SearchOptions::default() };
    let only = market.search(&user("another base"), &reference).unwrap();
    let [alone] = only.single.as_slice() else { panic!("{} were found", only.single.len()) };
    assert!((alone.score.unwrap() - 1.0 / (1.0 + (-10.0 * alone.similarity.unwrap()).exp())).abs() < 1e-12);
    let scored = market.search(&user("one"), &reference).unwrap();
    assert!(scored.single.is_sorted_by(|a, b| a.score >= b.score));
    let key = user("one").statistical[0].island();
    let specification = &market.organizer().iter().next().unwrap().specification;
    assert!(redundancy(market.organizer(), specification, None).unwrap().is_none());
    // Learnwares of one topic lie together in the picture.
    let layout = market.organizer().island(&key).unwrap().index().layout().unwrap();
    let place = |number: usize| {
        layout.places().iter().find(|(id, _)| id.0.parse() == Ok(number)).map(|(_, place)| *place).unwrap()
    };
    let apart = |a: usize, b: usize| {
        let (a, b) = (place(a), place(b));
        (a[0] - b[0]).hypot(a[1] - b[1])
    };
    let within: f64 = (8..16).map(|i| apart(i, i + 8)).sum();
    let between: f64 = (8..15).map(|i| apart(i, i + 1)).sum::<f64>() + apart(8, 15);
    assert!(within.is_finite() && within < 0.7 * between, "{within} {between}");
    assert!(market.organizer().island(&key).unwrap().index().anchors(&key).is_err());
}

fn named(columns: &[&str]) -> SemanticSpecification {
    let description = columns.iter().map(|name| (*name).to_owned()).enumerate().collect();
    let input = Dimensions { dimension: columns.len(), description, columns: None };
    SemanticSpecification { input: Some(input), ..SemanticSpecification::default() }
}

/// Points around a level in each column.
fn levels(levels: &[f64], seed: u64) -> Rkme {
    let mut stream = Stream::new(seed);
    let values = (0..40).flat_map(|_| levels.iter().map(|level| level + stream.normal()).collect::<Vec<_>>());
    Rkme::new(Matrix::new(40, levels.len(), values.collect()).unwrap(), vec![1.0 / 40.0; 40], 0.1, 40)
        .unwrap()
}

#[test]
fn learnwares_of_a_part_of_the_columns_are_told_with_the_columns() {
    let with = |id: usize, columns: &[&str], table: Rkme| {
        let mut learnware = learnware(id, table);
        learnware.specification.semantic = named(columns);
        learnware
    };
    let market = Market::from_learnwares([
        with(1, &["age", "height", "weight"], levels(&[0.0, 5.0, 9.0], 1)),
        with(2, &["weight", "age"], levels(&[9.0, 0.0], 2)),
        with(3, &["weight", "age"], levels(&[-30.0, 40.0], 3)),
        with(4, &["age", "shoe size"], levels(&[0.0, 5.0], 4)),
        with(5, &["weight", "height", "age"], levels(&[9.0, 5.0, 0.0], 5)),
        learnware(6, levels(&[9.0, 0.0], 6)),
    ]);
    let own = levels(&[0.0, 5.0, 9.0], 77);
    let user = UserInfo { semantic: named(&["age", "height", "weight"]), ..user(own) };
    let options = SearchOptions { parts: true, ..SearchOptions::default() };
    let results = market.search(&user, &options).unwrap();
    let parts: Vec<(&str, &[usize])> =
        results.parts.iter().map(|part| (part.found.id.0.as_str(), part.columns.as_slice())).collect();
    let near: Vec<_> = parts.iter().filter(|(id, _)| *id != "00000003").copied().collect();
    assert!(near.contains(&("00000002", &[2, 0])) && near.contains(&("00000005", &[2, 1, 0])), "{parts:?}");
    assert_eq!(parts.last(), Some(&("00000003", &[2, 0][..])), "the farthest is last");
    assert_eq!(parts.len(), 3, "neither whole, nor of other names, nor without names: {parts:?}");
    assert!(results.parts[0].found.covered.unwrap() > 0.8, "{:?}", results.parts);
    let plain = market.search(&user, &SearchOptions::default()).unwrap();
    assert_eq!(SearchResults { parts: Vec::new(), ..results }, plain, "the rest is as without parts");
    let words = UserInfo { semantic: SemanticSpecification::default(), ..user };
    assert!(market.search(&words, &options).unwrap().parts.is_empty(), "nothing is guessed without names");
}
