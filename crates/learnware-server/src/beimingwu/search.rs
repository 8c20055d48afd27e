//! `/engine/search_learnware`: with the reference's kernel, mixtures and scores.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use learnware_dock::Dock;
use learnware_dock::accounts::{Principal, Scope};
use learnware_dock::browse::LearnwareEntry;
use learnware_dock::store::people::AccountNumber;
use learnware_dock::viewer::Viewer as Sight;
use learnware_dock::words::Query;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::searcher::score;
use learnware_engine::market::{KernelChoice, MixtureMethod, SearchOptions, SearchResults};
use learnware_engine::semantic::DataType;
use learnware_engine::specification::codec::{self, SpecificationKind};
use learnware_engine::specification::{StatisticalSpecification, torch};
use learnware_engine::user_info::UserInfo;
use serde_json::{Value, json};

use super::codes;
use super::envelope::{Answer, Refusal, answer, by};
use super::fields::{Fields, Keep};
use super::visitor::Visitor;
use super::wire;

/// Bytes of a statistical specification.
const SPECIFICATION_BYTES_MAX: u64 = 64 << 20;
/// Single results of an answer at most, where the whole list is asked for.
const RESULTS_MAX: usize = 10_000;
/// Field with the statistical specification.
const FILE: &str = "statistical_specification";
/// Shown where a learnware is the operator's own.
const NOBODY: &str = "Unknown";

pub(super) async fn search(State(dock): State<Dock>, Visitor(viewer): Visitor, request: Request) -> Answer {
    let keep = Keep::InMemory(SPECIFICATION_BYTES_MAX);
    let mut fields = Fields::with_file(request, &dock, FILE, keep).await?;
    let statistical = fields.take_bytes(FILE).filter(|bytes| !bytes.is_empty());
    let page = Page::of(&fields)?;
    let mut user = UserInfo {
        semantic: wire::read_semantic(fields.needed("semantic_specification")?)?,
        statistical: statistical.iter().map(|bytes| specification(bytes)).collect::<Result<_, _>>()?,
    };
    user.semantic.learnware_id = restricted(&fields, viewer.as_ref())?;
    let options = SearchOptions {
        kernel: kernel(&user),
        mixture: MixtureMethod::Nearest,
        single_max: RESULTS_MAX,
        ..SearchOptions::default()
    };
    let found = dock.search_explained(&Sight::Served(viewer), Query::default(), user, options, false).await;
    let mut data = page.shown(&dock, &scored(found.map_err(by(codes::SEARCH))?.results)).await?;
    // Specifications are never mapped into another space here.
    data["is_hetero"] = json!(false);
    answer("Ok", data)
}

/// The reference's for tables and texts. Its kernel of images would take minutes for a search, and the one of tables says
/// nothing about pixels; so images are compared by their island's.
fn kernel(user: &UserInfo) -> KernelChoice {
    let is_image = |specification: &StatisticalSpecification| specification.data_type() == DataType::Image;
    if user.statistical.iter().any(is_image) { KernelChoice::Island } else { KernelChoice::Reference }
}

/// The same results with the reference's scores, where another kernel gave none.
fn scored(mut found: SearchResults) -> SearchResults {
    let distances: Vec<f64> = found.single.iter().filter_map(|result| result.distance).collect();
    if distances.is_empty() || found.single.iter().any(|result| result.score.is_some()) {
        return found;
    }
    let scores = score::reference_scores(&distances, found.multiple.as_ref().map(|team| team.distance));
    found.single.truncate(scores.single.len());
    for (result, score) in found.single.iter_mut().zip(&scores.single) {
        result.score = Some(*score);
    }
    found.multiple = found.multiple.zip(scores.multiple).map(|(mut team, score)| {
        team.score = Some(score);
        team
    });
    found
}

/// What only administrators may look for: by identifier, and what is not verified.
fn restricted(fields: &Fields, viewer: Option<&Principal>) -> Result<Option<String>, Refusal> {
    let id = fields.text("learnware_id").map(str::to_owned);
    let is_unverified = fields.text("is_verified") == Some("false");
    if (id.is_some() || is_unverified) && viewer.is_none_or(|viewer| viewer.needs(Scope::Admin).is_err()) {
        let msg = "Only administrators search by identifier or for what is not verified.";
        return Err(Refusal::new(codes::NOT_PUBLIC, msg));
    }
    if is_unverified {
        let msg = "Learnwares that are not verified are not searched here; see GET /api/v1/admin/jobs.";
        return Err(Refusal::new(codes::NOT_DONE, msg));
    }
    Ok(id)
}

