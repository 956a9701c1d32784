//! What is searched for, read from what was typed; and the order of what is found.

use super::model::{Hit, Place, Rank, Snippet, Source};
use crate::base::ids::CaseId;
use std::collections::BTreeMap;

/// The most characters that are searched for.
pub const LONGEST: usize = 200;
/// The most words.
const MOST_WORDS: usize = 10;
/// A word shorter than this is not looked for by likeness: too many others are like it.
const SHORTEST_LIKE: usize = 4;
/// The marks around a hit, as the database sets them; no text of a person's has them.
pub(super) const MARKS: (char, char) = ('\u{2}', '\u{3}');
/// What stands for `<` meanwhile.
const LESS: char = '\u{4}';

/// The words of what was typed; empty where there is none. What is over the limit is left out.
pub fn words(typed: &str) -> Vec<String> {
    let typed: String = typed.chars().filter(|c| !c.is_control() || c.is_whitespace()).take(LONGEST).collect();
    let mut words: Vec<String> = Vec::new();
    for word in typed.split_whitespace() {
        let word = word.trim_matches(|c: char| "\"'“”‘’«»,;:!?¡¿()[]".contains(c));
        if !word.is_empty() && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words.truncate(MOST_WORDS);
    words
}

/// The case whose number was typed, alone or behind `#`.
pub fn number(words: &[String]) -> Option<CaseId> {
    match words {
        [one] => one.strip_prefix('#').unwrap_or(one).parse().ok(),
        _ => None,
    }
}

/// Whether other words may stand in for this one, where nobody ever wrote it: it is a word and not a number or a name
/// for a thing.
pub fn may_be_mistyped(word: &str) -> bool {
    word.chars().count() >= SHORTEST_LIKE && word.chars().all(char::is_alphabetic)
}

/// Those of the known words that a typing mistake or two make of this one, the likeliest first: one slip in a short word,
/// two in a longer one. Two letters that changed places are one slip.
pub fn instead_of(word: &str, known: Vec<(String, i64)>) -> Vec<String> {
    let slips = if word.chars().count() <= 5 { 1 } else { 2 };
    let mut near: Vec<_> = known
        .into_iter()
        .map(|(other, seen)| (strsim::osa_distance(word, &other), -seen, other))
        .filter(|(distance, _, _)| (1..=slips).contains(distance))
        .collect();
    near.sort();
    near.truncate(3);
    near.into_iter().map(|(_, _, other)| other).collect()
}

/// So many sheaves are looked through at most before all are.
const MOST_SHEAVES: i64 = 128;

/// How many of the newest sheaves to look through next, after so many had too few texts: as many as have twice what is
/// wanted, if the words are as common there. More than there are is all of them.
pub fn more_sheaves(sheaves: i64, found: i64, wanted: i64) -> i64 {
    if sheaves >= MOST_SHEAVES {
        return i64::MAX;
    }
    let enough = sheaves.saturating_mul(2 * wanted).checked_div(found).unwrap_or(MOST_SHEAVES);
    enough.clamp(sheaves + 1, MOST_SHEAVES)
}

/// How a hit weighs: by where it was found first, then by how many texts of the case have the words, up to a limit.
pub fn rank(hit: &Hit) -> Rank {
    Rank { weight: hit.place as u32 * 100 + hit.texts.min(99), case: hit.case }
}

/// Hits of one case become one, the best; the best case comes first.
pub fn ranked(hits: Vec<Hit>) -> Vec<Hit> {
    let mut cases: BTreeMap<CaseId, Hit> = BTreeMap::new();
    for hit in hits {
        cases
            .entry(hit.case)
            .and_modify(|known| {
                known.place = known.place.max(hit.place);
                known.texts += hit.texts;
                known.source = newer(known.source, hit.source);
            })
            .or_insert(hit);
    }
    let mut ranked: Vec<Hit> = cases.into_values().collect();
    ranked.sort_by_key(|hit| std::cmp::Reverse(rank(hit)));
    ranked
}

/// A message before a note, since that is what the partner knows; of two, the newer.
fn newer(one: Option<Source>, other: Option<Source>) -> Option<Source> {
    match (one, other) {
        (Some(Source::Message(one)), Some(Source::Message(other))) => Some(Source::Message(one.max(other))),
        (Some(Source::Note(one)), Some(Source::Note(other))) => Some(Source::Note(one.max(other))),
        (message @ Some(Source::Message(_)), _) | (_, message @ Some(Source::Message(_))) => message,
        (one, other) => one.or(other),
    }
}

/// Where a page of the ranked begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// With the best.
    #[default]
    Start,
    /// After this place.
    After(Rank),
    /// So that it ends before this place.
    Before(Rank),
}

impl Begin {
    /// Reads `after` or `before` of an address; what can't be read begins with the best.
    pub fn parse<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let rank = |name: &str| {
            let (weight, case) = get(name)?.split_once('_')?;
            Some(Rank { weight: weight.parse().ok()?, case: case.parse().ok()? })
        };
        rank("after").map(Self::After).or_else(|| rank("before").map(Self::Before)).unwrap_or_default()
    }

    /// To be put behind another parameter of an address.
    pub fn to_query(self) -> String {
        match self {
            Self::Start => String::new(),
            Self::After(rank) => format!("&after={}_{}", rank.weight, rank.case),
            Self::Before(rank) => format!("&before={}_{}", rank.weight, rank.case),
        }
    }
}

