//! Walking the chain, link by link; what differs between before and after.

#[cfg(feature = "ssr")]
use super::model::Difference;
use super::model::{Break, Broken, Link};
#[cfg(feature = "ssr")]
use std::collections::{BTreeMap, BTreeSet};

/// One link as it lies in the database, with what was recomputed there.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its place.
    pub seq: i64,
    /// The row it seals.
    pub audit_id: i64,
    /// The hash it says its predecessor has.
    pub prev_hash: Vec<u8>,
    /// Its own hash.
    pub hash: Vec<u8>,
    /// Whether the row is there.
    pub row_is_there: bool,
    /// Whether the hash of predecessor and row, computed afresh, is its own.
    pub matches: bool,
}

/// A walk that stops at the first broken link.
#[derive(Debug)]
pub struct Walk {
    last: Link,
}

impl Default for Walk {
    fn default() -> Self {
        // Before the first link stands nothing, written as zeros.
        Self { last: Link { seq: 0, hash: vec![0; 32] } }
    }
}

impl Walk {
    /// How many links were good.
    pub fn walked(&self) -> i64 {
        self.last.seq
    }

    /// The last good link, if there was one.
    pub fn last(self) -> Option<Link> {
        Some(self.last).filter(|link| link.seq > 0)
    }

    /// Goes on to the next link.
    ///
    /// # Errors
    /// How it is broken.
    pub fn step(&mut self, found: Found) -> Result<(), Broken> {
        let expected = self.last.seq + 1;
        let what = if found.seq != expected {
            return Err(Broken { seq: expected, audit_id: None, what: Break::LinkMissing });
        } else if found.prev_hash != self.last.hash {
            Some(Break::NotLinked)
        } else if !found.row_is_there {
            Some(Break::RowMissing)
        } else if !found.matches {
            Some(Break::Edited)
        } else {
            None
        };
        match what {
            Some(what) => Err(Broken { seq: found.seq, audit_id: Some(found.audit_id), what }),
            None => {
                self.last = Link { seq: found.seq, hash: found.hash };
                Ok(())
            }
        }
    }
}

/// What differs between two states of a change, one fact after the other. What stayed is left out.
#[cfg(feature = "ssr")]
pub fn differences(before: Option<&serde_json::Value>, after: Option<&serde_json::Value>) -> Vec<Difference> {
    let (before, after) = (before.map(facts).unwrap_or_default(), after.map(facts).unwrap_or_default());
    let names: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    names
        .into_iter()
        .map(|name| Difference { was: before.get(&name).cloned(), now: after.get(&name).cloned(), name })
        .filter(|difference| difference.was != difference.now)
        .collect()
}

/// Names and values; a fact inside another is named `outer.inner`, and `null` is no fact.
#[cfg(feature = "ssr")]
fn facts(value: &serde_json::Value) -> BTreeMap<String, String> {
    fn gather(name: &str, value: &serde_json::Value, facts: &mut BTreeMap<String, String>) {
        use serde_json::Value;
        match value {
            Value::Null => {}
            Value::Object(fields) => {
                for (inner, value) in fields {
                    let name = if name.is_empty() { inner.clone() } else { format!("{name}.{inner}") };
                    gather(&name, value, facts);
                }
            }
            Value::String(text) => {
                facts.insert(name.to_owned(), text.clone());
            }
            other => {
                facts.insert(name.to_owned(), other.to_string());
            }
        }
    }
    let mut gathered = BTreeMap::new();
    gather("", value, &mut gathered);
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "ssr")]
    fn only_what_differs_is_told() {
        let (before, after) = (
            serde_json::json!({ "minimum": "50", "stays": 1, "gone": true, "none": null }),
            serde_json::json!({ "minimum": "20", "stays": 1, "new": { "inner": [1, 2] } }),
        );
        let told: Vec<_> = differences(Some(&before), Some(&after))
            .into_iter()
            .map(|one| (one.name, one.was.unwrap_or_default(), one.now.unwrap_or_default()))
            .collect();
        let expected = [("gone", "true", ""), ("minimum", "50", "20"), ("new.inner", "", "[1,2]")];
        assert_eq!(told, expected.map(|(name, was, now)| (name.to_owned(), was.to_owned(), now.to_owned())));
        assert!(differences(None, None).is_empty());
    }

    fn chain(length: i64) -> Vec<Found> {
        (1..=length)
            .map(|seq| Found {
                seq,
                audit_id: seq * 10,
                prev_hash: vec![u8::try_from(seq - 1).expect("small"); 32],
                hash: vec![u8::try_from(seq).expect("small"); 32],
                row_is_there: true,
                matches: true,
            })
            .collect()
    }

    fn walk(chain: Vec<Found>) -> Result<i64, Broken> {
        let mut walk = Walk::default();
        chain.into_iter().try_for_each(|found| walk.step(found))?;
        Ok(walk.walked())
    }

    #[test]
    fn an_untouched_chain_is_walked_to_its_end() {
        assert_eq!(walk(chain(0)), Ok(0));
        assert_eq!(walk(chain(9)), Ok(9));
    }

    #[test]
    fn each_kind_of_break_is_named() {
        let mut gap = chain(5);
        gap.remove(2);
        assert_eq!(walk(gap), Err(Broken { seq: 3, audit_id: None, what: Break::LinkMissing }));
        let mut beheaded = chain(5);
        beheaded.remove(0);
        assert_eq!(walk(beheaded), Err(Broken { seq: 1, audit_id: None, what: Break::LinkMissing }));
        let mut swapped = chain(5);
        swapped[3].prev_hash = vec![9; 32];
        assert_eq!(walk(swapped), Err(Broken { seq: 4, audit_id: Some(40), what: Break::NotLinked }));
        let mut emptied = chain(5);
        emptied[1].row_is_there = false;
        assert_eq!(walk(emptied), Err(Broken { seq: 2, audit_id: Some(20), what: Break::RowMissing }));
        let mut edited = chain(5);
        edited[4].matches = false;
        assert_eq!(walk(edited), Err(Broken { seq: 5, audit_id: Some(50), what: Break::Edited }));
    }
}
