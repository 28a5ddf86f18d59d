//! Do the documents tell the truth? Schema, example configuration, README.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chaffinch::config::{CleanFlags, CrawlFlags, File, clean_job, crawl_job, jobs};
use serde_json::Value;

use crate::farm::{Host, Reply, article};
use crate::tool::{crawl, parse, records, run, run_in};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&read(name)).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn check(validator: &jsonschema::Validator, record: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(record)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {record}");
}

#[test]
fn records_are_as_the_schema_says() {
    let (articles, failures) = (
        validator("schema/article.schema.json"),
        validator("schema/failure.schema.json"),
    );
    let clean = |extent: &[&str]| {
        let flags = ["--base-url", "https://x.example/"];
        let pages = ["clean", "testdata/pages", "no-such-file.html"].as_slice();
        parse(&run_in(&root(), &[pages, &flags, extent].concat()).stdout)
    };
    let out = tempfile::tempdir().unwrap();
    let host = Host::start(1, |asked| {
        match asked.path.as_str() {
        "/robots.txt" => Reply::status(403),
        "/gone" => Reply::status(404),
        "/feed" => Reply::status(200).body(
            "<rss><channel><language>en-US</language><item><link>/told</link><title>Told</title></item></channel></rss>",
        ),
        "/told" => Reply::html("<p>A page of few words, which says nothing of itself.</p>".repeat(3)),
        "/long" => Reply::html(article("the first page") + "<a href='?page=2'>2</a>"),
        path => Reply::html(article(path))
            .with("ETag", "\"x\"")
            .with("Last-Modified", "Mon, 02 Mar 2026 09:30:00 GMT"),
    }
    });
    crawl(
        out.path(),
        &["/1", "/1/amp", "/long", "/gone"]
            .map(|path| host.url(path))
            .into_iter()
            .chain(["nonsense".to_owned()])
            .collect::<Vec<_>>(),
        &["--feed", &host.url("/feed"), "--full"],
    );
    let crawled = records(&out.path().join("articles.jsonl"));
    for key in ["found_in", "duplicate_of", "pages"] {
        assert!(
            crawled.iter().any(|record| record.get(key).is_some()),
            "{key} is checked"
        );
    }
    let mut all = clean(&[]);
    assert!(all.iter().all(|record| record.get("blocks").is_none()));
    let full = clean(&["--full", "--links"]);
    let blocks = full.iter().filter_map(|record| record["blocks"].as_array());
    let types: BTreeSet<_> = blocks
        .flatten()
        .map(|block| block["type"].as_str())
        .collect();
    assert_eq!(types.len(), 7, "each type is checked: {types:?}");
    all.extend(full);
    all.extend(records(&out.path().join("articles.jsonl")));
    all.extend(records(&out.path().join("failures.jsonl")));
    assert!(all.len() > 15);
    for record in &all {
        check(
            if record["status"] == "ok" {
                &articles
            } else {
                &failures
            },
            record,
        );
    }
}

