//! The protocol (OpenID Connect Core 1.0, section 3.1; PKCE: RFC 7636), by a library for it.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use learnware_dock::identities::Introduced;
use learnware_dock::store::people::Identity;
use learnware_dock::{Address, DockError};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::url::Url;
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _, http,
};
use tokio::sync::Mutex;

use super::Trouble;

/// How long an answer of the service may take.
const ANSWER: Duration = Duration::from_secs(15);
/// How long what it says of itself is believed: its keys change now and then.
const METADATA_FOR: Duration = Duration::from_mins(15);
/// Bytes of an answer at most.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A service by whose login people come in.
#[derive(Debug)]
pub(super) struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: Option<ClientSecret>,
    return_to: RedirectUrl,
    http: reqwest::Client,
    metadata: Mutex<Option<(Instant, CoreProviderMetadata)>>,
}

impl Provider {
    /// The service at `https://CLIENT:SECRET@ISSUER`, which sends people back to `return_to`.
    ///
    /// # Errors
    /// [`DockError::Setting`] when that is no such address.
    pub(super) fn new(service: &Address, return_to: &str) -> Result<Self, DockError> {
        let wrong = || DockError::Setting {
            name: "LEARNWARE_OIDC",
            value: service.to_string(),
            wanted: "https://CLIENT:SECRET@ISSUER, with %XX for odd characters; https://CLIENT@ISSUER without a secret",
        };
        let mut url = Url::parse(service.reveal()).map_err(|_| wrong())?;
        let word = |text: &str| {
            let decoded = form_urlencoded::parse(text.replace('+', "%2B").as_bytes())
                .next()
                .map(|(word, _)| word.into_owned());
            decoded.filter(|word| !word.is_empty())
        };
        let client = word(url.username()).ok_or_else(wrong)?;
        let secret = url.password().and_then(word);
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| wrong())?;
        // An issuer is compared letter by letter; a path of one slash is what the parser adds.
        let issuer = url
            .as_str()
            .strip_suffix('/')
            .filter(|_| !service.reveal().ends_with('/'))
            .unwrap_or(url.as_str());
        // The library is built without a provider of cryptography; another part of the program may have set one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER).build();
        Ok(Self {
            issuer: IssuerUrl::new(issuer.to_owned()).map_err(|_| wrong())?,
            client: ClientId::new(client),
            secret: secret.map(ClientSecret::new),
            return_to: RedirectUrl::new(return_to.to_owned()).map_err(|_| wrong())?,
            http: http.map_err(|_| wrong())?,
            metadata: Mutex::default(),
        })
    }

    /// Where to send a browser, and the words that it keeps: state, nonce and verifier.
    pub(super) async fn begin(&self) -> Result<(String, [String; 3]), Trouble> {
        let client = CoreClient::from_provider_metadata(
            self.metadata().await?,
            self.client.clone(),
            self.secret.clone(),
        )
        .set_redirect_uri(self.return_to.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let words = [state.into_secret(), nonce.secret().clone(), verifier.into_secret()];
        Ok((url.to_string(), words))
    }

    /// Who came back with a code.
    pub(super) async fn finish(
        &self,
        code: String,
        nonce: String,
        verifier: String,
    ) -> Result<Introduced, Trouble> {
        let client = CoreClient::from_provider_metadata(
            self.metadata().await?,
            self.client.clone(),
            self.secret.clone(),
        )
        .set_redirect_uri(self.return_to.clone());
        let send = self.sender();
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Trouble(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&send)
            .await
            .map_err(|error| Trouble(format!("the code was not taken: {error}")))?;
        let token = answer.id_token().ok_or_else(|| Trouble("it sent no identity".to_owned()))?;
        let claims = token
            .claims(&client.id_token_verifier(), &Nonce::new(nonce))
            .map_err(|error| Trouble(format!("its identity can't be trusted: {error}")))?;
        let confirmed = claims.email_verified() == Some(true);
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        let name = name.or_else(|| claims.preferred_username().map(|name| name.to_string()));
        let identity =
            Identity { issuer: claims.issuer().to_string(), subject: claims.subject().to_string() };
        let email = claims.email().filter(|_| confirmed).map(|email| email.to_string());
        Ok(Introduced { identity, email, name })
    }

    /// What the service says of itself, its keys with it.
    async fn metadata(&self) -> Result<CoreProviderMetadata, Trouble> {
        let mut kept = self.metadata.lock().await;
        if let Some((when, metadata)) = &*kept
            && when.elapsed() < METADATA_FOR
        {
            return Ok(metadata.clone());
        }
        let send = self.sender();
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &send)
            .await
            .map_err(|error| Trouble(format!("it does not say what it is: {error}")))?;
        *kept = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    /// What the library asks the service by.
    fn sender(&self) -> impl Fn(HttpRequest) -> Sending + Send + Sync + use<> {
        let http = self.http.clone();
        move |request| Box::pin(send(http.clone(), request))
    }
}

/// A request under way.
type Sending = Pin<Box<dyn Future<Output = Result<HttpResponse, Trouble>> + Send>>;

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Trouble> {
    let failed = |error: reqwest::Error| Trouble(error.without_url().to_string());
    let request = reqwest::Request::try_from(request).map_err(failed)?;
    let mut answer = http.execute(request).await.map_err(failed)?;
    let mut response = http::Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.clone_from(answer.headers());
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(failed)? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(Trouble("its answer is too long".to_owned()));
        }
    }
    response.body(body).map_err(|error| Trouble(error.to_string()))
}
