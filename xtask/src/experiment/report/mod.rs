//! Turns what both systems did into results.json, results.md and one line.

mod curves;
mod tables;

use std::path::Path;

use serde_json::{Value, json};

use super::Options;
use super::binary::Cost;
use super::measure::{Task, mean, paired_difference, rank_correlation, summary};
use super::plan::Plan;
use super::prepared::Prepared;
use super::system::{MarketKind, System, User};

/// One market with its users, run by us and perhaps by the reference.
pub(super) struct Setting {
    pub(super) plan: Plan,
    pub(super) prepared: Prepared,
    pub(super) ours: System,
    pub(super) reference: Option<System>,
}

/// Quantities in the order of the tables: (key, heading). The first ones need no search.
const QUANTITIES: &[(&str, &str)] = &[
    ("mean_in_market", "mean in market"),
    ("best_in_market", "best in market"),
    ("own", "own learnware"),
    ("best_other", "best other learnware"),
    ("average_of_all", "average of all"),
    ("top_one", "top-1"),
    ("job_selector", "job selector"),
    ("averaging", "averaging"),
    ("weighted", "weighted mixture"),
    ("rank_correlation", "search quality"),
    ("mixture_distance", "squared distance of the mixture"),
    ("nearest_mixture_distance", "the same, greedy among the nearest"),
];

const SEED: u64 = 1;

