//! What the islands do once they are awake. Browser only.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use web_sys::{
    Element, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement, Storage, UrlSearchParams,
    XmlHttpRequest,
};

/// Names of drafts in the browser's store begin so, and end at sign-out.
const DRAFT: &str = "draft:";
/// Where drafts are kept, and how often.
const KEEP: &str = "/do/keep-draft";
const KEEP_EVERY: Duration = Duration::from_secs(3);
/// How soon a page is loaded again that tells of work under way.
const RELOAD_AFTER: Duration = Duration::from_millis(1500);

pub(super) fn keep_draft(place: &HtmlElement) {
    let Some(area) =
        place.closest(".field").ok().flatten().and_then(|field| find::<HtmlTextAreaElement>(&field, "textarea"))
    else {
        return;
    };
    let name = area.get_attribute("data-keep").unwrap_or_default();
    let key = format!("{DRAFT}{name}");
    let restored = area.has_attribute("data-restored");
    // What a refused form brought back is kept nowhere else yet.
    let unkept = Rc::new(Cell::new(!restored && !area.value().is_empty()));
    // What this browser still holds is what did not reach the server, so it is newer than what the server knows.
    if let Some(draft) = store().and_then(|store| store.get_item(&key).ok().flatten())
        && (restored || area.value().is_empty())
    {
        area.set_value(&draft);
        place.set_text_content(area.get_attribute("data-kept").as_deref());
        unkept.set(true);
    }
    let on_input = {
        let (area, place, key, unkept) = (area.clone(), place.clone(), key.clone(), unkept.clone());
        move || {
            place.set_text_content(None);
            unkept.set(true);
            if let Some(store) = store() {
                // A store that is full or forbidden keeps nothing; the form works all the same.
                let _ = store.set_item(&key, &area.value());
            }
        }
    };
    listen(&area, ev::input, move |_| on_input());
    if let Some(form) = area.form() {
        let (key, unkept) = (key.clone(), unkept.clone());
        listen(&form, ev::submit, move |event| {
            if !event.default_prevented() {
                unkept.set(false);
                forget(&key);
            }
        });
    }
    let leaving = {
        let (area, name, unkept) = (area.clone(), name.clone(), unkept.clone());
        move || {
            if unkept.get()
                && let Some(fields) = draft(&area, &name)
            {
                let beacon = window().navigator().send_beacon_with_opt_url_search_params(KEEP, Some(&fields));
                unkept.set(!beacon.unwrap_or(false));
            }
        }
    };
    let hidden = leaving.clone();
    let _ = window_event_listener(ev::pagehide, move |_| leaving());
    let _ = window_event_listener(ev::visibilitychange, move |_| hidden());
    let _ = set_interval_with_handle(
        move || {
            let Some(fields) = draft(&area, &name).filter(|_| unkept.replace(false)) else { return };
            let (area, key, unkept, sent) = (area.clone(), key.clone(), unkept.clone(), area.value());
            send(KEEP, &fields, move |kept| match kept {
                true if area.value() == sent => forget(&key),
                true => {}
                false => unkept.set(true),
            });
        },
        KEEP_EVERY,
    );
}

/// What is sent of a draft: its name, what is typed, and the form it is in.
fn draft(area: &HtmlTextAreaElement, name: &str) -> Option<UrlSearchParams> {
    let form = area.form()?;
    if form.has_attribute("data-sent") {
        return None;
    }
    let form_key = find::<HtmlInputElement>(&form, "input[name=form_key]").map(|input| input.value());
    let fields = UrlSearchParams::new().ok()?;
    fields.append("name", name);
    fields.append("body", &area.value());
    fields.append("form_key", &form_key.unwrap_or_default());
    Some(fields)
}

fn forget(key: &str) {
    if let Some(store) = store() {
        let _ = store.remove_item(key);
    }
}

/// Sends fields to a server function without leaving the page; says whether it was done.
pub fn send(path: &str, fields: &UrlSearchParams, done: impl FnOnce(bool) + 'static) {
    let Some(request) = XmlHttpRequest::new().ok().filter(|request| request.open("POST", path).is_ok()) else {
        return done(false);
    };
    let answered = request.clone();
    let heard = Closure::once_into_js(move || done(matches!(answered.status(), Ok(200..300))));
    let _ = request.add_event_listener_with_callback("loadend", heard.unchecked_ref());
    let _ = request.set_request_header("content-type", "application/x-www-form-urlencoded");
    let _ = request.send_with_opt_str(Some(&String::from(fields.to_string())));
}

