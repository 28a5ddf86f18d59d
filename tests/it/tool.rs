//! Calls the command as a user does.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// What a call gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The command, with nothing of the developer's environment that could change it.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaffinch"));
    for (name, _) in std::env::vars() {
        if name.starts_with("CHAFFINCH_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command
}

pub(crate) fn run(args: &[&str]) -> Ran {
    ran(command()
        .args(args)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the command starts"))
}

/// With a variable of the environment.
pub(crate) fn run_with_env(args: &[&str], name: &str, value: &Path) -> Ran {
    ran(command()
        .args(args)
        .env(name, value)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the command starts"))
}

pub(crate) fn run_in(dir: &Path, args: &[&str]) -> Ran {
    ran(command()
        .current_dir(dir)
        .args(args)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the command starts"))
}

pub(crate) fn run_with_stdin(args: &[&str], stdin: &[u8]) -> Ran {
    use std::io::Write;
    let mut child = command()
        .args(args)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(stdin)
        .expect("stdin is read");
    ran(child.wait_with_output().expect("the command ends"))
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The records of a JSON Lines file.
pub(crate) fn records(path: &Path) -> Vec<Value> {
    parse(
        &std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    )
}

/// The records of JSON Lines.
pub(crate) fn parse(lines: &str) -> Vec<Value> {
    assert!(
        lines.is_empty() || lines.ends_with('\n'),
        "a torn last line"
    );
    lines
        .lines()
        .map(|line| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:.80}: {error}"))
        })
        .collect()
}

/// One string field of each record.
pub(crate) fn field<'v>(records: &'v [Value], name: &str) -> Vec<&'v str> {
    records
        .iter()
        .map(|record| {
            record[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name} in {record}"))
        })
        .collect()
}

/// A crawl of the farm into `out`, fast and quiet, with further flags.
pub(crate) fn crawl(out: &Path, urls: &[String], flags: &[&str]) -> Ran {
    let out = out.to_str().expect("UTF-8");
    let mut args = vec![
        "crawl",
        "-o",
        out,
        "--allow-network",
        "127.0.0.0/8",
        "--delay",
        "1ms",
        "--retries",
        "0",
    ];
    args.extend(flags);
    args.extend(urls.iter().map(String::as_str));
    run(&args)
}

/// Runs with stderr closed after its first line, as `2>&1 | head -1` does.
pub(crate) fn run_unheard(args: &[&str]) -> Option<i32> {
    use std::io::{BufRead, BufReader};
    let mut child = command()
        .args(args)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut line = String::new();
    let mut stderr = BufReader::with_capacity(1, child.stderr.take().expect("a pipe"));
    stderr.read_line(&mut line).expect("a line");
    drop(stderr);
    child.wait().expect("the command ends").code()
}
