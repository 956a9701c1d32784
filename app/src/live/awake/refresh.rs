//! Showing anew what changed: a page is asked for as a browser would, and what changed of it takes the place of what stands
//! there. What its reader did there goes with it: ticks, and where they were.

use super::Shared;
use super::dom::{all, children, elements, find, on, once, read, regions};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::time::Duration;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, XmlHttpRequest, XmlHttpRequestResponseType};

/// Seconds for which what just came has to be in sight before it counts as seen.
const SEEN_AFTER: u32 = 1;

/// Says how many rows of the list changed, and offers to show them.
pub(super) fn offer(page: &Shared) {
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
pub(super) fn refresh(page: &Shared, with_fields: bool) {
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
                Some(old) => replace(old, &element),
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

/// Puts an element in the place of another. Ticks and the focus are its reader's, not the server's: they stay, as far as
/// there is still something to have them.
fn replace(old: &Element, new: &Element) {
    for ticked in all(old, "input[type=checkbox]") {
        let Some(ticked) = ticked.dyn_ref::<HtmlInputElement>() else { continue };
        let value = ticked.value();
        let value = thing(&value);
        let same = all(new, "input[type=checkbox]").into_iter().find_map(|other| {
            other
                .dyn_into::<HtmlInputElement>()
                .ok()
                .filter(|other| other.name() == ticked.name() && thing(&other.value()) == value)
        });
        if let Some(same) = same {
            same.set_checked(ticked.checked());
        }
    }
    let focused = document().active_element().filter(|active| old.contains(Some(active)));
    let focused = focused.and_then(|active| likeness(old, new, &active));
    let _ = old.replace_with_with_node_1(new);
    if let Some(focused) = focused.and_then(|focused| focused.dyn_into::<HtmlElement>().ok()) {
        let _ = focused.focus();
    }
}

/// What stands in the new element for one of the old: the same box, or what leads to the same place.
fn likeness(old: &Element, new: &Element, element: &Element) -> Option<Element> {
    let tag = element.tag_name().to_lowercase();
    let same = |other: &Element| {
        let value = |one: &Element| one.get_attribute("value").map(|value| thing(&value).to_owned());
        ["name", "id"].iter().all(|name| other.get_attribute(name) == element.get_attribute(name))
            && value(other) == value(element)
            // A row's link says which page it stands on, too.
            && path(other) == path(element)
    };
    let nth = all(old, &tag).iter().filter(|other| same(other)).position(|other| other == element)?;
    all(new, &tag).into_iter().filter(same).nth(nth)
}

/// What a box's value names: what follows `@` says as of when its reader saw it.
fn thing(value: &str) -> &str {
    value.split_once('@').map_or(value, |(thing, _)| thing)
}

fn path(element: &Element) -> Option<String> {
    element.get_attribute("href").map(|href| href.split('?').next().unwrap_or_default().to_owned())
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
pub(super) fn see(page: &Shared) {
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
