//! `/user`, the account's learnwares: in, changed, listed, out.

use axum::extract::{Request, State};
use learnware_dock::Dock;
use learnware_dock::accounts::{Principal, Scope};
use learnware_dock::browse::LearnwareEntry;
use learnware_dock::policy::PACKAGE_BYTES_MAX;
use learnware_dock::store::organisations::Visibility;
use learnware_dock::submit::{PackageSource, Submission, SubmitOutcome, SubmitRequest};
use learnware_dock::uploads::{PIECE_BYTES_MAX, UploadLabel};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::semantic::SemanticSpecification;
use serde_json::json;

use super::codes::{self, Codes};
use super::envelope::{self, Answer, Refusal, answer, by, done};
use super::fields::{Fields, Keep};
use super::visitor::Member;
use super::wire::{self, Standing};

/// Rows of a page at most; the client asks for as many.
const PAGE_MAX: u64 = 10_000;
/// Field with the zip.
const FILE: &str = "learnware_file";
/// Field with a piece of it.
const PIECE: &str = "chunk_file";

pub(super) async fn list(State(dock): State<Dock>, Member(principal): Member, request: Request) -> Answer {
    principal.needs(Scope::Read).map_err(by(codes::ACCOUNT))?;
    let fields = Fields::read(request, &dock).await?;
    let limit = fields.number("limit")?.ok_or_else(|| Refusal::missing("limit"))?.min(PAGE_MAX);
    let page = fields.number("page")?.ok_or_else(|| Refusal::missing("page"))?;
    if limit == 0 {
        return Err(Refusal::new(codes::BAD_REQUEST, "`limit` must be at least 1."));
    }
    let entries = dock.entries_of(principal.account).await.map_err(by(codes::ACCOUNT))?;
    let mut rows: Vec<(Standing, LearnwareEntry)> =
        entries.into_iter().map(|entry| (Standing::of(&entry), entry)).collect();
    match fields.text("is_verified") {
        None => {}
        Some("true") => rows.retain(|row| row.0 == Standing::Success),
        Some("false") => rows.retain(|row| row.0 != Standing::Success),
        Some(_) => {
            return Err(Refusal::new(codes::BAD_REQUEST, "`is_verified` must be true, false or null."));
        }
    }
    // What failed first, then the newest; the list came by id.
    rows.reverse();
    rows.sort_by_key(|row| row.0);
    let total_pages = (rows.len() as u64).div_ceil(limit);
    let skipped = usize::try_from(page.saturating_mul(limit)).unwrap_or(usize::MAX);
    let shown = rows.iter().skip(skipped).take(limit as usize).map(|(standing, entry)| {
        json!({
            "learnware_id": entry.id.0,
            "last_modify": wire::time(entry.newest_submitted_at),
            "verify_status": standing.word(),
            "semantic_specification": wire::semantic(&entry.newest_semantic),
        })
    });
    let listed: Vec<_> = shown.collect();
    answer("Ok.", json!({"learnware_list": listed, "page": page, "limit": limit, "total_pages": total_pages}))
}

/// A piece of a package that comes by `add_uploaded`.
pub(super) async fn chunked_upload(
    State(dock): State<Dock>,
    Member(principal): Member,
    request: Request,
) -> Answer {
    principal.needs(Scope::Submit).map_err(by(codes::ADD))?;
    let mut fields = Fields::with_file(request, &dock, PIECE, Keep::InMemory(PIECE_BYTES_MAX)).await?;
    let label: UploadLabel = fields.needed("file_hash")?.parse().map_err(by(codes::ADD))?;
    let begin = fields.number("chunk_begin")?.ok_or_else(|| Refusal::missing("chunk_begin"))?;
    let piece = fields.take_bytes(PIECE).ok_or_else(|| Refusal::missing(PIECE))?;
    dock.take_piece(&principal, &label, begin, piece).await.map_err(by(codes::ADD))?;
    done("success")
}

pub(super) async fn add_uploaded(
    State(dock): State<Dock>,
    Member(principal): Member,
    request: Request,
) -> Answer {
    principal.needs(Scope::Submit).map_err(by(codes::ADD))?;
    let fields = Fields::read(request, &dock).await?;
    let semantic = wire::read_own_semantic(fields.needed("semantic_specification")?)?;
    let label: UploadLabel = fields.needed("file_hash")?.parse().map_err(by(codes::ADD))?;
    let upload = dock.finish_upload(&principal, &label).await.map_err(by(codes::ADD))?;
    let package = PackageSource::File(upload.path().to_path_buf());
    added(&dock, &principal, package, semantic).await
}

