//! What is said on the page: how many wait, who is there, what happened.

use super::dom::{all, find, on, read};
use super::{Page, Shared};
use leptos::prelude::*;
use web_sys::{Element, HtmlElement};

/// How many cases wait: beside the room they are in, and before the title.
pub(super) fn count(page: &Shared, count: Option<u32>) {
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

pub(super) fn here(sentence: &str) {
    if let Some(place) = find::<Element>(&document(), "[data-live-here]")
        && place.text_content().as_deref() != Some(sentence)
    {
        place.set_text_content(Some(sentence));
    }
}

/// Says what happened, with the way to it; a knock is seen, too.
pub(super) fn tell(page: &Shared, href: &str, sentence: &str, knock: bool) {
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

pub(super) fn state(page: &Page, words: &str) {
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
