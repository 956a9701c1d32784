//! The places where the framework does not protect us: element content it takes as raw text, and addresses.

/// Text for the inside of an element whose content Leptos writes as it is (`textarea`, and the document's title).
pub fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for letter in raw.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            _ => safe.push(letter),
        }
    }
    safe
}

/// The address, if a browser may follow it: one of ours, or a page or mail address elsewhere. Never a script.
pub fn href(address: &str) -> Option<&str> {
    // Browsers drop tabs and line ends inside an address, so that `java\nscript:` would pass a look at its start.
    if address.chars().any(|letter| letter.is_control()) {
        return None;
    }
    let ours = address.starts_with(['#', '?'])
        || (address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\"));
    let lower = address.to_ascii_lowercase();
    let elsewhere = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    (ours || elsewhere).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_not_end_its_element() {
        assert_eq!(text("</textarea><script>&amp;"), "&lt;/textarea&gt;&lt;script&gt;&amp;amp;");
    }

    #[test]
    fn only_addresses_are_followed() {
        for good in ["/payouts", "/a?b=c#d", "?page=2", "#form", "https://example.org", "MAILTO:a@example.org"] {
            assert_eq!(href(good), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:x",
            "data:text/html,x",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            " javascript:x",
            "vbscript:x",
            "evil",
            "",
        ] {
            assert_eq!(href(bad), None, "{bad:?}");
        }
    }
}
