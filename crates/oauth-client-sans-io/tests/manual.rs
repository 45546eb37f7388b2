//! The manual says what is so: tests, codes and advice that it names are there, and nothing is left out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::std_instead_of_alloc,
    reason = "these are tests, helpers included"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use oauth_client_sans_io::{Error, Operation};
use oauth_types::error_response::{ErrorCode, ErrorResponse};

const ATTACKS: &str = include_str!("../src/manual/attacks.md");
const ERRORS: &str = include_str!("../src/manual/errors.md");
const PAGES: &str = include_str!("../src/manual.rs");

/// All Rust below a directory of the package.
fn sources(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of a table below a heading of the page on errors, cell by cell.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, part) = ERRORS.split_once(&format!("\n## {heading}\n")).expect("the heading");
    let part = part.split("\n## ").next().unwrap();
    let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").collect()).collect()
}

#[test]
fn every_attack_has_its_chapter_and_every_test_that_it_names_exists() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut ours, mut types) = (String::new(), String::new());
    for directory in ["src", "tests"] {
        sources(&here.join(directory), &mut ours);
        // Beside this package in the repository, not in what is published.
        let beside = here.join("../oauth-types").join(directory);
        if beside.exists() {
            sources(&beside, &mut types);
        }
    }
    let chapters: Vec<&str> = ATTACKS.split("\n## ").skip(1).collect();
    assert_eq!(chapters.len(), 15);
    for (number, chapter) in (1..).zip(chapters) {
        assert!(chapter.starts_with(&format!("B{number}: ")), "{chapter}");
        let (_, tests) = chapter.split_once("\nTests: ").expect("tests");
        let (own, others) = tests.split_once("\nTests of `oauth-types`: ").unwrap_or((tests, ""));
        assert!(quoted(own).next().is_some(), "{chapter}");
        for name in quoted(own) {
            assert!(ours.contains(&format!("fn {name}(")), "the manual names a test that does not exist: {name}");
        }
        for name in quoted(others).filter(|_| !types.is_empty()) {
            assert!(types.contains(&format!("fn {name}(")), "the manual names a test that does not exist: {name}");
        }
    }
}

#[test]
fn every_code_of_a_server_has_the_advice_that_the_manual_gives() {
    let mut named = BTreeSet::new();
    for row in rows("The server said no") {
        let [codes, advice, _] = row[..] else { panic!("{row:?}") };
        for code in quoted(&format!("`{codes}")) {
            let refused = Error::Refused {
                operation: Operation::ClientCredentials,
                response: ErrorResponse::new(ErrorCode::from(code)),
            };
            let ours = format!("{:?}", refused.advice());
            assert_eq!(ours.split(' ').next(), Some(advice), "{code}");
            assert!(named.insert(code.to_owned()), "{code} twice");
        }
    }
    // Whatever the code of this crate treats in a way of its own is there.
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    let (_, advice) = text.split_once("fn refusal_advice").expect("the advice");
    let (advice, _) = advice.split_once("\n}\n").expect("its end");
    let variants =
        advice.split("ErrorCode::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap());
    let known: BTreeSet<String> = named.iter().map(|code| format!("{:?}", ErrorCode::from(code.as_str()))).collect();
    for variant in variants {
        let spelt: String = variant.chars().fold(String::new(), |mut text, c| {
            if c.is_uppercase() && !text.is_empty() {
                text.push('_');
            }
            text.extend(c.to_lowercase());
            text
        });
        assert!(named.contains(&spelt), "the manual does not name {spelt}, only {known:?}");
    }
}

#[test]
fn every_page_is_listed() {
    let (list, modules) = PAGES.split_once("#[doc = ").unwrap();
    let modules: Vec<&str> =
        modules.split("pub mod ").skip(1).filter_map(|rest| rest.split_once(' ')).map(|(name, _)| name).collect();
    assert_eq!(modules.len(), 10);
    assert_eq!(
        list.lines()
            .filter(|line| line.starts_with("//! * "))
            .flat_map(quoted)
            .filter(|name| modules.contains(name))
            .count(),
        10
    );
}
