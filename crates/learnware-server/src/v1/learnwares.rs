//! Learnwares: lists, one whole, packages out and in.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use learnware_api::{
    Check, Learnware, LearnwarePage, ListRequest, NewLink, PackageLink, Problem, RelatedClass, Seen,
    Submitted, Version,
};
use learnware_dock::accounts::{Principal, Scope};
use learnware_dock::browse::VersionDetail;
use learnware_dock::links::Link;
use learnware_dock::policy::PACKAGE_BYTES_MAX;
use learnware_dock::store::organisations::{Audience, OrganisationNumber, Visibility};
use learnware_dock::store::rows::{ListOptions, status_word};
use learnware_dock::submit::{PackageSource, SubmitOutcome, SubmitRequest};
use learnware_dock::viewer::Viewer as Sight;
use learnware_dock::{Dock, DockError};
use learnware_engine::learnware::{CheckStatus, LearnwareId};
use learnware_engine::specification::codec;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use crate::asked::{Path, Query};
use crate::auth::{Known, Viewer};
use crate::body::{self, Document};
use crate::error::{Answer, Failure};
use crate::wire;

/// Learnwares of a page where no number is asked for, and at most.
const PAGE: usize = 20;
const PAGE_MAX: usize = 100;
/// The same where statistical specifications are told, which are large.
const SPECIFIED_MAX: usize = 20;
/// Learnwares of an account in one answer at most.
const OWN_MAX: u32 = 10_000;
/// How long a link works where nobody says.
const LINK_SECONDS: u64 = 3600;

/// Who finds a new learnware.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct SeenBy {
    /// `public` (when absent), `owner`, or `organisation`.
    visibility: Option<String>,
    /// Number of the organisation.
    organisation: Option<i64>,
}

impl SeenBy {
    pub(super) fn visibility(&self) -> Answer<Visibility> {
        visibility(self.visibility.as_deref().unwrap_or("public"), self.organisation)
    }
}

