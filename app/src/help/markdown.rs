//! Markdown to HTML that can do no harm. First wall: markup of the writer's own becomes text, pictures their description.
//! Second wall: of what is left only listed elements, attributes and kinds of address stay.

use crate::ui::escape;
use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Elements that Markdown makes of itself.
const ELEMENTS: [&str; 23] = [
    "p",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "del",
    "code",
    "pre",
    "blockquote",
    "a",
    "hr",
    "br",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
];
/// The most characters of a summary.
const SUMMARY: usize = 160;

fn parse(body: &str) -> Parser<'_> {
    Parser::new_ext(body, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// The HTML of a text in Markdown.
pub fn html(body: &str) -> String {
    let events = parse(body).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        // The page has a title already.
        Event::Start(Tag::Heading { level, .. }) => {
            Some(Event::Start(Tag::Heading { level: below(level), id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(below(level)))),
        other => Some(other),
    });
    let mut raw = String::new();
    pulldown_cmark::html::push_html(&mut raw, events);
    clean(&raw)
}

fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

fn clean(raw: &str) -> String {
    let mut elements: HashSet<&str> = ELEMENTS.into_iter().collect();
    elements.insert("td");
    Builder::empty()
        .tags(elements)
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Custom(Box::new(own_address)))
        .link_rel(Some("noopener noreferrer"))
        .clean(raw)
        .to_string()
}

/// An address without a scheme stays where it leads within the house.
fn own_address(address: &str) -> Option<Cow<'_, str>> {
    escape::href(address).map(Cow::Borrowed)
}

/// Every address that a text leads to.
pub fn links(body: &str) -> Vec<String> {
    let found = parse(body).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => escape::href(&dest_url).map(str::to_owned),
        _ => None,
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    found.dedup();
    found
}

/// The first words, without marks.
pub fn summary(body: &str) -> String {
    let mut text = String::new();
    let mut heading = false;
    for event in parse(body) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = true,
            Event::End(TagEnd::Heading(_)) => heading = false,
            Event::Text(words) | Event::Code(words) if !heading => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item) => text.push(' '),
            _ => {}
        }
        if text.chars().count() > SUMMARY {
            break;
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= SUMMARY {
        return text;
    }
    let cut: String = text.chars().take(SUMMARY).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_markdown_means_is_shown() {
        let shown = html(
            "# Payouts\n\nFrom **£50** on, see [terms](/terms) or [us](https://example.org).\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        );
        for part in [
            "<h2>Payouts</h2>",
            "<strong>£50</strong>",
            "<a href=\"/terms\" rel=\"noopener noreferrer\">terms</a>",
            "<a href=\"https://example.org\"",
            "<ol>",
            "<td>1</td>",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        for hostile in [
            "<script>alert(1)</script>",
            "a <script>alert(1)</script> b",
            "<img src=x onerror=alert(1)>",
            "![x](https://evil.example/pixel.png)",
            "![x](x\" onerror=\"alert(1))",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](java\tscript:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x)",
            "[x](//evil.example)",
            "[x](/\\evil.example)",
            "[x]: javascript:alert(1)\n\n[x]",
            "<javascript:alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<div onclick=\"alert(1)\" style=\"position:fixed\">x</div>",
            "<iframe src=\"https://evil.example\"></iframe>",
            "<svg><script>alert(1)</script></svg>",
            "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
            "<style>body{display:none}</style>",
            "<form action=/do/sign-out method=post><button>x</button></form>",
            "<!-- --><script>alert(1)</script>",
            "`<script>alert(1)</script>`",
            "    <script>alert(1)</script>",
            "# <img src=x onerror=alert(1)>",
            "[<img src=x onerror=alert(1)>](/terms)",
            "|<script>|\n|---|\n|<img src=x onerror=1>|",
            "</textarea></title><script>alert(1)</script>",
            "<p title=\"</p><script>alert(1)</script>\">",
        ] {
            let shown = html(hostile);
            harmless(&shown);
        }
    }

    /// Nothing but our elements, with nothing on them but an address to follow and where a list starts.
    #[track_caller]
    fn harmless(shown: &str) {
        let mut rest = shown;
        while let Some(open) = rest.find('<') {
            let tag = &rest[open + 1..];
            let end = tag.find('>').unwrap_or_else(|| panic!("an open tag in {shown}"));
            let (tag, after) = (&tag[..end], &tag[end..]);
            let mut words = tag.trim_start_matches('/').split(' ');
            let name = words.next().unwrap_or_default();
            assert!(ELEMENTS.contains(&name) || name == "td", "<{name}> in {shown}");
            let allowed = [
                "href=\"http",
                "href=\"mailto:",
                "href=\"/",
                "href=\"#",
                "href=\"?",
                "rel=\"noopener",
                "noreferrer\"",
                "start=\"",
            ];
            for word in words {
                assert!(allowed.iter().any(|start| word.starts_with(start)), "{word} in {shown}");
                assert!(!word.starts_with("href=\"//") && !word.starts_with("href=\"/\\"), "{word} in {shown}");
            }
            rest = after;
        }
    }

    #[test]
    fn every_link_is_found_once() {
        let body = "[a](/terms) [b](https://example.org/x) [a](/terms) <https://example.org/y> [c](javascript:x) ![p](https://example.org/p.png)";
        assert_eq!(links(body), ["/terms", "https://example.org/x", "https://example.org/y"]);
    }

    #[test]
    fn a_summary_is_the_first_words() {
        assert_eq!(
            summary("# Title\n\nFrom **£50** on,\nsee [terms](/terms).\n\n- one"),
            "From £50 on, see terms. one"
        );
        let long = summary(&"word ".repeat(100));
        assert!(long.ends_with("word…") && long.chars().count() <= SUMMARY + 1, "{long}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn whatever_is_written_comes_out_harmless(
            parts in prop::collection::vec(prop_oneof![
                "\\PC{0,12}",
                Just("<script>".to_owned()), Just("<img src=x onerror=a>".to_owned()), Just("](javascript:a)".to_owned()),
                Just("[x".to_owned()), Just("`".to_owned()), Just("\n\n".to_owned()), Just("<!--".to_owned()), Just("-->".to_owned()),
                Just("<a href=\"".to_owned()), Just("\">".to_owned()), Just("](/".to_owned()), Just("&#60;".to_owned()), Just("    ".to_owned()),
            ], 0..16)
        ) {
            harmless(&html(&parts.concat()));
        }
    }
}
