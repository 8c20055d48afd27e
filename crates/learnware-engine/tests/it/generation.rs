//! What generation promises: the same bytes, nearness to the data, and no copies of rows.

use learnware_engine::error::EngineError;
use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::kernel;
use learnware_engine::numeric::random::Stream;
use learnware_engine::specification::{
    Embedding, IslandKernel, PrivacyBudget, Rkme, RkmeParameters, Rows, Take, column_moments, generate,
    generate_private,
};

/// Clusters of normal rows whose columns have very different units.
fn clusters(seed: u64, rows: usize, columns: usize) -> Matrix {
    let mut stream = Stream::new(seed);
    let centres: Vec<f64> = (0..4 * columns).map(|_| 2.0 * stream.normal()).collect();
    let mut data = Matrix::zeros(rows, columns);
    for row in 0..rows {
        let cluster = stream.below(4);
        for (axis, value) in data.row_mut(row).iter_mut().enumerate() {
            let unit = [0.01, 0.1, 1.0, 10.0, 100.0][axis % 5];
            *value = 1000.0 + unit * (centres[cluster * columns + axis] + stream.normal());
        }
    }
    data
}

fn own_kernel(data: &Matrix) -> IslandKernel {
    let (means, deviations) = column_moments(data);
    IslandKernel::scaled(&means, &deviations)
}

/// Squared distance of a specification to all rows.
fn distance_to_data(data: &Matrix, made: &Rkme) -> f64 {
    let kernel = own_kernel(data);
    let share = vec![1.0 / data.rows() as f64; data.rows()];
    let rows = Embedding::from_points(kernel.prepare::<f64>(data), share, kernel.shape);
    rows.distance(&Embedding::new(made, &kernel))
}

/// The same rows in blocks of an odd size, as a file would give them.
struct InBlocks<'a>(&'a Matrix, usize);

impl Rows for InBlocks<'_> {
    type Error = EngineError;

    fn columns(&self) -> usize {
        self.0.columns()
    }

    fn read(&mut self, take: &mut Take<'_, EngineError>) -> Result<(), EngineError> {
        self.0.as_slice().chunks(self.1 * self.0.columns()).try_for_each(take)
    }
}

#[test]
fn blocks_and_threads_change_no_byte() {
    let data = clusters(1, 20_001, 6);
    let parameters = RkmeParameters { reduced_set_size: 30, ..RkmeParameters::default() };
    let whole = generate(&mut &data, &parameters).unwrap();
    for size in [1, 777, 8192, 30_000] {
        assert_eq!(generate(&mut InBlocks(&data, size), &parameters).unwrap(), whole, "blocks of {size}");
    }
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let made = pool.install(|| generate(&mut &data, &parameters).unwrap());
        assert_eq!(made, whole, "{threads} threads");
    }
}

#[test]
fn order_of_rows_hardly_matters() {
    let data = clusters(2, 3000, 8);
    let mut order: Vec<usize> = (0..3000).collect();
    Stream::new(5).shuffle(&mut order);
    let kernel = own_kernel(&data);
    let made = |data: &Matrix| Rkme::generate(data, &RkmeParameters::default()).unwrap();
    let (a, b) = (made(&data), made(&data.select_rows(&order)));
    let apart = Embedding::<f64>::new(&a, &kernel).distance(&Embedding::new(&b, &kernel));
    assert!(apart < 0.002, "{apart}");
    assert!(distance_to_data(&data, &a) < 0.001);
}

#[test]
fn nearer_to_the_data_than_as_many_rows() {
    for (rows, columns) in [(600, 3), (2000, 20), (2000, 100)] {
        let data = clusters(3, rows, columns);
        let made = Rkme::generate(&data, &RkmeParameters::default()).unwrap();
        let drawn = data.select_rows(&Stream::new(1).sample(rows, 100));
        let drawn = Rkme::new(drawn, vec![0.01; 100], 0.1, rows).unwrap();
        let (ours, theirs) = (distance_to_data(&data, &made), distance_to_data(&data, &drawn));
        assert!(ours < theirs / 3.0, "{rows} x {columns}: {ours} {theirs}");
    }
}

