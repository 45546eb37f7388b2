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
        let answer = adapter.answer(line.trim_ascii_end());
        writeln!(output, "{answer}")?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}