/// Writes both files.
pub(super) fn write(out: &Path, settings: &[Setting], options: &Options) -> Result<(), String> {
    let whole = json!({
        "seed": options.seed,
        "standardised": !options.raw,
        "recipe": if options.full { "full" } else { "light" },
        "settings": settings.iter().map(setting_json).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&whole).map_err(|error| error.to_string())?;
    let put = |name: &str, text: &str| {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    put("results.json", &format!("{text}\n"))?;
    put("results.md", &tables::markdown(settings, options))
}

/// One quantity per user, or `None` where it does not exist.
fn quantity(system: &System, task: Task, market: MarketKind, key: &str) -> Option<Vec<f64>> {
    let values = system.users.iter().map(|user| of_user(user, task, market, key));
    values.collect::<Option<Vec<f64>>>().filter(|values| !values.is_empty())
}

fn of_user(user: &User, task: Task, market: MarketKind, key: &str) -> Option<f64> {
    let own = user.own.filter(|_| market == MarketKind::WithOwn);
    let absent = user.own.filter(|_| market == MarketKind::WithoutOwn);
    // Who has no metric, such as a learnware that can't be aligned, counts nowhere.
    let has_metric = |place: &usize| user.of_all[*place].is_finite() && Some(*place) != absent;
    let present: Vec<usize> = (0..user.of_all.len()).filter(has_metric).collect();
    let of = |values: &[f64], places: &[usize]| -> Vec<f64> {
        places.iter().filter_map(|place| values.get(*place).copied()).collect()
    };
    let metrics = of(&user.of_all, &present);
    let best = |values: &[f64]| values.iter().copied().reduce(|one, other| task.better(one, other));
    match key {
        _ if market == MarketKind::WithoutOwn && user.own.is_none() => None,
        "mean_in_market" => (!metrics.is_empty()).then(|| mean(&metrics)),
        "best_in_market" => best(&metrics),
        "own" => own.and_then(|own| user.of_all.get(own).copied()),
        "best_other" => own.and_then(|own| {
            let others: Vec<usize> = present.into_iter().filter(|place| *place != own).collect();
            best(&of(&user.of_all, &others))
        }),
        "average_of_all" => {
            let known = market == MarketKind::WithOwn && !metrics.is_empty();
            known.then_some(user.average_of_all).filter(|value| value.is_finite())
        }
        "rank_correlation" => {
            let distances = of(&user.distances, &present);
            let losses: Vec<f64> = metrics.iter().map(|metric| task.loss(*metric)).collect();
            (!distances.is_empty() && distances.len() == losses.len())
                .then(|| rank_correlation(&distances, &losses))
        }
        method => user.chosen(market).metrics.get(method).copied(),
    }
}

fn setting_json(setting: &Setting) -> Value {
    let task = setting.prepared.task;
    let mut markets = serde_json::Map::new();
    for market in MarketKind::BOTH {
        let mut quantities = serde_json::Map::new();
        for (key, _) in QUANTITIES {
            let ours = quantity(&setting.ours, task, market, key);
            let theirs = setting.reference.as_ref().and_then(|system| quantity(system, task, market, key));
            if ours.is_some() || theirs.is_some() {
                quantities.insert((*key).to_owned(), quantity_json(ours.as_deref(), theirs.as_deref()));
            }
        }
        markets.insert(market.key().to_owned(), Value::Object(quantities));
    }
    json!({
        "name": setting.plan.name(),
        "metric": task.metric_name(),
        "max_search": setting.plan.max_search,
        "prepared": setting.prepared.description,
        "users": setting.ours.users.iter().map(user_json).collect::<Vec<_>>(),
        "markets": markets,
        "equality": setting.reference.as_ref().map(|reference| equality_json(&setting.ours, reference)),
        "labelled": curves::means_json(setting),
        "labelled_details": curves::details_json(setting),
        "cpu": {
            "ours": costs_json(&setting.ours),
            "reference": setting.reference.as_ref().map(costs_json),
        },
        "not_run": setting.reference.as_ref().map(|reference| &reference.notes),
    })
}

fn user_json(user: &User) -> Value {
    let chosen = |market: MarketKind| {
        let chosen = user.chosen(market);
        json!({ "top_one": chosen.top_one, "members": chosen.members, "weights": chosen.weights, "metrics": chosen.metrics })
    };
    json!({
        "group": user.group,
        "metrics_of_all": user.of_all,
        "distances": user.distances,
        "with_own": chosen(MarketKind::WithOwn),
        "without_own": chosen(MarketKind::WithoutOwn),
    })
}

fn quantity_json(ours: Option<&[f64]>, theirs: Option<&[f64]>) -> Value {
    let side = |values: Option<&[f64]>| {
        values.map(|values| {
            let summary = summary(values);
            json!({ "mean": summary.mean, "sd": summary.deviation, "users": values })
        })
    };
    let difference = match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours.len() == theirs.len() => {
            let found = paired_difference(ours, theirs, SEED);
            Some(json!({ "mean": found.mean, "low": found.low, "high": found.high }))
        }
        _ => None,
    };
    json!({ "ours": side(ours), "reference": side(theirs), "difference": difference })
}

/// Largest differences in what both systems must have equal: nothing of it depends on a search.
fn equality(ours: &System, reference: &System) -> (f64, f64) {
    let largest = |pairs: &mut dyn Iterator<Item = (f64, f64)>| {
        pairs.map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
    };
    let users = ours.users.iter().zip(&reference.users);
    let mut metrics = users.flat_map(|(one, other)| {
        let all = one.of_all.iter().copied().zip(other.of_all.iter().copied());
        all.chain([(one.average_of_all, other.average_of_all)])
    });
    let metrics = largest(&mut metrics);
    let predictions = match (&ours.predictions, &reference.predictions) {
        (Some(one), Some(other)) => {
            let rows = one.values.chunks_exact(one.columns).zip(other.values.chunks_exact(other.columns));
            largest(&mut rows.flat_map(|(one, other)| one.iter().copied().zip(other.iter().copied())))
        }
        _ => f64::NAN,
    };
    (metrics, predictions)
}

fn equality_json(ours: &System, reference: &System) -> Value {
    let (metrics, predictions) = equality(ours, reference);
    json!({ "metrics_largest_difference": metrics, "predictions_largest_difference": predictions })
}

fn costs_json(system: &System) -> Value {
    let cost = |cost: &Cost| json!({ "cpu_seconds": cost.cpu_seconds, "count": cost.count });
    Value::Object(system.costs.iter().map(|(step, value)| (step.clone(), cost(value))).collect())
}

/// Everything in one line, the reference in parentheses.
pub(super) fn summary_line(settings: &[Setting]) -> String {
    let one = |setting: &Setting| {
        let task = setting.prepared.task;
        let value = |key: &str| {
            let of = |system: &System| {
                quantity(system, task, MarketKind::WithOwn, key).map(|values| format!("{:.4}", mean(&values)))
            };
            let ours = of(&setting.ours)?;
            Some(match setting.reference.as_ref().and_then(of) {
                Some(theirs) => format!("{ours} ({theirs})"),
                None => ours,
            })
        };
        let parts = QUANTITIES.iter().filter_map(|(key, heading)| Some(format!("{heading} {}", value(key)?)));
        let mut parts: Vec<String> = parts.collect();
        if parts.is_empty() {
            parts.push("curves over labelled rows, see results.md".to_owned());
        }
        format!("{} {}: {}", setting.plan.name(), task.metric_name(), parts.join(", "))
    };
    settings.iter().map(one).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use serde_json::json;

    use super::tables::markdown;
    use super::{Setting, equality, quantity, setting_json, summary_line};
    use crate::experiment::Options;
    use crate::experiment::arrays::Array;
    use crate::experiment::binary::Cost;
    use crate::experiment::kind::Kind;
    use crate::experiment::measure::Task;
    use crate::experiment::plan::Plan;
    use crate::experiment::prepared::{self, Learnware, Prepared};
    use crate::experiment::system::{Chosen, Labelled, MarketKind, System, User};

    fn system(shift: f64) -> System {
        let user = |group: &str, own: usize, of_all: [f64; 2], top_one: usize| {
            let labelled = [(10, 0.5), (10, 0.7), (20, 0.4)].map(|(size, value)| Labelled {
                size,
                repeat: 0,
                metrics: BTreeMap::from([("feature_augment".to_owned(), value + shift)]),
            });
            let chosen = |labelled| Chosen {
                top_one: Some(top_one),
                members: vec![top_one],
                weights: Vec::new(),
                metrics: BTreeMap::from([("top_one".to_owned(), of_all[top_one] + shift)]),
                labelled,
            };
            User {
                group: group.to_owned(),
                own: Some(own),
                of_all: of_all.to_vec(),
                distances: vec![0.25, 0.5],
                average_of_all: 0.9,
                with_own: chosen(labelled.to_vec()),
                without_own: chosen(Vec::new()),
            }
        };
        System {
            users: vec![user("a", 0, [1.0, 2.0], 0), user("b", 1, [4.0, 3.0], 0)],
            costs: BTreeMap::from([("search".to_owned(), Cost { cpu_seconds: 1.0 + shift, count: 4 })]),
            notes: BTreeMap::new(),
            predictions: Some(Array { rows: 2, columns: 2, values: vec![1.0, 2.0, 3.0, 4.0 + shift] }),
        }
    }

    fn setting() -> Setting {
        let learnware = |name: &str| Learnware { name: name.to_owned(), folder: PathBuf::new() };
        let user = |name: &str, own| prepared::User {
            name: name.to_owned(),
            folder: PathBuf::new(),
            own: Some(own),
            places: vec![0],
            truth: vec![0.0],
            subsets: Vec::new(),
        };
        let prepared = Prepared {
            folder: PathBuf::new(),
            kind: Kind::Table,
            task: Task::Regression,
            learnwares: vec![learnware("a"), learnware("b")],
            users: vec![user("a", 0), user("b", 1)],
            classes: 0,
            has_labels: false,
            about: "Small trees.".to_owned(),
            description: json!({}),
        };
        let plan = Plan {
            suite: "suites/s".into(),
            kind: Kind::Table,
            space: "A".to_owned(),
            max_search: 5,
            heterogeneous: false,
        };
        Setting { plan, prepared, ours: system(0.0), reference: Some(system(0.25)) }
    }

    #[test]
    fn quantities_without_search_come_from_the_predictions_of_all() {
        let system = system(0.0);
        let of = |market, key| quantity(&system, Task::Regression, market, key);
        assert_eq!(of(MarketKind::WithOwn, "mean_in_market"), Some(vec![1.5, 3.5]));
        assert_eq!(of(MarketKind::WithOwn, "best_in_market"), Some(vec![1.0, 3.0]));
        assert_eq!(of(MarketKind::WithOwn, "own"), Some(vec![1.0, 3.0]));
        assert_eq!(of(MarketKind::WithOwn, "best_other"), Some(vec![2.0, 4.0]));
        assert_eq!(of(MarketKind::WithoutOwn, "mean_in_market"), Some(vec![2.0, 4.0]));
        assert_eq!(of(MarketKind::WithoutOwn, "own"), None);
        assert_eq!(of(MarketKind::WithOwn, "weighted"), None);
        assert_eq!(of(MarketKind::WithOwn, "rank_correlation"), Some(vec![1.0, -1.0]));
        assert_eq!(
            quantity(&system, Task::Classification, MarketKind::WithOwn, "best_in_market"),
            Some(vec![2.0, 4.0])
        );
    }

    #[test]
    fn the_report_holds_both_systems_and_their_difference() {
        let setting = setting();
        assert_eq!(equality(&setting.ours, setting.reference.as_ref().unwrap()), (0.0, 0.25));
        let value = setting_json(&setting);
        let top_one = &value["markets"]["with_own"]["top_one"];
        assert_eq!(top_one["ours"]["mean"], 2.5);
        assert_eq!(top_one["reference"]["mean"], 2.75);
        assert_eq!(top_one["difference"]["mean"], -0.25);
        assert_eq!(value["labelled"]["with_own"]["feature_augment"], json!([[10, 0.6], [20, 0.4]]));
        assert_eq!(value["cpu"]["reference"]["search"]["count"], 4);
        let text = markdown(&[setting], &Options::default());
        for wanted in
            ["## s-A", "| top-1 | 2.5000 | 2.1213 | 2.7500", "| search | 1.00 | 4 | 1.25 | 4 | 1.2 |"]
        {
            assert!(text.contains(wanted), "{wanted} in\n{text}");
        }
    }

    #[test]
    fn users_without_learnwares_of_their_own_have_one_market() {
        let mut setting = setting();
        setting.prepared.users.iter_mut().for_each(|user| user.own = None);
        setting.ours.users.iter_mut().for_each(|user| user.own = None);
        setting.reference = None;
        let text = markdown(&[setting], &Options::default());
        assert!(text.contains("All learnwares are in the market") && !text.contains("left out"), "{text}");
        assert!(text.contains("| search quality | 0.0000 |") && text.contains("not run"), "{text}");
    }

    #[test]
    fn the_summary_is_one_line() {
        let line = summary_line(&[setting(), setting()]);
        assert!(
            line.starts_with("s-A RMSE: mean in market 2.5000 (2.5000), best in market 2.0000"),
            "{line}"
        );
        assert!(line.contains(" | s-A") && !line.contains('\n'));
    }
}
