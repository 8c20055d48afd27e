//! The dock's answer to a [`Message`]: members that may be among the nearest, with bounds of their distances.
//!
//! With `p = T mu` and the residual `rho`, the squared distance of user and member lies between
//! `|p_u - p_i|^2 + (rho_u - rho_i)^2` and `|p_u - p_i|^2 + (rho_u + rho_i)^2` (algorithms 3.2). The k-th smallest upper
//! bound is a distance that the k-th nearest member does not exceed, so that whoever's lower bound is above it
//! is not among the k nearest. The codes find who has to be looked at; their bounds come from exact projections.

use serde::{Deserialize, Serialize};

use super::basis::{Basis, DISTANCE_ERROR, Projection};
use super::nearest::Wanted;
use super::scan::{Place, Scan};
use super::{IslandIndex, Message};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;
use crate::numeric::parallel;
use crate::specification::IslandKey;

/// Members that are projected for one answer at most, about a tenth of a second.
const PROJECTED_MAX: usize = 4096;
/// With noise nothing can be proved: so many times the number wanted are delivered. The nearest are among them unless
/// the noise is larger than what tells members apart.
const NOISY_FACTOR: usize = 10;

/// How much is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateOptions {
    /// Nearest members that are looked for.
    pub count: usize,
    /// Candidates at most; where more would be needed, the answer is not certified.
    pub candidates_max: usize,
}

impl Default for CandidateOptions {
    fn default() -> Self {
        Self { count: 10, candidates_max: 500 }
    }
}

/// Members that may be among the nearest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidates {
    /// Least lower bound first.
    pub found: Vec<Candidate>,
    /// No member that was not delivered is nearer than this; `None` when all were.
    pub rest: Option<f64>,
    /// Members that were compared by bounds.
    pub compared: usize,
    /// Whether the nearest ones are proved to be among those delivered. Never with noise.
    pub certified: bool,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which.
    pub id: LearnwareId,
    /// The squared distance is not less; 0 with noise.
    pub lower: f64,
    /// The squared distance is not more; `None` where nothing is known, as with noise.
    pub upper: Option<f64>,
}

/// A member and the bounds of its distance.
struct Bounded {
    place: Place,
    lower: f64,
    upper: f64,
}

/// Members to look at, and a bound for those that are left.
struct Looked {
    places: Vec<Place>,
    reach: f64,
    /// No other member is nearer; infinite when there is none.
    beyond: f64,
}

impl IslandIndex {
    /// The candidates for a message to this index, which is of the island `key`.
    ///
    /// # Errors
    /// [`EngineError::Format`] when the message is of other anchors or has impossible numbers.
    pub fn candidates(
        &self,
        key: &IslandKey,
        message: &Message,
        wanted: Wanted,
        options: CandidateOptions,
    ) -> Result<Candidates> {
        if options.count == 0 || options.candidates_max == 0 {
            let name = if options.count == 0 { "count" } else { "candidates_max" };
            return Err(EngineError::Parameter { name, wanted: "at least 1", found: "0".into() });
        }
        let anchors = self.anchors(key)?;
        let user = message.projection(&anchors)?;
        let compared = self.wanted_places(wanted).count();
        if message.noise.is_some() {
            return self.likely(anchors.basis(), &user, wanted, options, compared);
        }
        let looked = self.looked_at(anchors.basis(), &user, wanted, (options.count, compared))?;
        let mut bounded = self.bounded(anchors.basis(), &user, &looked.places)?;
        let reach = reach(&bounded, options.count).min(looked.reach);
        let near = bounded.iter().take_while(|member| member.lower <= reach).count();
        let kept = near.min(options.candidates_max);
        let left = bounded.split_off(kept);
        let rest = left.first().map_or(f64::INFINITY, |first| first.lower).min(looked.beyond);
        let certified = rest == f64::INFINITY || rest > reach;
        let rest = (rest < f64::INFINITY).then_some(rest);
        Ok(Candidates { found: self.delivered(&bounded), rest, compared, certified })
    }

