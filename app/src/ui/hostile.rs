//! Hostile text in every place where a page shows what somebody wrote.

use super::field::{Check, Choice, Field, Hidden, Select, TextArea};
use super::form::Form;
use super::table::{Head, Row, Table};
use super::{badge, case, chart, compare, layout, notice, slip, text, timeline};
use crate::base::actor::Actor;
use crate::base::clock::Clock;
use crate::base::context::Context;
use crate::base::language::Locale;
use crate::base::secrets::{KeyId, MasterKey, Secrets};
use leptos::prelude::*;
use rust_decimal::Decimal;

const HOSTILE: &str =
    "</textarea></title></option><script>alert(1)</script><img src=x onerror=alert(1)>\" onfocus=\"alert(1)' x='&amp;";

fn hostile() -> String {
    HOSTILE.to_owned()
}

fn rendered(view: impl FnOnce() -> AnyView) -> String {
    Owner::new().with(|| view().to_html())
}

/// No tag and no attribute of ours comes out of the text, wherever it stood.
#[track_caller]
fn harmless(html: &str) {
    for bad in ["<script", "<img", "</option><script", "</title><"] {
        assert!(!html.contains(bad), "{bad} in {html}");
    }
    assert!(!outside_quotes(html).contains("onfocus"), "an attribute of theirs in {html}");
    assert!(html.contains("&lt;script"), "the text is still there: {html}");
}

/// What stands inside tags and outside of quotes: the names of tags and attributes.
fn outside_quotes(html: &str) -> String {
    let (mut tag, mut quoted, mut names) = (false, false, String::new());
    for letter in html.chars() {
        match letter {
            '"' if tag => quoted = !quoted,
            '<' if !tag => tag = true,
            '>' if tag && !quoted => tag = false,
            other if tag && !quoted => names.push(other),
            _ => {}
        }
    }
    names
}

#[test]
fn a_text_area_shows_markup_as_text() {
    let html = rendered(|| {
        view! { <TextArea name="body" label="Text" value=hostile() error=hostile() hint=hostile()/> }.into_any()
    });
    harmless(&html);
    assert!(html.contains(">\n&lt;/textarea&gt;&lt;/title&gt;"), "{html}");
    assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
    assert!(html.contains("&amp;amp;"), "what was typed comes back as it was typed: {html}");
}

#[test]
fn leptos_itself_would_not_escape_a_text_area() {
    // The day this fails, Leptos escapes it, and TextArea can leave that to Leptos.
    let html = rendered(|| view! { <textarea>{"<b>"}</textarea> }.into_any());
    assert_eq!(html, "<textarea><b></textarea>");
}

#[test]
fn fields_show_markup_as_text() {
    let options = vec![(hostile(), hostile())];
    harmless(&rendered(|| {
        view! { <Field name=hostile() label=hostile() value=hostile() error=hostile() hint=hostile()/> }.into_any()
    }));
    let options_too = options.clone();
    harmless(&rendered(|| {
        view! { <Select name="a" label=hostile() options=options selected=hostile() error=hostile()/> }.into_any()
    }));
    harmless(&rendered(|| view! { <Choice name="a" label=hostile() options=options_too error=hostile()/> }.into_any()));
    harmless(&rendered(|| view! { <Check name="a" label=hostile() error=hostile()/> }.into_any()));
    harmless(&rendered(|| view! { <Hidden name="a" value=hostile()/> }.into_any()));
}

#[test]
fn a_password_is_not_shown_again() {
    let html =
        rendered(|| view! { <Field name="password" label="Password" kind="password" value="secret"/> }.into_any());
    assert!(!html.contains("secret"), "{html}");
}

#[tokio::test]
async fn texts_are_text() {
    harmless(&rendered(|| badge::badge(badge::Tone::Bad, hostile())));
    harmless(&rendered(|| notice::notice(badge::Tone::Info, hostile())));
    harmless(&rendered(|| layout::page_head(hostile(), Some(hostile().into_any()))));
    harmless(&rendered(|| layout::tabs(vec![(hostile(), "/".into(), true)])));
    harmless(&rendered(|| compare::differ(hostile(), hostile(), String::new())));
    harmless(&rendered(|| case::message(case::Side::Partner, hostile(), ().into_any(), hostile())));
    harmless(&rendered(|| text::link("javascript:alert(1)".into(), hostile())));
    harmless(&rendered(|| {
        slip::slip(vec![slip::SlipLine {
            label: hostile(),
            detail: Some(hostile()),
            value: hostile().into_any(),
            total: true,
        }])
    }));
    harmless(&rendered(|| {
        timeline::timeline(vec![timeline::Step { title: hostile(), who: Some(hostile()), ..Default::default() }])
    }));
    harmless(&rendered(|| {
        let head = vec![Head { label: hostile(), numeric: false }];
        let rows = vec![Row { cells: vec![hostile().into_any()], href: Some("javascript:alert(1)".into()) }];
        view! { <Table caption=hostile() head=head rows=rows/> }.into_any()
    }));
    harmless(&rendered(|| {
        let bar = chart::Bar { label: hostile(), value: Decimal::ONE, shown: hostile() };
        chart::bars(&context(), hostile(), vec![bar])
    }));
}

#[test]
fn no_address_leads_to_a_script() {
    for html in [
        rendered(|| text::link("javascript:alert(1)".into(), "x".into())),
        rendered(|| layout::tabs(vec![("x".into(), "javascript:alert(1)".into(), true)])),
        rendered(|| layout::pages(Some("javascript:alert(1)".into()), None)),
    ] {
        assert!(!html.contains("javascript:"), "{html}");
    }
}

#[test]
fn fields_of_two_forms_do_not_share_ids() {
    let html = rendered(|| {
        view! {
            <Form action="/do/reply" id="reply"><TextArea name="body" label="Reply"/></Form>
            <Form action="/do/note" id="note"><TextArea name="body" label="Note"/></Form>
        }
        .into_any()
    });
    assert!(html.contains("id=\"reply-body\"") && html.contains("id=\"note-body\""), "{html}");
}

#[tokio::test]
async fn nothing_needs_an_inline_style_or_handler() {
    let html = rendered(|| {
        let bar = chart::Bar { label: "a".into(), value: Decimal::ONE, shown: "1".into() };
        chart::bars(&context(), "t".into(), vec![bar])
    });
    assert!(!html.contains("style=") && !html.contains(" on"), "{html}");
}

/// A request of nobody, without a database. Needs a runtime around it.
pub(crate) fn context() -> Context {
    Context {
        actor: Actor::Anonymous,
        clock: Clock::Fixed(crate::base::clock::SINCE_EVER),
        locale: Locale::en,
        time_zone: chrono_tz::Tz::UTC,
        db: crate::base::db::Db::from_pool(sqlx::PgPool::connect_lazy("postgres://nowhere").expect("an address")),
        secrets: Secrets::new(&MasterKey::from([7; 32]), KeyId(1)),
        mail: crate::mail::home::MailHome::default(),
        request_id: "r".into(),
        path: "/earnings?page=2".into(),
        client: String::new(),
        session_token: None,
        theme: String::new(),
    }
}
