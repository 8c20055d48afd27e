//! Long vectors as short ones with about the same cosines: a sparse Johnson-Lindenstrauss map (Kane and Nelson 2014,
//! the block construction). Each number is added, with random signs, to one place of each of a few blocks; which and
//! with which sign is a fixed function of its index, so that all sketches of one length compare.

/// Numbers that are kept. The error of a cosine `c` has standard deviation of about `(1 - c^2) / sqrt(4096)`.
pub const NUMBERS_KEPT: usize = 4096;

/// Places that each number is added to: with one, two large numbers that fall together would stay together.
const BLOCKS: usize = 4;
const BLOCK: usize = NUMBERS_KEPT / BLOCKS;
/// Bits of a hash that choose place and sign in one block.
const BITS: u32 = BLOCK.ilog2() + 1;

/// A vector on its way to a short one. Vectors of at most [`NUMBERS_KEPT`] numbers stay as they are.
#[derive(Debug, Clone)]
pub struct Sketch {
    kept: Vec<f64>,
    count: usize,
    seen: usize,
    square: f64,
}

impl Sketch {
    /// A sketch of a vector of `count` numbers.
    pub fn new(count: usize) -> Self {
        Self { kept: vec![0.0; super::kept_count(count)], count, seen: 0, square: 0.0 }
    }

    /// Takes one number; each place is to be given once. Places past the end are counted only.
    pub fn add(&mut self, place: usize, number: f64) {
        self.seen += 1;
        self.square += number * number;
        if self.count <= NUMBERS_KEPT {
            if let Some(kept) = self.kept.get_mut(place) {
                *kept = number;
            }
            return;
        }
        let mut bits = hash(place as u64);
        for block in self.kept.chunks_exact_mut(BLOCK) {
            let signed = if bits & 1 == 1 { -number } else { number };
            block[(bits >> 1) as usize % BLOCK] += signed;
            bits >>= BITS;
        }
    }

    /// How many numbers it was given.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Euclidean length of the vector.
    pub fn length(&self) -> f64 {
        self.square.sqrt()
    }

    /// What is kept.
    pub fn into_kept(self) -> Vec<f64> {
        self.kept
    }
}

/// SplitMix64's finaliser (Steele, Lea and Flood 2014): every bit depends on all bits of the index.
fn hash(index: u64) -> u64 {
    let mut bits = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
