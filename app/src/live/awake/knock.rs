//! The knock.

use super::Shared;
use super::dom::on;
use leptos::prelude::*;
use web_sys::{AudioContext, HtmlElement};

/// The knock: two soft sounds. Of several pages of one browser only one makes it.
pub(super) fn knock(page: &Shared) {
    if let Ok(Some(store)) = window().local_storage() {
        let at = page.borrow().at.clone();
        if store.get_item("knock").ok().flatten().as_deref() == Some(at.as_str()) {
            return;
        }
        let _ = store.set_item("knock", &at);
    }
    let mut page = page.borrow_mut();
    if page.sound.is_none() {
        page.sound = AudioContext::new().ok();
    }
    if let Some(sound) = &page.sound {
        let _ = play(sound);
    }
}

/// Two short tones, each dying away: a knuckle on wood more than a bell.
#[allow(clippy::float_arithmetic)] // Seconds of sound.
fn play(sound: &AudioContext) -> Option<()> {
    let _ = sound.resume();
    for (begins, pitch) in [(0.02, 196.0), (0.17, 174.6)] {
        let at = sound.current_time() + begins;
        let (tone, volume) = (sound.create_oscillator().ok()?, sound.create_gain().ok()?);
        tone.frequency().set_value(pitch);
        volume.gain().set_value_at_time(0.0001, at).ok()?;
        volume.gain().exponential_ramp_to_value_at_time(0.22, at + 0.008).ok()?;
        volume.gain().exponential_ramp_to_value_at_time(0.0001, at + 0.12).ok()?;
        tone.connect_with_audio_node(&volume).ok()?;
        volume.connect_with_audio_node(&sound.destination()).ok()?;
        tone.start_with_when(at).ok()?;
        tone.stop_with_when(at + 0.14).ok()?;
    }
    Some(())
}

/// The button that lets one hear it.
pub(in crate::live) fn offer_knock(button: &HtmlElement) {
    let words = button.closest("[data-try]").ok().flatten().and_then(|around| around.get_attribute("data-try"));
    button.set_text_content(words.as_deref());
    button.set_hidden(false);
    on(button, "click", |_| {
        if let Ok(sound) = AudioContext::new() {
            let _ = play(&sound);
        }
    });
}
