//! The description of REST v1 for programs (OpenAPI 3.1) and the page to browse it. Both are made of the routes themselves;
//! the page comes out of this binary and loads nothing from elsewhere.

use learnware_api::Problem;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

/// Where the description is served.
pub(crate) const DESCRIPTION: &str = "/api/v1/openapi.json";
/// Where the page is served.
pub(crate) const PAGE: &str = "/api/v1/docs";

/// What no route says by itself.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Learnware Dock",
        description = "Models with specifications: submit, check, search, download. Errors are \
            `application/problem+json` with a word for programs (`code`) and a sentence for people (`title`).",
    ),
    components(schemas(Problem)),
    modifiers(&Bearer),
    tags(
        (name = "search", description = "What fits your data, without your data."),
        (name = "learnwares", description = "Lists, packages, submissions."),
        (name = "accounts", description = "Accounts, sessions and tokens."),
        (name = "organisations", description = "People who share learnwares that others don't see."),
        (name = "admin", description = "For administrators."),
        (name = "server", description = "The dock that answers."),
    )
)]
struct Base;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, description: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let scheme = scheme.description(Some("A session of POST /sessions, or a token of POST /tokens."));
        description
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme.build()));
    }
}

/// The beginning, to which routes add themselves.
pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// Says of every operation that it may end in a problem.
pub(crate) fn with_problems(mut description: OpenApi) -> OpenApi {
    for item in description.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete, &mut item.head];
        operations.into_iter().flatten().for_each(may_fail);
    }
    description
}

fn may_fail(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new()
        .description("What went wrong")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}