fn specification(bytes: &[u8]) -> Result<StatisticalSpecification, Refusal> {
    let refuse = |reason: String| {
        Refusal::new(codes::NOT_UNDERSTOOD, format!("Statistical specification error: {reason}"))
    };
    if torch::is_torch(bytes) {
        let vector = torch::read_vector(bytes).map_err(|error| refuse(error.to_string()))?;
        return Ok(StatisticalSpecification::Parameters(vector));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| refuse(format!("not JSON: {error}")))?;
    // Files of old releases of the reference have no type; they are tables.
    let name = value.get("type").and_then(Value::as_str).unwrap_or("RKMETableSpecification");
    SpecificationKind::from_class_name(name)
        .and_then(|kind| codec::from_json(&value, kind))
        .map_err(|error| refuse(error.to_string()))
}

/// Which part of the answer is wanted.
struct Page {
    /// `None` for all of it.
    limit: Option<usize>,
    page: usize,
}

impl Page {
    fn of(fields: &Fields) -> Result<Self, Refusal> {
        let limit = fields.number("limit")?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        if limit == Some(0) {
            return Err(Refusal::new(codes::NO_ROWS, "`limit` must be at least 1."));
        }
        // As in the reference, a page that can't be read is the first.
        let page = fields.number("page").ok().flatten();
        Ok(Self { limit, page: page.map_or(0, |page| usize::try_from(page).unwrap_or(usize::MAX)) })
    }

    async fn shown(&self, dock: &Dock, found: &SearchResults) -> Result<Value, Refusal> {
        let limit = self.limit.unwrap_or(usize::MAX);
        let single: Vec<(LearnwareId, f64)> = found
            .single
            .iter()
            .skip(self.page.saturating_mul(limit))
            .take(limit.min(RESULTS_MAX))
            .map(|result| (result.id.clone(), result.score.unwrap_or(0.0)))
            .collect();
        let multiple = found.multiple.iter().filter(|_| self.page == 0);
        let multiple: Vec<(LearnwareId, f64)> = multiple
            .flat_map(|team| team.members.iter().map(|member| (member.id.clone(), team.score.unwrap_or(0.0))))
            .collect();
        let mut data = json!({
            "learnware_list_single": items(dock, single).await?,
            "learnware_list_multi": items(dock, multiple).await?,
        });
        if let Some(limit) = self.limit {
            data["page"] = json!(self.page);
            data["limit"] = json!(limit);
            data["total_pages"] = json!(found.single.len().div_ceil(limit));
        }
        Ok(data)
    }
}

/// Results as the client reads them; who was deleted in between is left out.
async fn items(dock: &Dock, found: Vec<(LearnwareId, f64)>) -> Result<Vec<Value>, Refusal> {
    let (ids, scores): (Vec<LearnwareId>, Vec<f64>) = found.into_iter().unzip();
    let scores: BTreeMap<&LearnwareId, f64> = ids.iter().zip(scores).collect();
    let entries = dock.entries(&ids).await.map_err(by(codes::SEARCH))?;
    let mut names = Names::default();
    let mut items = Vec::with_capacity(entries.len());
    for entry in &entries {
        items.push(json!({
            "learnware_id": entry.id.0,
            "semantic_specification": wire::semantic(&entry.semantic),
            "matching": scores.get(&entry.id),
            "last_modify": wire::time(entry.newest_submitted_at),
            "username": names.of(dock, entry).await?,
        }));
    }
    Ok(items)
}

/// Names of owners, each looked up once.
#[derive(Default)]
struct Names(BTreeMap<AccountNumber, String>);

impl Names {
    async fn of(&mut self, dock: &Dock, entry: &LearnwareEntry) -> Result<String, Refusal> {
        let Some(owner) = entry.owner else { return Ok(NOBODY.to_owned()) };
        if let Some(name) = self.0.get(&owner) {
            return Ok(name.clone());
        }
        let account = dock.store().account(owner).await.map_err(by(codes::SEARCH))?;
        let name = account.map_or_else(|| NOBODY.to_owned(), |account| account.name);
        self.0.insert(owner, name.clone());
        Ok(name)
    }
}
