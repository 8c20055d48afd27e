//! One specification for the data of several.

use std::collections::BTreeMap;

use super::{Rkme, RkmeImage, RkmeText, StatisticalSpecification};
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;

/// The specification of data that come from each of `members` by its share: all points together, their weights times the
/// shares. That is the mixture's mean embedding itself, under any kernel, so nothing is lost; points that several members
/// have become one. It has as many points as the members together. Shares count relative to their sum; members with share
/// 0 take no part.
///
/// # Errors
/// No members, shares that are negative or not finite, members of different islands, and directions, which are not data.
pub fn union(members: &[(&StatisticalSpecification, f64)]) -> Result<StatisticalSpecification> {
    if let Some((_, share)) = members.iter().find(|(_, share)| !(share.is_finite() && *share >= 0.0)) {
        let wanted = "numbers from 0 on";
        return Err(EngineError::Parameter { name: "shares", wanted, found: share.to_string() });
    }
    let total: f64 = members.iter().map(|(_, share)| share).sum();
    let members: Vec<(&StatisticalSpecification, f64)> = members
        .iter()
        .filter(|(_, share)| *share > 0.0)
        .map(|&(member, share)| (member, share / total))
        .collect();
    let Some(&(first, _)) = members.first() else {
        return Err(EngineError::Empty { what: "the specifications" });
    };
    if let Some((other, _)) = members.iter().find(|(other, _)| other.island() != first.island()) {
        return Err(EngineError::Shape {
            what: "specifications of one island",
            expected: first.island().to_string(),
            found: other.island().to_string(),
        });
    }
    let rkme = points_together(&members)?;
    Ok(match first {
        StatisticalSpecification::Table(_) => StatisticalSpecification::Table(rkme),
        StatisticalSpecification::ReferenceImage(_) => StatisticalSpecification::ReferenceImage(rkme),
        StatisticalSpecification::Image(image) => {
            StatisticalSpecification::Image(RkmeImage::new(rkme, image.embedder.clone(), image.image_shape)?)
        }
        StatisticalSpecification::Text(text) => {
            // Who does not say its languages knows any.
            let all_say = members.iter().all(|(member, _)| !member.languages().is_empty());
            let languages = members.iter().flat_map(|(member, _)| member.languages().iter().cloned());
            let languages = if all_say { languages.collect() } else { Vec::new() };
            StatisticalSpecification::Text(RkmeText::new(rkme, text.embedder.clone(), languages)?)
        }
        StatisticalSpecification::Parameters(_) => {
            return Err(EngineError::Parameter {
                name: "specifications",
                wanted: "of data",
                found: "directions of parameters".into(),
            });
        }
    })
}

/// The points of all members in their order, those that are equal once.
fn points_together(members: &[(&StatisticalSpecification, f64)]) -> Result<Rkme> {
    let first = members[0].0.rkme();
    let mut places: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
    let (mut numbers, mut weights) = (Vec::new(), Vec::new());
    for (member, share) in members {
        let rkme = member.rkme();
        for (point, weight) in rkme.points().iter_rows().zip(rkme.weights()) {
            let bits = point.iter().map(|value| value.to_bits()).collect();
            let place = *places.entry(bits).or_insert(weights.len());
            if place == weights.len() {
                numbers.extend_from_slice(point);
                weights.push(0.0);
            }
            weights[place] += share * weight;
        }
    }
    let points = Matrix::new(weights.len(), first.dimension(), numbers)?;
    // A number of rows that one of them does not know is not known.
    let counts = members.iter().map(|(member, _)| member.rkme().row_count());
    let count = if counts.clone().all(|count| count > 0) { counts.fold(0, usize::saturating_add) } else { 0 };
    Rkme::new(points, weights, first.gamma(), count)?.with_sample_shape(first.sample_shape().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedder::EmbedderId;
    use crate::numeric::random::Stream;
    use crate::specification::reference_inner_product;

    fn drawn(seed: u64, centre: f64) -> Rkme {
        let mut stream = Stream::new(seed);
        let points = Matrix::new(9, 2, (0..18).map(|_| centre + stream.normal()).collect()).unwrap();
        let weights: Vec<f64> = (1..10).map(|place| f64::from(place) / 45.0).collect();
        Rkme::new(points, weights, 0.1, 50).unwrap()
    }

    fn table(rkme: &Rkme) -> StatisticalSpecification {
        StatisticalSpecification::Table(rkme.clone())
    }

    #[test]
    fn inner_products_with_the_union_are_the_mean_of_those_with_its_members() {
        let (a, b, other) = (drawn(1, 0.0), drawn(2, 3.0), drawn(3, 1.0));
        let both = union(&[(&table(&a), 3.0), (&table(&b), 1.0)]).unwrap();
        let wanted = 0.75 * reference_inner_product(&a, &other) + 0.25 * reference_inner_product(&b, &other);
        assert!((reference_inner_product(both.rkme(), &other) - wanted).abs() < 1e-12);
        assert_eq!((both.rkme().points().rows(), both.rkme().row_count()), (18, 100));
        assert!((both.rkme().weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn points_that_both_have_are_there_once_and_shares_of_zero_not_at_all() {
        let (a, b) = (drawn(1, 0.0), drawn(2, 3.0));
        let same = union(&[(&table(&a), 0.5), (&table(&a), 0.5)]).unwrap();
        assert_eq!((same.rkme().points(), same.rkme().weights()), (a.points(), a.weights()));
        let alone = union(&[(&table(&a), 1.0), (&table(&b), 0.0)]).unwrap();
        assert_eq!(alone.rkme().points(), a.points());
    }

    #[test]
    fn languages_are_put_together_where_all_say_theirs() {
        let embedder = EmbedderId { name: "e".into(), digest: "1".into(), dimension: 2 };
        let text = |seed, languages: &[&str]| {
            let languages = languages.iter().map(ToString::to_string).collect();
            StatisticalSpecification::Text(
                RkmeText::new(drawn(seed, 0.0), embedder.clone(), languages).unwrap(),
            )
        };
        let both = union(&[(&text(1, &["en"]), 0.5), (&text(2, &["zh", "en"]), 0.5)]).unwrap();
        assert_eq!(both.languages(), ["en", "zh"]);
        assert!(union(&[(&text(1, &["en"]), 0.5), (&text(2, &[]), 0.5)]).unwrap().languages().is_empty());
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let (a, b) = (drawn(1, 0.0), drawn(2, 3.0));
        let wide = Rkme::new(Matrix::zeros(1, 3), vec![1.0], 0.1, 1).unwrap();
        assert!(union(&[]).is_err() && union(&[(&table(&a), 0.0)]).is_err());
        assert!(union(&[(&table(&a), 0.5), (&table(&wide), 0.5)]).is_err());
        for share in [f64::NAN, -1.0] {
            assert!(union(&[(&table(&a), 0.5), (&table(&b), share)]).is_err());
        }
    }
}