pub(super) async fn add(State(dock): State<Dock>, Member(principal): Member, request: Request) -> Answer {
    principal.needs(Scope::Submit).map_err(by(codes::ADD))?;
    let mut fields = Fields::with_file(request, &dock, FILE, Keep::OnDisk(PACKAGE_BYTES_MAX)).await?;
    let semantic = wire::read_own_semantic(fields.needed("semantic_specification")?)?;
    let file = fields.take_path(FILE).ok_or_else(|| Refusal::missing(FILE))?;
    added(&dock, &principal, PackageSource::File(file.to_path_buf()), semantic).await
}

async fn added(
    dock: &Dock,
    by: &Principal,
    package: PackageSource,
    semantic: SemanticSpecification,
) -> Answer {
    let audience = by.audience(Visibility::Public).map_err(envelope::by(codes::ADD))?;
    let request = SubmitRequest { package, semantic: Some(semantic), replaces: None, audience };
    match submit(dock, request, codes::ADD).await? {
        Outcome::New(submission) => answer("Add success.", json!({"learnware_id": submission.id.0})),
        Outcome::Known(id) => Err(duplicate(&id)),
    }
}

/// A new version: of another zip, or of the same zip with other words.
pub(super) async fn update(State(dock): State<Dock>, Member(principal): Member, request: Request) -> Answer {
    principal.needs(Scope::Submit).map_err(by(codes::UPDATE))?;
    let mut fields = Fields::with_file(request, &dock, FILE, Keep::OnDisk(PACKAGE_BYTES_MAX)).await?;
    let id = LearnwareId(fields.needed("learnware_id")?.to_owned());
    let row = dock.living(&id).await.map_err(by(codes::UPDATE))?;
    principal.may_change(&row).map_err(by(codes::UPDATE))?;
    let mut semantic = wire::read_own_semantic(fields.needed("semantic_specification")?)?;
    let file = fields.take_path(FILE);
    let package = match &file {
        Some(file) => PackageSource::File(file.to_path_buf()),
        None => stored(&dock, &id, &mut semantic).await?,
    };
    let id = row.number.id();
    // A new version changes neither owner nor audience.
    let audience = principal.audience(Visibility::Public).map_err(by(codes::UPDATE))?;
    let request = SubmitRequest { package, semantic: Some(semantic), replaces: Some(id.clone()), audience };
    match submit(&dock, request, codes::UPDATE).await? {
        Outcome::Known(other) if other != id => Err(duplicate(&other)),
        // The same zip with the same words is the version that is there.
        Outcome::New(_) | Outcome::Known(_) => done("Update success."),
    }
}

/// The package of the newest version. What it says of raw columns stays true while their number does.
async fn stored(
    dock: &Dock,
    id: &LearnwareId,
    semantic: &mut SemanticSpecification,
) -> Result<PackageSource, Refusal> {
    let detail = dock.show(id).await.map_err(by(codes::UPDATE))?;
    let newest = detail.versions.last().map(|version| version.version);
    let deployed = dock.package(id, newest).await.map_err(by(codes::UPDATE))?;
    if let (Some(new), Some(old)) = (&mut semantic.input, &deployed.specification.semantic.input)
        && new.columns.is_none()
        && new.dimension == old.dimension
    {
        new.columns.clone_from(&old.columns);
    }
    Ok(PackageSource::File(deployed.path))
}

/// What became of a submission that was not refused.
enum Outcome {
    New(Submission),
    Known(LearnwareId),
}

async fn submit(dock: &Dock, request: SubmitRequest, codes: Codes) -> Result<Outcome, Refusal> {
    match dock.submit(request).await.map_err(by(codes))? {
        SubmitOutcome::Accepted(submission) => Ok(Outcome::New(submission)),
        SubmitOutcome::Duplicate(submission) => Ok(Outcome::Known(submission.id)),
        SubmitOutcome::Refused(report) => Err(Refusal::not_sound(&report)),
    }
}

fn duplicate(id: &LearnwareId) -> Refusal {
    Refusal::new(codes::DUPLICATE, format!("Learnware file already exist, as {id}."))
}

pub(super) async fn delete(State(dock): State<Dock>, Member(principal): Member, request: Request) -> Answer {
    let fields = Fields::read(request, &dock).await?;
    let id = LearnwareId(fields.needed("learnware_id")?.to_owned());
    dock.delete_by(&principal, &id).await.map_err(by(codes::DELETE))?;
    done("Delete success.")
}
