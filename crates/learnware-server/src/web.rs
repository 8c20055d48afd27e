//! The pages, as files: those in the binary, or a folder's. Every address that isn't a file and that a person opens is the
//! first page, whose script reads the address.
//!
//! The binary holds what `cargo xtask web` made before it was built; without that it says so at `/`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::Failure;
use crate::settings::Settings;

/// The first page.
const FIRST: &str = "index.html";
/// Files with a digest in their name, which never change.
const NAMED_BY_CONTENT: &str = "assets/";
/// Nothing comes from elsewhere, no script stands in a page, and nobody puts a page into a frame. Specifications are made
/// by WebAssembly in a worker; pictures that a page draws are data of its own.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
                      style-src 'self'; img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What stands at `/` in a program built without its pages.
const ABSENT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Learnware Dock</title>\
    <p>This dock is served, but the program was built without its pages. <code>cargo xtask web</code> makes them; then \
    build again, or name the folder <code>web/dist</code> in <code>LEARNWARE_WEB_DIR</code>.</p>\
    <p><a href=\"/api/v1/docs\">What programs can ask</a></p></html>";

/// The pages at the time of the build.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Embedded;

/// Where the pages come from.
#[derive(Debug, Clone)]
pub(crate) struct Web(Option<Arc<Path>>);

impl Web {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self(settings.web.clone().map(PathBuf::into_boxed_path).map(Arc::from))
    }

    /// A file by its path inside the pages. Names with `..` are nobody's.
    fn file(&self, path: &str) -> Option<EmbeddedFile> {
        let is_inside = path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
        match &self.0 {
            _ if !is_inside => None,
            None => Embedded::get(path),
            Some(folder) => rust_embed::utils::read_file_from_fs(&folder.join(path)).ok(),
        }
    }
}

/// Whatever no route takes: a file, the first page, or nothing.
pub(crate) async fn page(
    Extension(web): Extension<Web>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    let accepts = |name: HeaderName, word: &str| {
        headers.get_all(name).iter().any(|value| value.to_str().is_ok_and(|value| value.contains(word)))
    };
    let is_read = method == Method::GET || method == Method::HEAD;
    let is_opened = is_read && accepts(ACCEPT, "text/html") && !is_for_programs(path);
    let path = match web.file(path) {
        Some(_) if is_read => path,
        _ if is_opened && web.file(FIRST).is_some() => FIRST,
        _ if is_opened && path.is_empty() => return html(ABSENT),
        _ => {
            return Failure::new(StatusCode::NOT_FOUND, "no-such-page", "there is nothing here")
                .into_response();
        }
    };
    let smaller = accepts(ACCEPT_ENCODING, "br").then(|| web.file(&format!("{path}.br"))).flatten();
    let encoding = smaller.is_some().then_some("br");
    // It was there a moment ago.
    let Some(file) = smaller.or_else(|| web.file(path)) else { return StatusCode::NOT_FOUND.into_response() };
    sent(path, file, encoding, headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()))
}

/// Whether nobody but a program opens an address, which is then told that there is nothing.
fn is_for_programs(path: &str) -> bool {
    ["api/", "auth/", "user/", "engine/", "datasets/"].iter().any(|prefix| path.starts_with(prefix))
}

fn sent(path: &str, file: EmbeddedFile, encoding: Option<&str>, known: Option<&str>) -> Response {
    let tag = format!("\"{:032x}\"", digest(&file));
    let keeping =
        if path.starts_with(NAMED_BY_CONTENT) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = match known {
        Some(known) if known == tag => StatusCode::NOT_MODIFIED.into_response(),
        _ => ([(CONTENT_TYPE, kind(path))], Bytes::from(file.data.into_owned())).into_response(),
    };
    let headers = response.headers_mut();
    headers.extend(
        [(CACHE_CONTROL, keeping), (VARY, "accept-encoding"), (CONTENT_SECURITY_POLICY, POLICY)]
            .map(|(name, value)| (name, value.parse().expect("a header"))),
    );
    headers.insert(REFERRER_POLICY, "no-referrer".parse().expect("a header"));
    headers.insert(ETAG, tag.parse().expect("hexadecimal digits"));
    headers.extend(encoding.map(|encoding| (CONTENT_ENCODING, encoding.parse().expect("a header"))));
    response
}

/// Half of the file's SHA-256.
fn digest(file: &EmbeddedFile) -> u128 {
    file.metadata.sha256_hash().iter().take(16).fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

fn html(text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind(FIRST)), (CONTENT_SECURITY_POLICY, POLICY)], text).into_response()
}

/// Media type by the end of a name.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(folder: &Path, uri: &str, accept: &str) -> (StatusCode, HeaderMap) {
        let settings = Settings { web: Some(folder.to_owned()), ..Settings::default() };
        let accept = (ACCEPT, accept.parse().unwrap());
        let encoding = (ACCEPT_ENCODING, "gzip, br".parse().unwrap());
        let headers = HeaderMap::from_iter([accept, encoding]);
        let uri = Uri::try_from(uri).unwrap();
        let response = page(Extension(Web::new(&settings)), Method::GET, uri, headers).await;
        (response.status(), response.headers().clone())
    }

    #[tokio::test]
    async fn addresses_lead_to_files_or_the_first_page_and_nowhere_else() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("pages");
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        for (name, text) in [
            ("pages/index.html", "<p>"),
            ("pages/assets/a-1.js", "1"),
            ("pages/assets/a-1.js.br", "x"),
            ("secret.txt", "s"),
        ] {
            std::fs::write(outer.path().join(name), text).unwrap();
        }
        let page = "text/html,*/*";
        let (status, headers) = asked(&folder, "/search?q=shops", page).await;
        assert_eq!(
            (status, &headers[CONTENT_TYPE]),
            (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap())
        );
        assert!(!headers[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("unsafe-inline"));
        let (status, headers) = asked(&folder, "/assets/a-1.js", "*/*").await;
        assert_eq!((status, &headers[CONTENT_ENCODING]), (StatusCode::OK, &"br".parse().unwrap()));
        assert!(headers[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        for (uri, accept) in [
            ("/../secret.txt", "*/*"),
            ("/assets/../../secret.txt", "*/*"),
            ("//etc/passwd", "*/*"),
            ("/api/v1/nothing", page),
            ("/search", "application/json"),
        ] {
            assert_eq!(asked(&folder, uri, accept).await.0, StatusCode::NOT_FOUND, "{uri}");
        }
    }
}
