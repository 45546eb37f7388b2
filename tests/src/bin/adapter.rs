//! Reads one JSON object a line on standard input and answers one a line on standard output: see [`conformance::adapter`].

#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "this package is never built without std")]

use std::io::{self, BufRead, Write};

use conformance::adapter::Adapter;

fn main() -> io::Result<()> {
    let mut adapter = Adapter::new();
    let mut output = io::stdout().lock();
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        // What is not UTF-8 is no JSON either: the replacement characters say so.
        let answer = adapter.answer(String::from_utf8_lossy(&line).trim_end());
        writeln!(output, "{answer}")?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}
