//! A page as a browser gets it, without a server in between.
#![allow(dead_code)]

use app::base::context::Context;
use app::shell::App;
use futures_util::StreamExt;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos_axum::ResponseOptions;
use leptos_meta::ServerMetaContext;
use leptos_router::location::RequestUrl;

/// The page at a path, or `to …` where it leads elsewhere. It has a status only where something is wrong, and nothing in it
/// that somebody wrote is anything but text.
pub async fn page(ctx: Context, path: &str) -> String {
    let (html, response) = load(ctx, path).await;
    let parts = response.0.read().expect("response");
    if let Some(to) = parts.headers.get(http::header::LOCATION) {
        return format!("to {}", to.to_str().expect("path"));
    }
    assert_eq!(parts.status, None, "{path}: {html}");
    for bad in ["<script>alert", "<img src=x", "style=\""] {
        assert!(!html.contains(bad), "{bad} in {path}: {html}");
    }
    html
}

/// The status of a page where something is wrong.
pub async fn page_status(ctx: Context, path: &str) -> Option<u16> {
    let (_, response) = load(ctx, path).await;
    response.0.read().expect("response").status.map(|status| status.as_u16())
}

async fn load(ctx: Context, path: &str) -> (String, ResponseOptions) {
    // Sets the executor up, as the server does at its start.
    let _ = leptos_axum::generate_route_list(App);
    let owner = Owner::new();
    let response = ResponseOptions::default();
    let stream = owner.with(|| {
        provide_context(Context { path: path.to_owned(), ..ctx });
        provide_context(RequestUrl::new(path));
        provide_context(http::Request::new(()).into_parts().0);
        provide_context(response.clone());
        provide_context(ServerMetaContext::new().0);
        view! { <App/> }.to_html_stream_in_order()
    });
    let html = owner.with(|| ScopedFuture::new(stream.collect::<String>())).await;
    (html, response)
}
