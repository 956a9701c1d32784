//! Files that leave the house: statements and invoices. Each is made for who asks, in their language, and kept by nobody in between.

use app::base::context::Context;
use app::base::error::AppError;
use app::base::ids::{PayoutId, PayoutRunId};
use app::invoices::model::Kind as Invoice;
use app::invoices::{api, document};
use app::statements::document::{Kind, statement};
use app::ui::screen::Failure;
use axum::Router;
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};

/// Where they are asked for. The guard in front has asked the table of routes already.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/payouts/{payout}/statement.pdf", get(pdf))
        .route("/payouts/{payout}/statement.csv", get(csv))
        .route("/payouts/{payout}/invoice.pdf", get(invoice))
        .route("/payouts/{payout}/credit-note.pdf", get(credit_note))
        .route("/payouts/{payout}/sent-invoice.pdf", get(sent_invoice))
        .route("/runs/{run}/payouts/{payout}/invoice.pdf", get(invoice_of_run))
        .route("/runs/{run}/payouts/{payout}/credit-note.pdf", get(credit_note_of_run))
        .route("/runs/{run}/payouts/{payout}/sent-invoice.pdf", get(sent_of_run))
}

async fn pdf(Path(payout): Path<String>, request: Request) -> Response {
    send_statement(&payout, request, Kind::Pdf, "application/pdf").await
}

async fn csv(Path(payout): Path<String>, request: Request) -> Response {
    send_statement(&payout, request, Kind::Csv, "text/csv; charset=utf-8").await
}

async fn send_statement(payout: &str, request: Request, kind: Kind, content_type: &'static str) -> Response {
    let Some(ctx) = allowed(&request) else { return refused(&request) };
    let Ok(payout) = payout.parse::<PayoutId>() else { return StatusCode::NOT_FOUND.into_response() };
    match statement(&ctx, payout, kind).await {
        Ok(file) => attachment(&file.name, content_type, file.bytes),
        Err(error) => failed(&ctx, &error),
    }
}

async fn invoice(Path(payout): Path<String>, request: Request) -> Response {
    send_invoice(None, &payout, request, Wanted::Written(Invoice::Invoice)).await
}

async fn credit_note(Path(payout): Path<String>, request: Request) -> Response {
    send_invoice(None, &payout, request, Wanted::Written(Invoice::CreditNote)).await
}

async fn sent_invoice(Path(payout): Path<String>, request: Request) -> Response {
    send_invoice(None, &payout, request, Wanted::Sent).await
}

async fn invoice_of_run(Path((run, payout)): Path<(String, String)>, request: Request) -> Response {
    send_invoice(Some(run), &payout, request, Wanted::Written(Invoice::Invoice)).await
}

async fn credit_note_of_run(Path((run, payout)): Path<(String, String)>, request: Request) -> Response {
    send_invoice(Some(run), &payout, request, Wanted::Written(Invoice::CreditNote)).await
}

async fn sent_of_run(Path((run, payout)): Path<(String, String)>, request: Request) -> Response {
    send_invoice(Some(run), &payout, request, Wanted::Sent).await
}

/// Which file.
enum Wanted {
    /// The programme wrote it.
    Written(Invoice),
    /// The partner sent it.
    Sent,
}

/// A payout's invoice: to its partner, or, where a run is named, to the house.
async fn send_invoice(run: Option<String>, payout: &str, request: Request, wanted: Wanted) -> Response {
    let Some(ctx) = allowed(&request) else { return refused(&request) };
    let not_found = || StatusCode::NOT_FOUND.into_response();
    let Ok(payout) = payout.parse::<PayoutId>() else { return not_found() };
    let file = match (run.map(|run| run.parse::<PayoutRunId>()), wanted) {
        (Some(Err(_)), _) => return not_found(),
        (None, Wanted::Written(kind)) => document::own(&ctx, payout, kind).await,
        (None, Wanted::Sent) => api::own_sent(&ctx, payout).await,
        (Some(Ok(run)), Wanted::Written(kind)) => document::of_run(&ctx, run, payout, kind).await,
        (Some(Ok(run)), Wanted::Sent) => api::sent_of_run(&ctx, run, payout).await,
    };
    match file {
        Ok(file) => attachment(&file.name, "application/pdf", file.bytes),
        Err(error) => failed(&ctx, &error),
    }
}

/// Who asks, unless the guard has refused them.
fn allowed(request: &Request) -> Option<Context> {
    if request.extensions().get::<Failure>().is_some() {
        return None;
    }
    request.extensions().get::<Context>().cloned()
}

fn refused(request: &Request) -> Response {
    request.extensions().get::<Failure>().map_or(StatusCode::FORBIDDEN, |failure| failure.status()).into_response()
}

fn failed(ctx: &Context, error: &AppError) -> Response {
    if error.status().is_server_error() {
        tracing::error!(request_id = %ctx.request_id, path = %ctx.path, %error, "file failed");
    }
    error.status().into_response()
}

/// A file to keep, never to be shown by the browser as a page of ours.
fn attachment(name: &str, content_type: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
