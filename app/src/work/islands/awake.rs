//! What the keys do once the browser's half is awake. Browser only.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::cell::Cell;
use std::rc::Rc;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// Rows that the keys move between: those of the queue or the quarantine, else those of the queue beside a case.
const ROWS: &str = "main tr[data-leads] .row-link, main .queue-list a";
/// Where keys are text.
const TYPING: &str = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

pub(super) fn listen(place: &HtmlElement) {
    // So that what looks whether it is awake can see it.
    let _ = place.set_attribute("data-awake", "");
    let after_g = Rc::new(Cell::new(false));
    let _ = window_event_listener(ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(target) = target else { return };
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            if send(&target) {
                event.prevent_default();
            }
            return;
        }
        let held = event.ctrl_key() || event.alt_key() || event.meta_key();
        let typing = target.closest(TYPING).ok().flatten().is_some();
        let busy = find("dialog[open]").is_some();
        if held
            || typing
            || busy
            || event.is_composing()
            || event.default_prevented()
            || event.repeat() && !moves(&event)
        {
            after_g.set(false);
            return;
        }
        let key = event.key();
        let key = if after_g.replace(false) { format!("g {key}") } else { key };
        if key == "g" {
            after_g.set(true);
            return;
        }
        if press(&key, &target) {
            event.prevent_default();
        }
    });
}

fn moves(event: &KeyboardEvent) -> bool {
    matches!(event.key().as_str(), "j" | "k")
}

/// Does what the list says of a key; says whether there was anything to do.
fn press(key: &str, target: &Element) -> bool {
    // No key of the list has a quotation mark; a key that has one is not looked up.
    if key.contains(['"', '\\']) {
        return false;
    }
    let Some(line) = find(&format!("#keys [data-key=\"{key}\"]")) else { return false };
    if let Some(href) = line.get_attribute("data-goes") {
        return window().location().assign(&href).is_ok();
    }
    if let Some(selector) = line.get_attribute("data-finds") {
        return find(&selector).is_some_and(|found| reach(&found));
    }
    match key {
        "j" => step(1),
        "k" => step(-1),
        "x" => tick(target),
        _ => false,
    }
}

/// Presses a button or follows a link; goes to a field, out of whatever is folded around it.
fn reach(found: &Element) -> bool {
    let mut around = found.parent_element();
    while let Some(each) = around {
        if each.tag_name() == "DETAILS" {
            let _ = each.set_attribute("open", "");
        }
        around = each.parent_element();
    }
    let Some(found) = found.dyn_ref::<HtmlElement>() else { return false };
    if matches!(found.tag_name().as_str(), "BUTTON" | "A") {
        found.click();
        return true;
    }
    found.scroll_into_view();
    found.focus().is_ok()
}

/// Goes to the next row, or the one before.
fn step(by: i64) -> bool {
    let Ok(rows) = document().query_selector_all(ROWS) else { return false };
    let count = i64::from(rows.length());
    let here = document().active_element().and_then(|active| active.closest("tr, li").ok().flatten());
    let at = |index: i64| {
        u32::try_from(index).ok().and_then(|index| rows.get(index)).and_then(|row| row.dyn_into::<HtmlElement>().ok())
    };
    let now = (0..count)
        .find(|index| at(*index).and_then(|row| row.closest("tr, li").ok().flatten()) == here && here.is_some());
    let next = match now {
        Some(now) => now + by,
        None if by > 0 => 0,
        None => count - 1,
    };
    at(next.clamp(0, (count - 1).max(0))).is_some_and(|row| row.focus().is_ok())
}

/// Ticks the box of the row that is in focus, or takes its tick away.
fn tick(target: &Element) -> bool {
    let row = target.closest("tr").ok().flatten();
    let check = row.and_then(|row| row.query_selector("input[type=checkbox]").ok().flatten());
    check.and_then(|check| check.dyn_into::<HtmlElement>().ok()).is_some_and(|check| {
        check.click();
        true
    })
}

/// Sends the form that is being written in.
fn send(target: &Element) -> bool {
    let form = target.closest("textarea").ok().flatten().and_then(|area| area.closest("form").ok().flatten());
    let button = form.and_then(|form| form.query_selector("button[type=submit]:not([formaction])").ok().flatten());
    button.and_then(|button| button.dyn_into::<HtmlElement>().ok()).is_some_and(|button| {
        button.click();
        true
    })
}

fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}
