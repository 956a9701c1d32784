//! What a page does with what it is told. Browser only.
//!
//! Bindings alone and no futures, so that little has to be loaded: a page is asked for anew as a browser would, and what
//! changed of it takes the place of what stands there.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;
use web_sys::{AudioContext, BroadcastChannel, Element, EventSource, HtmlElement, HtmlInputElement, UrlSearchParams};

mod dom;
mod knock;
mod line;
mod refresh;
mod say;

pub(super) use knock::offer_knock;

use dom::{children, find, on, read, regions};
use line::{ask_since, connect, go};
use refresh::{offer, refresh, see};
use say::{count, here, state, tell};

/// Seconds without a word after which a stream counts as broken; it beats every fifteen.
const SILENT: u32 = 40;
/// Seconds within which a stream that was opened has to say something: a proxy that gathers says nothing.
const FIRST_WORD: u32 = 6;
/// Failures in a row after which a page asks now and then instead.
const FAILURES: u32 = 3;
/// Seconds between two questions, in a page that is seen and in one that is not.
const ASK: u32 = 4;
const ASK_HIDDEN: u32 = 12;
/// Seconds after which a page that asks tries a stream again.
const STREAM_AGAIN: u32 = 60;
/// Seconds between two words that somebody is typing.
const WRITING: u32 = 3;

/// How a page hears.
enum Line {
    /// Not at all, for so many seconds.
    Off(u32),
    /// By a stream.
    Stream(EventSource),
    /// By asking again in so many seconds; a stream is tried in so many.
    Asking(u32, u32),
    /// Never again: signed out.
    Ended,
}

struct Page {
    place: HtmlElement,
    strip: Element,
    line: Line,
    /// The place in what happened, as the server wrote it.
    at: String,
    /// Seconds since the last word.
    silent: u32,
    greeted: bool,
    failures: u32,
    /// What the regions showed as the server wrote it, child by child.
    shown: HashMap<String, Vec<String>>,
    /// Cases that changed in the list and are not shown yet.
    changed: BTreeSet<String>,
    /// A question is under way; another one is wanted after it.
    asking: bool,
    again: bool,
    fresh: bool,
    /// What hidden fields will say once what came is seen, and for how long it has been in sight.
    unseen: Vec<(HtmlInputElement, String)>,
    in_sight: u32,
    wrote: u32,
    title: String,
    channel: Option<BroadcastChannel>,
    sound: Option<AudioContext>,
}

type Shared = Rc<RefCell<Page>>;

pub(super) fn listen(place: &HtmlElement) {
    let Some(strip) = place.closest(".live").ok().flatten() else { return };
    let page = Page {
        place: place.clone(),
        at: read(&strip, "data-place"),
        line: Line::Off(0),
        silent: 0,
        greeted: false,
        failures: 0,
        shown: regions(&document()).into_iter().map(|(name, region)| (name, children(&region))).collect(),
        changed: BTreeSet::new(),
        asking: false,
        again: false,
        fresh: false,
        unseen: Vec::new(),
        in_sight: 0,
        wrote: WRITING,
        title: document().title(),
        channel: BroadcastChannel::new("live").ok(),
        sound: None,
        strip,
    };
    let page = Rc::new(RefCell::new(page));
    count(&page, None);
    // Only so many connections lead to one server: of the pages that are not seen, the one seen last keeps its stream.
    if let Some(channel) = page.borrow().channel.clone() {
        let page = page.clone();
        on(&channel, "message", move |_| {
            if document().hidden() && matches!(page.borrow().line, Line::Stream(_)) {
                go(&page, Line::Asking(ASK_HIDDEN, STREAM_AGAIN));
            }
        });
    }
    let shown = page.clone();
    on(&document(), "visibilitychange", move |_| {
        if !document().hidden() && !matches!(shown.borrow().line, Line::Stream(_) | Line::Ended) {
            connect(&shown);
        }
    });
    let left = page.clone();
    on(&window(), "pagehide", move |_| go(&left, Line::Off(u32::MAX)));
    let back = page.clone();
    on(&window(), "pageshow", move |_| {
        if matches!(back.borrow().line, Line::Off(u32::MAX)) {
            connect(&back);
        }
    });
    if page.borrow().strip.has_attribute("data-writes") {
        let page = page.clone();
        let _ = window_event_listener(ev::input, move |event| {
            let typed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if typed.is_some_and(|typed| typed.tag_name() == "TEXTAREA") {
                say_writing(&page);
            }
        });
    }
    if document().hidden() {
        page.borrow_mut().line = Line::Asking(ASK_HIDDEN, u32::MAX);
    } else {
        connect(&page);
    }
    let ticking = page.clone();
    let _ = set_interval_with_handle(move || tick(&ticking), Duration::from_secs(1));
}