#[test]
fn the_schema_knows_every_status_and_the_readme_too() {
    let schema: Value = serde_json::from_str(&read("schema/failure.schema.json")).unwrap();
    let listed: BTreeSet<String> = schema["properties"]["status"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let known: BTreeSet<String> = chaffinch::failure::Status::ALL
        .iter()
        .map(|status| status.name().to_owned())
        .collect();
    assert_eq!(listed, known);
    let readme = read("README.md");
    for name in known {
        assert!(
            readme.contains(&format!("`{name}`")),
            "README lacks `{name}`"
        );
    }
    let article: Value = serde_json::from_str(&read("schema/article.schema.json")).unwrap();
    for key in article["properties"].as_object().unwrap().keys() {
        assert!(readme.contains(&format!("`{key}`")), "README lacks `{key}`");
    }
}

/// The keys of each section.
const SECTIONS: [(&str, &[&str]); 4] = [
    (
        "crawl",
        &[
            "delay",
            "timeout",
            "retries",
            "concurrency",
            "max_body",
            "user_agent",
            "contact",
            "allow_network",
            "delay_max",
            "rest_after",
            "rest",
            "give_up_after",
            "retry_later",
            "groups",
            "ignore_robots",
            "insecure",
            "proxy",
            "cookies",
        ],
    ),
    (
        "limits",
        &[
            "connect",
            "first_byte",
            "min_rate",
            "min_rate_over",
            "header",
            "header_lines",
            "wire_body",
            "ratio",
            "encodings",
            "listing",
            "redirects",
            "url",
            "html_depth",
            "html_nodes",
            "html_attributes",
            "html_value",
        ],
    ),
    ("clean", &["glob", "threads"]),
    (
        "output",
        &[
            "compress",
            "format",
            "full",
            "keep_warc",
            "links",
            "rotate",
            "warc_size",
        ],
    ),
];

#[test]
fn the_example_configuration_is_complete_and_holds_the_defaults() {
    let mut file = File::read(&root().join("config.example.toml")).unwrap();
    // Jobs and sites have no defaults.
    let sites = std::mem::take(&mut file.sites);
    assert_eq!(sites.len(), 1);
    let example = crawl_job(CrawlFlags::default(), &file).unwrap();
    let default = crawl_job(CrawlFlags::default(), &File::default()).unwrap();
    assert_eq!(format!("{example:?}"), format!("{default:?}"));
    let clean = |file: &File| format!("{:?}", clean_job(CleanFlags::default(), file).unwrap());
    assert_eq!(clean(&file), clean(&File::default()));
    assert_eq!(jobs(&file, Path::new("")).unwrap().len(), 2);
    let section = |text: &str| -> toml::Table { text.parse().unwrap() };
    let keys = |table: &toml::Value| {
        table
            .as_table()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    let example = section(&read("config.example.toml"));
    for (name, known) in SECTIONS {
        assert_eq!(
            keys(&example[name]),
            known.iter().map(|key| (*key).to_owned()).collect(),
            "{name}"
        );
        // The list here is complete: an unknown key's error names all that there are.
        let error = File::parse(&format!("[{name}]\nnonsense = 1\n"), "c")
            .unwrap_err()
            .to_string();
        assert_eq!(error.matches('`').count(), 2 * (known.len() + 1), "{error}");
    }
    let jobs = example["jobs"].as_array().unwrap();
    let written: BTreeSet<String> = jobs.iter().flat_map(keys).collect();
    let error = File::parse("[[jobs]]\nnonsense = 1\n", "c").unwrap_err();
    let error = error.to_string();
    assert!(
        written
            .iter()
            .all(|key| error.contains(&format!("`{key}`")))
    );
    assert_eq!(
        error.matches('`').count(),
        2 * (written.len() + 1),
        "{error}"
    );
    let known = ["author", "body", "date", "domain", "drop", "title"];
    let site = keys(&example["sites"][0]);
    assert!(site.iter().eq(known), "{site:?}");
    let error = File::parse("[[sites]]\nnonsense = 1\n", "c").unwrap_err();
    let named = error.to_string().matches('`').count();
    assert_eq!(named, 2 * (known.len() + 1), "{error}");
}

/// The blocks of the README that are fenced as `kind`.
fn blocks(kind: &str) -> Vec<String> {
    let readme = read("README.md");
    let mut blocks = Vec::new();
    let mut inside: Option<String> = None;
    for line in readme.lines() {
        match inside.take() {
            Some(block) if line == "```" => blocks.push(block),
            Some(block) => inside = Some(block + line + "\n"),
            None if line == format!("```{kind}") => inside = Some(String::new()),
            None => {}
        }
    }
    blocks
}

#[test]
fn every_command_of_the_readme_is_understood() {
    let shell = blocks("sh").concat();
    let commands: Vec<&str> = shell
        .lines()
        .filter(|line| line.starts_with("chaffinch "))
        .collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for line in commands {
        let words: Vec<&str> = line
            .split(" #")
            .next()
            .unwrap()
            .split('|')
            .next()
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .split_whitespace()
            .skip(1)
            .collect();
        // With --help the flags before it are still read, and nothing is done.
        let ran = run(&[&words[..], &["--help"]].concat());
        assert_eq!(ran.code, Some(0), "{line}: {}", ran.stderr);
    }
    assert!(
        shell.contains("cargo run --release -- crawl "),
        "the command that runs the main job"
    );
    assert!(
        shell.contains("./check"),
        "the command that passes the tests"
    );
}

#[test]
fn what_the_readme_shows_is_what_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    for page in ["newspaper-bare", "newspaper-german"] {
        let from = root().join("testdata/pages").join(page).join("source.html");
        fs::copy(from, dir.path().join(format!("{page}.html"))).unwrap();
    }
    let shown = blocks("json")
        .into_iter()
        .find(|block| block.contains("newspaper-german.html"))
        .expect("a record is shown");
    let ran = run_in(
        dir.path(),
        &[
            "clean",
            "newspaper-german.html",
            "--base-url",
            "https://bote.example/stadt/schleuse/",
        ],
    );
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let mut got = parse(&ran.stdout).remove(0);
    // The text is shown cut short.
    let text = shown["text"]
        .as_str()
        .unwrap()
        .trim_end_matches(" …")
        .to_owned();
    assert!(got["text"].as_str().unwrap().starts_with(&text), "{text}");
    got["text"] = shown["text"].clone();
    assert_eq!(got, shown);
}

/// An explanation without what changes with the model: scores, judges and how sure they are.
fn verdicts(explanation: &str) -> Vec<String> {
    let verdict = |line: &str| {
        let mark = line.get(..2).filter(|mark| matches!(*mark, "+ " | "- "))?;
        let text = line.rsplit("  ").next()?.trim();
        Some(format!("{mark}{text:.30}"))
    };
    let lines = explanation
        .lines()
        .filter(|line| !line.starts_with("  confidence"));
    lines
        .map(|line| verdict(line).unwrap_or_else(|| line.to_owned()))
        .collect()
}

#[test]
fn the_explanation_of_the_readme_is_what_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let from = root().join("testdata/pages/newspaper-bare/source.html");
    fs::copy(from, dir.path().join("newspaper-bare.html")).unwrap();
    let command = "$ chaffinch explain newspaper-bare.html\n";
    let shown = blocks("text").into_iter().find_map(|block| {
        let shown = block.strip_prefix(command)?.strip_suffix("...\n")?;
        Some(verdicts(shown))
    });
    let shown = shown.expect("an explanation is shown");
    let got = run_in(dir.path(), &["explain", "newspaper-bare.html"]).stdout;
    assert_eq!(verdicts(&got)[..shown.len()], shown);
}

