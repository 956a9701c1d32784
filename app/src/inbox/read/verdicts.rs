//! What mail servers on the way found out about who sent a message: Authentication-Results (RFC 8601).

use super::raw_values;
use crate::inbox::model::{Proof, Verdict};
use mail_parser::Message;

/// The most headers that are looked at: each server on the way writes one.
const MOST: usize = 30;

/// Every verdict, the nearest server's first.
pub fn all(message: &Message<'_>) -> Vec<Verdict> {
    raw_values(message, "Authentication-Results").iter().take(MOST).filter_map(|value| verdict(value)).collect()
}

/// `mx.example.org 1; dmarc=fail (p=none) header.from=a.org; spf=pass smtp.mailfrom=x@b.org`
fn verdict(value: &str) -> Option<Verdict> {
    let plain = without_comments(value);
    let mut parts = plain.split(';');
    let server = parts.next()?.split_whitespace().next()?.trim_matches('"').to_lowercase();
    let proofs = parts.filter_map(proof).collect();
    Some(Verdict { server, proofs })
}

/// `dkim=pass header.d=example.org`; `None` where nothing is said, as by `none`.
fn proof(part: &str) -> Option<Proof> {
    let joined = part.replace(" =", "=").replace("= ", "=");
    let mut words = joined.split_whitespace();
    let (method, result) = words.next()?.split_once('=')?;
    // A method may carry its version: `dkim/1`.
    let method = method.split('/').next().unwrap_or_default().to_lowercase();
    let mut domain = None;
    for word in words {
        let Some((property, value)) = word.split_once('=') else { continue };
        let wanted = match method.as_str() {
            "dkim" => ["header.d", "header.i"],
            "spf" => ["smtp.mailfrom", "smtp.helo"],
            _ => ["header.from", "header.from"],
        };
        if domain.is_none() && wanted.contains(&property.to_lowercase().as_str()) {
            let value = value.trim_matches('"').to_lowercase();
            domain = value.rsplit('@').next().map(|domain| domain.trim_matches(['<', '>', '.']).to_owned());
        }
    }
    Some(Proof { method, result: result.to_lowercase(), domain })
}

/// Comments stand in brackets, one inside the other, and may hold anything; a backslash takes the next sign's meaning.
fn without_comments(value: &str) -> String {
    let (mut plain, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    for letter in value.chars() {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
            continue;
        } else if letter == '"' && depth == 0 {
            quoted = !quoted;
        } else if letter == '(' && !quoted {
            depth += 1;
            continue;
        } else if letter == ')' && !quoted && depth > 0 {
            depth -= 1;
            plain.push(' ');
            continue;
        }
        // What stands in quotes parts nothing.
        let shown = if quoted && matches!(letter, ';' | '=') { '_' } else { letter };
        if depth == 0 {
            plain.push(shown);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(method: &str, result: &str, domain: Option<&str>) -> Proof {
        Proof { method: method.into(), result: result.into(), domain: domain.map(str::to_owned) }
    }

    #[test]
    fn what_a_server_found() {
        let read = verdict(
            "MX.example.org 1; dkim=pass (2048-bit key; unprotected) header.d=Example.net header.i=@example.net; \
             spf=softfail (x=y) smtp.mailfrom=\"ana@other.example\"; dmarc = fail (p=none) header.from=example.net",
        )
        .expect("verdict");
        assert_eq!(read.server, "mx.example.org");
        assert_eq!(
            read.proofs,
            [
                one("dkim", "pass", Some("example.net")),
                one("spf", "softfail", Some("other.example")),
                one("dmarc", "fail", Some("example.net")),
            ]
        );
        assert_eq!(verdict("mx.example.org; none").map(|read| read.proofs), Some(Vec::new()));
        assert_eq!(verdict("mx.example.org; dkim/1=fail").expect("verdict").proofs, [one("dkim", "fail", None)]);
    }

    #[test]
    fn a_comment_says_nothing() {
        let read = verdict("evil.example (; mx.example.org; dmarc=pass) ; spf=fail (\\) dmarc=pass ; dkim=pass (x))");
        let read = read.expect("verdict");
        assert_eq!((read.server.as_str(), read.proofs), ("evil.example", vec![one("spf", "fail", None)]));
        let quoted = verdict("mx.example.org; spf=fail smtp.mailfrom=\"a;dmarc=pass\"@b.example").expect("verdict");
        assert_eq!(quoted.proofs.len(), 1);
    }

    proptest! {
        #[test]
        fn anything_can_be_read(value in "(?s).{0,400}") {
            let _ = verdict(&value);
        }
    }
}
