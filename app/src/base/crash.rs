//! Named places where a test can kill the process, to prove that nothing is lost or done twice there.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// `name` or `name:count`: the process ends the moment it comes to this place, the first or the count-th time.
const VARIABLE: &str = "PARTNERDESK_CRASH_AT";
static PASSED: AtomicU64 = AtomicU64::new(0);

/// Ends the process here, at once and without any clean-up, if the environment asks for it.
pub fn point(name: &str) {
    let Ok(wanted) = std::env::var(VARIABLE) else { return };
    let (place, count) =
        wanted.split_once(':').map_or((wanted.as_str(), 1), |(place, count)| (place, count.parse().unwrap_or(1)));
    if place == name && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == count {
        kill();
    }
}

/// SIGKILL, as a machine out of memory or an impatient operator sends it: no handler, no destructor, no last word. Without
/// `unsafe`, a process sends it by way of the shell; should there be none, it ends by SIGABRT, which no test takes for it.
fn kill() -> ! {
    let words = format!("kill -9 {}", std::process::id());
    let sent = Command::new("sh").args(["-c", &words]).stdin(Stdio::null()).stdout(Stdio::null()).status();
    if sent.is_ok_and(|status| status.success()) {
        // It has been sent; nothing goes on here while it is delivered.
        std::thread::sleep(Duration::from_secs(10));
    }
    std::process::abort();
}
