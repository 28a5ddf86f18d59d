//! Site rules: from the configuration to the record, in every mode, and the command that tries them.

use std::fs;
use std::path::Path;

use chaffinch::article::{Judge, Reason};
use chaffinch::config::File;
use chaffinch::extract::{explain, extract};
use chaffinch::page::Page;
use serde_json::Value;

use crate::farm::{Host, Reply};
use crate::tool::{Ran, parse, records, run};

/// A page that misleads: the body is called an ad, a box has no name, what is declared is wrong.
const PAGE: &str = "<!doctype html><html lang=en><title>Wrong title | The Courier</title>
<meta property=og:site_name content='The Courier'><meta name=author content='Wrong Name'>
<meta property=article:published_time content='2001-01-01T00:00:00Z'><body>
<div class=top><p>Buy our calendar of the harbour, with twelve pictures of ships and one of the moon.</p></div>
<div class=k1><h2 class=hl>Ferry <br>runs again</h2><p class=who>By <a href=/ann>Ann Lee</a> and Bo Ek</p>
<time class=day datetime='2026-03-02T10:00:00+01:00'>yesterday</time></div>
<div class='advertisement sponsored'>
<p>The ferry runs again <span class=tip>Did you know? Ferries float.</span> between both banks of the river, as it did before.</p>
<p>Nobody had expected it to come back before the summer, the harbour master said on Monday.</p>
<div class=box><p>You may also want to read what we wrote on the bridge, on the tram and on the bus.</p></div>
<p>The fare stays at two crowns, and children under six need no ticket at all on any day.</p></div>
<div class=end><p>All of this was written by people who like the river, and paid for by our readers.</p></div>";

const SITES: &str = r#"
[[sites]]
domain = "courier.example"
body = [".nothing", ".advertisement"]
drop = [".box", ".tip"]
title = ".hl"
author = ".who"
date = ".day"

[[sites]]
domain = "plain.courier.example"
"#;

const TEXT: &str = "The ferry runs again between both banks of the river, as it did before.\n\n\
Nobody had expected it to come back before the summer, the harbour master said on Monday.\n\n\
The fare stays at two crowns, and children under six need no ticket at all on any day.";

fn clean(dir: &Path, flags: &[&str]) -> Ran {
    let (page, config) = (dir.join("p.html"), dir.join("c.toml"));
    let (page, config) = (page.to_str().unwrap(), config.to_str().unwrap());
    run(&[&["clean", page, "--config", config], flags].concat())
}

fn scratch(config: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("p.html"), PAGE).unwrap();
    fs::write(dir.path().join("c.toml"), config).unwrap();
    dir
}

