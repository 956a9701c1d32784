//! A letter as plain text and as HTML: one column, no images, the answer in the first line, a name at the end.

use super::model::Text;
use crate::base::language::{self, Locale};
use crate::ui::escape;
use std::fmt::Write;

/// A part of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the next parts are about.
    Title(String),
    /// Prose; empty lines part its paragraphs.
    Prose(String),
    /// A step to take: words, and the address.
    Link(String, String),
}

/// A letter, in its reader's language.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The language.
    pub locale: Locale,
    /// What it is about.
    pub subject: String,
    /// What it says, the answer first.
    pub parts: Vec<Part>,
    /// Who says it.
    pub signed_by: String,
    /// For whom they speak.
    pub house: String,
    /// Why it came, and how to answer.
    pub foot: String,
}

impl Letter {
    /// As it is sent.
    pub fn text(&self) -> Text {
        Text { subject: one_line(&self.subject), plain: self.plain(), html: self.html() }
    }

    fn plain(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let _ = match part {
                Part::Title(title) => {
                    let title = one_line(title);
                    // Underlined, as plain text is wont to be.
                    write!(text, "{title}\n{}\n\n", "-".repeat(title.chars().count().min(72)))
                }
                Part::Prose(prose) => write!(text, "{}\n\n", clean(prose)),
                Part::Link(words, href) => write!(text, "{}:\n{href}\n\n", one_line(words)),
            };
        }
        let _ = writeln!(text, "{}", one_line(&self.signed_by));
        if self.house != self.signed_by {
            let _ = writeln!(text, "{}", one_line(&self.house));
        }
        // What a mail program takes for a signature (RFC 3676, section 4.3), and leaves out of an answer.
        let _ = write!(text, "\n-- \n{}\n", clean(&self.foot));
        text
    }

    fn html(&self) -> String {
        let lang = language::code(self.locale);
        let mut body = String::new();
        for part in &self.parts {
            match part {
                Part::Title(title) => {
                    let title = attribute(&one_line(title));
                    let _ = write!(body, "<h2 style=\"margin:24px 0 8px;font-size:18px;line-height:1.3\">{title}</h2>");
                }
                Part::Prose(prose) => body.push_str(&paragraphs(prose, "margin:0 0 16px")),
                Part::Link(words, href) => {
                    let (words, href) = (attribute(&one_line(words)), attribute(escape::href(href).unwrap_or("#")));
                    let _ = write!(
                        body,
                        "<p style=\"margin:0 0 16px\"><a href=\"{href}\" style=\"color:#14603f;font-weight:600\">{words}</a></p>"
                    );
                }
            }
        }
        let house = if self.house == self.signed_by {
            String::new()
        } else {
            format!("<br>{}", attribute(&one_line(&self.house)))
        };
        let foot = paragraphs(&self.foot, "margin:0;color:#5c5a55;font-size:14px");
        format!(
            "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light\"><title>{title}</title></head>\
             <body style=\"margin:0;padding:24px 16px;background:#faf8f4\">\
             <div style=\"max-width:36em;margin:0 auto;color:#24221f;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere\">\
             {body}<p style=\"margin:0 0 24px\"><strong>{name}</strong>{house}</p>\
             <hr style=\"border:0;border-top:1px solid #ddd8ce;margin:0 0 12px\">{foot}</div></body></html>",
            title = attribute(&one_line(&self.subject)),
            name = attribute(&one_line(&self.signed_by)),
        )
    }
}

/// Prose as paragraphs, its line ends kept.
fn paragraphs(prose: &str, style: &str) -> String {
    clean(prose)
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p style=\"{style}\">{}</p>", attribute(paragraph).replace('\n', "<br>")))
        .collect()
}

/// Safe inside an element and inside a quoted attribute.
fn attribute(text: &str) -> String {
    escape::text(text).replace('"', "&quot;").replace('\'', "&#39;")
}

/// Without signs that can't be seen, one kind of line end.
fn clean(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines
        .chars()
        .filter(|letter| *letter == '\n' || *letter == '\t' || !letter.is_control())
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Fit for a header: a line end in it can't begin another one.
pub fn one_line(text: &str) -> String {
    let words =
        text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(prose: &str) -> Letter {
        Letter {
            locale: Locale::en,
            subject: "Re: Order 7\r\nBcc: everybody@example.org".into(),
            parts: vec![
                Part::Prose(prose.into()),
                Part::Link("See <it>".into(), "https://desk.example.org/disputes/7?a=1&b=\"2".into()),
            ],
            signed_by: "Nora Vidal".into(),
            house: "Garden & Co".into(),
            foot: "You get this because you asked.".into(),
        }
    }

    #[test]
    fn it_reads_the_same_both_ways() {
        let text = letter("We credit £5.00 today.\r\n\r\nThe rate was wrong:\r\nit is 8 %.").text();
        assert_eq!(
            text.plain,
            "We credit £5.00 today.\n\nThe rate was wrong:\nit is 8 %.\n\nSee <it>:\nhttps://desk.example.org/disputes/7?a=1&b=\"2\n\n\
             Nora Vidal\nGarden & Co\n\n-- \nYou get this because you asked.\n"
        );
        assert_eq!(text.subject, "Re: Order 7 Bcc: everybody@example.org");
        for wanted in [
            "<html lang=\"en\">",
            "<p style=\"margin:0 0 16px\">We credit £5.00 today.</p>",
            "The rate was wrong:<br>it is 8 %.",
            "<a href=\"https://desk.example.org/disputes/7?a=1&amp;b=&quot;2\"",
            "See &lt;it&gt;</a>",
            "<strong>Nora Vidal</strong><br>Garden &amp; Co",
        ] {
            assert!(text.html.contains(wanted), "{wanted} in {}", text.html);
        }
        assert!(!text.html.contains("<img"));
    }

    #[test]
    fn a_title_stands_over_what_it_is_about() {
        let mut letter = letter("Two.");
        letter.parts.insert(0, Part::Title("What <waits>\r\nnow".into()));
        let text = letter.text();
        assert!(text.plain.starts_with("What <waits> now\n----------------\n\nTwo.\n"), "{}", text.plain);
        assert!(text.html.contains(">What &lt;waits&gt; now</h2><p "), "{}", text.html);
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile =
            "<script>alert(1)</script><img src=x onerror=\"alert('2')\">\u{0}\u{1b}[31m </p><a href='javascript:3'>";
        let mut letter = letter(hostile);
        letter.signed_by = "<b>Nora</b>\nVidal".into();
        letter.parts.push(Part::Link("Go".into(), "javascript:alert(4)".into()));
        let text = letter.text();
        for never in ["<script", "<img", "<b>", "href=\"javascript", "\u{0}", "\u{1b}", "onerror=\"", "href='"] {
            assert!(!text.html.contains(never), "{never:?} in {}", text.html);
        }
        assert!(text.html.contains("&lt;b&gt;Nora&lt;/b&gt; Vidal") && !text.plain.contains('\u{1b}'));
    }
}
