//! The frame of every page: it fetches, then shows; and where that fails, says what happened, what was kept and what
//! to do, with the status that machines read.

use super::escape;
use crate::base::actor::{Actor, Role};
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::language::{Locale, tr};
use crate::paths;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use std::future::Future;

pub use super::query::Query;

/// A page, ready to be shown.
pub struct Screen {
    /// The document's title, without the product's name.
    pub title: String,
    /// What stands between header and footer.
    pub body: AnyView,
}

impl From<(String, AnyView)> for Screen {
    fn from((title, body): (String, AnyView)) -> Self {
        Self { title, body }
    }
}

/// A page: `load` reads what it shows and puts it together. Its route has to be `SsrMode::Async`, so that the status
/// is known before the first byte is sent.
pub fn screen<F, Fut, S>(load: F) -> impl IntoView
where
    F: FnOnce(Context, Query) -> Fut + Send + 'static,
    Fut: Future<Output = Result<S, AppError>> + Send + 'static,
    S: Into<Screen> + Send + 'static,
{
    // Context is found by the reactive owner, which is certain only before the first await.
    let ctx = context::current();
    let query = ctx.as_ref().map(|ctx| Query::of_request(&ctx.path)).unwrap_or_default();
    let response = use_context::<ResponseOptions>();
    Suspend::new(async move {
        let ctx = match ctx {
            Ok(ctx) => ctx,
            Err(error) => {
                tracing::error!(%error, "a page was rendered outside a request");
                return answer(response.as_ref(), Failure::Failed, failure_screen(None, Failure::Failed));
            }
        };
        match load(ctx.clone(), query).await {
            Ok(screen) => show(screen.into()),
            Err(error) => {
                if error.status().is_server_error() {
                    tracing::error!(request_id = %ctx.request_id, path = paths::for_the_log(&ctx.path), %error, "page failed");
                }
                let failure = Failure::from(&error);
                answer(response.as_ref(), failure, failure_screen(Some(&ctx), failure))
            }
        }
    })
}

/// Why a page can't be shown, as its reader needs it. Put into the context of a request, it is shown in place of
/// every page; so a guard in front of the routes refuses with the same words as the routes themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody is signed in.
    SignedOut,
    /// Not theirs.
    Forbidden,
    /// Not there.
    NotFound,
    /// Changed in between.
    Conflict,
    /// Not understood.
    BadRequest,
    /// Our fault.
    Failed,
}

impl From<&AppError> for Failure {
    fn from(error: &AppError) -> Self {
        match error {
            AppError::SignedOut => Self::SignedOut,
            AppError::Forbidden => Self::Forbidden,
            AppError::NotFound => Self::NotFound,
            AppError::Conflict => Self::Conflict,
            AppError::BadRequest(_) => Self::BadRequest,
            AppError::Database(_) | AppError::Internal(_) => Self::Failed,
        }
    }
}

