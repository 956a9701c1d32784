//! Files on their way in and out: answers of banks, and files for them. Neither is a page or a server function: both are
//! streams with limits of their own.

use crate::http::{Served, refused};
use app::advertiser::rules::LARGEST_ANSWER;
use app::base::context::Context;
use app::base::error::AppError;
use app::base::ids::{EnquiryId, PayoutFileId, PayoutId};
use app::invoices::api::receive;
use app::invoices::model::LARGEST_INVOICE;
use app::payout_runs::api::{Download, download};
use app::settlement::api::{LARGEST_UPLOAD, Sent, read_answer};
use app::ui::screen::Failure;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{Multipart, Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};

/// As much is read of a file that is too large, so that its sender hears the answer; then the line is cut.
pub const LARGEST_HEARD: usize = 4 * LARGEST_UPLOAD;
/// The same for an invoice.
pub const LARGEST_INVOICE_HEARD: usize = 4 * LARGEST_INVOICE;
/// Digits of the longest number of a payout.
const LONGEST_NUMBER: usize = 20;

/// `POST /do/read-answer`: reads an answer of a bank, then leads to what it did.
pub async fn answer(Extension(ctx): Extension<Context>, form: Result<Multipart, MultipartRejection>) -> Response {
    let sent = match form {
        Ok(form) => received(form, "answer", LARGEST_UPLOAD).await.1,
        Err(_) => Sent::Missing,
    };
    match read_answer(&ctx, sent).await {
        Ok(path) => Redirect::to(&path).into_response(),
        Err(error) => {
            if error.status().is_server_error() {
                tracing::error!(request_id = %ctx.request_id, %error, "an answer could not be read");
            }
            error.status().into_response()
        }
    }
}

/// `POST /do/send-invoice`: keeps a partner's invoice, then leads back to its payout.
pub async fn invoice(Extension(ctx): Extension<Context>, form: Result<Multipart, MultipartRejection>) -> Response {
    let (payout, sent) = match form {
        Ok(form) => received(form, "invoice", LARGEST_INVOICE).await,
        Err(_) => (None, Sent::Missing),
    };
    let Some(payout) = payout else { return StatusCode::BAD_REQUEST.into_response() };
    match receive(&ctx, payout, sent).await {
        Ok(path) => Redirect::to(&path).into_response(),
        Err(error) => {
            if error.status().is_server_error() {
                tracing::error!(request_id = %ctx.request_id, %error, "an invoice could not be kept");
            }
            error.status().into_response()
        }
    }
}

/// `POST /do/read-enquiry-answer`: reads an advertiser's answer, then leads to what it would do.
pub async fn enquiry_answer(
    Extension(ctx): Extension<Context>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Ok(mut form) = form else { return StatusCode::BAD_REQUEST.into_response() };
    let mut enquiry = None;
    let sent = file_of(&mut form, "answer", LARGEST_ANSWER, ("enquiry", &mut enquiry)).await;
    let Some(enquiry) = enquiry.map(EnquiryId) else { return StatusCode::BAD_REQUEST.into_response() };
    match app::advertiser::api::receive(&ctx, enquiry, sent).await {
        Ok(path) => Redirect::to(&path).into_response(),
        Err(error) => {
            if error.status().is_server_error() {
                tracing::error!(request_id = %ctx.request_id, %error, "an advertiser's answer could not be read");
            }
            error.status().into_response()
        }
    }
}

/// The file under this name, and the payout that stands before it, where the form names one.
async fn received(mut form: Multipart, name: &str, most: usize) -> (Option<PayoutId>, Sent) {
    let mut payout = None;
    let sent = file_of(&mut form, name, most, ("payout", &mut payout)).await;
    (payout.map(PayoutId), sent)
}

/// The file under this name; the number that stands before it goes into `number`.
async fn file_of(
    form: &mut Multipart,
    wanted: &str,
    most: usize,
    (numbered, number): (&str, &mut Option<i64>),
) -> Sent {
    loop {
        match form.next_field().await {
            Ok(Some(field)) if field.name() == Some(numbered) => match whole(field, LONGEST_NUMBER).await {
                Ok(bytes) => *number = bytes.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse().ok()),
                Err(error) => return broken(&error),
            },
            Ok(Some(field)) if field.name() == Some(wanted) => {
                let name = field.file_name().unwrap_or_default().to_owned();
                return match whole(field, most).await {
                    Ok(Some(bytes)) if name.is_empty() && bytes.is_empty() => Sent::Missing,
                    Ok(Some(bytes)) => Sent::Whole(plain(&name), bytes),
                    Ok(None) => Sent::TooLarge,
                    Err(error) => broken(&error),
                };
            }
            Ok(Some(_)) => {}
            Ok(None) => return Sent::Missing,
            Err(error) => return broken(&error),
        }
    }
}

/// A file's bytes; `None` where there are too many.
async fn whole(mut field: Field<'_>, most: usize) -> Result<Option<Vec<u8>>, MultipartError> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(part) = field.chunk().await? {
        length += part.len();
        if length <= most {
            bytes.extend_from_slice(&part);
        } else {
            bytes = Vec::new();
        }
    }
    Ok((length <= most).then_some(bytes))
}

fn broken(error: &MultipartError) -> Sent {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Sent::TooLarge } else { Sent::BrokenOff }
}

/// A file's name as it may be kept: without folders, without control characters, and not endless.
fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

/// `GET /runs/files/{file}`: gives a file for a bank out, the same bytes each time.
pub async fn file(State(served): State<Served>, Path(file): Path<String>, mut request: Request) -> Response {
    let ctx = request.extensions().get::<Context>().cloned();
    let failure = match (request.extensions().get::<Failure>().copied(), ctx) {
        (Some(failure), _) => failure,
        (None, None) => Failure::Failed,
        (None, Some(ctx)) => match begin(&ctx, &file).await {
            Ok(download) => return given(ctx, download),
            Err(error) => {
                if error.status().is_server_error() {
                    tracing::error!(request_id = %ctx.request_id, %error, "a file could not be given out");
                }
                Failure::from(&error)
            }
        },
    };
    request.extensions_mut().insert(failure);
    refused(served, request).await
}

async fn begin(ctx: &Context, file: &str) -> Result<Download, AppError> {
    let file: PayoutFileId = file.parse().map_err(|_| AppError::NotFound)?;
    download(ctx, file).await
}

fn given(ctx: Context, download: Download) -> Response {
    let name = format!("attachment; filename=\"{}\"", download.file.name);
    let length = download.file.bytes;
    let parts = stream::try_unfold(download.file, move |mut file| {
        let request_id = ctx.request_id.clone();
        async move {
            match file.next().await {
                Ok(part) => Ok(part.map(|part| (Bytes::from(part), file))),
                Err(error) => {
                    // The answer ends before its length: whoever reads it sees that it is not whole.
                    tracing::error!(%request_id, %error, "a file broke off on its way out");
                    Err(std::io::Error::other("broken off"))
                }
            }
        }
    });
    let mut response = Body::from_stream(parts).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(download.content_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    // The name is made of our own words and numbers; if it could not stand in a header, the file goes without one.
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&name).unwrap_or_else(|_| HeaderValue::from_static("attachment")),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_is_kept_without_what_could_mislead() {
        assert_eq!(plain("C:\\bank\\camt.xml"), "camt.xml");
        assert_eq!(plain("../../etc/passwd"), "passwd");
        assert_eq!(plain("a\u{0}b\nc.csv"), "abc.csv");
        assert_eq!(plain(&"x".repeat(500)).len(), 200);
    }
}
