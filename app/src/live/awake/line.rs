//! How a page hears: by a stream, or by asking now and then.

use super::dom::{on, once, read};
use super::say::state;
use super::{ASK, FAILURES, Line, STREAM_AGAIN, Shared, hear};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent, XmlHttpRequest};

/// Changes the way of hearing; a stream that was open is closed.
pub(super) fn go(page: &Shared, line: Line) {
    let former = std::mem::replace(&mut page.borrow_mut().line, line);
    if let Line::Stream(stream) = former {
        stream.close();
    }
}

pub(super) fn connect(page: &Shared) {
    let Ok(stream) = EventSource::new(&address(page, "/live")) else {
        return go(page, Line::Asking(0, u32::MAX));
    };
    for kind in ["hello", "case", "count", "here", "stale", "beat", "ended", "stopping"] {
        let page = page.clone();
        on(&stream, kind, move |event| {
            let Ok(event) = event.dyn_into::<MessageEvent>() else { return };
            let (data, id) = (event.data().as_string().unwrap_or_default(), event.last_event_id());
            hear(&page, kind, &data, &id);
        });
    }
    let failed = page.clone();
    let this = stream.clone();
    on(&stream, "error", move |_| {
        if !matches!(&failed.borrow().line, Line::Stream(stream) if *stream == this) {
            return;
        }
        let failures = {
            let mut page = failed.borrow_mut();
            page.failures += 1;
            page.greeted = false;
            page.silent = 0;
            page.failures
        };
        if this.ready_state() == EventSource::CLOSED || failures >= FAILURES {
            go(&failed, Line::Asking(1, STREAM_AGAIN));
        }
    });
    {
        let mut page = page.borrow_mut();
        page.silent = 0;
        page.greeted = false;
        if !document().hidden()
            && let Some(channel) = &page.channel
        {
            let _ = channel.post_message(&"seen".into());
        }
    }
    go(page, Line::Stream(stream));
}

/// The address that says what this page is and how far it heard.
fn address(page: &Shared, path: &str) -> String {
    let page = page.borrow();
    let mut address = format!("{path}?after={}&page={}", page.at, read(&page.strip, "data-page"));
    if let Some(case) = page.strip.get_attribute("data-case") {
        address.push_str(&format!("&case={case}"));
    }
    if page.strip.has_attribute("data-list") {
        address.push_str("&list=yes");
    }
    address
}

/// Asks once for what a stream would have told.
pub(super) fn ask_since(page: &Shared, stream_in: u32) {
    let Ok(request) = XmlHttpRequest::new() else { return };
    if request.open("GET", &address(page, "/live/since")).is_err() {
        return;
    }
    let (page, answered) = (page.clone(), request.clone());
    once(&request, "loadend", move || {
        let text = match answered.status() {
            Ok(200) => answered.response_text().ok().flatten().unwrap_or_default(),
            _ => String::new(),
        };
        // Whoever was signed out is led to a page that says nothing of what happened.
        if !text.starts_with("event: hello") {
            let mut page = page.borrow_mut();
            page.failures += 1;
            let ended = matches!(answered.status(), Ok(200 | 401 | 403));
            if ended && !matches!(page.line, Line::Ended) {
                page.line = Line::Ended;
                state(&page, "data-ended");
            } else if !ended {
                if page.failures > FAILURES {
                    state(&page, "data-lost");
                }
                let pause = (ASK * page.failures.min(5)) / 2;
                if let Line::Asking(ask, _) = &mut page.line {
                    *ask = pause;
                }
            }
            return;
        }
        let again = page.borrow().failures > 0 && stream_in != u32::MAX;
        for block in text.split("\n\n") {
            let (mut kind, mut id, mut data) = ("", "", Vec::new());
            for line in block.lines() {
                match line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")) {
                    ("event", value) => kind = value,
                    ("id", value) => id = value,
                    ("data", value) => data.push(value),
                    _ => {}
                }
            }
            if !kind.is_empty() {
                hear(&page, kind, &data.join("\n"), id);
            }
        }
        // It answers again: so may a stream.
        if again && let Line::Asking(_, stream) = &mut page.borrow_mut().line {
            *stream = (*stream).min(3);
        }
    });
    let _ = request.send();
}
