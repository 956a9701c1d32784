//! The layer in front of everything: finds out who asks, and asks the table of routes whether they may.

use app::base::access::{self, Who};
use app::base::actor::Actor;
use app::base::clock::Clock;
use app::base::context::Context;
use app::base::db::Db;
use app::base::error::AppError;
use app::base::language;
use app::base::secrets::Secrets;
use app::live::Place;
use app::mail::home::MailHome;
use app::paths;
use app::sign_in::api::SESSION_COOKIE;
use app::sign_in::store::load_session;
use app::ui::screen::Failure;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, Method, StatusCode, header};
use std::net::SocketAddr;

/// What the layer needs.
#[derive(Clone)]
pub struct Surroundings {
    /// The database.
    pub db: Db,
    /// Where time comes from.
    pub clock: Clock,
    /// What encrypts and decrypts payout methods.
    pub secrets: Secrets,
    /// Where the house stands on the net.
    pub mail: MailHome,
}

/// Puts a [`Context`] into the request, or refuses it.
pub async fn guard(State(around): State<Surroundings>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let route = access::find(request.method().as_str(), &path);
    if route.is_some_and(|route| route.path == "/pkg/{rest}" || route.path == "/healthz") {
        return next.run(request).await;
    }
    let asked = Asked::of(&request);
    let (ctx, place) = match context(&around, asked).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "a session could not be looked up");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let refusal = match route {
        Some(route) if route.who.includes(&ctx.actor) => None,
        Some(route) if route.who != Who::Anyone && matches!(ctx.actor, Actor::Anonymous) => {
            return if reading && !wants_stream(request.headers()) {
                let back = app::ui::query::encode(&ctx.path);
                Redirect::to(&format!("{}?back={back}", paths::SIGN_IN)).into_response()
            } else {
                StatusCode::UNAUTHORIZED.into_response()
            };
        }
        Some(_) => Some(Failure::Forbidden),
        None => Some(Failure::NotFound),
    };
    if let Some(failure) = refusal {
        if !reading {
            return failure.status().into_response();
        }
        request.extensions_mut().insert(failure);
    }
    let signed_in = !matches!(ctx.actor, Actor::Anonymous);
    request.extensions_mut().insert(ctx);
    if let Some((place, drafts)) = place {
        request.extensions_mut().insert(place);
        request.extensions_mut().insert(drafts);
    }
    let mut response = next.run(request).await;
    if signed_in || !reading {
        response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    }
    response
}

/// Whether a page of ours listens for what happens: signed out elsewhere, it is told so and not given a page to read.
fn wants_stream(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/event-stream"))
}

/// What is read of a request before anything waits: its body can't be shared across threads.
struct Asked {
    headers: HeaderMap,
    path: String,
    client: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
        Self {
            headers: request.headers().clone(),
            path: request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            client: client.map_or_else(|| "unknown".to_owned(), |ConnectInfo(address)| address.ip().to_string()),
        }
    }
}

/// Whether a person who asks for a page has drafts.
#[derive(Clone, Copy, Debug)]
pub struct HasDrafts(pub bool);

async fn context(around: &Surroundings, asked: Asked) -> Result<(Context, Option<(Place, HasDrafts)>), AppError> {
    let headers = &asked.headers;
    let now = around.clock.now();
    let token = cookie(headers, SESSION_COOKIE).filter(|token| token.len() == 64).map(str::to_owned);
    let signed_in = match &token {
        Some(token) => {
            let mut tx = around.db.begin_sign_in().await?;
            let found = load_session(&mut tx, token, now).await?;
            tx.commit().await?;
            found
        }
        None => None,
    };
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let locale = match (&signed_in, cookie(headers, "locale")) {
        (Some(signed_in), _) => language::parse(&signed_in.locale),
        (None, Some(code)) => language::parse(code),
        (None, None) => language::negotiate(accepted),
    };
    let time_zone = signed_in.as_ref().and_then(|person| person.time_zone.parse().ok()).unwrap_or(chrono_tz::Tz::UTC);
    let place = signed_in.as_ref().map(|person| (Place(person.place.clone()), HasDrafts(person.drafts)));
    let theme =
        cookie(headers, "theme").filter(|theme| matches!(*theme, "light" | "dark")).unwrap_or_default().to_owned();
    let ctx = Context {
        actor: signed_in.map_or(Actor::Anonymous, |signed_in| signed_in.actor),
        // One request has one time, however often it asks.
        clock: Clock::Fixed(now),
        locale,
        time_zone,
        db: around.db.clone(),
        secrets: around.secrets.clone(),
        mail: around.mail.clone(),
        request_id: request_id(),
        path: asked.path,
        client: asked.client,
        session_token: token,
        theme,
    };
    Ok((ctx, place))
}

fn request_id() -> String {
    let mut bytes = [0_u8; 8];
    // Without randomness the number is still a number; it names a request, it guards nothing.
    let _ = getrandom::fill(&mut bytes);
    hex::encode(bytes)
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
}
