//! Files that leave the house: statements and invoices, made for who asks, in their language; and files that came in
//! messages.

use app::base::context::Context;
use app::base::error::AppError;
use app::base::ids::{AttachmentId, EnquiryId, MailInId, PayoutId, PayoutRunId};
use app::inbox::files;
use app::invoices::model::Kind as Invoice;
use app::invoices::{api, document};
use app::ledger::api::journal;
use app::ledger::journal::Format;
use app::statements::document::{Kind, statement};
use app::ui::screen::Failure;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use std::collections::BTreeMap;
use tokio::io::AsyncReadExt as _;

/// Bytes of a journal that are on their way at once.
const PART: usize = 64 * 1024;

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
        .route("/books/hledger.journal", get(hledger))
        .route("/books/journal.beancount", get(beancount))
        .route("/files/{file}", get(file))
        .route("/enquiries/{enquiry}/claims.csv", get(claims))
        .route("/mails/{mail}/original", get(original))
}

/// A file in a message. Somebody else wrote it: whatever it is, a browser saves it and runs nothing of it.
async fn file(Path(file): Path<String>, request: Request) -> Response {
    let Some(ctx) = allowed(&request) else { return refused(&request) };
    let Ok(id) = file.parse::<AttachmentId>() else { return StatusCode::NOT_FOUND.into_response() };
    match files::give(&ctx, id).await {
        Ok(given) => foreign(&given.name, &given.kind, given.bytes),
        Err(error) => failed(&ctx, &error),
    }
}

/// The claims of an enquiry, for its advertiser; with `?reminder=` those that waited then.
async fn claims(
    Path(enquiry): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    let Some(ctx) = allowed(&request) else { return refused(&request) };
    let Ok(id) = enquiry.parse::<EnquiryId>() else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(reminder) = query.get("reminder").map(|nth| nth.parse()).transpose() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match app::advertiser::api::download(&ctx, id, reminder).await {
        Ok((name, bytes)) => attachment(&name, "text/csv; charset=utf-8", bytes),
        Err(error) => failed(&ctx, &error),
    }
}

async fn original(Path(mail): Path<String>, request: Request) -> Response {
    let Some(ctx) = allowed(&request) else { return refused(&request) };
    let Ok(id) = mail.parse::<MailInId>() else { return StatusCode::NOT_FOUND.into_response() };
    match files::original(&ctx, id).await {
        Ok(given) => foreign(&given.name, &given.kind, given.bytes),
        Err(error) => failed(&ctx, &error),
    }
}

/// A file of foreign content: never shown, never sniffed, and without any right where a browser shows it all the same.
fn foreign(name: &str, kind: &str, bytes: Vec<u8>) -> Response {
    // Types that a browser would open as a page or script are given as what they are to us: bytes.
    let shown =
        ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", "message/rfc822"];
    let kind = if shown.contains(&kind) { kind } else { "application/octet-stream" };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let mut set = |name: http::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, kind);
    // RFC 6266: a name of plain letters for every program, and the whole one for those that can read it.
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\%;".contains(c) { c } else { '_' }).collect();
    set(header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", percent(name)));
    set(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// RFC 8187: letters, digits and little else as they are, every other byte as `%XX`.
fn percent(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
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

async fn invoice(Path(payout): Path<String>, Query(turn): Query<Turn>, request: Request) -> Response {
    send_invoice(None, &payout, request, Wanted::Written(Invoice::Invoice, turn.turn)).await
}

async fn credit_note(Path(payout): Path<String>, Query(turn): Query<Turn>, request: Request) -> Response {
    send_invoice(None, &payout, request, Wanted::Written(Invoice::CreditNote, turn.turn)).await
}

async fn sent_invoice(Path(payout): Path<String>, request: Request) -> Response {
    send_invoice(None, &payout, request, Wanted::Sent).await
}

async fn invoice_of_run(
    Path((run, payout)): Path<(String, String)>,
    Query(turn): Query<Turn>,
    request: Request,
) -> Response {
    send_invoice(Some(run), &payout, request, Wanted::Written(Invoice::Invoice, turn.turn)).await
}

async fn credit_note_of_run(
    Path((run, payout)): Path<(String, String)>,
    Query(turn): Query<Turn>,
    request: Request,
) -> Response {
    send_invoice(Some(run), &payout, request, Wanted::Written(Invoice::CreditNote, turn.turn)).await
}

async fn sent_of_run(Path((run, payout)): Path<(String, String)>, request: Request) -> Response {
    send_invoice(Some(run), &payout, request, Wanted::Sent).await
}

/// Which of a payout's invoices: there is a second one where it was given back and paid after all.
#[derive(serde::Deserialize)]
struct Turn {
    #[serde(default = "first")]
    turn: i32,
}

fn first() -> i32 {
    1
}

/// Which file.
enum Wanted {
    /// The programme wrote it, in this turn of the payout.
    Written(Invoice, i32),
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
        (None, Wanted::Written(kind, turn)) => document::own(&ctx, payout, kind, turn).await,
        (None, Wanted::Sent) => api::own_sent(&ctx, payout).await,
        (Some(Ok(run)), Wanted::Written(kind, turn)) => document::of_run(&ctx, run, payout, kind, turn).await,
        (Some(Ok(run)), Wanted::Sent) => api::sent_of_run(&ctx, run, payout).await,
    };
    match file {
        Ok(file) => attachment(&file.name, "application/pdf", file.bytes),
        Err(error) => failed(&ctx, &error),
    }
}

/// Which month's journal.
#[derive(serde::Deserialize)]
struct Books {
    programme: Option<String>,
    month: Option<String>,
}

async fn hledger(Query(books): Query<Books>, request: Request) -> Response {
    send_journal(books, Format::Hledger, request).await
}

async fn beancount(Query(books): Query<Books>, request: Request) -> Response {
    send_journal(books, Format::Beancount, request).await
}

async fn send_journal(books: Books, format: Format, request: Request) -> Response {
    let Some(ctx) = allowed(&request) else { return refused(&request) };
    match journal(&ctx, format, books.programme.as_deref(), books.month.as_deref()).await {
        Ok(journal) => {
            let parts = stream::try_unfold(tokio::fs::File::from_std(journal.file), |mut file| async move {
                let mut part = vec![0; PART];
                let length = file.read(&mut part).await?;
                part.truncate(length);
                Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(part), file)))
            });
            let mut response = attachment(&journal.name, "text/plain; charset=utf-8", Vec::new());
            *response.body_mut() = Body::from_stream(parts);
            response.headers_mut().remove(header::CONTENT_LENGTH);
            response
        }
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
