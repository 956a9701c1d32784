//! Named places where a test can kill the process, to prove that nothing is lost or done twice there.

use std::sync::atomic::{AtomicU64, Ordering};

/// `name` or `name:count`: the process ends the moment it comes to this place, the first or the count-th time.
const VARIABLE: &str = "PARTNERDESK_CRASH_AT";
static PASSED: AtomicU64 = AtomicU64::new(0);

/// Ends the process here, at once and without any clean-up, if the environment asks for it.
pub fn point(name: &str) {
    let Ok(wanted) = std::env::var(VARIABLE) else { return };
    let (place, count) =
        wanted.split_once(':').map_or((wanted.as_str(), 1), |(place, count)| (place, count.parse().unwrap_or(1)));
    if place == name && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == count {
        std::process::abort();
    }
}
