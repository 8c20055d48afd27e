//! All islands as one picture: discs side by side, as large as they are full, with their learnwares inside. Places say which
//! learnwares are alike within an island; between islands nothing is compared.

use std::collections::BTreeMap;

use super::index::Layout;
use super::organizer::Organizer;
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::specification::{IslandKey, StatisticalSpecification};

/// Room between discs, as a share of the smallest radius.
const GAP: f64 = 0.35;
/// Part of an island's members that lie inside its disc as they are; those farther out are moved to its rim.
const INSIDE: f64 = 0.98;
/// Part of a disc's radius that members take.
const FILLED: f64 = 0.88;
/// Turn between two places that are tried for a disc, radians: the golden angle spreads them evenly.
const TURN: f64 = 2.399_963_229_728_653;

/// The islands of one market.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Largest first.
    pub islands: Vec<Disc>,
    /// Which islands share learnwares.
    pub bridges: Vec<Bridge>,
}

/// One island.
#[derive(Debug, Clone)]
pub struct Disc {
    /// Its key.
    pub key: IslandKey,
    /// Centre; all discs lie in the unit square.
    pub centre: [f64; 2],
    /// Radius; the area grows with the number of learnwares.
    pub radius: f64,
    /// Share of its learnwares' differences that two axes show, 0 to 1.
    pub explained: f64,
    /// Its learnwares, with places in the unit square.
    pub places: Vec<(LearnwareId, [f64; 2])>,
    layout: Layout,
    scale: f64,
}

/// Learnwares with specifications in two islands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bridge {
    /// Two positions in [`World::islands`], the smaller first.
    pub ends: [usize; 2],
    /// How many learnwares.
    pub learnwares: usize,
}

impl World {
    /// The picture of a market; makes indexes where there are none.
    ///
    /// # Errors
    /// When points of an index can't be read.
    pub fn new(organizer: &Organizer) -> Result<Self> {
        let mut islands: Vec<(&IslandKey, Layout)> = Vec::new();
        for (key, island) in organizer.islands() {
            islands.push((key, island.index().layout()?));
        }
        islands.sort_by(|a, b| b.1.places().len().cmp(&a.1.places().len()).then_with(|| a.0.cmp(b.0)));
        let radii: Vec<f64> =
            islands.iter().map(|(_, layout)| (layout.places().len() as f64 + 2.0).sqrt()).collect();
        let (centres, size) = packed(&radii);
        let discs = islands.into_iter().zip(centres.into_iter().zip(radii));
        let islands = discs.map(|((key, layout), (centre, radius))| {
            let centre = centre.map(|value| 0.5 + value / size);
            Disc::new(key.clone(), layout, centre, radius / size)
        });
        let islands: Vec<Disc> = islands.collect();
        let bridges = bridges(&islands);
        Ok(Self { islands, bridges })
    }

    /// Where a specification lies; `None` when its island isn't there.
    pub fn place(&self, specification: &StatisticalSpecification) -> Option<(usize, [f64; 2])> {
        let key = specification.island();
        let at = self.islands.iter().position(|disc| disc.key == key)?;
        let disc = &self.islands[at];
        Some((at, disc.inside(disc.layout.place(specification.rkme()))))
    }
}

impl Disc {
    fn new(key: IslandKey, layout: Layout, centre: [f64; 2], radius: f64) -> Self {
        let mut lengths: Vec<f64> =
            layout.places().iter().map(|(_, place)| place[0].hypot(place[1])).collect();
        lengths.sort_by(f64::total_cmp);
        let reach =
            lengths.get(((lengths.len() as f64 - 1.0) * INSIDE).ceil() as usize).copied().unwrap_or(0.0);
        let scale = if reach > 0.0 { FILLED * radius / reach } else { 0.0 };
        let explained = layout.explained();
        let mut disc = Self { key, centre, radius, explained, places: Vec::new(), layout, scale };
        disc.places =
            disc.layout.places().iter().map(|(id, place)| (id.clone(), disc.inside(*place))).collect();
        disc
    }

