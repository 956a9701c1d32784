//! What a password, an e-mail address and a way back have to look like.

/// The fewest characters of a password: length, not rules (NIST SP 800-63B, 5.1.1.2).
pub const SHORTEST_PASSWORD: usize = 12;
/// The most bytes of a password; nothing is cut off silently.
pub const LONGEST_PASSWORD: usize = 256;
/// Failed sign-ins in [`FAILURE_WINDOW_MINUTES`] after which an account has to wait.
pub const FAILURES_PER_ACCOUNT: i64 = 10;
/// The same for an address, behind which many people may sit.
pub const FAILURES_PER_ADDRESS: i64 = 100;
/// How long a failed sign-in counts.
pub const FAILURE_WINDOW_MINUTES: i64 = 15;

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer than [`SHORTEST_PASSWORD`] characters.
    TooShort,
    /// More than [`LONGEST_PASSWORD`] bytes.
    TooLong,
    /// One character over and over, or the address itself.
    TooPlain,
}

/// Checks a new password.
///
/// # Errors
/// What is wrong with it.
pub fn check_password(password: &str, email: &str) -> Result<(), PasswordFault> {
    let mut letters: Vec<char> = password.chars().collect();
    if letters.len() < SHORTEST_PASSWORD {
        return Err(PasswordFault::TooShort);
    }
    if password.len() > LONGEST_PASSWORD {
        return Err(PasswordFault::TooLong);
    }
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 4 || password.eq_ignore_ascii_case(email) {
        return Err(PasswordFault::TooPlain);
    }
    Ok(())
}

/// An e-mail address as it is stored: lower case, without spaces around it. `None` where it can't be one.
pub fn email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (name, domain) = email.split_once('@')?;
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
    (plain(name) && plain(domain) && email.len() <= 254).then_some(email)
}

/// A way back after sign-in: a path of ours, or nothing. `//host` and `/\host` would lead elsewhere.
pub fn way_back(path: &str) -> Option<&str> {
    let ours = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
        && !path.starts_with("/do/")
        && path.len() <= 500;
    ours.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_makes_a_password() {
        assert_eq!(check_password("short", "a@b.c"), Err(PasswordFault::TooShort));
        assert_eq!(check_password("aaaaaaaaaaaaaaaa", "a@b.c"), Err(PasswordFault::TooPlain));
        assert_eq!(check_password(&"correct horse ".repeat(20), "a@b.c"), Err(PasswordFault::TooLong));
        assert_eq!(check_password("correct horse battery", "a@b.c"), Ok(()));
        assert_eq!(check_password("Somebody@example.org", "somebody@example.org"), Err(PasswordFault::TooPlain));
    }

    #[test]
    fn an_address_is_stored_in_one_way() {
        assert_eq!(email(" Ana@Example.ORG ").as_deref(), Some("ana@example.org"));
        for wrong in ["ana", "@b", "a@", "a b@c", "a@b@c", ""] {
            assert_eq!(email(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_way_back_stays_here() {
        assert_eq!(way_back("/earnings?from=2011-01-01"), Some("/earnings?from=2011-01-01"));
        for wrong in ["https://evil.example", "//evil.example", "/\\evil.example", "/do/sign-out", "earnings", "/a\nb"]
        {
            assert_eq!(way_back(wrong), None, "{wrong}");
        }
    }
}
