//! What the islands do once they are awake. Browser only.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::time::Duration;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlTextAreaElement, Storage};

/// Names of drafts in the browser's store begin so, and end at sign-out.
const DRAFT: &str = "draft:";
/// How soon a page is loaded again that tells of work under way.
const RELOAD_AFTER: Duration = Duration::from_millis(1500);

pub(super) fn keep_draft(place: &HtmlElement) {
    let Some(area) =
        place.closest(".field").ok().flatten().and_then(|field| find::<HtmlTextAreaElement>(&field, "textarea"))
    else {
        return;
    };
    let key = format!("{DRAFT}{}", area.get_attribute("data-keep").unwrap_or_default());
    if let Some(draft) = store().and_then(|store| store.get_item(&key).ok().flatten())
        && area.value().is_empty()
    {
        area.set_value(&draft);
        place.set_text_content(area.get_attribute("data-kept").as_deref());
    }
    let on_input = {
        let (area, place, key) = (area.clone(), place.clone(), key.clone());
        move || {
            place.set_text_content(None);
            if let Some(store) = store() {
                let text = area.value();
                // A store that is full or forbidden keeps nothing; the form works all the same.
                let _ = if text.is_empty() { store.remove_item(&key) } else { store.set_item(&key, &text) };
            }
        }
    };
    listen(&area, ev::input, move |_| on_input());
    if let Some(form) = area.form() {
        listen(&form, ev::submit, move |event| {
            if !event.default_prevented()
                && let Some(store) = store()
            {
                let _ = store.remove_item(&key);
            }
        });
    }
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
