//! Curves over the number of labelled rows: means over users, spreads over repeats, paired differences.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{SEED, Setting};
use crate::experiment::measure::{Difference, mean, paired_difference, summary};
use crate::experiment::system::{Labelled, MarketKind};

/// Put before the methods of the reference.
const REFERENCE: &str = "reference ";

/// What needs no learnware and is subtracted from every way to reuse, where a suite has it.
const BASELINES: &[&str] = &["self_trained", "ridge_only", "ridge_in_range"];

/// Ways of ours that are also compared with a way of the reference of another name.
const MORE_PAIRS: &[(&str, &str)] = &[("automatic", "reference averaging")];

/// One method with one number of labelled rows.
#[derive(Debug, Default)]
pub(super) struct Point {
    /// Mean over the repeats of each user.
    per_user: Vec<f64>,
    /// Standard deviation, over the repeats, of the mean over users.
    deviation: f64,
}

impl Point {
    fn mean(&self) -> f64 {
        mean(&self.per_user)
    }
}

/// Points by method and number of labelled rows.
type Points = BTreeMap<String, BTreeMap<u64, Point>>;

/// The curves of one market.
#[derive(Debug, Default)]
struct Curves {
    /// Ways to reuse, ours and the reference's.
    reuse: Points,
    /// What needs no learnware.
    controls: Points,
}

impl Curves {
    fn all(&self) -> impl Iterator<Item = (&String, &BTreeMap<u64, Point>)> {
        self.reuse.iter().chain(&self.controls)
    }

    fn get(&self, method: &str) -> Option<&BTreeMap<u64, Point>> {
        self.reuse.get(method).or_else(|| self.controls.get(method))
    }
}

/// Values by repeat.
type Repeats = BTreeMap<u64, Vec<f64>>;

/// The curves of the controls, of ours and of the reference, whose methods carry its name.
fn curves(setting: &Setting, market: MarketKind) -> Curves {
    let users = setting.prepared.users.iter().take(setting.ours.users.len());
    let baselines: Vec<Vec<&Labelled>> =
        users.map(|user| user.subsets.iter().map(|(_, subset)| subset).collect()).collect();
    let mut curves = Curves { controls: points("", &baselines), reuse: Points::new() };
    for (prefix, system) in [("", Some(&setting.ours)), (REFERENCE, setting.reference.as_ref())] {
        let users = system.into_iter().flat_map(|system| &system.users);
        let rows: Vec<Vec<&Labelled>> =
            users.map(|user| user.chosen(market).labelled.iter().collect()).collect();
        curves.reuse.extend(points(prefix, &rows));
    }
    curves
}

/// The points of one system's rows, user by user.
fn points(prefix: &str, users: &[Vec<&Labelled>]) -> Points {
    let mut values: BTreeMap<(String, u64), Vec<Repeats>> = BTreeMap::new();
    for (place, rows) in users.iter().enumerate() {
        for row in rows {
            for (method, value) in &row.metrics {
                let cell = values.entry((format!("{prefix}{method}"), row.size)).or_default();
                cell.resize_with((place + 1).max(cell.len()), Repeats::new);
                cell[place].entry(row.repeat).or_default().push(*value);
            }
        }
    }
    let mut curves = Points::new();
    for ((method, size), users) in values {
        curves.entry(method).or_default().insert(size, point(&users));
    }
    curves
}

/// From values by user and repeat.
fn point(users: &[Repeats]) -> Point {
    let mut repeats = Repeats::new();
    let mut per_user = Vec::new();
    for user in users.iter().filter(|user| !user.is_empty()) {
        per_user.push(mean(&user.values().flatten().copied().collect::<Vec<f64>>()));
        for (repeat, values) in user {
            repeats.entry(*repeat).or_default().push(mean(values));
        }
    }
    let of_repeats: Vec<f64> = repeats.values().map(|values| mean(values)).collect();
    Point { per_user, deviation: summary(&of_repeats).deviation }
}

/// Paired differences over the users, by pair of methods and number of labelled rows: ours minus the reference's of
/// the same name, and every way to reuse minus what needs no learnware.
fn differences(curves: &Curves) -> Vec<(String, BTreeMap<u64, Difference>)> {
    let theirs =
        curves.reuse.keys().filter_map(|method| Some((method.strip_prefix(REFERENCE)?, method.as_str())));
    let mut pairs: Vec<(&str, &str)> = theirs.chain(MORE_PAIRS.iter().copied()).collect();
    for baseline in BASELINES {
        pairs.extend(curves.reuse.keys().map(|method| (method.as_str(), *baseline)));
    }
    let of_pair = |one: &BTreeMap<u64, Point>, other: &BTreeMap<u64, Point>| -> BTreeMap<u64, Difference> {
        let both = one.iter().filter_map(|(size, one)| Some((*size, one, other.get(size)?)));
        let paired = both.filter(|(_, one, other)| one.per_user.len() == other.per_user.len());
        paired
            .map(|(size, one, other)| (size, paired_difference(&one.per_user, &other.per_user, SEED)))
            .collect()
    };
    let found = pairs.into_iter().filter_map(|(one, other)| {
        let points = of_pair(curves.get(one)?, curves.get(other)?);
        (!points.is_empty()).then(|| (format!("{one} - {other}"), points))
    });
    found.collect()
}

