//! Filling a macro in, and choosing the variant that suits its reader.

use super::model::Variant;
use std::collections::{BTreeMap, BTreeSet};

/// What may stand in braces, in the order in which forms explain it.
pub const VARIABLES: [&str; 9] =
    ["contact", "partner", "amount", "balance", "minimum", "missing", "next_payout_date", "order", "case"];
/// The name of whoever sends it; always known.
pub const AGENT: &str = "agent";

/// A text with what is known put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The text.
    pub text: String,
    /// The variables that are not known; they stand in the text as they were, once each.
    pub missing: Vec<String>,
}

/// Puts values in the place of their names in braces. Values are put in as they are: a value in braces is no variable.
pub fn fill(body: &str, values: &BTreeMap<&'static str, String>) -> Filled {
    let mut text = String::with_capacity(body.len());
    let mut missing = BTreeSet::new();
    for piece in pieces(body) {
        match piece {
            Piece::Words(words) => text.push_str(words),
            Piece::Name(name) => match values.get(name) {
                Some(value) => text.push_str(value),
                None => {
                    if is_variable(name) {
                        missing.insert(name.to_owned());
                    }
                    text.push('{');
                    text.push_str(name);
                    text.push('}');
                }
            },
        }
    }
    Filled { text, missing: missing.into_iter().collect() }
}

/// The variables of ours that still stand in a text.
pub fn unresolved(text: &str) -> Vec<String> {
    fill(text, &BTreeMap::new()).missing
}

/// What stands in braces as a variable would, and is none of ours.
pub fn unknown(body: &str) -> Vec<String> {
    let names = pieces(body).into_iter().filter_map(|piece| match piece {
        Piece::Name(name) if !is_variable(name) => Some(name.to_owned()),
        _ => None,
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

fn is_variable(name: &str) -> bool {
    name == AGENT || VARIABLES.contains(&name)
}

enum Piece<'a> {
    Words(&'a str),
    Name(&'a str),
}

/// Cuts a text at its `{names}`; other braces are words.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        let inside = from.get(1..).unwrap_or_default();
        let name = inside.find('}').and_then(|end| inside.get(..end)).filter(|name| is_name(name));
        match name {
            Some(name) => {
                pieces.push(Piece::Words(before));
                pieces.push(Piece::Name(name));
                rest = inside.get(name.len() + 1..).unwrap_or_default();
            }
            None => {
                pieces.push(Piece::Words(rest.get(..=open).unwrap_or(rest)));
                rest = inside;
            }
        }
    }
    pieces.push(Piece::Words(rest));
    pieces
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The text for a reader: their own variant, or one of their language, or what there is.
pub fn choose(texts: &[(Variant, String)], wanted: Variant) -> Option<&(Variant, String)> {
    let exact = texts.iter().find(|(variant, _)| *variant == wanted);
    let near = texts.iter().find(|(variant, _)| variant.locale() == wanted.locale());
    exact.or(near).or(texts.first())
}

/// A text under what was typed already.
pub fn below(typed: &str, text: &str) -> String {
    match typed.trim_end() {
        "" => text.to_owned(),
        typed => format!("{typed}\n\n{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> BTreeMap<&'static str, String> {
        BTreeMap::from([("contact", "Nora".to_owned()), ("amount", "£5.00".to_owned()), ("agent", "{case}".to_owned())])
    }

    #[test]
    fn what_is_known_is_put_in_and_the_rest_is_said() {
        let filled = fill("Hello {contact}: {amount} on {next_payout_date}, {next_payout_date}.", &values());
        assert_eq!(filled.text, "Hello Nora: £5.00 on {next_payout_date}, {next_payout_date}.");
        assert_eq!(filled.missing, ["next_payout_date"]);
        assert_eq!(unresolved(&filled.text), ["next_payout_date"]);
    }

    #[test]
    fn braces_of_others_are_words() {
        for text in ["?sub={sub_id}", "a { b } {", "{}", "{Case}", "}{", "{{contacts}}"] {
            assert_eq!(fill(text, &BTreeMap::new()), Filled { text: text.into(), missing: vec![] }, "{text}");
        }
        assert_eq!(fill("{{contact}}", &values()).text, "{Nora}");
        assert_eq!(unknown("{contact} {sub_id} {x}"), ["sub_id", "x"]);
    }

    #[test]
    fn a_value_is_no_variable() {
        assert_eq!(fill("{agent}", &values()), Filled { text: "{case}".into(), missing: vec![] });
    }

    #[test]
    fn a_reader_gets_their_own_variant_before_any_other() {
        let texts = [(Variant::En, "en".to_owned()), (Variant::EsUsted, "usted".to_owned())];
        let chosen = |wanted| choose(&texts, wanted).map(|(variant, _)| *variant);
        assert_eq!(chosen(Variant::EsUsted), Some(Variant::EsUsted));
        assert_eq!(chosen(Variant::EsTu), Some(Variant::EsUsted));
        assert_eq!(chosen(Variant::En), Some(Variant::En));
        assert_eq!(choose(&[], Variant::En), None);
    }

    #[test]
    fn a_macro_stands_below_what_was_typed() {
        assert_eq!(below("", "text"), "text");
        assert_eq!(below(" \n", "text"), "text");
        assert_eq!(below("Dear Nora,\n", "text"), "Dear Nora,\n\ntext");
    }

    proptest! {
        #[test]
        fn filling_with_nothing_changes_nothing(text in "[a-z{}_ é]{0,60}") {
            prop_assert_eq!(fill(&text, &BTreeMap::new()).text, text);
        }

        #[test]
        fn what_was_filled_in_wholly_is_sent(text in "([a-z ]|\\{contact\\}|\\{amount\\}){0,20}") {
            prop_assert_eq!(unresolved(&fill(&text, &values()).text), Vec::<String>::new());
        }
    }
}
