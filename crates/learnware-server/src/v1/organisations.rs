//! Organisations and who belongs to them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use learnware_api::{Member, Membership, NewOrganisation, Organisation};
use learnware_dock::Dock;
use learnware_dock::store::organisations::{MemberRole, OrganisationNumber};

use crate::asked::Path;
use crate::auth::Known;
use crate::body::Document;
use crate::error::{Answer, Failure};

/// The organisations that the account belongs to.
#[utoipa::path(get, path = "/organisations", operation_id = "own_organisations", tag = "organisations", responses((status = OK, body = Vec<Organisation>)), security(("bearer" = [])))]
pub(crate) async fn own(State(dock): State<Dock>, Known(viewer): Known) -> Answer<Json<Vec<Organisation>>> {
    let own = dock.organisations(&viewer).await?;
    let wire = own.into_iter().map(|(row, role)| Organisation {
        id: row.number.0,
        name: row.name,
        role: role.word().to_owned(),
    });
    Ok(Json(wire.collect()))
}

/// Makes an organisation, which whoever asks manages.
#[utoipa::path(post, path = "/organisations", tag = "organisations", request_body = NewOrganisation, responses((status = CREATED, body = Organisation)), security(("bearer" = [])))]
pub(crate) async fn add(
    State(dock): State<Dock>,
    Known(by): Known,
    Document(wish): Document<NewOrganisation>,
) -> Answer<(StatusCode, Json<Organisation>)> {
    let number = dock.add_organisation(&by, &wish.name).await?;
    let (name, role) = (wish.name.trim().to_owned(), MemberRole::Manager.word().to_owned());
    Ok((StatusCode::CREATED, Json(Organisation { id: number.0, name, role })))
}

/// Who belongs to an organisation.
#[utoipa::path(get, path = "/organisations/{id}/members", tag = "organisations", params(("id" = i64, Path, description = "Number of the organisation")), responses((status = OK, body = Vec<Member>)), security(("bearer" = [])))]
pub(crate) async fn members(
    State(dock): State<Dock>,
    Known(viewer): Known,
    Path(id): Path<i64>,
) -> Answer<Json<Vec<Member>>> {
    let members = dock.members(&viewer, OrganisationNumber(id)).await?;
    let wire = members.into_iter().map(|member| Member {
        name: member.name,
        role: member.role.word().to_owned(),
        since: member.since.to_string(),
    });
    Ok(Json(wire.collect()))
}

/// Makes somebody a member, or gives a member another role.
#[utoipa::path(put, path = "/organisations/{id}/members/{name}", tag = "organisations", params(("id" = i64, Path, description = "Number of the organisation"), ("name" = String, Path, description = "Name of the account")), request_body = Membership, responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn set_member(
    State(dock): State<Dock>,
    Known(by): Known,
    Path((id, name)): Path<(i64, String)>,
    Document(wish): Document<Membership>,
) -> Answer<StatusCode> {
    let role = MemberRole::from_word(&wish.role)
        .map_err(|_| Failure::bad("bad-role", "roles are member and manager"))?;
    dock.set_member(&by, OrganisationNumber(id), &name, Some(role)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a membership; everybody may end their own.
#[utoipa::path(delete, path = "/organisations/{id}/members/{name}", tag = "organisations", params(("id" = i64, Path, description = "Number of the organisation"), ("name" = String, Path, description = "Name of the account")), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn remove_member(
    State(dock): State<Dock>,
    Known(by): Known,
    Path((id, name)): Path<(i64, String)>,
) -> Answer<StatusCode> {
    dock.set_member(&by, OrganisationNumber(id), &name, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
