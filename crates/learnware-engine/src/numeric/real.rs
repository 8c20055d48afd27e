//! `f32` and `f64` behind one trait, with an exponential that vectorises.

#![expect(
    clippy::inline_always,
    reason = "vector code is only made inside the function that chose the processor"
)]

use std::ops::{Add, Mul, Sub};

/// A floating-point number for kernels.
pub trait Real:
    Copy + Send + Sync + Default + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    /// Nearest value.
    fn from_f64(value: f64) -> Self;
    /// Exact value.
    fn to_f64(self) -> f64;
    /// `self * factor + term` with one rounding; with two on wasm32, which has no such instruction and would call
    /// a function for each.
    #[must_use]
    fn fused(self, factor: Self, term: Self) -> Self;
    /// The same with one rounding everywhere, but for a last digit in a billion: where numbers far smaller than their
    /// parts are looked at.
    #[must_use]
    fn exactly_fused(self, factor: Self, term: Self) -> Self;
    /// `exp(-self)` for `self >= 0`; relative error below 1e-6 (`f32`) or 1e-15 (`f64`). Branch-free.
    #[must_use]
    fn exp_minus(self) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn fused(self, factor: Self, term: Self) -> Self {
        if cfg!(target_arch = "wasm32") { self * factor + term } else { self.mul_add(factor, term) }
    }

    #[inline(always)]
    fn exactly_fused(self, factor: Self, term: Self) -> Self {
        if cfg!(target_arch = "wasm32") {
            (f64::from(self) * f64::from(factor) + f64::from(term)) as f32
        } else {
            self.mul_add(factor, term)
        }
    }

    #[inline(always)]
    fn exp_minus(self) -> Self {
        const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number
        const LN2_HIGH: f32 = 0.693_145_75;
        const LN2_LOW: f32 = 1.428_606_8e-6;
        // Beyond 87 the result would be subnormal: it is held there, 1e-38.
        let x = -(if self < 87.0 { self } else { 87.0 });
        let shifted = x.fused(std::f32::consts::LOG2_E, ROUND);
        let power = shifted - ROUND;
        let rest = power.fused(-LN2_LOW, power.fused(-LN2_HIGH, x));
        let mut p = 1.987_569_1e-4_f32;
        p = p.fused(rest, 1.398_199_9e-3);
        p = p.fused(rest, 8.333_452e-3);
        p = p.fused(rest, 4.166_579_6e-2);
        p = p.fused(rest, 1.666_666_6e-1);
        p = p.fused(rest, 0.5);
        let value = p.fused(rest * rest, rest + 1.0);
        let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
        value * scale
    }
}

impl Real for f64 {
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn fused(self, factor: Self, term: Self) -> Self {
        if cfg!(target_arch = "wasm32") { self * factor + term } else { self.mul_add(factor, term) }
    }

    #[inline(always)]
    fn exactly_fused(self, factor: Self, term: Self) -> Self {
        self.mul_add(factor, term)
    }

    #[inline(always)]
    fn exp_minus(self) -> Self {
        const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
        const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
        const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
        /// 1/n! for n = 13 down to 2.
        const TERMS: [f64; 12] = [
            1.0 / 6_227_020_800.0,
            1.0 / 479_001_600.0,
            1.0 / 39_916_800.0,
            1.0 / 3_628_800.0,
            1.0 / 362_880.0,
            1.0 / 40_320.0,
            1.0 / 5_040.0,
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5,
        ];
        // Beyond 708 the result would be subnormal: it is held there, 3e-308.
        let x = -(if self < 708.0 { self } else { 708.0 });
        let shifted = x.fused(std::f64::consts::LOG2_E, ROUND);
        let power = shifted - ROUND;
        let rest = power.fused(-LN2_LOW, power.fused(-LN2_HIGH, x));
        let mut p = TERMS[0];
        for term in &TERMS[1..] {
            p = p.fused(rest, *term);
        }
        let value = p.fused(rest * rest, rest + 1.0);
        let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
        value * scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_agree_with_the_library() {
        for step in 0..20_000 {
            let x = f64::from(step) * 0.0043;
            assert!((x.exp_minus() / (-x).exp() - 1.0).abs() < 1e-15 * 4.0, "{x}");
            let single = x as f32;
            let wanted = (-f64::from(single)).exp();
            assert!((f64::from(single.exp_minus()) / wanted - 1.0).abs() < 1e-6, "{x}");
        }
        assert_eq!(0.0_f64.exp_minus(), 1.0);
        assert_eq!(0.0_f32.exp_minus(), 1.0);
        assert!(f64::INFINITY.exp_minus() < 1e-300 && f32::MAX.exp_minus() < 1e-37);
    }
}
