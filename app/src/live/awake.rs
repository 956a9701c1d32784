//! What a page does with what it is told. Browser only.
//!
//! Bindings alone and no futures, so that little has to be loaded: a page is asked for anew as a browser would, and what
//! changed of it takes the place of what stands there.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;
use web_sys::{
    AudioContext, BroadcastChannel, Document, Element, EventSource, HtmlElement, HtmlInputElement, MessageEvent, Node,
    UrlSearchParams, XmlHttpRequest, XmlHttpRequestResponseType,
};

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
/// Seconds for which what just came has to be in sight before it counts as seen.
const SEEN_AFTER: u32 = 1;

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

/// Changes the way of hearing; a stream that was open is closed.
fn go(page: &Shared, line: Line) {
    let former = std::mem::replace(&mut page.borrow_mut().line, line);
    if let Line::Stream(stream) = former {
        stream.close();
    }
}

fn connect(page: &Shared) {
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
fn ask_since(page: &Shared, stream_in: u32) {
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
                say_state(&page, "data-ended");
            } else if !ended {
                if page.failures > FAILURES {
                    say_state(&page, "data-lost");
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
        "here" => here(data),
        "case" => {
            let mut parts = data.splitn(3, '\n');
            let (case, knock, sentence) =
                (parts.next().unwrap_or_default(), parts.next() == Some("1"), parts.next().unwrap_or_default());
            happened(page, case, knock, sentence);
        }
        "stale" => refresh(page, true),
        "ended" => {
            go(page, Line::Ended);
            say_state(&page.borrow(), "data-ended");
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
        self::knock(page);
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

/// Says how many rows of the list changed, and offers to show them.
fn offer(page: &Shared) {
    let (strip, changed) = (page.borrow().strip.clone(), page.borrow().changed.len());
    let words = match changed {
        1 => read(&strip, "data-show-one"),
        many => read(&strip, "data-show-some").replace("{n}", &many.to_string()),
    };
    let button = find::<HtmlElement>(&strip, ".live-show").or_else(|| {
        let button: HtmlElement = document().create_element("button").ok()?.dyn_into().ok()?;
        let _ = button.set_attribute("type", "button");
        button.set_class_name("button live-show");
        let page = page.clone();
        on(&button, "click", move |_| refresh(&page, false));
        let _ = strip.append_child(&button);
        Some(button)
    });
    if let Some(button) = button {
        button.set_text_content(Some(&words));
        button.set_hidden(false);
    }
}

/// Shows anew what changed on the page.
fn refresh(page: &Shared, with_fields: bool) {
    {
        let mut page = page.borrow_mut();
        page.fresh |= with_fields;
        if page.asking {
            page.again = true;
            return;
        }
        page.asking = true;
    }
    // What happens together is shown together.
    let page = page.clone();
    set_timeout(move || fetch(&page), Duration::from_millis(60));
}

fn fetch(page: &Shared) {
    let done = |page: &Shared| {
        let again = {
            let mut page = page.borrow_mut();
            page.asking = false;
            std::mem::take(&mut page.again)
        };
        if again {
            refresh(page, false);
        }
    };
    let location = window().location();
    let address = format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    let Some(request) = XmlHttpRequest::new().ok().filter(|request| request.open("GET", &address).is_ok()) else {
        return done(page);
    };
    request.set_response_type(XmlHttpRequestResponseType::Document);
    page.borrow_mut().again = false;
    let (shared, answered) = (page.clone(), request.clone());
    once(&request, "loadend", move || {
        if let (Ok(200), Ok(Some(new))) = (answered.status(), answered.response_xml()) {
            swap(&shared, &new);
        }
        done(&shared);
    });
    let _ = request.send();
}

/// Puts what is new in the place of what was; what is as it was stays, with whatever its reader did to it.
fn swap(page: &Shared, new: &Document) {
    let new = regions(new);
    let here = regions(&document());
    let mut page = page.borrow_mut();
    for (name, region) in here {
        let Some((_, fresh)) = new.iter().find(|(other, _)| *other == name) else { continue };
        let texts = children(fresh);
        let shown = page.shown.insert(name, texts.clone()).unwrap_or_default();
        let old: Vec<Element> = elements(&region);
        for (index, element) in elements(fresh).into_iter().enumerate() {
            if shown.get(index) == texts.get(index) {
                continue;
            }
            match old.get(index) {
                Some(old) => {
                    let _ = old.replace_with_with_node_1(&element);
                }
                None => {
                    let _ = element.set_attribute("data-new", "");
                    let _ = region.append_child(&element);
                }
            }
        }
        for old in old.iter().skip(texts.len()) {
            old.remove();
        }
    }
    page.changed.clear();
    if let Some(button) = find::<HtmlElement>(&page.strip, ".live-show") {
        button.set_hidden(true);
    }
    if std::mem::take(&mut page.fresh)
        && let Some(document) = new.first().and_then(|(_, region)| region.owner_document())
    {
        page.unseen = fields(&document);
        page.in_sight = 0;
    }
}

/// The hidden fields that say what was seen, beside what they say on a page that was made now.
fn fields(new: &Document) -> Vec<(HtmlInputElement, String)> {
    let selector = "form input[name=seen], form input[name=version]";
    let action = |input: &Element| input.closest("form").ok().flatten().and_then(|form| form.get_attribute("action"));
    let new: Vec<Element> = all(new, selector);
    all(&document(), selector)
        .into_iter()
        .filter_map(|input| {
            let input: HtmlInputElement = input.dyn_into().ok()?;
            let name = input.name();
            let same = new.iter().find(|other| {
                action(other) == action(&input) && other.get_attribute("name").as_deref() == Some(name.as_str())
            })?;
            Some((input, same.get_attribute("value")?))
        })
        .collect()
}

/// What came counts as seen once its last words have been in sight: a send before that is still stopped.
fn see(page: &Shared) {
    let mut page = page.borrow_mut();
    if page.unseen.is_empty() {
        return;
    }
    let last = all(&document(), "[data-live=talk] > :last-child").pop();
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
    let in_sight = last.is_none_or(|last| {
        let place = last.get_bounding_client_rect();
        place.height() > 0.0 && place.bottom() > 0.0 && place.top() < height
    });
    if document().hidden() || !in_sight {
        page.in_sight = 0;
        return;
    }
    page.in_sight += 1;
    if page.in_sight > SEEN_AFTER {
        for (input, value) in std::mem::take(&mut page.unseen) {
            input.set_value(&value);
        }
    }
}

/// How many cases wait: beside the room they are in, and before the title.
fn count(page: &Shared, count: Option<u32>) {
    let badge = find::<HtmlElement>(&document(), "[data-live-count]");
    let text = match count {
        Some(0) => String::new(),
        Some(count) if count >= 100 => "99+".to_owned(),
        Some(count) => count.to_string(),
        None => badge.as_ref().and_then(|badge| badge.text_content()).unwrap_or_default(),
    };
    if let Some(badge) = badge {
        badge.set_hidden(text.is_empty());
        badge.set_text_content(Some(&text));
    }
    let title = &page.borrow().title;
    document().set_title(&if text.is_empty() { title.clone() } else { format!("({text}) {title}") });
}

fn here(sentence: &str) {
    if let Some(place) = find::<Element>(&document(), "[data-live-here]")
        && place.text_content().as_deref() != Some(sentence)
    {
        place.set_text_content(Some(sentence));
    }
}

/// Says what happened, with the way to it; a knock is seen, too.
fn tell(page: &Shared, href: &str, sentence: &str, knock: bool) {
    let page = page.borrow();
    let (Ok(line), Ok(link), Ok(close)) =
        (document().create_element("p"), document().create_element("a"), document().create_element("button"))
    else {
        return;
    };
    line.set_class_name("live-line");
    if knock {
        let _ = line.set_attribute("data-knock", "");
    }
    let _ = link.set_attribute("href", href);
    link.set_text_content(Some(sentence));
    let _ = close.set_attribute("type", "button");
    close.set_class_name("button");
    let _ = close.set_attribute("data-weight", "bare");
    close.set_text_content(Some(&read(&page.strip, "data-dismiss")));
    let gone = line.clone();
    on(&close, "click", move |_| gone.remove());
    let _ = line.append_child(&link);
    let _ = line.append_child(&close);
    // The last three are enough to look at.
    let old = all(&page.place, ".live-line");
    for old in old.iter().rev().skip(2) {
        old.remove();
    }
    let _ = page.place.append_child(&line);
}

fn say_state(page: &Page, words: &str) {
    let state = find::<Element>(&page.place, ".live-state").or_else(|| {
        let state = document().create_element("p").ok()?;
        state.set_class_name("live-line live-state");
        page.place.append_child(&state).ok()?;
        Some(state)
    });
    if let Some(state) = state {
        state.set_text_content(Some(&read(&page.strip, words)));
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

/// The knock: two soft sounds. Of several pages of one browser only one makes it.
fn knock(page: &Shared) {
    if let Ok(Some(store)) = window().local_storage() {
        let at = page.borrow().at.clone();
        if store.get_item("knock").ok().flatten().as_deref() == Some(at.as_str()) {
            return;
        }
        let _ = store.set_item("knock", &at);
    }
    let mut page = page.borrow_mut();
    if page.sound.is_none() {
        page.sound = AudioContext::new().ok();
    }
    if let Some(sound) = &page.sound {
        let _ = play(sound);
    }
}

/// Two short tones, each dying away: a knuckle on wood more than a bell.
#[allow(clippy::float_arithmetic)] // Seconds of sound.
fn play(sound: &AudioContext) -> Option<()> {
    let _ = sound.resume();
    for (begins, pitch) in [(0.02, 196.0), (0.17, 174.6)] {
        let at = sound.current_time() + begins;
        let (tone, volume) = (sound.create_oscillator().ok()?, sound.create_gain().ok()?);
        tone.frequency().set_value(pitch);
        volume.gain().set_value_at_time(0.0001, at).ok()?;
        volume.gain().exponential_ramp_to_value_at_time(0.22, at + 0.008).ok()?;
        volume.gain().exponential_ramp_to_value_at_time(0.0001, at + 0.12).ok()?;
        tone.connect_with_audio_node(&volume).ok()?;
        volume.connect_with_audio_node(&sound.destination()).ok()?;
        tone.start_with_when(at).ok()?;
        tone.stop_with_when(at + 0.14).ok()?;
    }
    Some(())
}

/// The button that lets one hear it.
pub(super) fn offer_knock(button: &HtmlElement) {
    let words = button.closest("[data-try]").ok().flatten().and_then(|around| around.get_attribute("data-try"));
    button.set_text_content(words.as_deref());
    button.set_hidden(false);
    on(button, "click", |_| {
        if let Ok(sound) = AudioContext::new() {
            let _ = play(&sound);
        }
    });
}

fn regions(document: &Document) -> Vec<(String, Element)> {
    all(document, "[data-live]").into_iter().map(|region| (read(&region, "data-live"), region)).collect()
}

fn children(region: &Element) -> Vec<String> {
    elements(region).iter().map(Element::outer_html).collect()
}

fn elements(region: &Element) -> Vec<Element> {
    let children = region.children();
    (0..children.length()).filter_map(|index| children.item(index)).collect()
}

fn read(element: &Element, attribute: &str) -> String {
    element.get_attribute(attribute).unwrap_or_default()
}

fn find<T: JsCast>(within: &Node, selector: &str) -> Option<T> {
    all(within, selector).into_iter().next()?.dyn_into().ok()
}

fn all(within: &Node, selector: &str) -> Vec<Element> {
    let found = match within.dyn_ref::<Document>() {
        Some(document) => document.query_selector_all(selector),
        None => within.unchecked_ref::<Element>().query_selector_all(selector),
    };
    let Ok(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

/// Listens for what happens once, and then no more.
fn once(target: &web_sys::EventTarget, kind: &str, heard: impl FnOnce() + 'static) {
    let heard = Closure::once_into_js(heard);
    let _ = target.add_event_listener_with_callback(kind, heard.unchecked_ref());
}

/// Listens as long as the page lives.
fn on(target: &web_sys::EventTarget, kind: &str, heard: impl Fn(web_sys::Event) + 'static) {
    let heard = Closure::<dyn Fn(web_sys::Event)>::new(heard);
    let _ = target.add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref());
    heard.forget();
}