fn assert_ruled(record: &Value) {
    assert_eq!(record["text"], TEXT);
    assert_eq!(record["title"], "Ferry runs again");
    let names: Vec<&str> = record["authors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|author| author["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Ann Lee", "Bo Ek"]);
    assert_eq!(record["date_published"], "2026-03-02T10:00:00+01:00");
    assert_eq!(record["confidence"], 1.0);
    assert_eq!(record["warnings"], serde_json::json!(["short_text"]));
}

#[test]
fn rules_win_in_clean() {
    let dir = scratch(SITES);
    let ran = clean(dir.path(), &["--base-url", "https://www.courier.example/a"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_ruled(&parse(&ran.stdout)[0]);
    // The most specific site has no rules; elsewhere nothing is said of this one.
    for url in ["https://plain.courier.example/a", "https://other.example/a"] {
        let ran = clean(dir.path(), &["--base-url", url]);
        let record = &parse(&ran.stdout)[0];
        assert_eq!(record["date_published"], "2001-01-01T00:00:00Z", "{url}");
        assert_ne!(record["text"], TEXT, "{url}");
    }
}

#[test]
fn rules_win_in_crawl_and_run() {
    let host = Host::start(7, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        _ => Reply::html(PAGE),
    });
    let asking = "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"1ms\"\n";
    let sites = SITES.replace("\"courier.example\"", "\"127.0.0.7\"");
    let job = format!(
        "[[jobs]]\nname = \"a\"\nout = \"ran\"\nurls = [\"{}\"]\n",
        host.url("/2")
    );
    let dir = scratch(&format!("{asking}{sites}{job}"));
    let config = dir.path().join("c.toml");
    let config = config.to_str().unwrap();
    let out = dir.path().join("crawled");
    let ran = run(&[
        "crawl",
        &host.url("/1"),
        "-o",
        out.to_str().unwrap(),
        "--config",
        config,
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_ruled(&records(&out.join("articles.jsonl"))[0]);
    let ran = run(&["run", "--once", "--config", config]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_ruled(&records(&dir.path().join("ran/articles.jsonl"))[0]);
}

#[test]
fn rules_that_hit_nothing_are_warned_of_and_change_nothing() {
    let stale = "[[sites]]\ndomain = \"courier.example\"\nbody = \".gone\"\ndrop = [\".gone\", \"#gone\"]\n\
        title = \"h1\"\nauthor = \".day\"\ndate = \".hl\"\n";
    let dir = scratch(stale);
    let address = ["--base-url", "https://courier.example/"];
    let with = parse(&clean(dir.path(), &address).stdout).remove(0);
    fs::write(dir.path().join("c.toml"), "").unwrap();
    let mut without = parse(&clean(dir.path(), &address).stdout).remove(0);
    let warnings = without["warnings"].as_array_mut().unwrap();
    let rules = ["body", "drop", "title", "author", "date"];
    warnings.extend(rules.map(|key| format!("site_rule_{key}_unmatched").into()));
    assert_eq!(with, without);
}

#[test]
fn blocks_tell_that_a_rule_decided() {
    let file = File::parse(SITES, "c").unwrap();
    let page = Page::from_html(PAGE).at("https://courier.example/");
    let told = explain(&page, &file.extract_options(&file.output)).unwrap();
    assert!(
        told.body
            .iter()
            .all(|block| block.kept.by == Judge::SiteRule)
    );
    assert!(
        told.removed
            .iter()
            .all(|block| block.reason == Reason::SiteRule)
    );
    let tip = told
        .removed
        .iter()
        .find(|block| block.text.starts_with("Did you know"));
    assert_eq!(tip.map(|block| block.removed.by), Some(Judge::SiteRule));
    let mut places: Vec<u32> = told.body.iter().map(|block| block.at).collect();
    places.extend(told.removed.iter().map(|block| block.at));
    places.sort_unstable();
    assert!(places.iter().copied().eq(0..10), "{places:?}");
}

#[test]
fn a_drop_rule_alone_leaves_the_rest_to_the_model() {
    let config = "[[sites]]\ndomain = \"x.example\"\ndrop = [\"p:nth-of-type(2)\", \"h1\"]\n";
    let file = File::parse(config, "c").unwrap();
    let page = Page::from_html(crate::farm::article("one")).at("https://x.example/");
    let with = extract(&page, &file.extract_options(&file.output)).unwrap();
    let without = extract(&page, &chaffinch::extract::Options::default()).unwrap();
    let left = without.body.iter().map(|block| block.text.as_str());
    let left: Vec<&str> = left.filter(|text| with.text.contains(text)).collect();
    assert_eq!(left.len() + 1, without.body.len());
    assert_eq!(with.text, left.join("\n\n"));
}

#[test]
fn what_is_wrong_with_a_rule_ends_it_before_it_starts() {
    let dir = scratch("[[sites]]\ndomain = \"courier.example\"\nbody = \"div[\"\n");
    let ran = clean(
        dir.path(),
        &["-o", dir.path().join("out.jsonl").to_str().unwrap()],
    );
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("c.toml:3:8: \"div[\" is no CSS selector"),
        "{}",
        ran.stderr
    );
    assert!(!dir.path().join("out.jsonl").exists());
}

#[test]
fn rules_are_tried_on_saved_pages() {
    let dir = scratch(SITES);
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let test = |flags: &[&str]| {
        let (page, config) = (path("p.html"), path("c.toml"));
        run(&[&["rules", "test", &page, "--config", &config], flags].concat())
    };
    let shown = test(&["--domain", "www.courier.example"]);
    assert_eq!(shown.code, Some(1), "{}", shown.stderr);
    for want in [
        "body   .nothing                         nothing\n",
        "body   .advertisement                   1 element\n         body > div.advertisement.sponsored\n",
        "           \"Did you know? Ferries float.\"\n",
        "           \"2026-03-02T10:00:00+01:00\"\n",
        "6 of 7 selectors hit something on 1 page\n  nothing anywhere: courier.example: body .nothing\n",
    ] {
        assert!(shown.stdout.contains(want), "{want} in {}", shown.stdout);
    }
    let told = parse(&test(&["--base-url", "https://courier.example/", "--json"]).stdout);
    assert_eq!(told[0]["rules"][3]["elements"], 1);
    assert_eq!(told[1]["unmatched"][0]["selector"], ".nothing");
    // Another page has what this one lacks.
    fs::write(path("q.html"), "<p class=nothing>x").unwrap();
    let both = test(&["--domain", "courier.example", &path("q.html")]);
    assert_eq!(both.code, Some(0), "{}", both.stdout);
    assert_eq!(test(&[]).code, Some(1), "no address");
    assert_eq!(test(&["--domain", "other.example"]).code, Some(2));
    let gone = test(&[
        "--domain",
        "courier.example",
        "no-such-file.html",
        &path("q.html"),
    ]);
    assert_eq!(gone.code, Some(1), "a file is missing");
    fs::write(path("c.toml"), "").unwrap();
    assert_eq!(test(&["--domain", "courier.example"]).code, Some(2));
}
