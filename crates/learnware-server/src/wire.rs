//! From the dock's types to those on the wire, for the routes and for programs that hold a dock themselves.

use std::collections::BTreeMap;

use learnware_api::{
    Account, AuditEntry, ClassOfOther, Dataset, Estate, Evolution, Excerpt, Job, LearnwarePage,
    LearnwareSummary, ListRequest, Piece, RelatedClass, Session, SimilarWord, WordReadings,
};
use learnware_dock::browse::LearnwareEntry;
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::store::people::{AccountRow, AuditRow};
use learnware_dock::store::rows::{JobRow, status_word};
use learnware_dock::viewer::Viewer;
use learnware_dock::words::{self, Facet, Hit, Matching, Query, Readings, Request, Sort};
use learnware_dock::{Dock, DockError};
use learnware_dock::{datasets, evolve, leaving, sessions};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::capability::classes;
use learnware_engine::specification::codec;

/// The order that a word names; `None` for a word that names none.
pub fn sort(word: Option<&str>) -> Option<Sort> {
    match word {
        None | Some("relevance") => Some(Sort::Relevance),
        Some("newest") => Some(Sort::Newest),
        Some("name") => Some(Sort::Name),
        Some("size") => Some(Sort::Size),
        Some("id") => Some(Sort::Id),
        Some(_) => None,
    }
}

/// A data set.
pub fn dataset(dataset: &datasets::Dataset) -> Dataset {
    Dataset {
        folder: dataset.name.folder().to_owned(),
        file: dataset.name.file().to_owned(),
        size_bytes: dataset.file.size_bytes,
        digest: dataset.file.digest.to_string(),
        created_at: dataset.file.created_at.to_string(),
    }
}

/// An evolution.
pub fn evolution(evolution: &evolve::Evolution) -> Evolution {
    let mut report = serde_json::json!(evolution.report);
    for (place, island) in evolution.report.islands.iter().enumerate() {
        report["islands"][place]["is_better"] = serde_json::json!(island.quality.is_better());
    }
    Evolution {
        id: evolution.id,
        state: evolution.state.word().to_owned(),
        revision: evolution.revision.0,
        report,
        created_at: evolution.created_at.to_string(),
    }
}

/// What classes of others have to do with a class.
pub fn related_class(class: classes::RelatedClass) -> RelatedClass {
    let others = |members: Vec<classes::ClassMember>| {
        let other = |classes::ClassMember { id, class, name }| ClassOfOther { id: id.0, class, name };
        members.into_iter().map(other).collect()
    };
    RelatedClass {
        class: class.class,
        name: class.name,
        same: others(class.same),
        narrower: others(class.narrower),
        broader: others(class.broader),
    }
}

/// A page of the usable learnwares that match; of `limit` where the request names no number.
///
/// # Errors
/// [`DockError::BadQuery`], [`DockError::BadId`] and [`DockError::BadCursor`] when the request can't be understood.
pub async fn page(
    dock: &Dock,
    viewer: &Viewer,
    wanted: &ListRequest,
    limit: usize,
) -> Result<LearnwarePage, DockError> {
    let mut query = Query::parse(&wanted.query)?;
    for id in wanted.exclude.split(',').filter(|id| !id.is_empty()) {
        query.filters.exclude.push(LearnwareNumber::from_id(&LearnwareId(id.to_owned()))?);
    }
    let request = Request {
        query,
        sort: sort(wanted.sort.as_deref()).unwrap_or_default(),
        limit: wanted.limit.unwrap_or(limit),
        cursor: wanted.cursor.as_deref().map(str::parse).transpose()?,
        facets: if wanted.facets { Facet::ALL.to_vec() } else { Vec::new() },
    };
    let exclude = request.query.filters.exclude.clone();
    let (found, snapshot) = dock.find_for(viewer, request).await?;
    let organizer = snapshot.market.organizer();
    let ids: Vec<_> = found.hits.iter().map(|hit| hit.id.clone()).collect();
    let mut learnwares = Vec::with_capacity(ids.len());
    for entry in dock.entries(&ids).await? {
        let mut one = summary(&entry);
        if let Some(hit) = found.hits.iter().find(|hit| hit.id == entry.id) {
            one.relevance = hit.score;
            one.excerpts = excerpts(hit);
        }
        if wanted.specifications {
            let own = organizer.get(&entry.id).map(|learnware| &learnware.specification.statistical);
            one.statistical = own.map(|own| own.iter().map(codec::to_json).collect());
        }
        learnwares.push(one);
    }
    let facets = found.facets.iter().map(|facet| {
        let counts: BTreeMap<String, u64> =
            facet.counts.iter().map(|(tag, count)| (tag.to_string(), *count)).collect();
        (facet.facet.word().to_owned(), counts)
    });
    Ok(LearnwarePage {
        total: found.total,
        searched: found.searched,
        excluded: exclude.iter().filter(|number| organizer.get(&number.id()).is_some()).count() as u64,
        learnwares,
        next_cursor: found.next.as_ref().map(ToString::to_string),
        facets: facets.collect(),
        words: readings(&found.readings),
    })
}