    /// A place of the layout inside the disc: far ones on its rim.
    fn inside(&self, place: [f64; 2]) -> [f64; 2] {
        let length = place[0].hypot(place[1]) * self.scale;
        let most = FILLED * self.radius;
        let scale = if length > most { self.scale * most / length } else { self.scale };
        [0, 1].map(|axis| self.centre[axis] + scale * place[axis])
    }
}

/// Centres of discs that don't touch, and the side of the square around zero that holds them. Each disc takes the first
/// free place of a spiral around the first one.
fn packed(radii: &[f64]) -> (Vec<[f64; 2]>, f64) {
    let least = radii.iter().copied().fold(f64::INFINITY, f64::min);
    let gap = GAP * least;
    let mut centres: Vec<[f64; 2]> = Vec::with_capacity(radii.len());
    let mut from = 0_usize;
    for (index, &radius) in radii.iter().enumerate() {
        let is_free = |place: [f64; 2]| {
            centres.iter().zip(radii).all(|(centre, other)| {
                (place[0] - centre[0]).hypot(place[1] - centre[1]) >= radius + other + gap
            })
        };
        // Places before `from` were taken when a larger or equal disc looked for one; smaller ones may fit between.
        if index > 0 && radius < radii[index - 1] {
            from = 0;
        }
        let spiral = (from..).map(|step| (step, at(step, least)));
        let (step, place) = spiral.into_iter().find(|(_, place)| is_free(*place)).unwrap_or_default();
        from = step;
        centres.push(place);
    }
    // Around the middle of all.
    let mut size = 0.0_f64;
    for axis in [0, 1] {
        let ends = || {
            centres.iter().zip(radii).map(|(centre, radius)| (centre[axis] - radius, centre[axis] + radius))
        };
        let least = ends().map(|(low, _)| low).fold(f64::INFINITY, f64::min);
        let most = ends().map(|(_, high)| high).fold(f64::NEG_INFINITY, f64::max);
        let middle = f64::midpoint(least, most);
        size = size.max(most - least + 2.0 * gap);
        for centre in &mut centres {
            centre[axis] -= middle;
        }
    }
    (centres, if size > 0.0 { size } else { 1.0 })
}

/// A place of a spiral whose places are about `distance` apart.
fn at(step: usize, distance: f64) -> [f64; 2] {
    let (length, angle) = (0.6 * distance * (step as f64).sqrt(), TURN * step as f64);
    [length * angle.cos(), length * angle.sin()]
}

fn bridges(islands: &[Disc]) -> Vec<Bridge> {
    let mut seen: BTreeMap<&LearnwareId, Vec<usize>> = BTreeMap::new();
    for (index, disc) in islands.iter().enumerate() {
        for (id, _) in &disc.places {
            seen.entry(id).or_default().push(index);
        }
    }
    let mut shared: BTreeMap<[usize; 2], usize> = BTreeMap::new();
    for at in seen.values() {
        for (i, &a) in at.iter().enumerate() {
            for &b in &at[i + 1..] {
                *shared.entry([a.min(b), a.max(b)]).or_default() += 1;
            }
        }
    }
    shared.into_iter().map(|(ends, learnwares)| Bridge { ends, learnwares }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discs_do_not_touch_and_fill_a_square() {
        for radii in [vec![1.0], vec![50.0, 50.0, 3.0, 2.0, 2.0, 1.0], vec![1.5; 200]] {
            let (centres, size) = packed(&radii);
            for (i, a) in centres.iter().enumerate() {
                assert!(a.iter().all(|value| value.abs() + radii[i] <= size / 2.0));
                for (j, b) in centres.iter().enumerate().skip(i + 1) {
                    assert!((a[0] - b[0]).hypot(a[1] - b[1]) > radii[i] + radii[j], "{i} {j}");
                }
            }
            let area: f64 = radii.iter().map(|radius| radius * radius * std::f64::consts::PI).sum();
            assert!(area > 0.2 * size * size, "a fifth of the square is used at least");
        }
        assert_eq!(packed(&[]), (Vec::new(), 1.0));
    }
}
