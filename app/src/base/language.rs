//! The reader's language. A third one is one more folder under `locales` and one line in `build.rs`.

pub use crate::languages::i18n::Locale;

/// Words in the reader's language: `tr!(locale, namespace.key, name = value)`, a `String`.
#[macro_export]
macro_rules! tr {
    ($locale:expr, $($key:tt)*) => {{
        #[allow(unused_imports)]
        use $crate::base::language::l::*;
        leptos_i18n::td_string!($locale, $($key)*).to_string()
    }};
}
pub use crate::tr;

/// What the macro needs in scope.
#[doc(hidden)]
pub mod l {
    pub use crate::languages::i18n::*;
}

/// The locale of a stored or sent code; English where it is not one of ours.
pub fn parse(code: &str) -> Locale {
    match code.get(..2) {
        Some("es") => Locale::es,
        _ => Locale::en,
    }
}

/// The code for the `lang` attribute and the database.
pub fn code(locale: Locale) -> &'static str {
    match locale {
        Locale::es => "es",
        Locale::en => "en",
    }
}

/// The best of our languages for an `Accept-Language` header (RFC 9110, section 12.5.4), by its weights.
pub fn negotiate(header: &str) -> Locale {
    let mut best = (Locale::en, 0_u32);
    for part in header.split(',') {
        let mut pieces = part.trim().split(';');
        let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=")).map_or(1000, |q| {
            let mut digits = q.replace('.', "");
            digits.truncate(4);
            while digits.len() < 4 {
                digits.push('0');
            }
            digits.parse().unwrap_or(0)
        });
        let locale = match tag.split('-').next() {
            Some("es") => Locale::es,
            Some("en") => Locale::en,
            _ => continue,
        };
        if weight > best.1 {
            best = (locale, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    #[test]
    fn the_heavier_language_wins() {
        assert_eq!(negotiate("es-ES,es;q=0.9,en;q=0.8"), Locale::es);
        assert_eq!(negotiate("en;q=0.2, es;q=0.7"), Locale::es);
        assert_eq!(negotiate("fr,en;q=0.5"), Locale::en);
        assert_eq!(negotiate(""), Locale::en);
    }

    /// What stands before and after each dot of a source.
    fn pairs(source: &str, found: &mut BTreeSet<String>) {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        for (dot, _) in source.match_indices('.') {
            let (before, after) = (source[..dot].trim_end(), source[dot + 1..].trim_start());
            let first = before.rfind(|letter| !is_name(letter)).map_or(0, |at| at + 1);
            let end = after.find(|letter| !is_name(letter)).unwrap_or(after.len());
            // What is no letter may be longer than a byte.
            let first = (first..before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(before.len());
            found.insert(format!("{}.{}", &before[first..], &after[..end]));
        }
    }

    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            match path.extension() {
                _ if path.is_dir() => read(&path, found),
                Some(kind) if kind == "rs" => pairs(&std::fs::read_to_string(&path).expect("source"), found),
                _ => {}
            }
        }
    }

    #[test]
    fn every_text_is_used() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut used = BTreeSet::new();
        for folder in ["src", "../server/src"] {
            read(&here.join(folder), &mut used);
        }
        let mut unused = Vec::new();
        for file in std::fs::read_dir(here.join("locales/en")).expect("locales") {
            let path = file.expect("file").path();
            let room = path.file_stem().and_then(|name| name.to_str()).expect("name").to_owned();
            let texts: BTreeMap<String, serde_json::Value> =
                serde_json::from_str(&std::fs::read_to_string(&path).expect("texts")).expect("json");
            // What is said to whom is called usted is chosen beside what is said to others, under the same name.
            let said = |key: &String| {
                let name = key.strip_prefix("formal.").map(|name| format!(".{name}"));
                name.is_some_and(|name| used.iter().any(|other| other.ends_with(&name)))
            };
            let names = texts.into_keys().map(|key| format!("{room}.{key}"));
            unused.extend(names.filter(|key| !used.contains(key) && !said(key)));
        }
        assert_eq!(unused, Vec::<String>::new(), "texts that nobody reads");
    }
}