#[test]
fn the_flags_of_the_readme_are_all_there_are() {
    let readme = read("README.md");
    for command in [
        &["crawl"][..],
        &["discover"],
        &["clean"],
        &["explain"],
        &["reextract"],
        &["run"],
        &["report"],
        &["rules", "test"],
        &["demo"],
    ] {
        let help = run(&[command, &["--help"]].concat()).stdout;
        for flag in help
            .split_whitespace()
            .filter_map(|word| word.strip_prefix("--"))
        {
            let flag: String = flag
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect();
            if !flag.is_empty() && flag != "help" && flag != "version" {
                assert!(
                    readme.contains(&format!("--{flag}")),
                    "README lacks --{flag} of {command:?}"
                );
            }
        }
    }
}

/// The texts of all Rust files below a folder.
fn rust_below(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &rust_below(&path);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all += &fs::read_to_string(path).unwrap();
        }
    }
    all
}

/// Groups that no test shows; the table says why.
const UNSHOWN: [u32; 5] = [50, 53, 58, 61, 64];

#[test]
fn the_table_of_faults_is_whole_and_its_tests_exist() {
    let table = read("docs/faults.md");
    let code = rust_below(&root().join("src")) + &rust_below(&root().join("tests"));
    let mut groups = BTreeSet::new();
    for row in table.lines() {
        let cells: Vec<&str> = row.split(" | ").collect();
        let Some(group) = cells[0]
            .strip_prefix("| ")
            .and_then(|cell| cell.parse::<u32>().ok())
        else {
            continue;
        };
        assert!(groups.insert(group), "{group} twice");
        let tests: Vec<&str> = cells
            .last()
            .unwrap()
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        let is_unshown = UNSHOWN.contains(&group);
        assert!(is_unshown || !tests.is_empty(), "{group} has no test");
        for test in tests.iter().filter(|_| !is_unshown) {
            assert!(
                code.contains(&format!("fn {test}(")),
                "{group}: no test {test}"
            );
        }
    }
    assert_eq!(groups, (1..=64).collect());
}