/// A line of the list.
pub fn summary(entry: &LearnwareEntry) -> LearnwareSummary {
    LearnwareSummary {
        id: entry.id.0.clone(),
        name: entry.semantic.name.clone(),
        semantic: entry.semantic.to_json(),
        format: entry.format.word().to_owned(),
        latest_version: entry.latest_version,
        status: status_word(entry.latest_status).to_owned(),
        newest_version: entry.newest_version,
        newest_status: status_word(entry.newest_status).to_owned(),
        created_at: entry.created_at.to_string(),
        deleted_at: entry.deleted_at.map(|time| time.to_string()),
        relevance: None,
        excerpts: Vec::new(),
        statistical: None,
    }
}

fn excerpts(hit: &Hit) -> Vec<Excerpt> {
    let piece = |piece: &words::Piece| Piece { text: piece.text.clone(), hit: piece.is_hit };
    let excerpt = |excerpt: &words::Excerpt| Excerpt {
        field: excerpt.field.to_owned(),
        pieces: excerpt.pieces.iter().map(piece).collect(),
    };
    hit.excerpts.iter().map(excerpt).collect()
}

/// How words were read.
pub fn readings(readings: &Readings) -> WordReadings {
    let similar = readings
        .similar
        .iter()
        .map(|(word, read_as)| SimilarWord { word: word.clone(), read_as: read_as.clone() });
    WordReadings {
        matching: match readings.matching {
            Matching::All => "all".to_owned(),
            Matching::Half => "half".to_owned(),
        },
        similar: similar.collect(),
        unknown: readings.unknown.clone(),
    }
}

/// A job, as administrators see it.
pub fn job(row: &JobRow) -> Job {
    Job {
        id: row.id,
        subject: row.job.subject(),
        state: row.summary.state.word().to_owned(),
        attempts: row.summary.attempts,
        last_error: row.summary.last_error.clone(),
        created_at: row.created_at.to_string(),
        finished_at: row.finished_at.map(|at| at.to_string()),
    }
}

/// An account, as administrators see it.
pub fn account(row: &AccountRow) -> Account {
    Account {
        id: row.number.0,
        email: row.email.clone(),
        name: row.name.clone(),
        role: row.role.word().to_owned(),
        created_at: row.created_at.to_string(),
        confirmed_at: row.confirmed_at.map(|at| at.to_string()),
        disabled_at: row.disabled_at.map(|at| at.to_string()),
    }
}

/// A session, as its owner sees it.
pub fn session(session: sessions::Session) -> Session {
    Session {
        id: session.id,
        current: session.is_current,
        name: session.row.name,
        scopes: session.scopes.iter().map(|scope| scope.word().to_owned()).collect(),
        created_at: session.row.created_at.to_string(),
        expires_at: session.row.expires_at.to_string(),
        used_at: session.row.used_at.map(|at| at.to_string()),
    }
}

/// What an account left behind.
pub fn estate(estate: leaving::Estate) -> Estate {
    Estate { deleted: estate.deleted.iter().map(ToString::to_string).collect(), kept: estate.kept }
}

/// Something that was done.
pub fn audit_entry(row: AuditRow) -> AuditEntry {
    AuditEntry {
        id: row.id,
        at: row.at.to_string(),
        account: row.account.map(|account| account.0),
        action: row.action,
        subject: row.subject,
        detail: row.detail,
    }
}
