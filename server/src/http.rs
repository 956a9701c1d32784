//! The router: pages, server functions, files, and the layers around them.

use crate::downloads;
use crate::live::{self, Hub};
use crate::session::{HasDrafts, Surroundings, guard};
use crate::transfers;
use crate::uploads;
use app::base::clock::Clock;
use app::base::context::Context;
use app::base::db::Db;
use app::base::secrets::Secrets;
use app::clocks::RanOut;
use app::inbox::Waiting;
use app::inbox::uploads::Uploads;
use app::live::{Drafts, Place, Waiting as WaitingCases};
use app::mail::home::MailHome;
use app::mentions::Unseen;
use app::shell::{App, shell};
use app::ui::screen::Failure;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRef, Request, State};
use axum::handler::HandlerWithoutStateExt;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::{HeaderName, HeaderValue, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos::context::provide_context;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// The largest form; uploads have a route of their own.
const LARGEST_BODY: usize = 256 * 1024;
/// The longest a request may take.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);
/// The longest an upload may take, with what is done then.
const LONGEST_UPLOAD: Duration = Duration::from_secs(300);

/// What handlers find in the router's state.
#[derive(Clone)]
pub struct Served {
    options: LeptosOptions,
    routes: Vec<AxumRouteListing>,
}

impl FromRef<Served> for LeptosOptions {
    fn from_ref(served: &Served) -> Self {
        served.options.clone()
    }
}

/// Everything that answers, with its layers. `site` holds `pkg/` and `hash.txt`.
pub fn router(hub: Hub, secrets: Secrets, mail: MailHome, clock: Clock, site: &Path, address: SocketAddr) -> Router {
    let db = hub.db.clone();
    let options = leptos_options(site, address);
    let routes = generate_route_list(App);
    let served = Served { options, routes: routes.clone() };
    let around = Surroundings { db: db.clone(), clock, secrets, mail };
    let uploads = Router::new()
        .route("/do/read-answer", post(transfers::answer))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(around.clone(), guard))
        .layer(CsrfLayer::new())
        .layer(RequestBodyLimitLayer::new(transfers::LARGEST_HEARD))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST_UPLOAD));
    let enquiries = Router::new()
        .route("/do/read-enquiry-answer", post(transfers::enquiry_answer))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(around.clone(), guard))
        .layer(CsrfLayer::new())
        .layer(RequestBodyLimitLayer::new(transfers::LARGEST_INVOICE_HEARD))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST_REQUEST));
    let invoices = Router::new()
        .route("/do/send-invoice", post(transfers::invoice))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(around.clone(), guard))
        .layer(CsrfLayer::new())
        .layer(RequestBodyLimitLayer::new(transfers::LARGEST_INVOICE_HEARD))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST_REQUEST));
    let with_files = uploads::FORMS
        .iter()
        .fold(Router::new(), |router, form| router.route(form, post(uploads::form)))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(around.clone(), guard))
        .layer(CsrfLayer::new())
        .layer(RequestBodyLimitLayer::new(uploads::LARGEST_HEARD))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST_UPLOAD));
    Router::new()
        .route("/healthz", get(health))
        .route("/do/{*name}", post(server_function))
        .route("/live", get(live::open))
        .route("/live/since", get(live::since))
        .merge(downloads::routes())
        .nest_service("/pkg", package(site))
        .route("/runs/files/{file}", get(transfers::file))
        .route_service("/favicon.svg", ServeFile::new(site.join("favicon.svg")))
        .leptos_routes_with_handler(routes, get(page))
        .fallback(missing)
        .with_state(served)
        .layer(middleware::from_fn_with_state(around, guard))
        .layer(Extension(db))
        .layer(Extension(hub))
        .layer(CsrfLayer::new())
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST_REQUEST))
        .merge(uploads)
        .merge(invoices)
        .merge(enquiries)
        .merge(with_files)
        .layer(CatchPanicLayer::new())
        .layer(CompressionLayer::new())
        .layer(constant(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(constant(header::X_FRAME_OPTIONS, "DENY"))
        .layer(constant(header::REFERRER_POLICY, "same-origin"))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &http::Request<Body>| {
            // The path alone: a query may hold what somebody typed, a mailed link is a secret.
            let path = app::paths::for_the_log(request.uri().path());
            tracing::info_span!("request", method = %request.method(), path)
        }))
}

