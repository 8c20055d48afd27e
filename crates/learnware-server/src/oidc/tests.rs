//! The whole way of a login, with a service of our own: what it says is signed as a real one does.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::sync::Mutex as StdMutex;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::COOKIE;
use chrono::{TimeDelta, Utc};
use learnware_dock::Config;
use learnware_dock::store::people::{AccountChange, NewAccount, Role};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey,
};
use openidconnect::{
    Audience, EmptyAdditionalClaims, EndUserEmail, IssuerUrl, JsonWebKeyId, Nonce, PrivateSigningKey as _,
    StandardClaims, SubjectIdentifier,
};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use tower::ServiceExt as _;

use super::*;

/// What the service says of whoever comes next.
#[derive(Clone)]
struct Says {
    subject: &'static str,
    email: &'static str,
    confirmed: bool,
    nonce: String,
    audience: &'static str,
}

struct Service {
    issuer: String,
    says: Arc<StdMutex<Says>>,
}

impl Service {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let first = Says {
            subject: "1",
            email: "ann@example.org",
            confirmed: true,
            nonce: String::new(),
            audience: "dock",
        };
        let says = Arc::new(StdMutex::new(first));
        let pem = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048)
            .unwrap()
            .to_pkcs1_pem(rsa::pkcs8::LineEnding::LF);
        let key =
            CoreRsaPrivateSigningKey::from_pem(&pem.unwrap(), Some(JsonWebKeyId::new("k".into()))).unwrap();
        let keys = CoreJsonWebKeySet::new(vec![key.as_verification_key()]);
        let described = serde_json::json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let (said, own) = (Arc::clone(&says), issuer.clone());
        let token = async move |body: String| {
            assert!(body.contains("code=good") && body.contains("code_verifier="), "{body}");
            let said = said.lock().unwrap().clone();
            Json(serde_json::json!({
                "access_token": "x", "token_type": "Bearer", "id_token": identity(&own, &said, &key),
            }))
        };
        let token = Arc::new(token);
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(async move || Json(described)))
            .route("/keys", get(async move || Json(keys)))
            .route("/token", axum::routing::post(move |body: String| async move { token(body).await }));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { issuer, says }
    }
}

fn identity(issuer: &str, said: &Says, key: &CoreRsaPrivateSigningKey) -> String {
    let claims = StandardClaims::new(SubjectIdentifier::new(said.subject.to_owned()))
        .set_email(Some(EndUserEmail::new(said.email.to_owned())))
        .set_email_verified(Some(said.confirmed));
    let claims = CoreIdTokenClaims::new(
        IssuerUrl::new(issuer.to_owned()).unwrap(),
        vec![Audience::new(said.audience.to_owned())],
        Utc::now() + TimeDelta::minutes(5),
        Utc::now(),
        claims,
        EmptyAdditionalClaims {},
    )
    .set_nonce(Some(Nonce::new(said.nonce.clone())));
    let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    CoreIdToken::new(claims, key, algorithm, None, None).unwrap().to_string()
}

/// A dock that knows the service.
struct Docked {
    dock: Dock,
    routes: Router,
    service: Service,
    _folder: tempfile::TempDir,
}

impl Docked {
    async fn start() -> Self {
        let (service, folder) = (Service::start().await, tempfile::tempdir().unwrap());
        let dock = Dock::open(folder.path().join("dock"), Config::default()).await.unwrap();
        let address = service.issuer.replace("http://", "http://dock:s%2Bcret@");
        let settings = Settings {
            address: Some("https://dock.example.org".into()),
            oidc: OidcSettings { service: Some(address.as_str().into()), label: None },
            ..Settings::default()
        };
        settings.check().unwrap();
        let routes = router()
            .layer(Extension(Oidc::new(&settings).unwrap()))
            .layer(Extension(Reached::new(&settings)))
            .with_state(dock.clone());
        Self { dock, routes, service, _folder: folder }
    }

    async fn open(&self, uri: &str, cookie: &str) -> (String, Vec<String>) {
        let request = Request::get(uri).header(COOKIE, cookie).body(Body::empty()).unwrap();
        let response = self.routes.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
        let cookies = response.headers().get_all(SET_COOKIE).iter().map(text).collect();
        (text(&response.headers()[LOCATION]), cookies)
    }

