//! Search by specification and by words.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use learnware_api::SearchRequest;
use learnware_dock::Dock;
use learnware_dock::catalog::Snapshot;
use learnware_dock::viewer::Viewer;
use learnware_dock::words::Query;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::{KernelChoice, MixtureMethod, Ranking, SearchOptions, SearchResults};
use learnware_engine::semantic::{Dimensions, SemanticSpecification};
use learnware_engine::specification::codec::{self, SpecificationKind};
use learnware_engine::specification::{IslandKey, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;
use serde_json::{Value, json};

use crate::auth;
use crate::body::Document;
use crate::error::{Answer, Failure};
use crate::wire;

/// Single results and members of a mixture at most.
pub(super) const SINGLE_MAX: usize = 1000;
const MEMBERS_MAX: usize = 16;
/// Specifications and exclusions of a request at most.
pub(super) const SPECIFICATIONS_MAX: usize = 8;
pub(super) const EXCLUDED_MAX: usize = 10_000;

/// Learnwares that fit a specification, words, or both; with a mixture, coverage and a verdict.
#[utoipa::path(post, path = "/search", tag = "search", request_body = SearchRequest, responses((status = OK, body = Value)), security((), ("bearer" = [])))]
pub(crate) async fn search(
    State(dock): State<Dock>,
    auth::Viewer(viewer): auth::Viewer,
    Document(wish): Document<SearchRequest>,
) -> Answer<Json<Value>> {
    if wish.statistical.len() > SPECIFICATIONS_MAX || wish.exclude.len() > EXCLUDED_MAX {
        let title = format!("at most {SPECIFICATIONS_MAX} specifications and {EXCLUDED_MAX} exclusions");
        return Err(Failure::bad("too-many", title));
    }
    let statistical = wish.statistical.iter().map(specification).collect::<Answer<Vec<_>>>()?;
    let (defaults, exclude) = (SearchOptions::default(), wish.exclude.into_iter().map(LearnwareId));
    let options = SearchOptions {
        max_learnwares: wish.max_learnwares.unwrap_or(defaults.max_learnwares).clamp(1, MEMBERS_MAX),
        single_max: wish.limit.unwrap_or(defaults.single_max).clamp(1, SINGLE_MAX),
        exclude: exclude.collect(),
        mixture: mixture(wish.mixture.as_deref())?,
        kernel: kernel(wish.kernel.as_deref())?,
        ranking: ranking(wish.ranking.as_deref())?,
        world: wish.world,
        parts: wish.parts,
        ..defaults
    };
    let user = UserInfo { semantic: described(&wish.columns), statistical };
    let query = Query::parse(&wish.query)?;
    let answer = dock.search_explained(&Viewer::Served(viewer), query, user, options, wish.explain).await?;
    let mut document = json!(answer.results);
    document["island"] = json!(answer.results.island.as_ref().map(island));
    let others = answer.results.funnel.other_islands.iter();
    document["funnel"]["other_islands"] =
        others.map(|(key, count)| json!({"island": island(key), "learnwares": count})).collect();
    document["revision"] = json!(answer.snapshot.revision.0);
    document["words"] = json!(wire::readings(&answer.readings));
    document["learnwares"] = json!(named(&answer.snapshot, found(&answer.results)));
    if wish.explain {
        document["explanation"] = json!(answer.explanation);
    }
    Ok(Json(document))
}

/// What a user's columns are called, as a semantic specification says it.
fn described(columns: &[String]) -> SemanticSpecification {
    let description = columns.iter().cloned().enumerate().collect();
    let input = Dimensions { dimension: columns.len(), description, columns: None };
    SemanticSpecification {
        input: (!columns.is_empty()).then_some(input),
        ..SemanticSpecification::default()
    }
}

/// An island's key, with a sentence for people.
pub(super) fn island(key: &IslandKey) -> Value {
    let mut value = json!(key);
    value["name"] = json!(key.to_string());
    value
}

/// Semantic specifications of what was found, by id.
pub(super) fn named<'a>(
    snapshot: &Snapshot,
    ids: impl Iterator<Item = &'a LearnwareId>,
) -> BTreeMap<String, Value> {
    let semantic = |id: &LearnwareId| {
        let learnware = snapshot.market.organizer().get(id)?;
        Some((id.0.clone(), learnware.specification.semantic.to_json()))
    };
    ids.filter_map(semantic).collect()
}

/// Learnwares in an answer.
fn found(results: &SearchResults) -> impl Iterator<Item = &LearnwareId> {
    let members = results.multiple.iter().flat_map(|multiple| &multiple.members).map(|member| &member.id);
    let team = results.world.iter().flat_map(|world| &world.team).map(|member| &member.id);
    let parts = results.parts.iter().map(|part| &part.found.id);
    members.chain(team).chain(parts).chain(results.single.iter().map(|single| &single.id))
}

fn mixture(word: Option<&str>) -> Answer<MixtureMethod> {
    match word {
        None | Some("greedy") => Ok(MixtureMethod::Greedy),
        Some("nearest") => Ok(MixtureMethod::Nearest),
        Some("auto") => Ok(MixtureMethod::Auto),
        Some("none") => Ok(MixtureMethod::None),
        Some(_) => Err(Failure::bad("bad-mixture", "mixture is greedy, nearest, auto or none")),
    }
}

fn ranking(word: Option<&str>) -> Answer<Ranking> {
    match word {
        None | Some("capability") => Ok(Ranking::Capability),
        Some("distance") => Ok(Ranking::Distance),
        Some(_) => Err(Failure::bad("bad-ranking", "ranking is capability or distance")),
    }
}

fn kernel(word: Option<&str>) -> Answer<KernelChoice> {
    match word {
        None | Some("island") => Ok(KernelChoice::Island),
        Some("reference") => Ok(KernelChoice::Reference),
        Some(_) => Err(Failure::bad("bad-kernel", "kernel is island or reference")),
    }
}

pub(super) fn specification(value: &Value) -> Answer<StatisticalSpecification> {
    // Files of old releases of the reference have no type; they are tables.
    let name = value.get("type").and_then(Value::as_str).unwrap_or("RKMETableSpecification");
    Ok(codec::from_json(value, SpecificationKind::from_class_name(name)?)?)
}