pub(super) fn read_chart(place: &HtmlElement) {
    let Some(plot) =
        place.closest("figure").ok().flatten().and_then(|chart| find::<HtmlElement>(&chart, ".chart-plot"))
    else {
        return;
    };
    // Only with this island is there anything to reach with the keyboard.
    let _ = plot.set_attribute("tabindex", "0");
    let say = {
        let (plot, place) = (plot.clone(), place.clone());
        move |bar: Option<Element>| {
            if let Ok(Some(lit)) = plot.query_selector("[data-lit]") {
                let _ = lit.remove_attribute("data-lit");
            }
            let words = bar.map(|bar| {
                let _ = bar.set_attribute("data-lit", "");
                let read = |name| bar.get_attribute(name).unwrap_or_default();
                format!("{}: {}", read("data-label"), read("data-shown"))
            });
            place.set_text_content(words.as_deref());
        }
    };
    let on_over = say.clone();
    listen(&plot, ev::pointerover, move |event| {
        let bar = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(bar) = bar.and_then(|target| target.closest(".bar").ok().flatten()) {
            on_over(Some(bar));
        }
    });
    let on_leave = say.clone();
    listen(&plot, ev::pointerleave, move |_| on_leave(None));
    let on_blur = say.clone();
    listen(&plot, ev::blur, move |_| on_blur(None));
    let bars = plot.clone();
    listen(&plot, ev::keydown, move |event| {
        let lit = bars.query_selector("[data-lit]").ok().flatten();
        let edge = |which: &str| bars.query_selector(which).ok().flatten();
        let bar = match event.key().as_str() {
            "ArrowLeft" => {
                lit.map_or_else(|| edge(".bar:last-of-type"), |bar| bar.previous_element_sibling().or(Some(bar)))
            }
            "ArrowRight" => lit.map_or_else(|| edge(".bar"), |bar| bar.next_element_sibling().or(Some(bar))),
            "Home" => edge(".bar"),
            "End" => edge(".bar:last-of-type"),
            "Escape" => None,
            _ => return,
        };
        event.prevent_default();
        say(bar);
    });
}

pub(super) fn submit_once() {
    let _ = window_event_listener(ev::submit, |event| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else {
            return;
        };
        if !form.method().eq_ignore_ascii_case("post") || event.default_prevented() {
            return;
        }
        // The button is not disabled, since a disabled one would leave its own name and value behind.
        if form.has_attribute("data-sent") {
            event.prevent_default();
            return;
        }
        let _ = form.set_attribute("data-sent", "");
        if form.action().ends_with("/do/sign-out") {
            forget_drafts();
        }
    });
    // Coming back to a page that the browser kept: its forms may be sent again.
    let _ = window_event_listener(ev::pageshow, |_| {
        while let Ok(Some(form)) = document().query_selector("form[data-sent]") {
            if form.remove_attribute("data-sent").is_err() {
                break;
            }
        }
    });
}

pub(super) fn reload_soon() {
    set_timeout(
        || {
            let _ = window().location().reload();
        },
        RELOAD_AFTER,
    );
}

fn forget_drafts() {
    let Some(store) = store() else { return };
    let count = store.length().unwrap_or(0);
    let keys: Vec<_> = (0..count).filter_map(|index| store.key(index).ok().flatten()).collect();
    for key in keys.iter().filter(|key| key.starts_with(DRAFT)) {
        let _ = store.remove_item(key);
    }
}

fn store() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn find<T: JsCast>(within: &Element, selector: &str) -> Option<T> {
    within.query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// Listens as long as the page lives.
fn listen<E: ev::EventDescriptor + 'static>(on: &Element, event: E, heard: impl Fn(E::EventType) + 'static)
where
    E::EventType: JsCast,
{
    let heard = leptos::wasm_bindgen::closure::Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        heard(event.unchecked_into());
    });
    let _ = on.add_event_listener_with_callback(&event.name(), heard.as_ref().unchecked_ref());
    heard.forget();
}