fn leptos_options(site: &Path, address: SocketAddr) -> LeptosOptions {
    let hash_file = std::path::absolute(site.join("hash.txt")).unwrap_or_else(|_| site.join("hash.txt"));
    LeptosOptions::builder()
        .output_name("partnerdesk")
        .site_root(site.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(address)
        .hash_files(hash_file.exists())
        .hash_file(std::sync::Arc::<str>::from(hash_file.to_string_lossy()))
        .build()
}

/// Names carry a hash of their content, so a browser may keep them for ever.
fn package(site: &Path) -> Router {
    let files = ServeDir::new(site.join("pkg"))
        .precompressed_br()
        .precompressed_gzip()
        .fallback((|| async { StatusCode::NOT_FOUND }).into_service());
    Router::new().fallback_service(files).layer(constant(header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
}

fn constant(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

async fn health(Extension(db): Extension<Db>) -> Response {
    match db.begin_sign_in().await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "no database\n").into_response()
        }
    }
}

async fn page(State(served): State<Served>, mut request: Request) -> Response {
    if let Some((mail, cases, ran_out)) = waiting(&request).await {
        request.extensions_mut().insert(mail);
        request.extensions_mut().insert(cases);
        request.extensions_mut().insert(ran_out);
    }
    if let Some(drafts) = drafts(&request).await {
        request.extensions_mut().insert(drafts);
    }
    if let Some(unseen) = unseen_mentions(&request).await {
        request.extensions_mut().insert(unseen);
    }
    let provide = surroundings(&request);
    let options = served.options.clone();
    let handler =
        leptos_axum::render_route_with_context(served.routes.clone(), provide, move || shell(options.clone()));
    handler(State(served), request).await
}

/// How many mails and cases wait for a person of staff, and of how many cases they are told that a clock ran out. A page without the numbers is still a page.
fn waiting(request: &Request) -> impl Future<Output = Option<(Waiting, WaitingCases, RanOut)>> + Send + use<> {
    let ctx = request.extensions().get::<Context>().filter(|ctx| ctx.actor.staff().is_some()).cloned();
    async move {
        let ctx = ctx?;
        let person = ctx.actor.person()?;
        let mut tx = ctx.begin().await.ok()?;
        let mail = app::inbox::store::count(&mut tx).await.ok()?;
        let cases = app::live::store::waiting(&mut tx, &[person]).await.ok()?.remove(&person)?;
        let ran_out = app::clocks::store::count_ran_out(&mut tx, ctx.actor.staff()?.role).await.ok()?;
        Some((Waiting(mail), WaitingCases(cases), RanOut(ran_out)))
    }
}

/// What the reader typed and has not sent; not asked for where there is none.
fn drafts(request: &Request) -> impl Future<Output = Option<Drafts>> + Send + use<> {
    let has = request.extensions().get::<HasDrafts>().is_some_and(|has| has.0);
    let ctx = request.extensions().get::<Context>().filter(|_| has).cloned();
    async move {
        let ctx = ctx?;
        let mut tx = ctx.db.begin_sign_in().await.ok()?;
        let drafts = app::live::store::drafts_of(&mut tx, ctx.actor.person()?).await.ok()?;
        Some(Drafts(std::sync::Arc::new(drafts.into_iter().collect())))
    }
}

/// How many notes that name the reader they have not looked at.
fn unseen_mentions(request: &Request) -> impl Future<Output = Option<Unseen>> + Send + use<> {
    let ctx = request.extensions().get::<Context>().filter(|ctx| ctx.actor.staff().is_some()).cloned();
    async move {
        let ctx = ctx?;
        let mut tx = ctx.begin().await.ok()?;
        app::mentions::store::unseen(&mut tx, ctx.actor.person()?).await.ok().map(Unseen)
    }
}

/// A server function, as its own path names it.
pub async fn server_function(request: Request) -> Response {
    let provide = surroundings(&request);
    leptos_axum::handle_server_fns_with_context(provide, request).await.into_response()
}

async fn missing(State(served): State<Served>, request: Request) -> Response {
    let mut response = refused(served, request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The screen that says why there is nothing else to show: what the request carries, or that there is no such page.
pub async fn refused(served: Served, request: Request) -> Response {
    let provide = surroundings(&request);
    let handler = leptos_axum::render_app_async_with_context(provide, move || shell(served.options.clone()));
    handler(request).await.into_response()
}

/// What a page or server function finds in its context: the request's own, and a refusal where there was one.
fn surroundings(request: &Request) -> impl Fn() + Clone + Send + Sync + 'static {
    let ctx = request.extensions().get::<Context>().cloned();
    let refusal = request.extensions().get::<Failure>().copied();
    let waiting = request.extensions().get::<Waiting>().copied();
    let uploads = request.extensions().get::<Uploads>().cloned();
    let unseen = request.extensions().get::<Unseen>().copied();
    let cases = request.extensions().get::<WaitingCases>().copied();
    let ran_out = request.extensions().get::<RanOut>().copied();
    let place = request.extensions().get::<Place>().cloned();
    let drafts = request.extensions().get::<Drafts>().cloned();
    move || {
        ctx.clone().into_iter().for_each(provide_context);
        unseen.into_iter().for_each(provide_context);
        waiting.into_iter().for_each(provide_context);
        uploads.clone().into_iter().for_each(provide_context);
        cases.into_iter().for_each(provide_context);
        ran_out.into_iter().for_each(provide_context);
        place.clone().into_iter().for_each(provide_context);
        drafts.clone().into_iter().for_each(provide_context);
        refusal.into_iter().for_each(provide_context);
    }
}
