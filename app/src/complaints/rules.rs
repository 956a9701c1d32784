//! Which addresses are taken. Pure.

/// The longest address.
const LONGEST: usize = 2000;

/// The address of a web page, as it is kept; `None` where it is none. Only `http` and `https` are taken, no address with a
/// name or password in it, and nothing that a browser would read as another address than a person does.
pub fn parse_link(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| text.get(scheme.len()..))?
    })?;
    let scheme = if text.get(..5)?.eq_ignore_ascii_case("https") { "https" } else { "http" };
    let host_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_ends);
    let foreign = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\');
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let plain = !host.is_empty() && !host.contains('@') && !rest.contains(foreign) && !rest.contains(hidden);
    (plain && text.len() <= LONGEST).then(|| format!("{scheme}://{}{path}", host.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn web_pages_and_nothing_else() {
        let link = |text: &str| parse_link(text);
        assert_eq!(link(" HTTPS://Forum.Example/T?id=7#p2 "), Some("https://forum.example/T?id=7#p2".into()));
        assert_eq!(link("http://x.example"), Some("http://x.example".into()));
        for wrong in [
            "",
            "forum.example/t",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "https:///x",
            "ftp://x.example",
            "https://user:secret@x.example/",
            "https://x.example/\u{202e}moc",
            "https://x.example/a b",
            "https://x.example/\"><script>",
            "https://x.example\\@evil.example",
            "java\nscript:alert(1)",
            "//x.example",
        ] {
            assert_eq!(link(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_a_page_and_taken_again(text in "(?i)(https?|javascript|data)?:?(//)?[ -~é\u{202e}]{0,40}") {
            if let Some(link) = parse_link(&text) {
                prop_assert!(link.starts_with("http://") || link.starts_with("https://"));
                prop_assert_eq!(parse_link(&link), Some(link));
            }
        }
    }
}