fn visibility(word: &str, organisation: Option<i64>) -> Answer<Visibility> {
    Visibility::from_parts(word, organisation.map(OrganisationNumber)).ok_or_else(|| {
        let title = "visibility is public, owner, or organisation together with the number of one";
        Failure::bad("bad-visibility", title)
    })
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichVersion {
    /// The latest when absent.
    version: Option<u32>,
    /// When the link ends, where it is one.
    until: Option<String>,
    /// Its signature.
    signature: Option<String>,
    /// `data` for the package with the model as data, where a model that is code was written so.
    form: Option<String>,
}

impl WhichVersion {
    /// The link that the request is.
    fn link(&self) -> Answer<Option<Link>> {
        let (version, until, signature) = match (self.version, &self.until, &self.signature) {
            (_, None, None) => return Ok(None),
            (Some(version), Some(until), Some(signature)) => (version, until, signature.clone()),
            _ => return Err(Failure::bad("bad-link", "a part of this link is missing; copy all of it")),
        };
        let until = until.parse().map_err(|_| Failure::bad("bad-link", "the time of this link is none"))?;
        Ok(Some(Link { version, until, signature }))
    }
}

/// Usable learnwares that match, page by page, with counts by tag.
#[utoipa::path(get, path = "/learnwares", tag = "learnwares", params(ListRequest), responses((status = OK, body = LearnwarePage)), security((), ("bearer" = [])))]
pub(crate) async fn list(
    State(dock): State<Dock>,
    Viewer(viewer): Viewer,
    Query(mut wanted): Query<ListRequest>,
) -> Answer<Json<LearnwarePage>> {
    if wire::sort(wanted.sort.as_deref()).is_none() {
        return Err(Failure::bad("bad-sort", "sort is relevance, newest, name, size or id"));
    }
    let page_max = if wanted.specifications { SPECIFIED_MAX } else { PAGE_MAX };
    wanted.limit = Some(wanted.limit.unwrap_or(PAGE).clamp(1, page_max));
    Ok(Json(wire::page(&dock, &Sight::Served(viewer), &wanted, PAGE).await?))
}

/// The account's own, in any state.
#[utoipa::path(get, path = "/me/learnwares", tag = "accounts", responses((status = OK, body = Vec<Learnware>)), security(("bearer" = [])))]
pub(crate) async fn own(State(dock): State<Dock>, Known(principal): Known) -> Answer<Json<Vec<Learnware>>> {
    principal.needs(Scope::Read)?;
    let options = ListOptions { owner: Some(principal.account), limit: OWN_MAX, ..ListOptions::default() };
    let mut learnwares = Vec::new();
    for entry in dock.list(&options).await? {
        learnwares.push(whole(&dock, Some(&principal), &entry.id).await?);
    }
    Ok(Json(learnwares))
}

/// One learnware with its versions.
#[utoipa::path(get, path = "/learnwares/{id}", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them")), responses((status = OK, body = Learnware)), security((), ("bearer" = [])))]
pub(crate) async fn show(
    State(dock): State<Dock>,
    Viewer(viewer): Viewer,
    Path(id): Path<String>,
) -> Answer<Json<Learnware>> {
    Ok(Json(whole(&dock, viewer.as_ref(), &LearnwareId(id)).await?))
}

/// What classes of others have to do with a learnware's classes, as the last evolution found it.
#[utoipa::path(get, path = "/learnwares/{id}/classes", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them")), responses((status = OK, body = Vec<RelatedClass>)), security((), ("bearer" = [])))]
pub(crate) async fn classes(
    State(dock): State<Dock>,
    Viewer(viewer): Viewer,
    Path(id): Path<String>,
) -> Answer<Json<Vec<RelatedClass>>> {
    let (row, _) = dock.seen_by(viewer.as_ref(), &LearnwareId(id)).await?;
    let related = dock.related_classes(&Sight::Served(viewer), &row.number.id()).await?;
    Ok(Json(related.into_iter().map(wire::related_class).collect()))
}

/// Versions that are not usable are shown to owners and administrators only.
async fn whole(dock: &Dock, viewer: Option<&Principal>, id: &LearnwareId) -> Answer<Learnware> {
    let (row, sees_all) = dock.seen_by(viewer, id).await?;
    let detail = dock.show(id).await?;
    let owner = match row.owner {
        Some(owner) => dock.store().account(owner).await?.map(|account| account.name),
        None => None,
    };
    let seen = detail.versions.iter().filter(|one| sees_all || one.status == CheckStatus::Usable);
    let versions: Vec<Version> = seen.map(version).collect();
    if versions.is_empty() {
        return Err(DockError::NotUsable { id: detail.id.0, version: detail.latest_version }.into());
    }
    Ok(Learnware {
        id: detail.id.0,
        owner,
        latest_version: detail.latest_version,
        created_at: detail.created_at.to_string(),
        downloads: row.downloads,
        visibility: row.visibility.word().to_owned(),
        organisation: row.visibility.organisation().map(|organisation| organisation.0),
        taken_down: row.taken_down,
        versions,
    })
}

fn version(detail: &VersionDetail) -> Version {
    Version {
        version: detail.version,
        status: status_word(detail.status).to_owned(),
        digest: detail.digest.to_string(),
        size_bytes: detail.size_bytes,
        format: detail.format.word().to_owned(),
        data: detail.data.as_ref().map(|data| json!(data)),
        semantic: detail.specification.semantic.to_json(),
        statistical: detail.specification.statistical.iter().map(codec::to_json).collect(),
        report: detail.report.as_ref().map(|report| json!(report)),
        check: detail.check.as_ref().map(|check| Check {
            state: check.state.word().to_owned(),
            attempts: check.attempts,
            // What failed on our side is in the log: it may name places of the machine.
            failed_before: check.last_error.is_some(),
        }),
        submitted_at: detail.submitted_at.to_string(),
        checked_at: detail.checked_at.map(|at| at.to_string()),
    }
}

/// The zip, whole or in ranges.
#[utoipa::path(get, path = "/learnwares/{id}/package", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them"), WhichVersion), responses((status = OK, content_type = "application/zip", body = Vec<u8>), (status = PARTIAL_CONTENT, content_type = "application/zip", body = Vec<u8>)), security((), ("bearer" = [])))]
pub(crate) async fn package(
    State(dock): State<Dock>,
    Viewer(viewer): Viewer,
    Path(id): Path<String>,
    Query(which): Query<WhichVersion>,
    request: Request,
) -> Answer<Response> {
    let id = LearnwareId(id);
    let deployed = match (which.link()?, which.form.as_deref()) {
        (Some(link), None) => dock.give_out_by_link(&id, &link).await?,
        (None, None) => dock.give_out(viewer.as_ref(), &id, which.version).await?,
        (None, Some("data")) => dock.give_out_as_data(viewer.as_ref(), &id, which.version).await?,
        (_, Some(_)) => return Err(Failure::bad("bad-form", "form is data, or absent, and absent in links")),
    };
    let name = format!("{}.zip", deployed.id);
    Ok(body::given_out(request, &deployed.path, "application/zip", &name, &deployed.digest).await)
}

/// A link by which whoever has it downloads the package of a version, without an account, for an hour or as long as is asked
/// for, a week at most.
#[utoipa::path(post, path = "/learnwares/{id}/links", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them")), request_body = NewLink, responses((status = OK, body = PackageLink)), security(("bearer" = [])))]
pub(crate) async fn link(
    State(dock): State<Dock>,
    Known(principal): Known,
    Path(id): Path<String>,
    Document(wish): Document<NewLink>,
) -> Answer<Json<PackageLink>> {
    principal.needs(Scope::Read)?;
    let lasts = Duration::from_secs(wish.seconds.unwrap_or(LINK_SECONDS));
    let Link { version, until, signature } =
        dock.link(&principal, &LearnwareId(id.clone()), wish.version, lasts).await?;
    let path =
        format!("/api/v1/learnwares/{id}/package?version={version}&until={until}&signature={signature}");
    Ok(Json(PackageLink { path, version, until: until.to_string() }))
}

/// A new learnware: the body is the zip.
#[utoipa::path(post, path = "/learnwares", tag = "learnwares", params(SeenBy), request_body(content = Vec<u8>, content_type = "application/zip"), responses((status = ACCEPTED, body = Submitted), (status = OK, description = "This package is yours already", body = Submitted), (status = UNPROCESSABLE_ENTITY, description = "Not sound; nothing was stored", body = Problem)), security(("bearer" = [])))]
pub(crate) async fn submit(
    State(dock): State<Dock>,
    Known(principal): Known,
    Query(seen): Query<SeenBy>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    principal.needs(Scope::Submit)?;
    let audience = principal.audience(seen.visibility()?)?;
    take_in(&dock, audience, None, &headers, body).await
}

/// A new version of a learnware: the body is the zip.
#[utoipa::path(post, path = "/learnwares/{id}/versions", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them")), request_body(content = Vec<u8>, content_type = "application/zip"), responses((status = ACCEPTED, body = Submitted), (status = OK, description = "This package is yours already", body = Submitted), (status = UNPROCESSABLE_ENTITY, description = "Not sound; nothing was stored", body = Problem)), security(("bearer" = [])))]
pub(crate) async fn submit_version(
    State(dock): State<Dock>,
    Known(principal): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    let id = LearnwareId(id);
    principal.may_change(&dock.living(&id).await?)?;
    let audience = principal.audience(Visibility::Public)?;
    take_in(&dock, audience, Some(id), &headers, body).await
}

async fn take_in(
    dock: &Dock,
    audience: Audience,
    replaces: Option<LearnwareId>,
    headers: &HeaderMap,
    body: Body,
) -> Answer<Response> {
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/zip") {
        let title = "send the package as the body, with `Content-Type: application/zip`";
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-a-zip", title));
    }
    let file = body::received(body, dock, PACKAGE_BYTES_MAX).await?;
    keep(dock, audience, replaces, &file).await
}

