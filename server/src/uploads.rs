//! Forms that bring files: read here with limits, then handed to the server function that takes the same form without.

use crate::http::server_function;
use app::inbox::uploads::{FIELD, LARGEST_TOGETHER, Trouble, Uploads};
use app::ui::query::encode;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// The forms that may bring files, and those that a button of such a form sends it to instead.
pub const FORMS: [&str; 5] =
    ["/do/open-dispute", "/do/answer-dispute", "/do/reply", "/do/use-macro", "/do/insert-article"];
/// As much is read of files that are too large, so that their sender hears the answer; then the line is cut.
pub const LARGEST_HEARD: usize = 4 * LARGEST_TOGETHER;
/// Bytes of all fields together, as of a form without files.
const LARGEST_TEXT: usize = 256 * 1024;

/// Answers such a form, with or without files.
pub async fn form(request: Request) -> Response {
    let is_multipart = |value: &HeaderValue| value.as_bytes().starts_with(b"multipart/form-data");
    if !request.headers().get(header::CONTENT_TYPE).is_some_and(is_multipart) {
        return server_function(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(form) = Multipart::from_request(Request::from_parts(parts.clone(), body), &()).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Some((fields, uploads)) = read(form).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    parts.extensions.insert(uploads);
    server_function(Request::from_parts(parts, Body::from(fields))).await
}

/// The fields as a form without files sends them, and the files; `None` where there is more text than any form has.
async fn read(mut form: Multipart) -> Option<(String, Uploads)> {
    let (mut fields, mut uploads) = (String::new(), Uploads::default());
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => return Some((fields, uploads)),
            Err(error) => {
                uploads.refuse(broken(&error));
                return Some((fields, uploads));
            }
        };
        let name = field.name().unwrap_or_default().to_owned();
        let (file, declared) = (field.file_name().map(str::to_owned), field.content_type().map(str::to_owned));
        if name == FIELD {
            let file = file.unwrap_or_default();
            match whole(field, uploads.room()).await {
                // A field that was left empty.
                Ok(Some(bytes)) if file.is_empty() && bytes.is_empty() => {}
                Ok(bytes) => uploads.take(&file, &declared.unwrap_or_default(), bytes),
                Err(error) => {
                    uploads.refuse(broken(&error));
                    return Some((fields, uploads));
                }
            }
            continue;
        }
        match whole(field, LARGEST_TEXT.saturating_sub(fields.len())).await {
            Ok(Some(text)) => {
                let mark = if fields.is_empty() { "" } else { "&" };
                let text = String::from_utf8_lossy(&text);
                fields.push_str(&format!("{mark}{}={}", encode(&name), encode(&text)));
            }
            Ok(None) => return None,
            Err(error) => {
                uploads.refuse(broken(&error));
                return Some((fields, uploads));
            }
        }
    }
}

/// A field's bytes; `None` where there are too many. All of them are heard, so that what follows is too.
async fn whole(mut field: Field<'_>, most: usize) -> Result<Option<Vec<u8>>, MultipartError> {
    let (mut bytes, mut length) = (Vec::new(), 0);
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

fn broken(error: &MultipartError) -> Trouble {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Trouble::TooLargeTogether } else { Trouble::BrokenOff }
}