/// One page of what was ranked: so many from a place on, and the places before and after it.
pub fn page(ranked: &[Hit], begin: Begin, size: usize) -> (&[Hit], Option<Rank>, Option<Rank>) {
    // Ranks fall along the list.
    let (from, to) = match begin {
        Begin::Start => (0, size),
        Begin::After(place) => {
            let from = ranked.partition_point(|hit| rank(hit) >= place);
            (from, from + size)
        }
        Begin::Before(place) => {
            let to = ranked.partition_point(|hit| rank(hit) > place);
            (to.saturating_sub(size), to)
        }
    };
    let shown = ranked.get(from..to.min(ranked.len())).unwrap_or_default();
    let first = shown.first().filter(|_| from > 0).map(rank);
    let last = shown.last().filter(|_| to < ranked.len()).map(rank);
    (shown, first, last)
}

/// A text in which the database marked the hits, in pieces.
pub fn snippet(marked: &str) -> Snippet {
    let marked = marked.replace(LESS, "<");
    let mut pieces = Snippet::new();
    let mut rest = marked.as_str();
    while let Some((before, after)) = rest.split_once(MARKS.0) {
        let (hit, after) = after.split_once(MARKS.1).unwrap_or((after, ""));
        pieces.push((false, before.to_owned()));
        pieces.push((true, hit.to_owned()));
        rest = after;
    }
    pieces.push((false, rest.to_owned()));
    pieces.retain(|(_, text)| !text.is_empty());
    pieces
}

impl Place {
    /// Every one, the lightest first.
    pub const ALL: [Self; 5] = [Self::Conversation, Self::Said, Self::Partner, Self::Head, Self::Number];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::PartnerId;
    use proptest::prelude::*;

    #[test]
    fn words_are_what_stands_between_spaces() {
        assert_eq!(words("  ¿Dónde está  mi \"pago\"?  mi "), ["Dónde", "está", "mi", "pago"]);
        assert_eq!(words(" \u{0} \u{2}\u{3} "), Vec::<String>::new());
        assert_eq!(words(&"word ".repeat(100)), ["word"]);
        assert_eq!(number(&words("#12")), Some(CaseId(12)));
        assert_eq!(number(&words("12 13")), None);
    }

    #[test]
    fn a_slip_or_two_are_forgiven() {
        let known = |words: &[&str]| words.iter().zip(1..).map(|(word, seen)| ((*word).to_owned(), seen)).collect();
        assert_eq!(
            instead_of("comission", known(&["commission", "omission", "mission"])),
            ["omission", "commission", "mission"]
        );
        assert_eq!(instead_of("pyaout", known(&["payout", "about"])), ["payout"]);
        assert_eq!(instead_of("retrazo", known(&["retraso", "retrato"])), ["retrato", "retraso"]);
        assert_eq!(instead_of("paog", known(&["pago", "pagos", "payout"])), ["pago"]);
        assert!(!may_be_mistyped("O-11") && !may_be_mistyped("abc") && !may_be_mistyped("año"));
    }

    #[test]
    fn looking_through_more_sheaves_comes_to_an_end() {
        assert_eq!(more_sheaves(2, 150, 300), 8);
        assert_eq!(more_sheaves(2, 0, 300), 128);
        assert_eq!(more_sheaves(2, 299, 300), 4);
        assert_eq!(more_sheaves(100, 299, 300), 128);
        assert_eq!(more_sheaves(128, 299, 300), i64::MAX);
    }

    #[test]
    fn a_snippet_is_cut_at_its_marks() {
        let piece = |hit, text: &str| (hit, text.to_owned());
        assert_eq!(
            snippet("my \u{2}pay\u{3} is \u{4}b>late\u{4}/b>"),
            [piece(false, "my "), piece(true, "pay"), piece(false, " is <b>late</b>")]
        );
        assert_eq!(snippet("\u{2}half"), [piece(true, "half")]);
        assert_eq!(snippet(""), []);
    }

    fn hits() -> impl Strategy<Value = Vec<Hit>> {
        let hit = (1_i64..60, 0_usize..5, 1_u32..130).prop_map(|(case, place, texts)| Hit {
            partner: PartnerId(1),
            case: CaseId(case),
            place: Place::ALL[place],
            texts,
            source: Some(Source::Message(case)),
        });
        prop::collection::vec(hit, 0..80)
    }

    proptest! {
        #[test]
        fn the_pages_show_every_case_once_there_and_back(hits in hits(), size in 1_usize..9) {
            let ranked = ranked(hits);
            let mut forth = Vec::new();
            let (mut shown, mut previous, mut next) = page(&ranked, Begin::Start, size);
            prop_assert_eq!(previous, None);
            loop {
                forth.extend_from_slice(shown);
                let Some(place) = next else { break };
                (shown, previous, next) = page(&ranked, Begin::After(place), size);
            }
            prop_assert_eq!(&forth, &ranked);
            let mut back = shown.to_vec();
            while let Some(place) = previous {
                (shown, previous, _) = page(&ranked, Begin::Before(place), size);
                back = [shown.to_vec(), back].concat();
            }
            prop_assert_eq!(&back, &ranked);
        }

        #[test]
        fn nothing_typed_panics(typed in ".{0,300}") {
            let words = words(&typed);
            prop_assert!(words.len() <= MOST_WORDS);
            let _ = (number(&words), snippet(&typed), Begin::parse(|_| Some(typed.as_str())));
        }
    }
}
