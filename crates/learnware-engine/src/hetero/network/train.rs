//! Training of the network, step by step: the caller decides when to go on, and can write down where it stands.
//!
//! Tables are grouped by the descriptions of their columns. (Reference quirk, not copied: it groups by the *number* of columns and
//! fills what is missing with zeros.) A batch is rows of one group; each row is seen through overlapping parts of its
//! columns. What chance decides in an epoch follows from seed and epoch alone, so that training that was interrupted and
//! resumed gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tensors::{Tensors, bad};
use super::super::{Lesson, MapIdentity, MapKind, require_described};
use super::parameters::{NetworkShape, Slots};
use super::passes::{Columns, LayerTape, Network, contrast};
use super::{NetworkMap, Vocabulary, gathered};
use crate::error::{EngineError, Result};
use crate::numeric::adam::{Adam, AdamParameters};
use crate::numeric::parallel;
use crate::numeric::random::Stream;

/// Pieces of a view's rows that are worked on side by side.
const CHUNKS: usize = 2;

/// How the network is trained; the defaults are the reference's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingOptions {
    /// Size of the network.
    pub shape: NetworkShape,
    /// Chance of initial numbers and of the order of rows.
    pub seed: u64,
    /// Times that all rows are seen.
    pub epochs: usize,
    /// Rows of a step.
    pub batch: usize,
    /// Step size of Adam.
    pub rate: f64,
    /// Parts that a row's columns are cut into, at least 2.
    pub parts: usize,
    /// Columns that a part takes from its neighbour, as a share of a part.
    pub overlap: f64,
    /// Temperature of the loss.
    pub temperature: f64,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        let shape = NetworkShape::default();
        Self { shape, seed: 0, epochs: 10, batch: 64, rate: 1e-4, parts: 3, overlap: 0.5, temperature: 10.0 }
    }
}

/// Where training stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps made.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Loss of the last step.
    pub loss: f64,
}

/// A network in training.
#[derive(Debug, Clone)]
pub struct Training {
    options: TrainingOptions,
    vocabulary: Vocabulary,
    slots: Slots,
    groups: Vec<Group>,
    /// Vectors of all word pieces as they were in the beginning; those that occur are trained in `values`.
    begun_pieces: Vec<f32>,
    /// Word pieces that occur, in order.
    used: Vec<usize>,
    /// All numbers but the vectors of word pieces, then the vectors of those that occur. In double precision for the
    /// optimiser, but always numbers of single precision, so that a checkpoint holds all there is.
    values: Vec<f64>,
    adam: Adam,
    step: usize,
    learnwares: usize,
}

/// Rows of tables with the same descriptions.
#[derive(Debug, Clone)]
struct Group {
    /// For each view, the columns it sees.
    views: Vec<Vec<usize>>,
    /// For each column, its pieces as places among the used ones.
    pieces: Vec<Vec<usize>>,
    /// rows x columns.
    values: Vec<f32>,
    rows: usize,
}

/// One view of a batch.
struct View {
    /// Pieces of its columns, as places among the used ones.
    pieces: Vec<usize>,
    columns: Columns,
    /// Rows in chunks, rows x columns each.
    chunks: Vec<Vec<f32>>,
}

