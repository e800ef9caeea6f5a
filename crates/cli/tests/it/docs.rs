//! The examples of docs/cli.md, run one after the other as they stand there.

use std::process::Command;

use crate::harness::{PASSWORD, Person, Terminal, server};

/// A command of the documentation, and what it says that it prints.
struct Example {
    command: String,
    output: Vec<String>,
}

fn examples(text: &str) -> Vec<Example> {
    let (mut examples, mut console) = (Vec::<Example>::new(), false);
    for line in text.lines() {
        match (console, line.strip_prefix("$ ")) {
            (false, _) => console = line == "```console",
            (true, _) if line == "```" => console = false,
            (true, Some(command)) => examples.push(Example { command: command.to_owned(), output: Vec::new() }),
            (true, None) => examples.last_mut().unwrap().output.push(line.to_owned()),
        }
    }
    examples
}

/// Whether a line is as the documentation says, where `…` stands for anything.
fn fits(line: &str, said: &str) -> bool {
    let mut parts = said.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    rest.is_empty() || last == Some("")
}

#[test]
fn the_examples_work() {
    let ines = Person::found();
    let ada = ines.invite("Ada Lindqvist").device();
    let terminal = Terminal::new();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("password.txt"), PASSWORD).unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tern")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", program.display());
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md")).unwrap();
    let here =
        |text: &str| text.replace("https://tern.example", server()).replace("ines@saltmarsh.example", &ines.email);
    let examples = examples(&text);
    assert!(examples.len() > 20, "only {} examples: has their form changed?", examples.len());
    for Example { command, output } in examples {
        // What a colleague does in between.
        if let Some(line) = command.strip_prefix("# Ada: tern ") {
            ada.run(&["sync"]);
            ada.ok(&line.split(' ').collect::<Vec<_>>());
            continue;
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{{ {}\n}} 2>&1", here(&command))]).current_dir(directory.path());
        shell.env_clear().env("PATH", &path).env("TERN_HOME", terminal.home.path()).env("TZ", "UTC");
        let ran = shell.output().unwrap();
        let printed = String::from_utf8(ran.stdout).unwrap();
        let (printed, said): (Vec<&str>, Vec<String>) =
            (printed.lines().collect(), output.iter().map(|line| here(line)).collect());
        let all = printed.len() == said.len() && printed.iter().zip(&said).all(|(line, said)| fits(line, said));
        assert!(all, "$ {command}\n{}\nbut the documentation says\n{}", printed.join("\n"), said.join("\n"));
    }
}