    /// Members whose bounds may matter for the `count` nearest of `compared`.
    fn looked_at(
        &self,
        basis: &Basis,
        user: &Projection,
        wanted: Wanted,
        (count, compared): (usize, usize),
    ) -> Result<Looked> {
        if self.basis.is_none() {
            let places = self.wanted_places(wanted).collect();
            return Ok(Looked { places, reach: f64::INFINITY, beyond: f64::INFINITY });
        }
        let scan = Scan::of(self, basis, user, DISTANCE_ERROR, wanted);
        let seeds: Vec<Place> = scan.seeds(2 * count + 16).into_iter().map(|(place, _)| place).collect();
        let reach = reach(&self.bounded(basis, user, &seeds)?, count);
        let within = scan.within(reach);
        let beyond = match within.get(PROJECTED_MAX) {
            Some(&(_, bound)) => f64::from(bound),
            None if within.len() == compared => f64::INFINITY,
            // Bounds of all others are above the reach.
            None => reach.next_up(),
        };
        let places = within.into_iter().take(PROJECTED_MAX).map(|(place, _)| place).collect();
        Ok(Looked { places, reach, beyond })
    }

    /// Members with their bounds, least lower bound first.
    fn bounded(&self, basis: &Basis, user: &Projection, places: &[Place]) -> Result<Vec<Bounded>> {
        let bounded = parallel::map(places.len(), |i| {
            let member = basis.project(&self.member(places[i])?.embedding(self.kernel.shape));
            let (lower, upper) = bounds(user, &member);
            Ok(Bounded { place: places[i], lower, upper })
        });
        let mut bounded = bounded.into_iter().collect::<Result<Vec<Bounded>>>()?;
        let id = |member: &Bounded| self.id(member.place);
        bounded.sort_by(|a, b| a.lower.total_cmp(&b.lower).then_with(|| id(a).cmp(id(b))));
        Ok(bounded)
    }

    fn delivered(&self, bounded: &[Bounded]) -> Vec<Candidate> {
        let candidate = |member: &Bounded| Candidate {
            id: self.id(member.place).clone(),
            lower: member.lower,
            upper: member.upper.is_finite().then_some(member.upper),
        };
        bounded.iter().map(candidate).collect()
    }

    /// The members that seem nearest through the noise, of which no bound is known.
    fn likely(
        &self,
        basis: &Basis,
        user: &Projection,
        wanted: Wanted,
        options: CandidateOptions,
        compared: usize,
    ) -> Result<Candidates> {
        let places: Vec<Place> = if self.basis.is_some() {
            let scan = Scan::of(self, basis, user, 0.0, wanted);
            scan.within(f64::INFINITY).into_iter().take(PROJECTED_MAX).map(|(place, _)| place).collect()
        } else {
            self.wanted_places(wanted).collect()
        };
        let kept = options.count.saturating_mul(NOISY_FACTOR).min(options.candidates_max);
        let bounded = self.bounded(basis, user, &places)?;
        let found: Vec<Candidate> = self
            .delivered(&bounded)
            .into_iter()
            .take(kept)
            .map(|candidate| Candidate { lower: 0.0, upper: None, ..candidate })
            .collect();
        let rest = (found.len() < compared).then_some(0.0);
        Ok(Candidates { found, rest, compared, certified: false })
    }
}

/// Bounds of the squared distance as it is computed.
fn bounds(user: &Projection, member: &Projection) -> (f64, f64) {
    let last = user.vector.len() - 1;
    let pairs = user.vector[..last].iter().zip(&member.vector[..last]);
    let within: f64 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
    let (own, theirs, error) = (user.vector[last], member.vector[last], user.error + member.error);
    let least = (within.sqrt().hypot(own - theirs) - error).max(0.0);
    let most = within.sqrt().hypot(own + theirs) + error;
    ((least * least - DISTANCE_ERROR).max(0.0), most * most + DISTANCE_ERROR)
}

/// The `count`-th smallest upper bound; infinite when there are fewer members.
fn reach(bounded: &[Bounded], count: usize) -> f64 {
    let mut uppers: Vec<f64> = bounded.iter().map(|member| member.upper).collect();
    if uppers.len() < count {
        return f64::INFINITY;
    }
    *uppers.select_nth_unstable_by(count - 1, f64::total_cmp).1
}
