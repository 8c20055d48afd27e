//! How well a map joins tables that speak of the same in other columns.

use serde::{Deserialize, Serialize};

use super::{HeteroMap, Lesson};
use crate::numeric::{Matrix, parallel};
use crate::specification::{Embedding, IslandKernel, IslandKey, Rkme};

/// Tables that are cut in halves at most: evenly chosen where there are more.
const TABLES_MAX: usize = 300;
/// Tables of fewer columns have no halves.
const COLUMNS_MIN: usize = 4;

/// Each table is cut into its columns of even and of odd number; the map places both halves.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MapQuality {
    /// Tables that were cut.
    pub tables: usize,
    /// Mean share of the other tables' halves that are farther from a half than its own other half, 0 to 1; by chance .5.
    pub joined: f64,
    /// Standard error of it.
    pub error: f64,
}

impl MapQuality {
    /// Whether it is better than another one beyond noise.
    pub fn is_better_than(&self, other: &Self) -> bool {
        self.joined - other.joined > (self.error.powi(2) + other.error.powi(2)).sqrt()
    }
}

/// How well `map` joins the halves of these tables.
pub fn quality(map: &dyn HeteroMap, lessons: &[Lesson<'_>]) -> MapQuality {
    let wide: Vec<&Lesson<'_>> =
        lessons.iter().filter(|lesson| lesson.specification.dimension() >= COLUMNS_MIN).collect();
    let step = wide.len().div_ceil(TABLES_MAX).max(1);
    let chosen: Vec<&Lesson<'_>> = wide.into_iter().step_by(step).collect();
    let halves = parallel::map(chosen.len(), |place| {
        let placed = |odd| half(map, chosen[place], odd);
        placed(0).zip(placed(1))
    });
    let halves: Vec<(Rkme, Rkme)> = halves.into_iter().flatten().collect();
    if halves.len() < 2 {
        return MapQuality { tables: halves.len(), ..MapQuality::default() };
    }
    let all: Vec<&Rkme> = halves.iter().flat_map(|(one, other)| [one, other]).collect();
    let key = IslandKey::Table { dimension: map.identity().dimension };
    let kernel = IslandKernel::of_island(&key, &all);
    let embedded = parallel::map(all.len(), |place| Embedding::<f64>::new(all[place], &kernel));
    let joined = parallel::map(halves.len(), |place| {
        let (own, mate) = (&embedded[2 * place], &embedded[2 * place + 1]);
        let near = own.distance(mate);
        let others = (0..halves.len()).filter(|other| *other != place);
        let farther = others.filter(|other| own.distance(&embedded[2 * other + 1]) > near).count();
        farther as f64 / (halves.len() - 1) as f64
    });
    let count = joined.len() as f64;
    let mean = joined.iter().sum::<f64>() / count;
    let variance = joined.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / count;
    MapQuality { tables: joined.len(), joined: mean, error: (variance / count).sqrt() }
}

/// A table's columns of even or odd number, at their place; `None` where the map can't place them.
fn half(map: &dyn HeteroMap, lesson: &Lesson<'_>, odd: usize) -> Option<Rkme> {
    let places: Vec<usize> = (0..lesson.specification.dimension()).filter(|place| place % 2 == odd).collect();
    let columns: Vec<String> =
        places.iter().map(|&place| lesson.columns.get(place).cloned()).collect::<Option<_>>()?;
    let points = lesson.specification.points();
    let rows: Vec<Vec<f64>> =
        points.iter_rows().map(|row| places.iter().map(|&place| row[place]).collect()).collect();
    let points = Matrix::from_rows(&rows).ok()?;
    let own = lesson.specification;
    let table = Rkme::new(points, own.weights().to_vec(), own.gamma(), own.row_count()).ok()?;
    map.embed(&table, &columns).ok()
}