/// Submits a package that is here.
pub(super) async fn keep(
    dock: &Dock,
    audience: Audience,
    replaces: Option<LearnwareId>,
    file: &std::path::Path,
) -> Answer<Response> {
    let package = PackageSource::File(file.to_owned());
    let request = SubmitRequest { package, semantic: None, replaces, audience };
    let (status, submission) = match dock.submit(request).await? {
        SubmitOutcome::Accepted(submission) => (StatusCode::ACCEPTED, submission),
        SubmitOutcome::Refused(report) => return Err(Failure::refused(report)),
        SubmitOutcome::Duplicate(submission) => {
            let row = dock.living(&submission.id).await?;
            if row.owner != audience.owner {
                let title = format!("the dock has this package already, as {}", submission.id);
                return Err(Failure::new(StatusCode::CONFLICT, "duplicate", title));
            }
            // The same once more: an answer that got lost is given again.
            (StatusCode::OK, submission)
        }
    };
    let place = format!("/api/v1/learnwares/{}", submission.id);
    let submitted =
        Submitted { id: submission.id.0, version: submission.version, digest: submission.digest.to_string() };
    Ok((status, [(LOCATION, place)], Json(submitted)).into_response())
}

/// Says who finds a learnware.
#[utoipa::path(put, path = "/learnwares/{id}/visibility", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them")), request_body = Seen, responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn show_to(
    State(dock): State<Dock>,
    Known(principal): Known,
    Path(id): Path<String>,
    Document(seen): Document<Seen>,
) -> Answer<StatusCode> {
    let visibility = visibility(&seen.visibility, seen.organisation)?;
    dock.set_visibility(&principal, &LearnwareId(id), visibility).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a learnware.
#[utoipa::path(delete, path = "/learnwares/{id}", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them")), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn delete(
    State(dock): State<Dock>,
    Known(principal): Known,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    dock.delete_by(&principal, &LearnwareId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