/// Once a second: what has to be tried again, what has been in sight.
fn tick(page: &Shared) {
    let mut now = page.borrow_mut();
    now.silent = now.silent.saturating_add(1);
    now.wrote = now.wrote.saturating_add(1);
    let (silent, greeted) = (now.silent, now.greeted);
    let mut next = None;
    match &mut now.line {
        Line::Off(seconds) if *seconds == 0 => next = Some(true),
        Line::Off(u32::MAX) | Line::Ended => {}
        Line::Off(seconds) => *seconds -= 1,
        Line::Stream(_) if silent > SILENT || (!greeted && silent > FIRST_WORD) => next = Some(false),
        Line::Stream(_) => {}
        Line::Asking(ask, stream) => {
            *ask = ask.saturating_sub(1);
            *stream = stream.saturating_sub(u32::from(*stream != u32::MAX));
            if *stream == 0 && !document().hidden() {
                next = Some(true);
            } else if *ask == 0 {
                *ask = if document().hidden() { ASK_HIDDEN } else { ASK };
                let stream = *stream;
                drop(now);
                ask_since(page, stream);
                return see(page);
            }
        }
    }
    drop(now);
    match next {
        Some(true) => connect(page),
        Some(false) => go(page, Line::Asking(0, STREAM_AGAIN)),
        None => {}
    }
    see(page);
}

/// One thing that the server tells.
fn hear(page: &Shared, kind: &str, data: &str, id: &str) {
    {
        let mut page = page.borrow_mut();
        page.silent = 0;
        if !id.is_empty() {
            id.clone_into(&mut page.at);
        }
    }
    match kind {
        "hello" => {
            {
                let mut page = page.borrow_mut();
                page.greeted = true;
                page.failures = 0;
            }
            if let Some(state) = find::<Element>(&page.borrow().place, ".live-state") {
                state.remove();
            }
            count(page, data.parse().ok());
        }
        "count" => count(page, data.parse().ok()),
        // An empty text is sent as a space.
        "here" => here(data.trim()),
        "case" => {
            let mut parts = data.splitn(3, '\n');
            let (case, knock, sentence) =
                (parts.next().unwrap_or_default(), parts.next() == Some("1"), parts.next().unwrap_or_default());
            happened(page, case, knock, sentence);
        }
        "stale" => refresh(page, true),
        "ended" => {
            go(page, Line::Ended);
            state(&page.borrow(), "data-ended");
        }
        // It is started again, or another one takes its place.
        "stopping" => go(page, Line::Off(1)),
        _ => {}
    }
}

fn happened(page: &Shared, case: &str, knock: bool, sentence: &str) {
    let (own, list, base) = {
        let page = page.borrow();
        let own = page.strip.get_attribute("data-case").as_deref() == Some(case);
        (own, find::<Element>(&document(), "[data-live=queue]").is_some(), read(&page.strip, "data-base"))
    };
    if knock {
        knock::knock(page);
    }
    if !sentence.is_empty() {
        tell(page, &format!("{base}/{case}"), sentence, knock);
    }
    if list {
        // Rows do not move under somebody's pointer.
        page.borrow_mut().changed.insert(case.to_owned());
        offer(page);
    } else if own || find::<Element>(&document(), "[data-live=disputes]").is_some() {
        refresh(page, own);
    }
}

fn say_writing(page: &Shared) {
    let (case, name) = {
        let mut page = page.borrow_mut();
        if page.wrote < WRITING {
            return;
        }
        page.wrote = 0;
        (read(&page.strip, "data-case"), read(&page.strip, "data-page"))
    };
    if let Ok(fields) = UrlSearchParams::new() {
        fields.append("case", &case);
        fields.append("page", &name);
        crate::ui::islands::send("/do/writing", &fields, |_| {});
    }
}
