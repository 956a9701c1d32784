//! Turns `locales/*/*.json` into typed keys (server builds only).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../migrations");
    #[cfg(feature = "ssr")]
    languages();
}

#[cfg(feature = "ssr")]
fn languages() {
    use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos};

    let namespaces: Vec<String> = std::fs::read_dir("locales/en")
        .expect("locales/en")
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    println!("cargo::rerun-if-changed=locales");
    let mut config = Config::new("en").and_then(|config| config.add_locale("es")).expect("locale names");
    for namespace in namespaces {
        config = config.add_namespace(&namespace).expect("namespace");
    }
    let config = config.parse_options(ParseOptions::new().interpolate_display(true));
    let translations = TranslationsInfos::parse(config).expect("locales parse");
    translations.emit_diagnostics();
    translations.rerun_if_locales_changed();
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR").expect("OUT_DIR")).join("i18n");
    translations.generate_i18n_module(out).expect("i18n module written");
}