impl Failure {
    /// The HTTP status that says it.
    pub fn status(self) -> http::StatusCode {
        match self {
            Self::SignedOut => http::StatusCode::UNAUTHORIZED,
            Self::Forbidden => http::StatusCode::FORBIDDEN,
            Self::NotFound => http::StatusCode::NOT_FOUND,
            Self::Conflict => http::StatusCode::CONFLICT,
            Self::BadRequest => http::StatusCode::BAD_REQUEST,
            Self::Failed => http::StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The one whose status it is; what has no screen of its own counts as a failure of ours.
    pub fn of_status(status: http::StatusCode) -> Self {
        [Self::SignedOut, Self::Forbidden, Self::NotFound, Self::Conflict, Self::BadRequest]
            .into_iter()
            .find(|failure| failure.status() == status)
            .unwrap_or(Self::Failed)
    }
}

/// A failure as a page: title, body and status.
pub fn failure(failure: Failure) -> AnyView {
    let ctx = context::current().ok();
    answer(use_context::<ResponseOptions>().as_ref(), failure, failure_screen(ctx.as_ref(), failure))
}

/// Where a person begins.
pub fn home(actor: &Actor) -> &'static str {
    match actor {
        Actor::Member(_) => paths::PAYOUTS,
        Actor::Staff(staff) if staff.role == Role::Finance => paths::RUNS,
        Actor::Staff(_) => paths::DESK,
        _ => paths::SIGN_IN,
    }
}

fn show(screen: Screen) -> AnyView {
    // The title goes into the document as it is, so it is made safe here.
    let title = format!("{} · Partnerdesk", escape::text(&screen.title));
    view! { <Title text=title/>{screen.body} }.into_any()
}

fn answer(response: Option<&ResponseOptions>, failure: Failure, screen: Screen) -> AnyView {
    if let Some(response) = response {
        response.set_status(failure.status());
    }
    show(screen)
}

fn failure_screen(ctx: Option<&Context>, failure: Failure) -> Screen {
    let locale = ctx.map_or_else(Locale::default, |ctx| ctx.locale);
    let home = ctx.map_or(paths::SIGN_IN, |ctx| home(&ctx.actor));
    let here = ctx.map_or(home, |ctx| ctx.path.as_str());
    let start = || (tr!(locale, ui.to_start), home.to_owned());
    let (title, text, (step, href)) = match failure {
        Failure::SignedOut => (
            tr!(locale, ui.signed_out_title),
            tr!(locale, ui.signed_out_text),
            (tr!(locale, ui.sign_in), format!("{}?back={}", paths::SIGN_IN, super::query::encode(here))),
        ),
        Failure::Forbidden => (tr!(locale, ui.forbidden_title), tr!(locale, ui.forbidden_text), start()),
        Failure::NotFound => (tr!(locale, ui.not_found_title), tr!(locale, ui.not_found_text), start()),
        Failure::Conflict => (
            tr!(locale, ui.conflict_title),
            tr!(locale, ui.conflict_text),
            (tr!(locale, ui.look_again), here.to_owned()),
        ),
        Failure::BadRequest => (tr!(locale, ui.bad_request_title), tr!(locale, ui.bad_request_text), start()),
        Failure::Failed => {
            (tr!(locale, ui.failed_title), tr!(locale, ui.failed_text), (tr!(locale, ui.try_again), here.to_owned()))
        }
    };
    let number = ctx.filter(|_| failure == Failure::Failed).map(|ctx| {
        view! { <p class="failure-number">{tr!(locale, ui.failed_number)}" "<code>{ctx.request_id.clone()}</code></p> }
    });
    let status = failure.status().as_u16().to_string();
    let href = escape::href(&href).unwrap_or(home).to_owned();
    let body = view! {
        <div class="failure">
            <p class="failure-status" aria-hidden="true">{status}</p>
            <h1>{title.clone()}</h1>
            <p class="failure-text">{text}</p>
            <p><a class="button" data-weight="primary" href=href>{step}</a></p>
            {number}
        </div>
    };
    Screen { title, body: body.into_any() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos_router::components::{Route, Router, Routes};
    use leptos_router::{SsrMode, path};

    /// A page with three outcomes, in a document.
    fn document() -> impl IntoView {
        leptos_meta::provide_meta_context();
        let page = || {
            screen(|ctx, query: Query| async move {
                // As a page that waits for the database does.
                tokio::task::yield_now().await;
                match query.param("outcome") {
                    Some("missing") => Err(AppError::NotFound),
                    Some("broken") => Err(AppError::Internal("secret of the house".into())),
                    _ => Ok((query.get("title").unwrap_or_default().to_owned(), crate::ui::text::count(&ctx, 1234))),
                }
            })
        };
        view! {
            <html>
                <head><leptos_meta::MetaTags/></head>
                <body>
                    <Router>
                        <Routes fallback=|| ()>
                            <Route path=path!("/page/:outcome") view=page ssr=SsrMode::Async/>
                        </Routes>
                    </Router>
                </body>
            </html>
        }
    }

    async fn get(address: &str) -> (http::StatusCode, String) {
        // Starts the executor, and shows that the routes can be listed outside a request.
        assert_eq!(leptos_axum::generate_route_list(document).len(), 1);
        let mut ctx = crate::ui::hostile::context();
        ctx.path = address.to_owned();
        let answer = leptos_axum::render_app_async_with_context(move || provide_context(ctx.clone()), document);
        let request = http::Request::builder().uri(address).body(axum::body::Body::empty()).expect("a request");
        let response = answer(request).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, String::from_utf8(body.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn a_title_can_not_end_its_element() {
        let (status, html) = get("/page/shown?title=%3C/title%3E%3Cscript%3Ealert(1)%3C/script%3E%26amp").await;
        assert_eq!(status, http::StatusCode::OK);
        let title = "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp · Partnerdesk</title>";
        assert!(html.contains(title) && html.contains("1,234"), "{html}");
        assert!(!html.contains("<script>alert"), "{html}");
    }

    #[tokio::test]
    async fn a_failure_has_its_status_and_keeps_the_secrets_of_the_house() {
        let (status, html) = get("/page/missing").await;
        assert_eq!(status, http::StatusCode::NOT_FOUND);
        assert!(html.contains("There is nothing at this address"), "{html}");
        let (status, html) = get("/page/broken").await;
        assert_eq!(status, http::StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!html.contains("secret of the house"), "{html}");
    }
}
