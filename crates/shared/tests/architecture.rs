//! Who may import whom, and what must not appear where: the boundaries of ARCHITECTURE.md, read off the tree.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Each crate's folder, and which of our crates it may depend on.
const MAY_IMPORT: &[(&str, &str, &[&str])] = &[
    ("tern-shared", "crates/shared", &[]),
    ("tern-exchange", "crates/exchange", &["shared"]),
    ("tern-engine", "crates/engine", &["shared"]),
    ("tern-app", "app", &["shared", "engine"]),
    ("tern-frontend", "frontend", &["app", "engine", "shared"]),
    ("tern-server", "server", &["shared", "exchange"]),
    ("tern-cli", "crates/cli", &["engine", "exchange", "shared"]),
    ("tern-simulation", "crates/simulation", &["shared", "engine", "server"]),
    ("tern-bench", "bench", &["shared", "engine"]),
];

/// Time, chance, I/O and runtimes: what pure code gets as arguments.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "getrandom",
    "rand::",
    "tokio",
    "sqlx",
    "axum",
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "gloo_",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The code of every Rust file under a folder, without its comments.
fn sources(folder: &str) -> Vec<(String, String)> {
    let rust = |path: &Path| path.extension().is_some_and(|extension| extension == "rs");
    let files: Vec<_> = WalkDir::new(root().join(folder))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| rust(path))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<_> = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
            (path.strip_prefix(root()).unwrap().display().to_string(), code.join("\n"))
        })
        .collect();
    assert!(!files.is_empty(), "{folder} holds no Rust file: has it moved?");
    files
}

fn check_absent(folder: &str, except: &[&str], words: &[&str]) {
    for (path, code) in sources(folder) {
        if except.iter().any(|except| path.contains(except)) {
            continue;
        }
        for word in words {
            assert!(!code.contains(word), "{path} uses `{word}`, which ARCHITECTURE.md keeps out of {folder}");
        }
    }
}

#[test]
fn crates_import_only_whom_they_may() {
    let names: BTreeSet<&str> =
        ["shared", "exchange", "engine", "cli", "app", "server", "simulation", "frontend", "bench"].into();
    for (package, folder, allowed) in MAY_IMPORT {
        let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some(*package));
        let mut tables = vec![&manifest];
        let targets = manifest.get("target").and_then(toml::Value::as_table);
        tables.extend(targets.into_iter().flat_map(|targets| targets.values().filter_map(toml::Value::as_table)));
        let ours: BTreeSet<&str> = tables
            .into_iter()
            .filter_map(|table| table.get("dependencies").and_then(toml::Value::as_table))
            .flat_map(|table| table.keys().map(String::as_str))
            .map(|name| name.strip_prefix("tern-").unwrap_or(name))
            .filter(|name| names.contains(name))
            .collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let forbidden: Vec<_> = ours.difference(&allowed).collect();
        assert!(forbidden.is_empty(), "{package} depends on {forbidden:?}; it may on {allowed:?}");
    }
}

#[test]
fn every_member_of_the_workspace_has_a_rule() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let members: BTreeSet<_> =
        manifest["workspace"]["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap()).collect();
    let ruled: BTreeSet<_> = MAY_IMPORT.iter().map(|(_, folder, _)| *folder).collect();
    assert_eq!(members, ruled);
}

#[test]
fn pure_code_is_pure() {
    check_absent("crates/shared/src", &[], IMPURE);
    check_absent("crates/exchange/src", &[], IMPURE);
    check_absent("crates/engine/src", &["store/indexeddb"], IMPURE);
    check_absent("server/src/domain", &[], IMPURE);
}

#[test]
fn sql_is_in_one_place() {
    let sql = ["sqlx::", "SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE "];
    check_absent("server/src", &["server/src/db/"], &sql);
}

#[test]
fn http_stays_at_the_edge() {
    for folder in ["server/src/services", "server/src/domain", "server/src/db"] {
        check_absent(folder, &[], &["axum"]);
    }
}

#[test]
fn the_app_knows_neither_network_nor_storage() {
    let words = [
        "gloo_net",
        "indexed_db",
        "IdbFactory",
        "Request::new",
        "fetch_with",
        "WebSocket",
        "engine::store",
        "engine::transport",
    ];
    check_absent("app/src", &[], &words);
}

#[test]
fn features_of_the_two_targets_are_never_unified() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let by_default = manifest["workspace"]["default-members"].as_array().unwrap();
    assert!(by_default.iter().all(|member| !["app", "frontend"].contains(&member.as_str().unwrap())));
}