/// `[rows, mean over users]` of every method.
pub(super) fn means_json(setting: &Setting) -> Value {
    by_market(|market| {
        let curves = curves(setting, market);
        let methods = curves.all().map(|(method, points)| {
            let points = points.iter().map(|(size, point)| json!([size, point.mean()]));
            (method.clone(), points.collect::<Value>())
        });
        Value::Object(methods.collect())
    })
}

/// Per method and number of rows the users' values, the spread over repeats, and the paired differences.
pub(super) fn details_json(setting: &Setting) -> Value {
    by_market(|market| {
        let curves = curves(setting, market);
        let methods = curves.all().map(|(method, points)| {
            let points = points.iter().map(|(size, point)| {
                json!({ "rows": size, "users": point.per_user, "sd_over_repeats": point.deviation })
            });
            (method.clone(), points.collect::<Value>())
        });
        let methods = Value::Object(methods.collect());
        let differences = differences(&curves).into_iter().map(|(pair, points)| {
            let points = points.iter().map(|(size, found)| {
                json!({ "rows": size, "mean": found.mean, "low": found.low, "high": found.high })
            });
            (pair, points.collect::<Value>())
        });
        json!({ "methods": methods, "differences": Value::Object(differences.collect()) })
    })
}

fn by_market(one: impl Fn(MarketKind) -> Value) -> Value {
    Value::Object(MarketKind::BOTH.map(|market| (market.key().to_owned(), one(market))).into_iter().collect())
}

/// The curves of one market as tables, nothing where no user has labels.
pub(super) fn tables(text: &mut String, setting: &Setting, market: MarketKind, title: &str) {
    let curves = curves(setting, market);
    let sizes: BTreeSet<u64> = curves.all().flat_map(|(_, points)| points.keys().copied()).collect();
    if sizes.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n### With labels, {title}\n\nIn brackets the standard deviation, over repeats, of the mean over users.\n"
    );
    table(text, "method", &sizes, curves.all(), |point| {
        format!("{:.4} ({:.3})", point.mean(), point.deviation)
    });
    let differences = differences(&curves);
    if !differences.is_empty() {
        let _ = writeln!(text, "\nDifferences, paired by user, with a 95 % bootstrap interval.\n");
        let rows = differences.iter().map(|(pair, points)| (pair, points));
        table(text, "difference", &sizes, rows, |found| {
            format!("{:+.3} [{:+.3}, {:+.3}]", found.mean, found.low, found.high)
        });
    }
}

fn table<'a, T: 'a>(
    text: &mut String,
    head: &str,
    sizes: &BTreeSet<u64>,
    rows: impl Iterator<Item = (&'a String, &'a BTreeMap<u64, T>)>,
    cell: impl Fn(&T) -> String,
) {
    let heads: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    let _ = writeln!(text, "| {head} | {} |\n|---|{}", heads.join(" | "), "---|".repeat(sizes.len()));
    for (name, points) in rows {
        let cells = sizes.iter().map(|size| points.get(size).map_or("-".to_owned(), &cell));
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(text, "| {} | {} |", name.replace('_', " "), cells.join(" | "));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Curves, differences, points};
    use crate::experiment::system::Labelled;

    fn row(repeat: u64, method: &str, value: f64) -> Labelled {
        Labelled { size: 10, repeat, metrics: BTreeMap::from([(method.to_owned(), value)]) }
    }

    #[test]
    fn the_spread_is_over_repeats_not_over_users() {
        let users = [
            [row(0, "single", 1.0), row(1, "single", 2.0)],
            [row(0, "single", 11.0), row(1, "single", 12.0)],
        ];
        let users: Vec<Vec<&Labelled>> = users.iter().map(|rows| rows.iter().collect()).collect();
        let curves = points("", &users);
        let point = &curves["single"][&10];
        assert_eq!((point.per_user.as_slice(), point.mean()), (&[1.5, 11.5][..], 6.5));
        assert!((point.deviation - 0.5_f64.sqrt()).abs() < 1e-12, "{}", point.deviation);
    }

    #[test]
    fn ours_is_paired_with_the_reference_and_all_with_what_needs_no_learnware() {
        let controls = points("", &[vec![&row(0, "ridge_only", 4.0), &row(0, "noise", 5.0)]]);
        let mut reuse = points("", &[vec![&row(0, "single", 1.0)]]);
        reuse.extend(points("reference ", &[vec![&row(0, "single", 3.0)]]));
        let curves = Curves { reuse, controls };
        let found: BTreeMap<String, f64> =
            differences(&curves).into_iter().map(|(pair, points)| (pair, points[&10].mean)).collect();
        let wanted = [
            ("reference single - ridge_only", -1.0),
            ("single - reference single", -2.0),
            ("single - ridge_only", -3.0),
        ];
        assert_eq!(found, wanted.map(|(pair, mean)| (pair.to_owned(), mean)).into());
    }
}