#[test]
fn no_point_is_a_near_copy_of_a_row() {
    for (rows, columns) in [(60, 4), (150, 10), (1000, 3), (1000, 60)] {
        let data = clusters(4, rows, columns);
        let made = generate(&mut &data, &RkmeParameters::default()).unwrap();
        let kernel = own_kernel(&data);
        let (points, all) = (kernel.prepare::<f64>(made.rkme.points()), kernel.prepare::<f64>(&data));
        assert!(made.rkme.points().rows() <= rows / 5, "five rows stand behind each point");
        for point in 0..points.count() {
            let distances = kernel::distances_to(points.row(point), &all);
            let near = made.privacy.near_distance.powi(2) * 0.999;
            let count = distances.iter().filter(|&&distance| distance <= near).count();
            assert!(count == 0 || count >= 5, "{rows} x {columns}: point {point} is near {count} rows");
        }
    }
}

/// Area under the curve of an attack that scores members and strangers.
fn area(members: &[f64], strangers: &[f64]) -> f64 {
    let wins = members.iter().flat_map(|m| strangers.iter().map(move |s| f64::from(u8::from(m > s))));
    wins.sum::<f64>() / (members.len() * strangers.len()) as f64
}

/// Somebody who holds the specification and a row guesses whether the row was in the data: by its distance to
/// the nearest point, or by the density there. Mean over markets; `make` is the way of making specifications.
fn attack(rows: usize, columns: usize, make: impl Fn(&Matrix) -> Rkme) -> f64 {
    let (mut by_distance, mut by_density) = (0.0, 0.0);
    let runs = 12;
    for seed in 0..runs {
        let both = clusters(100 + seed, 2 * rows, columns);
        let mut order: Vec<usize> = (0..2 * rows).collect();
        Stream::new(seed).shuffle(&mut order);
        let members = both.select_rows(&order[..rows]);
        let strangers = both.select_rows(&order[rows..]);
        let made = make(&members);
        let kernel = own_kernel(&both);
        let points = kernel.prepare::<f64>(made.points());
        let embedding = Embedding::<f64>::new(&made, &kernel);
        let nearness = |data: &Matrix| -> Vec<f64> {
            let found = kernel::nearest(&kernel.prepare::<f64>(data), &points);
            found.into_iter().map(|(_, distance)| -distance).collect()
        };
        let density = |data: &Matrix| embedding.density(&kernel.prepare::<f64>(data));
        by_distance += area(&nearness(&members), &nearness(&strangers)) / runs as f64;
        by_density += area(&density(&members), &density(&strangers)) / runs as f64;
    }
    by_distance.max(by_density)
}

#[test]
fn membership_can_hardly_be_guessed() {
    for (rows, columns) in [(150, 10), (300, 10), (1000, 10), (150, 50)] {
        let ours = attack(rows, columns, |data| Rkme::generate(data, &RkmeParameters::default()).unwrap());
        let theirs = attack(rows, columns, |data| {
            let parameters = learnware_engine::specification::compat::ReferenceParameters::default();
            learnware_engine::specification::compat::generate(data, &parameters).unwrap()
        });
        println!("{rows} x {columns}: {ours:.3}, the reference's way {theirs:.3}");
        assert!(ours <= 0.55, "{rows} x {columns}: {ours}");
    }
}

#[test]
fn private_specifications_tell_data_apart_and_refuse_too_few_rows() {
    let budget = PrivacyBudget::new(1.0, 1e-6).unwrap();
    let (data, other) = (clusters(7, 40_000, 5), clusters(8, 40_000, 5));
    let made = generate_private(&data, 100, budget, 0).unwrap();
    let again = generate_private(&data, 100, budget, 0).unwrap();
    assert_eq!(made, again, "same seed, same bytes");
    assert!(made.rho.iter().sum::<f64>() <= budget.rho() * (1.0 + 1e-12));
    let (own, strange) = (distance_to_data(&data, &made.rkme), distance_to_data(&other, &made.rkme));
    assert!(own < 0.02 && strange > 5.0 * own, "{own} {strange}");
    let few = generate_private(&clusters(7, 500, 5), 100, budget, 0).unwrap_err().to_string();
    assert!(few.contains("500 rows") && few.contains("it takes"), "{few}");
    // More is told to those who promise less.
    let loose = generate_private(&data, 100, PrivacyBudget::new(8.0, 1e-6).unwrap(), 0).unwrap();
    assert!(loose.noise_distance < made.noise_distance / 10.0);
}
