//! Adam (Kingma and Ba, ICLR 2015, algorithm 1): gradient steps scaled by running moments of the gradient.

/// How large and how damped the steps are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamParameters {
    /// Step size.
    pub rate: f64,
    /// Share of the old mean gradient that is kept at each step.
    pub keep_mean: f64,
    /// Share of the old mean square that is kept at each step.
    pub keep_square: f64,
    /// Added to the root of the mean square.
    pub floor: f64,
}

impl Default for AdamParameters {
    fn default() -> Self {
        Self { rate: 1e-3, keep_mean: 0.9, keep_square: 0.999, floor: 1e-8 }
    }
}

/// The optimiser's state for one vector of parameters; all that is needed to go on where it stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    /// How it steps.
    pub parameters: AdamParameters,
    /// Steps made.
    pub steps: u32,
    /// Running mean of the gradient.
    pub mean: Vec<f64>,
    /// Running mean of its square.
    pub square: Vec<f64>,
}

impl Adam {
    /// The state before the first step of `count` numbers.
    pub fn new(count: usize, parameters: AdamParameters) -> Self {
        Self { parameters, steps: 0, mean: vec![0.0; count], square: vec![0.0; count] }
    }

    /// Moves `values` one step against `gradient`, both of the length that the state was made for.
    pub fn step(&mut self, values: &mut [f64], gradient: &[f64]) {
        assert!(values.len() == self.mean.len() && gradient.len() == self.mean.len(), "one number each");
        let AdamParameters { rate, keep_mean, keep_square, floor } = self.parameters;
        self.steps += 1;
        let power = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let mean_share = 1.0 - keep_mean.powi(power);
        let square_share = 1.0 - keep_square.powi(power);
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((value, &slope), (mean, square)) in values.iter_mut().zip(gradient).zip(moments) {
            *mean = keep_mean * *mean + (1.0 - keep_mean) * slope;
            *square = keep_square * *square + (1.0 - keep_square) * slope * slope;
            *value -= rate * (*mean / mean_share) / ((*square / square_share).sqrt() + floor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_steps_are_those_of_the_paper() {
        // By hand: the first step is the rate in the direction of the gradient's sign.
        let mut adam = Adam::new(2, AdamParameters { rate: 0.1, ..AdamParameters::default() });
        let mut values = [1.0, -2.0];
        adam.step(&mut values, &[4.0, -0.5]);
        assert!((values[0] - 0.9).abs() < 1e-8 && (values[1] + 1.9).abs() < 1e-8, "{values:?}");
        adam.step(&mut values, &[2.0, -0.5]);
        // mean (0.36 + 0.2) / 0.19, square (0.015984 + 0.004) / 0.001999.
        let wanted = 0.9 - 0.1 * (0.56 / 0.19) / (0.019_984_f64 / 0.001_999).sqrt();
        assert!((values[0] - wanted).abs() < 1e-8, "{values:?}");
    }

    #[test]
    fn a_bowl_is_descended() {
        let mut adam = Adam::new(2, AdamParameters { rate: 0.05, ..AdamParameters::default() });
        let mut at = [3.0, -4.0];
        for _ in 0..2000 {
            let slope = [2.0 * (at[0] - 1.0), 20.0 * (at[1] - 2.0)];
            adam.step(&mut at, &slope);
        }
        assert!((at[0] - 1.0).abs() < 1e-3 && (at[1] - 2.0).abs() < 1e-3, "{at:?}");
    }
}