impl Training {
    /// Training from the beginning. Lessons of fewer than two columns have no views and are passed over.
    ///
    /// # Errors
    /// When options are out of range, no lesson is left, or one has not as many descriptions as columns.
    pub fn new(lessons: &[Lesson<'_>], vocabulary: Vocabulary, options: TrainingOptions) -> Result<Self> {
        require_options(&options)?;
        let mut grouped: BTreeMap<&[String], (Vec<f32>, usize)> = BTreeMap::new();
        let mut learnwares = 0;
        for lesson in lessons {
            require_described(lesson.specification, lesson.columns)?;
            if lesson.columns.len() >= 2 {
                let group = grouped.entry(lesson.columns).or_default();
                let points = lesson.specification.points();
                group.0.extend(points.as_slice().iter().map(|&value| value as f32));
                group.1 += points.rows();
                learnwares += 1;
            }
        }
        if grouped.is_empty() {
            return Err(EngineError::Empty {
                what: "the set of learnwares with two described columns or more",
            });
        }
        let cut = |column: &String| vocabulary.pieces(column);
        let used: BTreeSet<usize> = grouped.keys().flat_map(|columns| columns.iter().flat_map(cut)).collect();
        let used: Vec<usize> = used.into_iter().collect();
        let place = |piece: usize| used.partition_point(|&other| other < piece);
        let groups = grouped.into_iter().map(|(columns, (values, rows))| {
            let pieces = columns.iter().map(|column| cut(column).into_iter().map(place).collect()).collect();
            Group { views: views(columns.len(), &options), pieces, values, rows }
        });
        let groups: Vec<Group> = groups.collect();
        let (slots, hidden) = (Slots::new(options.shape), options.shape.hidden);
        let mut values: Vec<f64> =
            slots.begun(&mut Stream::substream(options.seed, 0)).into_iter().map(f64::from).collect();
        let (mut stream, deviation) = (Stream::substream(options.seed, 1), (2.0 / hidden as f64).sqrt());
        let begun_pieces: Vec<f32> =
            (0..vocabulary.len() * hidden).map(|_| (deviation * stream.normal()) as f32).collect();
        values.extend(gathered(&begun_pieces, &used, hidden).into_iter().map(f64::from));
        let adam =
            Adam::new(values.len(), AdamParameters { rate: options.rate, ..AdamParameters::default() });
        Ok(Self { options, vocabulary, slots, groups, begun_pieces, used, values, adam, step: 0, learnwares })
    }

    /// Training that goes on from a [`Training::checkpoint`], with the same lessons, vocabulary and options.
    ///
    /// # Errors
    /// As [`Training::new`], and when the checkpoint is of other lessons or options.
    pub fn resumed(
        lessons: &[Lesson<'_>],
        vocabulary: Vocabulary,
        options: TrainingOptions,
        checkpoint: &[u8],
    ) -> Result<Self> {
        let mut training = Self::new(lessons, vocabulary, options)?;
        let tensors = Tensors::from_bytes(checkpoint)?;
        if tensors.text("training")? != training.fingerprint() {
            return Err(bad(
                "the checkpoint is of other learnwares or options; train from the beginning".into()
            ));
        }
        training.step = tensors.whole_number("step")?;
        training.adam.steps = tensors.whole_number("adam")?;
        let count = training.values.len();
        let read = |name: &str| -> Result<Vec<f64>> {
            Ok(tensors.array(name, &[count])?.1.iter().map(|&value| f64::from(value)).collect())
        };
        training.values = read("values")?;
        (training.adam.mean, training.adam.square) = (read("mean")?, read("square")?);
        Ok(training)
    }

    /// All that is needed to go on from here.
    pub fn checkpoint(&self) -> Vec<u8> {
        let mut tensors = Tensors::default();
        tensors.set_note("training", self.fingerprint());
        tensors.set_note("step", self.step.to_string());
        tensors.set_note("adam", self.adam.steps.to_string());
        let arrays = [("values", &self.values), ("mean", &self.adam.mean), ("square", &self.adam.square)];
        for (name, values) in arrays {
            tensors.set(name, &[values.len()], values.iter().map(|&value| value as f32).collect());
        }
        tensors.to_bytes()
    }

    /// What tells this training from others.
    fn fingerprint(&self) -> String {
        let mut tensors = Tensors::default();
        for (place, group) in self.groups.iter().enumerate() {
            let columns = group.values.len() / group.rows;
            tensors.set(&format!("{place}"), &[group.rows, columns], group.values.clone());
        }
        let used: Vec<f32> = self.used.iter().map(|&piece| piece as f32).collect();
        tensors.set("used", &[used.len()], used);
        format!("{} {:?}", tensors.digest(), self.options)
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        self.options.epochs * self.epoch_steps()
    }

    fn epoch_steps(&self) -> usize {
        self.groups.iter().map(|group| group.rows.div_ceil(self.options.batch)).sum()
    }

    /// Makes the next step; `None` when there is none left.
    pub fn advance(&mut self) -> Option<Progress> {
        if self.step >= self.steps() {
            return None;
        }
        let (group, rows) = self.next_batch();
        let values: Vec<f32> = self.values.iter().map(|&value| value as f32).collect();
        let (loss, gradient) = self.loss(&values, group, &rows);
        let gradient: Vec<f64> = gradient.into_iter().map(f64::from).collect();
        self.adam.step(&mut self.values, &gradient);
        for numbers in [&mut self.values, &mut self.adam.mean, &mut self.adam.square] {
            for value in numbers.iter_mut() {
                *value = f64::from(*value as f32);
            }
        }
        self.step += 1;
        Some(Progress { step: self.step, steps: self.steps(), loss })
    }

    /// Group and rows of the next step: in each epoch all groups in order, the rows of each shuffled.
    fn next_batch(&self) -> (&Group, Vec<usize>) {
        let (epoch, mut left) = (self.step / self.epoch_steps(), self.step % self.epoch_steps());
        let mut place = 0;
        loop {
            let batches = self.groups[place].rows.div_ceil(self.options.batch);
            if left < batches {
                break;
            }
            (left, place) = (left - batches, place + 1);
        }
        let group = &self.groups[place];
        let purpose = 2 + epoch * self.groups.len() + place;
        let mut order: Vec<usize> = (0..group.rows).collect();
        Stream::substream(self.options.seed, purpose as u64).shuffle(&mut order);
        let first = left * self.options.batch;
        (group, order[first..group.rows.min(first + self.options.batch)].to_vec())
    }

    /// Loss of a batch and its gradient for `values`.
    fn loss(&self, values: &[f32], group: &Group, rows: &[usize]) -> (f64, Vec<f32>) {
        let (net, pieces) = values.split_at(self.slots.count);
        let network = Network { shape: self.options.shape, slots: &self.slots, values: net };
        let views: Vec<View> =
            group.views.iter().map(|seen| self.view(network, pieces, group, seen, rows)).collect();
        let work: Vec<(&View, &Vec<f32>)> =
            views.iter().flat_map(|view| view.chunks.iter().map(move |chunk| (view, chunk))).collect();
        let forward = parallel::map(work.len(), |i| network.forward(&work[i].0.columns, work[i].1));
        let classes: Vec<f32> = forward.iter().flat_map(|(class, _)| class.iter().copied()).collect();
        let (loss, projected) = contrast(
            &network.project(&classes),
            self.options.shape.projection,
            rows.len(),
            self.options.temperature as f32,
        );
        let mut gradient = vec![0.0_f32; values.len()];
        let classes = network.project_back(&projected, &classes, &mut gradient);
        let tapes: Vec<(&[f32], &[LayerTape])> = work
            .iter()
            .zip(&forward)
            .map(|((_, chunk), (_, tapes))| (chunk.as_slice(), tapes.as_slice()))
            .collect();
        self.backward(network, &views, &tapes, &classes, &mut gradient);
        (loss, gradient)
    }

    /// Adds the gradient from that of the class tokens.
    fn backward(
        &self,
        network: Network<'_>,
        views: &[View],
        tapes: &[(&[f32], &[LayerTape])],
        classes: &[f32],
        gradient: &mut [f32],
    ) {
        let hidden = self.options.shape.hidden;
        let mut ends = Vec::with_capacity(tapes.len());
        let columns = views.iter().flat_map(|view| view.chunks.iter().map(|_| view.columns.count()));
        for ((chunk, _), columns) in tapes.iter().zip(columns) {
            let rows = chunk.len() / columns;
            ends.push(ends.last().copied().unwrap_or(0) + rows * hidden);
        }
        let back = parallel::map(tapes.len(), |i| {
            let start = if i == 0 { 0 } else { ends[i - 1] };
            let mut own = vec![0.0_f32; self.slots.count];
            let of_columns =
                network.backward(tapes[i].0, tapes[i].1, classes[start..ends[i]].to_vec(), &mut own);
            (own, of_columns)
        });
        let (net, of_pieces) = gradient.split_at_mut(self.slots.count);
        let mut back = back.into_iter();
        for view in views {
            let mut slopes = vec![0.0; view.columns.count() * hidden];
            let mut offset = vec![0.0; hidden];
            for (own, (of_slopes, of_offset)) in back.by_ref().take(view.chunks.len()) {
                super::layers::add(net, &own);
                super::layers::add(&mut slopes, &of_slopes);
                super::layers::add(&mut offset, &of_offset);
            }
            let words = network.columns_back(&view.columns, &slopes, &offset, net);
            for (&piece, word) in view.pieces.iter().zip(words.chunks_exact(hidden)) {
                super::layers::add(&mut of_pieces[piece * hidden..(piece + 1) * hidden], word);
            }
        }
    }

    fn view(
        &self,
        network: Network<'_>,
        pieces: &[f32],
        group: &Group,
        seen: &[usize],
        rows: &[usize],
    ) -> View {
        let own: Vec<usize> = seen.iter().flat_map(|&column| group.pieces[column].iter().copied()).collect();
        let counts: Vec<usize> = seen.iter().map(|&column| group.pieces[column].len()).collect();
        let columns = network.columns(&gathered(pieces, &own, self.options.shape.hidden), &counts);
        let width = group.pieces.len();
        let value = |row: usize, column: usize| group.values[row * width + column];
        let chunks = rows.chunks(rows.len().div_ceil(CHUNKS)).map(|rows| {
            rows.iter().flat_map(|&row| seen.iter().map(move |&column| value(row, column))).collect()
        });
        View { pieces: own, columns, chunks: chunks.collect() }
    }

    /// The map as it is now.
    pub fn map(&self) -> NetworkMap {
        let hidden = self.options.shape.hidden;
        let (net, used) = self.values.split_at(self.slots.count);
        let mut pieces = self.begun_pieces.clone();
        for (&piece, vector) in self.used.iter().zip(used.chunks_exact(hidden)) {
            let place = &mut pieces[piece * hidden..(piece + 1) * hidden];
            place.iter_mut().zip(vector).for_each(|(place, &value)| *place = value as f32);
        }
        let descriptions: usize = self.groups.iter().map(|group| group.pieces.len()).sum();
        let identity = MapIdentity {
            kind: MapKind::Network,
            version: String::new(),
            dimension: hidden,
            seed: self.options.seed,
            learnwares: self.learnwares,
            descriptions,
        };
        NetworkMap {
            identity,
            shape: self.options.shape,
            vocabulary: self.vocabulary.clone(),
            slots: self.slots.clone(),
            values: net.iter().map(|&value| value as f32).collect(),
            pieces,
        }
        .with_version()
    }
}

fn require_options(options: &TrainingOptions) -> Result<()> {
    options.shape.require_sound()?;
    let bad = |name, wanted, found: String| Err(EngineError::Parameter { name, wanted, found });
    if options.batch == 0 {
        return bad("batch", "at least 1", "0".into());
    }
    if options.parts < 2 {
        return bad("parts", "at least 2", options.parts.to_string());
    }
    if !(0.0..1.0).contains(&options.overlap) {
        return bad("overlap", "from 0 to below 1", options.overlap.to_string());
    }
    if !(options.temperature > 0.0 && options.temperature.is_finite()) {
        return bad("temperature", "a positive number", options.temperature.to_string());
    }
    if !(options.rate > 0.0 && options.rate.is_finite()) {
        return bad("rate", "a positive number", options.rate.to_string());
    }
    Ok(())
}

/// The columns of each view: about equal parts in order, each with some columns of its neighbour (reference:
/// `_build_positive_pairs`); of fewer columns than parts, as many views as columns.
fn views(columns: usize, options: &TrainingOptions) -> Vec<Vec<usize>> {
    let count = options.parts.min(columns);
    let (size, longer) = (columns / count, columns % count);
    let mut start = 0;
    let parts: Vec<Vec<usize>> = (0..count)
        .map(|part| {
            let end = start + size + usize::from(part < longer);
            let own = (start..end).collect();
            start = end;
            own
        })
        .collect();
    let overlap = (parts[0].len() as f64 * options.overlap).ceil() as usize;
    let with_neighbour = |part: usize| {
        let mut own = parts[part].clone();
        match parts.get(part + 1) {
            Some(next) => own.extend(next.iter().take(overlap)),
            None => own.extend(&parts[part - 1][parts[part - 1].len().saturating_sub(overlap)..]),
        }
        own
    };
    (0..count).map(with_neighbour).collect()
}

/// Compares the gradient with differences of the loss, along random directions.
#[cfg(test)]
pub(super) fn check_gradient(training: &Training) {
    let values: Vec<f32> = training.values.iter().map(|&value| value as f32).collect();
    let mut stream = Stream::new(1);
    for group in &training.groups {
        let rows: Vec<usize> = (0..7).collect();
        let (_, gradient) = training.loss(&values, group, &rows);
        for round in 0..20 {
            // All numbers at once, and single arrays: an error in a small one is not drowned.
            let within = if round % 4 == 0 {
                0..values.len()
            } else {
                let start = stream.below(values.len() - 8);
                start..start + 8
            };
            let mut direction = vec![0.0_f32; values.len()];
            direction[within].fill_with(|| stream.normal() as f32);
            let moved = |step: f32| {
                let there: Vec<f32> =
                    values.iter().zip(&direction).map(|(value, d)| value + step * d).collect();
                training.loss(&there, group, &rows).0
            };
            let step = 5e-4;
            let wanted = (moved(step) - moved(-step)) / f64::from(2.0 * step);
            let found: f64 = gradient.iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
            // What single precision and corners of the network do grows with how far all numbers go, whatever the slope.
            let length = |values: &mut dyn Iterator<Item = f32>| {
                values.map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt()
            };
            let reach = length(&mut gradient.iter().copied()) * length(&mut direction.iter().copied());
            assert!(
                (wanted - found).abs() < 2e-3 + 0.03 * wanted.abs() + 1e-3 * reach,
                "round {round}: {found}, not {wanted}"
            );
        }
    }
}

/// Loss of all rows of the first group with the numbers of `map`, its gradient, and the pieces whose vectors are in it.
#[cfg(test)]
pub(super) fn loss_at(training: &Training, map: &NetworkMap) -> (f64, Vec<f32>, Vec<usize>) {
    let mut values = map.values.clone();
    values.extend(gathered(&map.pieces, &training.used, map.shape.hidden));
    let group = &training.groups[0];
    let rows: Vec<usize> = (0..group.rows).collect();
    let (loss, gradient) = training.loss(&values, group, &rows);
    (loss, gradient, training.used.clone())
}
