//! What a page was asked for: the query of its address and the variable parts of its path.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::collections::BTreeMap;

/// The address a page was asked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    path: String,
    fields: BTreeMap<String, String>,
    params: BTreeMap<String, String>,
}

impl Query {
    /// From the address that was asked for and, inside a route, what the router found in its path.
    ///
    /// The query is read here and not by the router, which decodes it twice (`%2525` would become `%`).
    pub(crate) fn of_request(address: &str) -> Self {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let params = use_params_map().get_untracked();
        Self {
            path: path.to_owned(),
            fields: fields_of(query),
            params: params.into_iter().map(|(name, value)| (name.into_owned(), value)).collect(),
        }
    }

    /// A field of the query; a field left empty counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A variable part of the path, by its name in the route.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }

    /// A variable part of the path as an id.
    ///
    /// # Errors
    /// [`crate::base::error::AppError::NotFound`] where it is none.
    pub fn id<T: std::str::FromStr>(&self, name: &str) -> Result<T, crate::base::error::AppError> {
        self.param(name).and_then(|text| text.parse().ok()).ok_or(crate::base::error::AppError::NotFound)
    }

    /// The page of a list, from `?page=`; counted from one.
    pub fn page(&self) -> u32 {
        self.get("page").and_then(|text| text.parse().ok()).filter(|page| *page > 0).unwrap_or(1)
    }

    /// This page's address with one field changed, or without it where the value is empty. Starts again at page one
    /// unless it is the page that changes, and forgets what a form left behind.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut fields = self.fields.clone();
        for left in ["page", "after", "form", "done"] {
            fields.remove(left);
        }
        fields.insert(name.to_owned(), value.to_owned());
        let query: Vec<_> = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.join("&")) }
    }
}

/// The fields of an address's query.
pub fn fields_of(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let fields = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    });
    fields.collect()
}

/// Percent-encodes text for one part of an address (RFC 3986, section 2.3 lists what stays).
pub fn encode(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// The reverse, as forms encode: `+` is a space. Half an escape stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let escaped = pair.filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match (first, escaped.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(fields: &[(&str, &str)]) -> Query {
        Query {
            path: "/earnings".into(),
            fields: fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            params: BTreeMap::new(),
        }
    }

    #[test]
    fn a_changed_filter_keeps_the_others_and_starts_at_page_one() {
        let query = query(&[("state", "paid"), ("page", "3"), ("form", "x"), ("offer", "a b&c")]);
        assert_eq!(query.with("state", "pending"), "/earnings?offer=a%20b%26c&state=pending");
        assert_eq!(query.with("page", "4"), "/earnings?offer=a%20b%26c&page=4&state=paid");
        assert_eq!(query.with("state", ""), "/earnings?offer=a%20b%26c");
    }

    #[test]
    fn what_is_encoded_comes_back() {
        for text in ["", "a b", "100%", "%2525", "ñandú & más=?", "<script>"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("a+b%C3%B1%2"), "a bñ%2");
        assert_eq!(decode("%ff"), "\u{fffd}");
    }

    #[test]
    fn a_page_is_a_number_from_one() {
        assert_eq!(query(&[("page", "0")]).page(), 1);
        assert_eq!(query(&[("page", "-1")]).page(), 1);
        assert_eq!(query(&[("page", "7")]).page(), 7);
        assert_eq!(query(&[]).page(), 1);
    }
}
