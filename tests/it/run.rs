//! `chaffinch run`: jobs of a configuration, and `chaffinch demo`.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::farm::{Host, article};
use crate::tool::{command, records, run, run_in};

#[test]
fn jobs_run_once_each_into_their_own_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (Host::articles(1), Host::articles(2));
    fs::create_dir(dir.path().join("saved")).unwrap();
    fs::write(dir.path().join("saved/x.html"), article("saved")).unwrap();
    fs::write(
        dir.path().join("list.txt"),
        format!("# list\n{}\n", b.url("/2")),
    )
    .unwrap();
    let config = format!(
        "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"1ms\"\n\n\
         [[jobs]]\nname = \"front\"\nevery = \"15m\"\nurls = [\"{}\"]\nlists = [\"list.txt\"]\nout = \"out/front\"\n\n\
         [[jobs]]\nname = \"archive\"\ncron = \"0 4 * * *\"\npaths = [\"saved\"]\nout = \"out/archive\"\n",
        a.url("/1")
    );
    fs::write(dir.path().join("c.toml"), config).unwrap();
    // From another folder: paths are below the configuration's own.
    let path = dir.path().join("c.toml");
    let ran = run(&["run", "--config", path.to_str().unwrap(), "--once"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        records(&dir.path().join("out/front/articles.jsonl")).len(),
        2
    );
    assert_eq!(
        records(&dir.path().join("out/archive/articles.jsonl")).len(),
        1
    );
    assert!(
        ran.stderr.contains("front: 2 articles") && ran.stderr.contains("archive: 1 article"),
        "{}",
        ran.stderr
    );
    // Once more: the crawl has nothing new, the archive is cleaned anew, nothing doubles.
    let ran = run(&["run", "--config", path.to_str().unwrap(), "--once"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        records(&dir.path().join("out/front/articles.jsonl")).len(),
        2
    );
    assert_eq!(
        records(&dir.path().join("out/archive/articles.jsonl")).len(),
        1
    );
    assert_eq!((a.count("/1"), b.count("/2")), (1, 1));
}

#[test]
fn environment_and_flags_win_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let config = format!(
        "[crawl]\nuser_agent = \"file/1\"\ndelay = \"1h\"\n[[jobs]]\nname = \"a\"\nurls = [\"{}\"]\nout = \"a\"\n",
        host.url("/1")
    );
    fs::write(dir.path().join("c.toml"), config).unwrap();
    let ended = command()
        .current_dir(dir.path())
        .env("CHAFFINCH_USER_AGENT", "environment/1")
        .args(["run", "--config", "c.toml", "--once", "--delay", "1ms"])
        .args(["--allow-network", "127.0.0.0/8"])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(host.asked()[0].header("user-agent"), Some("environment/1"));
}

#[test]
fn a_job_that_fails_does_not_keep_the_others_from_running() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    fs::write(dir.path().join("file"), "").unwrap();
    let config = format!(
        "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"1ms\"\n\n\
         [[jobs]]\nname = \"no list\"\nlists = [\"gone.txt\"]\nout = \"a\"\n\n\
         [[jobs]]\nname = \"no folder\"\nurls = [\"{0}\"]\nout = \"file/b\"\n\n\
         [[jobs]]\nname = \"fine\"\nurls = [\"{0}\"]\nout = \"c\"\n",
        host.url("/1")
    );
    fs::write(dir.path().join("c.toml"), config).unwrap();
    let ran = run_in(dir.path(), &["run", "--config", "c.toml", "--once"]);
    assert!(
        matches!(ran.code, Some(2 | 4)),
        "{:?} {}",
        ran.code,
        ran.stderr
    );
    assert!(
        ran.stderr.contains("gone.txt") && ran.stderr.contains("file/b"),
        "{}",
        ran.stderr
    );
    assert_eq!(records(&dir.path().join("c/articles.jsonl")).len(), 1);
}

#[test]
#[cfg(unix)]
fn it_keeps_running_until_it_is_told_to_stop() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let config = format!(
        "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"1ms\"\n\n\
         [[jobs]]\nname = \"often\"\nevery = \"100ms\"\nrefresh = true\nurls = [\"{}\"]\nout = \"out\"\n",
        host.url("/1")
    );
    fs::write(dir.path().join("c.toml"), config).unwrap();
    let mut child = command()
        .current_dir(dir.path())
        .args(["run", "--config", "c.toml", "-q"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while host.count("/1") < 3 {
        assert!(child.try_wait().unwrap().is_none() && begin.elapsed() < Duration::from_mins(1));
        std::thread::yield_now();
    }
    std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(
        records(&dir.path().join("out/articles.jsonl")).len(),
        1,
        "the same article stays one record"
    );
}

#[test]
fn a_configuration_that_cannot_run_is_code_2() {
    let dir = tempfile::tempdir().unwrap();
    for (config, flags, want) in [
        (
            "[[jobs]]\nname = \"a\"\nout = \"o\"\nurls = [\"u\"]\nevry = \"1m\"\n",
            &["--once"][..],
            "c.toml:5:1: unknown field `evry`",
        ),
        (
            "[[jobs]]\nname = \"a\"\nout = \"o\"\nurls = [\"u\"]\ncron = \"x\"\n",
            &["--once"],
            "cron",
        ),
        (
            "[[jobs]]\nname = \"a\"\nout = \"o\"\nurls = [\"u\"]\n",
            &[],
            "neither every nor cron",
        ),
        ("[crawl]\n", &["--once"], "no [[jobs]]"),
    ] {
        fs::write(dir.path().join("c.toml"), config).unwrap();
        let ran = run_in(
            dir.path(),
            &[&["run", "--config", "c.toml"], flags].concat(),
        );
        assert_eq!(ran.code, Some(2), "{config}: {}", ran.stderr);
        assert!(ran.stderr.contains(want), "{config}: {}", ran.stderr);
    }
    assert_eq!(
        run_in(dir.path(), &["run", "--config", "none.toml"]).code,
        Some(2)
    );
}

#[test]
fn the_demo_works_without_internet() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run_in(dir.path(), &["demo", "-o", "out"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for want in [
        "Harrow Bridge reopens after ten years",
        "not_found",
        "robots_denied",
        "related_links",
        "advertisement",
    ] {
        assert!(ran.stdout.contains(want), "{want} in {}", ran.stdout);
    }
    assert_eq!(records(&dir.path().join("out/articles.jsonl")).len(), 5);
}
