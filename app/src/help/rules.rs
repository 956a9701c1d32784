//! An article's name in addresses.

/// The longest name, title and text; the database has the same.
pub const LONGEST: (usize, usize, usize) = (80, 160, 40_000);

/// A name for addresses from a title: `¿Cuándo cobro?` is `cuando-cobro`.
pub fn slug(title: &str) -> String {
    let plain = any_ascii::any_ascii(title).to_lowercase();
    let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = String::new();
    for word in words {
        if slug.len() + word.len() + 1 > LONGEST.0 {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    slug
}

/// Whether a name for addresses is one; the form's own address is taken.
pub fn is_slug(text: &str) -> bool {
    !text.is_empty() && text != "write" && text.len() <= LONGEST.0 && slug(text) == text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn titles_make_names() {
        assert_eq!(slug("¿Cuándo cobro? ¡Ya!"), "cuando-cobro-ya");
        assert_eq!(slug("  "), "");
        assert!(is_slug("why-pending") && is_slug("a1"));
        for bad in ["", "write", "Why", "a--b", "-a", "a/b", "a b", "ñ"] {
            assert!(!is_slug(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_name_made_is_a_name(title in "\\PC{0,120}") {
            let made = slug(&title);
            prop_assert!(made.is_empty() || made == "write" || is_slug(&made), "{}", made);
        }
    }
}