    /// Sends a browser away: the state, and its cookie.
    async fn sent_away(&self, next: &str) -> (String, String) {
        let (to, cookies) = self.open(&format!("{BEGIN}?next={next}"), "").await;
        assert!(to.starts_with(&self.service.issuer) && to.contains("code_challenge="), "{to}");
        let of = |name: &str| {
            let query = to.split_once('?').unwrap().1;
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).unwrap().1.into_owned()
        };
        assert_eq!(of("redirect_uri"), "https://dock.example.org/account/oidc/return");
        self.service.says.lock().unwrap().nonce = of("nonce");
        assert!(cookies[0].contains("SameSite=Lax") && cookies[0].ends_with("; Secure"));
        (of("state"), cookies[0].split(';').next().unwrap().to_owned())
    }

    /// Back with a good code: where the browser goes, and the session.
    async fn comes_in(&self) -> (String, Option<String>) {
        let (state, cookie) = self.sent_away("/mine").await;
        let (to, cookies) = self.open(&format!("{RETURN}?code=good&state={state}"), &cookie).await;
        let session = cookies.first().map(|cookie| cookie.split(['=', ';']).nth(1).unwrap().to_owned());
        (to, session)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_introduced_gets_an_account_and_the_same_one_again() {
    let docked = Docked::start().await;
    let (to, session) = docked.comes_in().await;
    assert_eq!(to, "/mine");
    let first = docked.dock.authenticate(&session.unwrap()).await.unwrap().unwrap();
    assert_eq!((first.name.as_str(), first.role), ("ann", Role::User));
    docked.service.says.lock().unwrap().email = "another@example.org";
    let (_, session) = docked.comes_in().await;
    let again = docked.dock.authenticate(&session.unwrap()).await.unwrap().unwrap();
    assert_eq!(again.account, first.account, "people are known by their subject");
    docked
        .dock
        .store()
        .change_account(first.account, &AccountChange::Disabled(true), docked.dock.now())
        .await
        .unwrap();
    assert_eq!(docked.comes_in().await, ("/login?problem=wrong-login".into(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_joined_only_where_its_address_is_surely_the_same_persons() {
    let docked = Docked::start().await;
    let add = async |name: &str, confirmed| {
        let (name, email) = (name.to_owned(), format!("{name}@example.org"));
        let new = NewAccount { email, name, password: None, role: Role::User, confirmed };
        docked.dock.store().add_account(&new, docked.dock.now()).await.unwrap()
    };
    add("ann", true).await;
    add("bob", false).await;
    let (_, session) = docked.comes_in().await;
    let joined = docked.dock.authenticate(&session.unwrap()).await.unwrap().unwrap();
    assert_eq!(joined.name, "ann");
    for (subject, email, confirmed, problem) in
        [("2", "bob@example.org", true, "not-confirmed"), ("3", "eve@example.org", false, "bad-value")]
    {
        let says = Says { subject, email, confirmed, nonce: String::new(), audience: "dock" };
        *docked.service.says.lock().unwrap() = says;
        assert_eq!(docked.comes_in().await, (format!("/login?problem={problem}"), None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_by_what_was_meant_for_others() {
    let docked = Docked::start().await;
    let (state, cookie) = docked.sent_away("/").await;
    let back = format!("{RETURN}?code=good&state={state}");
    let to = async |uri: &str, cookie: &str| docked.open(uri, cookie).await.0;
    assert_eq!(to(&back, "").await, "/login?problem=login-too-old", "another browser");
    assert_eq!(to(&back.replace("state=", "state=x"), &cookie).await, "/login?problem=login-too-old");
    assert_eq!(to(&format!("{RETURN}?error=access_denied"), &cookie).await, "/login?problem=login-service");
    docked.service.says.lock().unwrap().nonce = "of another login".into();
    assert_eq!(to(&back, &cookie).await, "/login?problem=login-service");
    docked.service.says.lock().unwrap().audience = "another program";
    assert_eq!(docked.comes_in().await, ("/login?problem=login-service".into(), None));
    for next in ["https://evil.example", "//evil.example", "/a\\b"] {
        assert!(!is_page(next), "{next}");
    }
}
