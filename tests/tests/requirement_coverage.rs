//! Every MUST of a finished area is named by a test: the list is `requirements.tsv`, the names are ids like `JWS-08` in test sources.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Areas of the requirements, and whether the work on them is finished. Once it is, a MUST without a test fails the build.
const AREAS: &[(&str, bool)] = &[
    ("JWS", true), // JSON Web Signature
    ("JWA", true), // algorithms
    ("JWK", true), // keys and key sets
    ("JWT", true), // claims and profiles
    ("OA", true),  // OAuth messages and flows
    ("PK", true),  // PKCE
    ("DEV", true), // device authorization
    ("ISS", true), // issuer identification
    ("MD", true),  // metadata
    ("DP", true),  // DPoP
    ("BCP", true), // security best current practice
];

#[test]
fn every_must_of_a_finished_area_is_named_by_a_test() {
    let named = ids_named_in_tests();
    let mut missing = Vec::new();
    let mut covered = BTreeMap::<&str, (usize, usize)>::new();
    for (id, level) in requirements() {
        let area = area(id);
        let finished = AREAS.iter().find(|(name, _)| *name == area).expect("every area of the list is in the table").1;
        if level == "MUST" {
            let count = covered.entry(area).or_default();
            count.1 += 1;
            count.0 += usize::from(named.contains(id));
            if finished && !named.contains(id) {
                missing.push(id);
            }
        }
    }
    for (area, (named, all)) in covered {
        println!("{area}: {named} of {all} named");
    }
    assert!(missing.is_empty(), "no test names {missing:?}");
}

#[test]
fn tests_name_no_requirement_that_does_not_exist() {
    let known: BTreeSet<&str> = requirements().map(|(id, _)| id).collect();
    let unknown: Vec<_> = ids_named_in_tests().into_iter().filter(|id| !known.contains(id.as_str())).collect();
    assert!(unknown.is_empty(), "not in requirements.tsv: {unknown:?}");
}

/// Id and level of each.
fn requirements() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../requirements.tsv").lines().skip(1).map(|line| line.split_once('\t').expect("id, tab, level"))
}

fn area(id: &str) -> &str {
    id.rsplit_once('-').expect("area, hyphen, number").0
}

/// Every `AREA-nn` in the Rust sources: in this workspace an id stands only beside a test or the line that obeys it.
fn ids_named_in_tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let mut found = BTreeSet::new();
    for folder in ["crates", "tests"] {
        visit(root, Path::new(folder), &mut found);
    }
    found
}

/// Files of a `tests` folder are tests; of any other source, what follows the test module's attribute.
fn visit(root: &Path, path: &Path, found: &mut BTreeSet<String>) {
    let full = root.join(path);
    if full.is_dir() {
        for entry in fs::read_dir(full).expect("a readable directory") {
            visit(root, &path.join(entry.expect("a directory entry").file_name()), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("requirement_coverage.rs")
    {
        let source = fs::read_to_string(full).expect("a source file in UTF-8");
        let is_test = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let tests =
            if is_test { source.as_str() } else { source.split_once("#[cfg(test)]").map_or("", |(_, tests)| tests) };
        found.extend(
            tests.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| is_id(word)).map(str::to_owned),
        );
    }
}

fn is_id(word: &str) -> bool {
    word.rsplit_once('-').is_some_and(|(area, number)| {
        AREAS.iter().any(|(name, _)| *name == area)
            && number.len() == 2
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
