//! The document, in fewer words.

use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use web_sys::{Document, Element, Node};

pub(super) fn regions(document: &Document) -> Vec<(String, Element)> {
    all(document, "[data-live]").into_iter().map(|region| (read(&region, "data-live"), region)).collect()
}

pub(super) fn children(region: &Element) -> Vec<String> {
    elements(region).iter().map(Element::outer_html).collect()
}

pub(super) fn elements(region: &Element) -> Vec<Element> {
    let children = region.children();
    (0..children.length()).filter_map(|index| children.item(index)).collect()
}

pub(super) fn read(element: &Element, attribute: &str) -> String {
    element.get_attribute(attribute).unwrap_or_default()
}

pub(super) fn find<T: JsCast>(within: &Node, selector: &str) -> Option<T> {
    all(within, selector).into_iter().next()?.dyn_into().ok()
}

pub(super) fn all(within: &Node, selector: &str) -> Vec<Element> {
    let found = match within.dyn_ref::<Document>() {
        Some(document) => document.query_selector_all(selector),
        None => within.unchecked_ref::<Element>().query_selector_all(selector),
    };
    let Ok(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

/// Listens for what happens once, and then no more.
pub(super) fn once(target: &web_sys::EventTarget, kind: &str, heard: impl FnOnce() + 'static) {
    let heard = Closure::once_into_js(heard);
    let _ = target.add_event_listener_with_callback(kind, heard.unchecked_ref());
}

/// Listens as long as the page lives.
pub(super) fn on(target: &web_sys::EventTarget, kind: &str, heard: impl Fn(web_sys::Event) + 'static) {
    let heard = Closure::<dyn Fn(web_sys::Event)>::new(heard);
    let _ = target.add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref());
    heard.forget();
}
